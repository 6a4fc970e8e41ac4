"""The dictionary of facts: who holds each, and what must be observed with it.

Reads `schemas/attributes.json`: per attribute the Vietnamese term, the type, whether it is
sensitive (Decree 356/2025), its maximum age in days, the whole it is part of, the attributes it
is worked out from, and the sources that hold it, in order of precedence; `"conflict": "refuse"` where
that order cannot say which of two sources is right.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.domain.identifiers import SESSION, AttributeName, SourceId
from gateway.domain.json_texts import read_json

CONSTANT = "constant."
DERIVED = "derived."


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact of the canonical dictionary (thuộc tính dữ liệu chuẩn).

    `computed`: no source is read for it, it is a constant or a function of other values.
    `read_from`: the sources that are asked for it; the session is never asked, it has been told.
    `refuses_conflict`: what two sources say differently is believed of none of them.
    `wholes`: the attribute itself, what it is part of, and what it is worked out from.
    """

    name: AttributeName
    term: str
    type: str
    sources: tuple[SourceId, ...]
    sensitive: bool = False
    max_age_days: int | None = None
    part_of: AttributeName | None = None
    derived_from: tuple[AttributeName, ...] = ()
    inferred: bool = False
    refuses_conflict: bool = False
    computed: bool = field(init=False)
    read_from: tuple[SourceId, ...] = field(init=False)
    wholes: frozenset[AttributeName | None] = field(init=False)

    def __post_init__(self) -> None:
        computed = self.name.startswith((CONSTANT, DERIVED))
        read_from = () if computed else tuple(s for s in self.sources if s != SESSION)
        object.__setattr__(self, "computed", computed)
        object.__setattr__(self, "read_from", read_from)
        object.__setattr__(self, "wholes", frozenset({self.name, self.part_of, *self.derived_from}))


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The canonical dictionary, with the digest of the file that it was read from."""

    attributes: dict[AttributeName, Attribute]
    digest: str

    def __getitem__(self, name: str) -> Attribute:
        return self.attributes[AttributeName(name)]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    @property
    def sources(self) -> frozenset[SourceId]:
        """Every source that holds some attribute."""
        return frozenset(source for one in self.attributes.values() for source in one.sources)

    def is_address(self, name: AttributeName) -> bool:
        """Whether an attribute is an address, or part of one."""
        attribute = self.attributes[name]
        whole = attribute.part_of
        return attribute.type == "address" or (
            whole is not None and self.attributes[whole].type == "address"
        )


class _AttributeFile(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    term: str
    type: str
    sources: list[str]
    sensitive: bool = False
    max_age_days: int | None = None
    part_of: str | None = None
    derived_from: list[str] = Field(default_factory=list)
    inferred: bool = False
    conflict: Literal["refuse"] | None = None


def read_dictionary(path: Path) -> Dictionary:
    """Read the dictionary file; raises pydantic.ValidationError for a malformed one."""
    raw = path.read_bytes()
    entries = read_json(raw)["attributes"]
    return Dictionary(
        {AttributeName(name): _attribute(name, entry) for name, entry in entries.items()},
        "sha256:" + hashlib.sha256(raw).hexdigest(),
    )


def _attribute(name: str, entry: object) -> Attribute:
    read = _AttributeFile.model_validate(entry)
    return Attribute(
        name=AttributeName(name),
        term=read.term,
        type=read.type,
        sources=tuple(SourceId(source) for source in read.sources),
        sensitive=read.sensitive,
        max_age_days=read.max_age_days,
        part_of=None if read.part_of is None else AttributeName(read.part_of),
        derived_from=tuple(AttributeName(one) for one in read.derived_from),
        inferred=read.inferred,
        refuses_conflict=read.conflict is not None,
    )
