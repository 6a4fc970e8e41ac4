"""The answers of a source. «Could not ask» is never «nothing there»."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from gateway.domain.facts import Fact, Paper
from gateway.domain.identifiers import AttributeName


@dataclass(frozen=True, slots=True)
class Found:
    """The source holds something under the number; the papers hold only wanted attributes.

    They stand in the order in which a later one is believed before an earlier one. `surplus` counts
    what the source sent beyond the question and was dropped at the edge; `deferred` says what it
    will be able to answer, and when to come back.
    """

    papers: tuple[Paper, ...] = field(repr=False)
    surplus: int = 0
    attempts: int = 1
    deferred: Mapping[AttributeName, datetime] = field(default_factory=dict)

    @property
    def facts(self) -> Mapping[AttributeName, Fact]:
        """The facts of all papers together, whoever they belong to."""
        facts: dict[AttributeName, Fact] = {}
        for paper in self.papers:
            facts |= paper.facts
        return facts


@dataclass(frozen=True, slots=True)
class NoRecord:
    """The source was asked and knows nothing under this number, name and date, or nothing yet."""

    attempts: int = 1
    deferred: Mapping[AttributeName, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The source, or a grant of ours, refuses this question; `code` is the source's own word.

    `confirmed` is the yes or no of a register that says who somebody is and gives no record.
    """

    code: str
    attempts: int = 1
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The source could not be asked, or its answer could not be trusted; `cause` is a fixed word."""

    cause: str
    attempts: int = 1


Reply: TypeAlias = Found | NoRecord | NotPermitted | Unavailable


def outcome_of(reply: Reply) -> str:
    """One word for what a source answered."""
    match reply:
        case Found():
            return "found"
        case NoRecord():
            return "no_record"
        case NotPermitted():
            return "not_permitted"
        case Unavailable():
            return "unavailable"
