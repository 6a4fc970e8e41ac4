"""What does the rest of the house know of a source? Only this."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import AttributeName, SourceId, TenantId
from gateway.domain.replies import Found, NoRecord, NotPermitted


@dataclass(frozen=True, slots=True)
class Purpose:
    """For what one read is made (mục đích xử lý): every read names its tenant, procedure and case."""

    tenant: TenantId
    agency: str
    procedure: str | None
    officer: str | None
    dossier: str | None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One person, the attributes wanted of that person, and the number under which it is asked."""

    person: PersonKey = field(repr=False)
    wanted: frozenset[AttributeName]
    purpose: Purpose
    ref: str


class Source(Protocol):
    """A place that holds facts about people with official value, asked for one person at a time."""

    @property
    def id(self) -> SourceId: ...

    async def look_up(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Answer with the wanted attributes only; raises SourceError when it cannot be asked."""
        ...


@runtime_checkable
class IdentitySource(Source, Protocol):
    """A source that also says whether a person is who they say they are, without their record."""

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Found without a fact is yes, NoRecord is no; raises SourceError when it cannot be asked."""
        ...
