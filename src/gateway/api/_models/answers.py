"""Answers of prefill and submission, as they are written and as OpenAPI describes them.

They are TypedDicts, not models: what is built here is written as it stands and validated by nobody.
"""

from collections.abc import Mapping, Sequence
from typing import (
    Literal,
    NotRequired,  # pydantic refuses typing's before Python 3.12
)

from typing_extensions import TypedDict

from gateway.domain.verdicts import EditPolicy, FieldClass, Reason, Verdict
from gateway.sources.paper_path import PaperAsked
from gateway.submission.request import Evidence

Visible = Literal[True, False, "open"]
"""Whether a field shows; `open` while the answer that decides it is not given."""

FilledField = TypedDict(
    "FilledField",
    {
        "path": str,
        "visible": Visible,
        "state": Literal["filled"],
        "class": FieldClass,
        "edit": EditPolicy,
        "attribute": str,
        "source": str,
        "confirmed_by": str | None,
        "as_of": str,
        "record": str | None,
    },
)


class EmptyField(TypedDict):
    """A field that is left to the citizen, and why; `retry_at` where a record is on its way."""

    path: str
    visible: Visible
    state: Literal["empty"]
    reason: Reason
    retry_at: NotRequired[str]


class FormNamed(TypedDict):
    """A form and its registered version."""

    code: str
    version: str


class ReadOfSource(TypedDict):
    """One read of a source: for which role, what came of it, how long it took."""

    source: str
    role: str
    outcome: str
    ms: int
    attempts: int


class Summary(TypedDict):
    """How many visible fields there are, how many of them are filled, and the share."""

    declarable: int
    filled: int
    to_declare: int
    offered: float


class PrefillSaid(TypedDict):
    """What is said of a prefill; `paper` are the papers to ask for where no register could answer."""

    id: str
    form: FormNamed
    expires_at: str
    fields: list[FilledField | EmptyField]
    sources: list[ReadOfSource]
    summary: Summary
    receipt: str
    leaf: str
    paper: Sequence[PaperAsked]


class PrefillAnswer(PrefillSaid):
    """What one call filled, and the state of every declarable field."""

    data: dict[str, object]


class LeftKey(TypedDict):
    """A key of the applicant's part that was not repeated, and why."""

    key: str
    reason: Reason


class IGatePrefillSaid(PrefillSaid):
    """The same of an eForm, with choices that were not recognised and keys that were not repeated."""

    unmapped: Sequence[str]
    applicant: list[LeftKey]


class ApplicantAnswer(TypedDict):
    """The applicant's part of a dossier, as it is filled."""

    eformId: str  # iGate's own name
    data: Mapping[str, object]


class EFormAnswer(TypedDict):
    """The procedure's own eForm, as it is filled."""

    id: str
    data: Mapping[str, object]


class IGatePrefillAnswer(TypedDict):
    """A dossier's two parts as they are filled, and under `prefill` all that is said of it."""

    applicant: ApplicantAnswer
    eForm: EFormAnswer  # iGate's own name
    prefill: IGatePrefillSaid


class VerdictOfField(TypedDict):
    """What became of one field."""

    path: str
    verdict: Verdict


class TicketOfField(TypedDict):
    """The correction ticket that was opened for a field."""

    path: str
    ticket: str


class SubmissionAnswer(TypedDict):
    """The verdict of every field, their counts, the dossier's evidence, the leaf, what follows."""

    accepted: Literal[True]
    fields: list[VerdictOfField]
    counts: Mapping[str, int]
    evidence: Evidence | None
    leaf: str
    corrections: list[TicketOfField]
    paper: Sequence[PaperAsked]
