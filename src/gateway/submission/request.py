"""A submission as the caller sent it, and what it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.identifiers import DossierCode, PersonalId
from gateway.domain.verdicts import Verdict
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
    data: Mapping[str, Any] = field(repr=False)
    entered_by_officer: frozenset[str]
    contested: tuple[str, ...]
    entered_by: tuple[str, ...] = ()
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that was judged and recorded: verdicts by path, counts, evidence, leaf."""

    verdicts: tuple[tuple[str, Verdict], ...]
    counts: Mapping[str, int]
    evidence: Mapping[str, Any] | None = field(repr=False)
    leaf: bytes
    tickets: tuple[Ticket, ...]
