"""Request models of a dossier: its parts, progress, results, fees and supplements."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.api._models.people import Channel, DossierText, PersonalIdText, ProcedureText
from gateway.api._routing import RequestModel
from gateway.domain.identifiers import SESSION
from gateway.dossiers.bundle import Part
from gateway.dossiers.dossier import (
    Added,
    Attachment,
    Dossier,
    Fee,
    File,
    Owner,
    Result,
    Step,
    Supplement,
)
from gateway.sources.registry import registered

MOST_ATTACHMENTS = 200
MOST_FEES = 50
MOST_SUPPLEMENTS = 100
LARGEST_FEE = 10**12
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2100


def _moment(text: str) -> str:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("not_a_moment", "RFC 3339 with offset") from None
    if read.tzinfo is None:
        raise PydanticCustomError("not_a_moment", "RFC 3339 with offset")
    if not _EARLIEST_YEAR <= read.year <= _LATEST_YEAR:
        raise PydanticCustomError("out_of_range", "between 2000 and 2100")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "a text")
    return text


MomentText = Annotated[str, Field(max_length=40), AfterValidator(_moment)]
Line = Annotated[str, Field(max_length=500), AfterValidator(_said)]
LongText = Annotated[str, Field(max_length=5000), AfterValidator(_said)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Address = Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]


class ResultModel(RequestModel):
    """A result of the dossier; `url` leads to its file where it is electronic."""

    id: Code
    name: Line
    component: Code | None = None
    code: Code | None = None
    url: Address | None = None

    def read(self) -> Result:
        """The result as the registry takes it."""
        return Result(**self.model_dump())


class FeeModel(RequestModel):
    """A fee or charge (phí, lệ phí) in whole đồng."""

    name: Line
    amount: Annotated[int, Field(ge=0, le=LARGEST_FEE)]
    code: Code | None = None
    due: Literal["receipt", "supplement", "return"] | None = None
    kind: Literal["ordinary", "appraisal", "extension"] | None = None

    def read(self) -> Fee:
        """The fee as the registry takes it."""
        return Fee(**self.model_dump())


class SupplementModel(RequestModel):
    """One request for more papers (yêu cầu bổ sung), and its answer where there is one."""

    id: Code
    asked_by: Line
    content: LongText
    asked: MomentText
    received_by: Line | None = None
    received_note: Line | None = None
    received: MomentText | None = None
    due_before: MomentText | None = None
    due_after: MomentText | None = None

    @model_validator(mode="after")
    def _is_answered_after_it_was_asked(self) -> Self:
        if self.received is not None and seconds(self.received) < seconds(self.asked):
            raise PydanticCustomError("received_before_asked", "received after it was asked for")
        return self

    def read(self) -> Supplement:
        """The request as the registry takes it."""
        said = self.model_dump()
        for name in ("asked", "received", "due_before", "due_after"):
            said[name] = None if said[name] is None else seconds(said[name])
        return Supplement(**said)


Results = Annotated[list[ResultModel], Field(max_length=MOST_ATTACHMENTS)]
Fees = Annotated[list[FeeModel], Field(max_length=MOST_FEES)]
Supplements = Annotated[list[SupplementModel], Field(max_length=MOST_SUPPLEMENTS)]
Payment = Literal["none", "portal", "province", "unpaid"]


class AdditionsModel(RequestModel):
    """What may come to a dossier at any time: results, fees, how they were paid, supplements.

    `payment`: on the portal's platform, on the province's own, not online (`none`), or not yet.
    """

    results: Results = Field(default_factory=list)
    fees: Fees = Field(default_factory=list)
    payment: Payment | None = None
    supplements: Supplements = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        for entries in ([r.id for r in self.results], [f.name for f in self.fees], self._asked()):
            if len(set(entries)) < len(entries):
                raise PydanticCustomError("named_twice", "each result, fee, supplement once")
        return self

    def _asked(self) -> list[str]:
        return [one.id for one in self.supplements]

    def added(self) -> Added:
        """What came, as the registry takes it."""
        return Added(
            results=tuple(one.read() for one in self.results),
            fees=tuple(one.read() for one in self.fees),
            payment=self.payment,
            supplements=tuple(one.read() for one in self.supplements),
        )


def seconds(text: str) -> int:
    """Seconds since 1970 UTC of a moment that was checked."""
    return int(datetime.fromisoformat(text).timestamp())


MOST_ROWS = 100
MOST_PARTS = 20


class OwnerModel(RequestModel):
    """Whose dossier it is (chủ hồ sơ)."""

    kind: Literal["citizen", "enterprise", "state_body", "organisation"]
    name: Line
    personal_id: PersonalIdText | None = None
    identity_card: Annotated[str, Field(pattern="^[0-9]{9}$")] | None = None
    number: Annotated[str, Field(max_length=50)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    phone: Annotated[str, Field(max_length=20)] | None = None

    def read(self) -> Owner:
        """The owner as the registry takes them."""
        return Owner(**self.model_dump())


class FileModel(RequestModel):
    """A file where the province keeps it."""

    id: Code
    name: LongText
    sha256: Sha256
    url: Address | None = None


def _is_read(source: str) -> str:
    """A source that can be read in place of a file; the session is none."""
    if source == SESSION or source not in registered().ids:
        raise PydanticCustomError("literal_error", "the name of a source that is read")
    return source


class AttachmentModel(RequestModel):
    """One component (thành phần hồ sơ): a file, or the read that stands in its place."""

    component: Code
    name: Line
    file: FileModel | None = None
    record: Code | None = None
    result: Annotated[str, Field(pattern=r"^KQ\.[A-Z][0-9]{2}\.[0-9]{6}$")] | None = None
    from_store: bool = False
    replaced_by: Annotated[str, AfterValidator(_is_read)] | None = None
    removed: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.file is None) == (self.replaced_by is None):
            raise PydanticCustomError("file_or_read", "a file, or the read in its place")
        if self.file is None and (self.record or self.from_store or self.result):
            raise PydanticCustomError("file_or_read", "only a file comes from somewhere")
        return self

    def read(self) -> Attachment:
        """The component as the registry takes it."""
        said = self.model_dump(exclude={"file"})
        file = None if self.file is None else File(**self.file.model_dump())
        return Attachment(**said, file=file)


class PartModel(RequestModel):
    """One procedure of a bundle: its code, and what of it differs from the bundle; or not chosen."""

    procedure: ProcedureText
    code: DossierText | None = None
    chosen: bool = True
    abstract: LongText | None = None
    received: MomentText | None = None
    due: MomentText | None = None
    unit: Line | None = None
    return_by_post: bool | None = None
    attachments: Annotated[list[AttachmentModel], Field(max_length=MOST_ATTACHMENTS)] | None = None
    results: Results | None = None
    fees: Fees | None = None
    payment: Payment | None = None

    @model_validator(mode="after")
    def _has_a_code_if_chosen(self) -> Self:
        if self.chosen != (self.code is not None):
            raise PydanticCustomError("code_if_chosen", "a chosen part has a code, no other has")
        return self

    def read(self) -> Part:
        """The part with the members of its own."""
        return Part(
            self.procedure,
            self.code,
            self.abstract,
            self.unit,
            self.return_by_post,
            self.payment,
            None if self.received is None else seconds(self.received),
            None if self.due is None else seconds(self.due),
            None if self.attachments is None else tuple(one.read() for one in self.attachments),
            None if self.results is None else tuple(one.read() for one in self.results),
            None if self.fees is None else tuple(one.read() for one in self.fees),
        )


class DossierBody(AdditionsModel):
    """A dossier as the province registers it; without `received` nobody has accepted it yet."""

    code: DossierText
    procedure: ProcedureText
    form: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")] | None = None
    channel: Channel
    owner: OwnerModel
    abstract: LongText
    submitted: MomentText
    received: MomentText | None = None
    due: MomentText
    unit: Line
    return_by_post: bool = False
    attachments: Annotated[list[AttachmentModel], Field(max_length=MOST_ATTACHMENTS)] = Field(
        default_factory=list
    )
    parts: Annotated[list[PartModel], Field(max_length=MOST_PARTS)] | None = None

    @model_validator(mode="after")
    def _passes_in_order(self) -> Self:
        received = [one.received for one in (self, *(self.parts or ()))]
        if any(at is not None and seconds(at) < seconds(self.submitted) for at in received):
            raise PydanticCustomError("received_before_submitted", "received after submission")
        return self

    def read(self) -> Dossier:
        """The dossier as the registry takes it."""
        added = self.added()
        return Dossier(
            code=self.code,
            procedure=self.procedure,
            form=self.form,
            channel=self.channel,
            owner=self.owner.read(),
            abstract=self.abstract,
            submitted=seconds(self.submitted),
            received=None if self.received is None else seconds(self.received),
            due=seconds(self.due),
            unit=self.unit,
            return_by_post=self.return_by_post,
            attachments=tuple(one.read() for one in self.attachments),
            results=added.results,
            fees=added.fees,
            payment=added.payment,
            supplements=added.supplements,
        )


class StepModel(RequestModel):
    """One row of progress (tiến độ), by the portal's numbers of states."""

    state: Annotated[int, Field(ge=1, le=10)]
    actor: Line
    content: LongText
    at: MomentText
    title: Line | None = None
    unit: Line | None = None
    began: MomentText | None = None
    due: MomentText | None = None

    def read(self) -> Step:
        """The row as the registry takes it."""
        said = self.model_dump()
        for name in ("at", "began", "due"):
            said[name] = None if said[name] is None else seconds(said[name])
        return Step(**said)


class ProgressBody(AdditionsModel):
    """Rows of progress, oldest first, and what came to the dossier with them; at least one of both."""

    rows: Annotated[list[StepModel], Field(max_length=MOST_ROWS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.rows or self.results or self.fees or self.payment or self.supplements):
            raise PydanticCustomError("nothing_said", "rows, or what came to the dossier")
        return self
