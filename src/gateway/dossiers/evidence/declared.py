"""Of which fields does a body in the log speak, and for which official items do they stand?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from gateway.domain.letters import unspell
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

    def read(
        self, letters: str, rows: Mapping[str, str] | None
    ) -> Iterator[tuple[str, str, Declared]]:
        """Path, letter and field for each place of which a body has something to say."""
        for path, letter in unspell(self.paths, letters, rows or {}).items():
            yield path, letter, self.fields[template_of(path)]


def template_of(path: str) -> str:
    """The path of an instance's template: `grid[1].key` is `grid[].key`."""
    return _ROW.sub("[]", path)


def declaration_of(connection: Connection, body: Mapping[str, Any]) -> Declaration:
    """The form version that the body of a prefill or submission names."""
    return _read(connection.execute(_ENTRY, {"of": body["fv"]}).scalar_one())


@lru_cache(maxsize=64)
def _read(entry: bytes) -> Declaration:
    leaf = orjson.loads(entry)
    fields = {
        path: Declared(leaf["form"], bool(required), item, attribute)
        for path, _, required, item, attribute, *_ in leaf["fields"]
    }
    return Declaration(tuple(fields), fields)
