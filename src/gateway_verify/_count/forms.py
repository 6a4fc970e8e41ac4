"""What does a form-version leaf say about the letters of a body, and about items and sources?

Letter n of a string stands for field n of the leaf's list. A field below a repeating group, whose path
holds `[]`, has `.` there; each row has a string of its own under its path (`thanhVien[0]`), with one
letter per column of that group in the order of the list. `-` says nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BASE_CODE = 8
"""So many signs of a procedure's code stand for it wherever it is served."""

LETTERS: Mapping[str, str] = {
    "s": "session",
    "p": "population",
    "r": "records",
    "y": "records",
    "k": "personal_papers",
    "z": "personal_papers",
}
"""The sources that every log knows by a letter; a form version declares those of others (`letters`)."""

YOUNG = frozenset({"y", "z"})

_ROW = re.compile(r"\[[0-9]{1,6}\]")


class Misspelt(ValueError):
    """A body that does not say what its form version asks for; the text tells what is wrong."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form version, ready for reading letters; fields are known by their number in its list."""

    leaf: int
    form: str
    series: str
    ceiling: int
    required: tuple[bool, ...] = field(repr=False)
    items: tuple[str | None, ...] = field(repr=False)
    attributes: tuple[str | None, ...] = field(repr=False)
    sources: tuple[frozenset[str], ...] = field(repr=False)
    declaration: str | None
    procedures: tuple[str, ...]
    shows: tuple[bool, ...] = field(repr=False)
    absent: frozenset[str] = field(repr=False)
    abolished: frozenset[str]
    added: frozenset[str]
    plain: tuple[str | None, ...] = field(repr=False)
    columns: Mapping[str, tuple[tuple[str, int], ...]] = field(repr=False)
    source_of: Mapping[str, str]
    young: frozenset[str]

    def spread(self, base: Any, rows: Any) -> Iterator[tuple[str, int, str]]:
        """Path, field number and letter of every field that a body speaks of; raises Misspelt."""
        if not isinstance(base, str) or len(base) != len(self.plain) or not isinstance(rows, dict):
            raise Misspelt("as many letters as fields are asked for")
        for number, (path, letter) in enumerate(zip(self.plain, base, strict=True)):
            if path is None and letter != ".":
                raise Misspelt("a column of a group has its letters in its rows")
            if path is not None and letter != "-":
                yield path, number, letter
        for row, letters in rows.items():
            columns = self.columns.get(_ROW.sub("[]", row))
            if columns is None or len(letters) != len(columns):
                raise Misspelt("a row has a letter for each column of its group")
            for (below, number), letter in zip(columns, letters, strict=True):
                if letter != "-":
                    yield row + below, number, letter

    @property
    def asked(self) -> frozenset[str]:
        """The official items that a field asks which may show."""
        pairs = zip(self.items, self.shows, strict=True)
        return frozenset(item for item, shows in pairs if shows and item is not None)

    @property
    def demanded(self) -> frozenset[str]:
        """The official items that a required field asks which may show."""
        rows = zip(self.items, self.required, self.shows, strict=True)
        return frozenset(item for item, required, shows in rows if required and shows and item)

    @property
    def named(self) -> frozenset[str]:
        """Every official item that the leaf speaks of, those that no field asks included."""
        return frozenset(item for item in self.items if item is not None) | self.absent

    def places(self) -> list[tuple[str, str]]:
        """The procedures of its declaration, each with it; no procedure is an empty one."""
        codes = dict.fromkeys(code[:BASE_CODE] for code in self.procedures) or {"": None}
        return [(code, self.declaration or "") for code in codes]


def form_of(index: int, leaf: Mapping[str, Any]) -> Form:
    """The form version of a leaf."""
    fields, declared = leaf["fields"], leaf.get("letters", ())
    never = {path for path, _, why in leaf.get("uncounted", ()) if why == "hidden"}
    columns: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for number, (path, *_) in enumerate(fields):
        group, bracket, below = path.rpartition("[]")
        if bracket:
            columns[group + bracket].append((below, number))
    return Form(
        index,
        leaf["form"],
        leaf["series"],
        leaf.get("ceiling", 0),
        tuple(required == 1 for _, _, required, *_ in fields),
        tuple(item for _, _, _, item, *_ in fields),
        tuple(attribute for _, _, _, _, attribute, _ in fields),
        tuple(frozenset(sources) - {"session"} for *_, sources in fields),
        leaf.get("declaration"),
        tuple(leaf["procedures"]),
        tuple(path not in never for path, *_ in fields),
        frozenset(leaf["absent_items"]),
        frozenset(item for item, _ in leaf.get("abolished", ())),
        frozenset(item for item, _ in leaf.get("added", ())),
        tuple(None if "[]" in path else path for path, *_ in fields),
        {group: tuple(found) for group, found in columns.items()},
        {**LETTERS, **{one: name for name, *letters in declared for one in letters}},
        YOUNG | {young for _, _, young in declared},
    )
