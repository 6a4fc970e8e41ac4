"""The journal entry of one call to the portal."""

from dataclasses import dataclass

from mocks.journal import Noted


@dataclass(frozen=True, slots=True)
class Asked(Noted):
    """One call. `service` is `login` for a sign-in; `rows` counts what stood in `data`.

    `outcome` is `done`, the name of the error under `answers` of the protocol, `malformed_body`,
    or `fault` where a fault kept the call from the portal; `faults` are the effects that struck.
    """

    service: str
    outcome: str
    unit: str = ""
    dossiers: tuple[str, ...] = ()
    rows: int = 0
    faults: tuple[str, ...] = ()
