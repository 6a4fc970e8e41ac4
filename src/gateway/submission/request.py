"""A submission as the caller sent it, and what it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.identifiers import DossierCode, PersonalId
from gateway.domain.verdicts import Verdict
from gateway.judging.opened import FormData
from gateway.receipts.tickets import Ticket


@dataclass(frozen=True, slots=True)
class SubmissionRequest:
    """A form as it was submitted, with the receipt of what had been filled.

    `contested` and `entered_by` are the paths that were marked, as they were named; the latter
    those of both, officers and citizens. `untold` are choices from lists of the caller's own that
    have no value here: they are typed values, and no option of the form is asked of them.
    """

    tenant: str
    receipt: str = field(repr=False)
    dossier: DossierCode | None
    subject: PersonalId | None
    channel: str | None
    data: FormData = field(repr=False)
    entered_by_officer: frozenset[str]
    contested: tuple[str, ...]
    entered_by: tuple[str, ...] = ()
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LeafSalt:
    """A leaf of a chain: its hash in base64, and the salt that opens its seal in base64url."""

    leaf: str
    salt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the dossier keeps: K and the content's salt, in base64url, and the leaves of the chain."""

    key: str = field(repr=False)
    content_salt: str = field(repr=False)
    leaves: tuple[LeafSalt, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that was judged and recorded: verdicts by path, counts, evidence, leaf."""

    verdicts: tuple[tuple[str, Verdict], ...]
    counts: Mapping[str, int]
    evidence: Evidence | None = field(repr=False)
    leaf: bytes
    tickets: tuple[Ticket, ...]
