"""Request models of what may be added to a dossier: results, fees, payment, supplements."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.api._routing import RequestModel
from gateway.dossiers.dossier import Added, Fee, Result, Supplement

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
