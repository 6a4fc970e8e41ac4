"""Define what a source is: what it is asked, how it answers, and what its folder declares of it.

A source is a folder (a package) with one object `SOURCE`, a `SourceSpec`. The gateway finds it below
`gateway.sources`, or by an entry point of the group `gateway.sources` of any installed distribution
(`registry.py`); nothing else of the gateway names it.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from gateway.domain.clock import Clock
from gateway.domain.codelists import CodeLists
from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import AttributeName, SourceId, TenantId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.records.store import RecordStore
from gateway.upstream.exchange import Exchange

_NAME = re.compile(r"[a-z][a-z_]{0,39}")
_LETTER = re.compile(r"[a-z]")


class UnusableSource(ValueError):
    """A source that cannot be registered; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """The purpose of one read (mục đích xử lý): every read names its tenant, procedure and case."""

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
    """A source that also confirms a person's identity without returning their record."""

    async def confirm(self, question: Question) -> Found | NoRecord | NotPermitted:
        """Return Found without facts for yes and NoRecord for no; raises SourceError when it cannot be asked."""
        ...


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a source is opened with: outgoing HTTP, code lists, the province's records, the clock."""

    exchange: Exchange
    lists: CodeLists
    records: RecordStore
    clock: Clock


class SourceAccess(BaseModel, ABC):
    """The settings of one source: its account and the addresses that it may call."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @abstractmethod
    def addresses(self) -> Mapping[str, str]:
        """Every address that is called, by the name of its setting; no other is reached."""

    @abstractmethod
    def open(self, context: SourceContext) -> Source:
        """The source, ready to be asked."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What the gateway knows of a source before it is asked (nguồn dữ liệu).

    `title` is what officials read. `letter` stands for the source in case leaves, `young_letter` for
    a paper of it that nobody vouches for and that is younger than 30 days: two letters that no other
    source has, for ever. `access` is the model of its settings `GATEWAY_<GROUP>_<NAME>`, without
    which it is not connected; `local` opens a source that needs none. `group` is the source's name
    where none is given. `is_remote`: somebody else keeps it, who counts the reads under our request
    numbers. `is_granted`: a grant that names no sources opens it. `place` is that among the four
    sources that every log knows; of every other one the form versions in the log declare both
    letters. Raises UnusableSource.
    """

    id: SourceId
    title: str
    letter: str
    young_letter: str | None = None
    access: type[SourceAccess] | None = None
    local: Callable[[SourceContext], Source] | None = None
    group: str = ""
    is_remote: bool = True
    is_granted: bool = False
    place: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.id):
            raise UnusableSource(f"source {self.id!r}: a name is a-z and _, at most 40 of them")
        if self.place is None and (self.young_letter is None or self.access is None):
            raise UnusableSource(f"source {self.id}: it brings two letters and its settings")
        for letter in self.letters:
            if not _LETTER.fullmatch(letter):
                raise UnusableSource(f"source {self.id}: a letter is one of a-z")
        if not _NAME.fullmatch(self.settings_group):
            raise UnusableSource(f"source {self.id}: a group of settings is named by a-z and _")

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that stand for it in case leaves."""
        return (self.letter,) if self.young_letter is None else (self.letter, self.young_letter)

    @property
    def settings_group(self) -> str:
        """Between `GATEWAY_` and a setting's name, in small letters."""
        return self.group or self.id
