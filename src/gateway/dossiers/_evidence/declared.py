"""The fields of which a payload in the log speaks, and the official items that they stand for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import Connection, bindparam, select

from gateway.domain.verdicts import decode_letters
from gateway.log.entries import EntryUnreadable, FormVersionLeaf, decode_leaf
from gateway.storage.schema import leaves

_ENTRY = select(leaves.c.entry).where(leaves.c.idx == bindparam("of"))
_ROW = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Declared:
    """One field of a form version: its template's path, its item and the attribute that fills it."""

    form: str
    required: bool
    item: str | None
    attribute: str | None


@dataclass(frozen=True, slots=True)
class Declaration:
    """The fields of one form version, as its leaf in the log states them."""

    paths: tuple[str, ...] = field(repr=False)
    fields: Mapping[str, Declared] = field(repr=False)

    def read(self, letters: str, rows: Mapping[str, str]) -> Iterator[tuple[str, str, Declared]]:
        """Path, letter and field for each place of which a payload has something to say."""
        for path, letter in decode_letters(self.paths, letters, rows).items():
            yield path, letter, self.fields[template_of(path)]


def template_of(path: str) -> str:
    """The path of an instance's template: `grid[1].key` is `grid[].key`."""
    return _ROW.sub("[]", path)


def declaration_of(connection: Connection, form_version: int) -> Declaration:
    """The form version that stands at a leaf; raises EntryUnreadable where none does."""
    return _read(connection.execute(_ENTRY, {"of": form_version}).scalar_one())


@lru_cache(maxsize=64)
def _read(entry: bytes) -> Declaration:
    leaf = decode_leaf(entry)
    if not isinstance(leaf, FormVersionLeaf):
        raise EntryUnreadable("a payload names a leaf that is no form version")
    fields = {
        one.path: Declared(leaf.form, bool(one.required), one.item, one.attribute)
        for one in leaf.fields
    }
    return Declaration(tuple(fields), fields)
