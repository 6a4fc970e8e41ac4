"""The requests to the store of papers, and its answers.

It stands behind the portal's adapter (`upstream/adapter.py`), found by `providerurl`; the sign-in's path
is known from one client. All else is not known, and is our own design, the mock's and ours alike:

    POST /bndp/public/v1/login           {"username", "password"} -> "session"
    POST /bndp/public/v1/papers/search   {"session", "madonvi", "maYeuCau", "maTTHC", "maHoSo",
                                          "owner", "kinds": [...]}
        -> "result": [{"id", "storedAt": "yyyyMMddHHmmss", "unit", "paper": {...}}]
    error_code -1: the session is over; -5: the store does not open for this question

`paper` has the shape of a record that a province hands in (`records/record.py`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.errors import RecordRefused, SourceBrokeContract, SourceUnavailable
from gateway.records.kinds import Kinds
from gateway.records.record import read_record
from gateway.records.store import VALID, StoredRecord
from gateway.sources._papers.places import VIETNAM
from gateway.upstream.adapter import Envelope

LOGIN = "/bndp/public/v1/login"
SEARCH = "/bndp/public/v1/papers/search"

NOT_OPEN = "-5"
_MOMENT = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True)
class Refused:
    """The store refuses the question: NOT_OPEN."""

    code: str


@dataclass(frozen=True, slots=True)
class Papers:
    """The result of a search; `unknown` counts papers of unregistered kinds."""

    papers: tuple[StoredRecord, ...] = field(repr=False)
    unknown: int


class _StoredPaper(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    id: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
    storedAt: Annotated[str, Field(pattern=r"^[0-9]{14}$")]  # noqa: N815 - the wire's own name
    paper: dict[str, object]


def read_papers(envelope: Envelope, owner: str, kinds: Kinds) -> Papers | Refused:
    """Read the answer to a search for the owner's papers.

    Raises SourceUnavailable `refused` for any other failure that the store states,
    SourceBrokeContract (`unreadable`, `wrong_person`).
    """
    if envelope.code == NOT_OPEN:
        return Refused(NOT_OPEN)
    if not envelope.succeeded:
        raise SourceUnavailable("refused")
    if envelope.result is None:
        raise SourceBrokeContract("unreadable")
    stored = [_stored(one) for one in envelope.result]
    known = [one for one in stored if one.paper.get("kind") in kinds.by_name]
    return Papers(tuple(_paper(one, owner, kinds) for one in known), len(stored) - len(known))


def _stored(one: object) -> _StoredPaper:
    try:
        return _StoredPaper.model_validate(one)
    except ValidationError:
        raise SourceBrokeContract("unreadable") from None


def _paper(stored: _StoredPaper, owner: str, kinds: Kinds) -> StoredRecord:
    """A paper as the vault would hold it; one that the vault would refuse breaks the contract."""
    try:
        # which of the province's dossiers brought a paper in is never the portal's to say
        record = read_record({**stored.paper, "dossier": None}, kinds)
        stored_at = datetime.strptime(stored.storedAt, _MOMENT).replace(tzinfo=VIETNAM)
    except (RecordRefused, ValueError):
        raise SourceBrokeContract("unreadable") from None
    if record.owner.digits != owner:
        raise SourceBrokeContract("wrong_person")
    return StoredRecord(stored.id, VALID, stored_at, record)
