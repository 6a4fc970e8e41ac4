"""The kinds of digitised records, and the members of each.

Reads `schemas/record-kinds.json`: kind -> `title`, `members` (name -> `type`, and the attribute
that it answers, and what it says of the `owner`), `implies` (attribute -> value that the paper's existence alone gives), `spouse`
(the attribute that the other spouse becomes), `only_if` (whose death certificate counts) and
`open` (further members may stand). Types of members: text, name, date, number, boolean, sex, unit,
country, `code:<list>`, address, person, persons, dwelling, list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.errors import RecordRefused
from gateway.domain.facts import Coded
from gateway.domain.identifiers import AttributeName
from gateway.domain.json_texts import read_json_file

CODE = "code:"
SpeaksOfOwner = Literal["always", "by_number", "formerly"]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a kind's content; `attribute` is None where no form asks for it.

    `owner` says how the member speaks of the record's owner: `always`, being the owner's own name,
    birth date or person; `by_number`, as far as it names a person under the owner's number;
    `formerly`, being a name that the owner bore before; None where it speaks of somebody else.
    """

    name: str
    type: str
    attribute: AttributeName | None
    owner: SpeaksOfOwner | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of digitised record (loại giấy tờ, kết quả)."""

    name: str
    title: str
    members: Mapping[str, Member]
    implies: Mapping[AttributeName, Coded]
    spouse: AttributeName | None
    of_dead_spouse: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind of record that the vault accepts."""

    by_name: Mapping[str, Kind]

    def __getitem__(self, name: str) -> Kind:
        """The kind of that name; raises RecordRefused `unknown_kind`."""
        kind = self.by_name.get(name)
        if kind is None:
            raise RecordRefused("unknown_kind", "there is no such kind of record", "kind")
        return kind


class _MemberFile(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: str
    attribute: str | None = None
    owner: SpeaksOfOwner | None = None


class _CodedFile(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    list: str
    code: str
    label: str


class _KindFile(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    title: str
    source_type: str | None = None
    members: dict[str, _MemberFile]
    implies: dict[str, _CodedFile] = Field(default_factory=dict)
    spouse: str | None = None
    only_if: Literal["deceased is the owner's spouse"] | None = None
    open: bool = False


def read_kinds(path: Path) -> Kinds:
    """Read the kinds' file; raises pydantic.ValidationError for a malformed one."""
    entries = read_json_file(path)["kinds"]
    return Kinds(
        {name: _kind(name, _KindFile.model_validate(entry)) for name, entry in entries.items()}
    )


def _kind(name: str, read: _KindFile) -> Kind:
    return Kind(
        name=name,
        title=read.title,
        members={
            member: Member(member, one.type, _attribute(one.attribute), one.owner)
            for member, one in read.members.items()
        },
        implies={
            AttributeName(to): Coded(one.list, one.code, one.label)
            for to, one in read.implies.items()
        },
        spouse=_attribute(read.spouse),
        of_dead_spouse=read.only_if is not None,
        open=read.open,
    )


def _attribute(name: str | None) -> AttributeName | None:
    return None if name is None else AttributeName(name)
