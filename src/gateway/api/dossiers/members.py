"""How does a dossier stand in a body?"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.api.calls.people_members import Channel, DossierText, PersonalIdText, ProcedureText
from gateway.api.door import Asked
from gateway.dossiers.bundle import Part
from gateway.dossiers.dossier import Attachment, Dossier, File, Owner, Result, Step

MOST_ATTACHMENTS = 200
MOST_ROWS = 100
MOST_PARTS = 20
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
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,99}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Address = Annotated[str, Field(max_length=2000, pattern=r"^https?://[!-~]+$")]


class DossierOwnerAsked(Asked):
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


class ComponentFileAsked(Asked):
    """A file where the province keeps it."""

    id: Code
    name: Annotated[str, Field(max_length=5000), AfterValidator(_said)]
    sha256: Sha256
    url: Address | None = None


class AttachmentAsked(Asked):
    """One component (thành phần hồ sơ): a file, or the read that stands in its place."""

    component: Code
    name: Line
    file: ComponentFileAsked | None = None
    record: Code | None = None
    result: Annotated[str, Field(pattern=r"^KQ\.[A-Z][0-9]{2}\.[0-9]{6}$")] | None = None
    from_store: bool = False
    replaced_by: Literal["population", "records", "personal_papers"] | None = None
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


class ResultAsked(Asked):
    """A result of the dossier; `url` leads to its file where it is electronic."""

    id: Code
    name: Line
    component: Code | None = None
    code: Code | None = None
    url: Address | None = None

    def read(self) -> Result:
        """The result as the registry takes it."""
        return Result(**self.model_dump())


class PartAsked(Asked):
    """One procedure of a bundle: its code, and what of it differs from the bundle; or not chosen."""

    procedure: ProcedureText
    code: DossierText | None = None
    chosen: bool = True
    abstract: Annotated[str, Field(max_length=5000), AfterValidator(_said)] | None = None
    received: MomentText | None = None
    due: MomentText | None = None
    unit: Line | None = None
    return_by_post: bool | None = None
    attachments: Annotated[list[AttachmentAsked], Field(max_length=MOST_ATTACHMENTS)] | None = None
    results: Annotated[list[ResultAsked], Field(max_length=MOST_ATTACHMENTS)] | None = None

    @model_validator(mode="after")
    def _has_a_code_if_chosen(self) -> Self:
        if self.chosen != (self.code is not None):
            raise PydanticCustomError("code_if_chosen", "a chosen part has a code, no other has")
        return self

    def read(self) -> Part:
        """The part with the members of its own."""
        own: dict[str, Any] = {
            name: value
            for name in ("abstract", "unit", "return_by_post")
            if (value := getattr(self, name)) is not None
        }
        own |= {
            name: seconds(moment)
            for name in ("received", "due")
            if (moment := getattr(self, name)) is not None
        }
        own |= {
            name: tuple(one.read() for one in members)
            for name in ("attachments", "results")
            if (members := getattr(self, name)) is not None
        }
        return Part(self.procedure, self.code, own)


class DossierAsked(Asked):
    """A dossier as the province registers it; without `received` nobody has accepted it yet."""

    code: DossierText
    procedure: ProcedureText
    form: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")] | None = None
    channel: Channel
    owner: DossierOwnerAsked
    abstract: Annotated[str, Field(max_length=5000), AfterValidator(_said)]
    submitted: MomentText
    received: MomentText | None = None
    due: MomentText
    unit: Line
    return_by_post: bool = False
    attachments: Annotated[list[AttachmentAsked], Field(max_length=MOST_ATTACHMENTS)] = Field(
        default_factory=list
    )
    results: Annotated[list[ResultAsked], Field(max_length=MOST_ATTACHMENTS)] = Field(
        default_factory=list
    )
    parts: Annotated[list[PartAsked], Field(max_length=MOST_PARTS)] | None = None

    @model_validator(mode="after")
    def _passes_in_order(self) -> Self:
        received = [one.received for one in (self, *(self.parts or ()))]
        if any(at is not None and seconds(at) < seconds(self.submitted) for at in received):
            raise PydanticCustomError("received_before_submitted", "received after submission")
        return self

    def read(self) -> Dossier:
        """The dossier as the registry takes it."""
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
            results=tuple(one.read() for one in self.results),
        )


class StepAsked(Asked):
    """One row of progress (tiến độ), by the portal's numbers of states."""

    state: Annotated[int, Field(ge=1, le=10)]
    actor: Line
    content: Annotated[str, Field(max_length=5000), AfterValidator(_said)]
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


class ProgressAsked(Asked):
    """Rows of progress, oldest first."""

    rows: Annotated[list[StepAsked], Field(min_length=1, max_length=MOST_ROWS)]


def seconds(text: str) -> int:
    """Seconds since 1970 UTC of a moment that was checked."""
    return int(datetime.fromisoformat(text).timestamp())
