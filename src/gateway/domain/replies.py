"""What can a source answer? Could not ask is never nothing there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from gateway.domain.facts import Fact
from gateway.domain.identifiers import AttributeName


@dataclass(frozen=True, slots=True)
class Found:
    """The person or paper is there; `facts` holds only attributes that were asked for.

    `surplus` counts what the source sent beyond the question and was dropped at the edge; `deferred`
    says what it will be able to answer, and when to come back.
    """

    facts: Mapping[AttributeName, Fact] = field(repr=False)
    surplus: int = 0
    attempts: int = 1
    deferred: Mapping[AttributeName, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoRecord:
    """The source was asked and knows nothing under this number, name and date, or nothing yet."""

    attempts: int = 1
    deferred: Mapping[AttributeName, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The source, or a grant of ours, refuses this question; `code` is the source's own word."""

    code: str
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The source could not be asked, or its answer could not be trusted; `cause` is a fixed word."""

    cause: str
    attempts: int = 1


Reply: TypeAlias = Found | NoRecord | NotPermitted | Unavailable
