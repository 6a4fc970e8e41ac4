"""The journal entry of one call to the store."""

from dataclasses import dataclass, field

from mocks.journal import Noted


@dataclass(frozen=True, slots=True)
class Asked(Noted):
    """One call. `call` is login, search or file.

    `outcome` is ok, found, no_paper, malformed, or refused_N for error code -N.
    """

    call: str
    outcome: str
    request_id: str | None = None
    procedure: str | None = None
    dossier: str | None = None
    owner: str | None = field(default=None, repr=False)
    kinds: tuple[str, ...] = ()
