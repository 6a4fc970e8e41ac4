"""The choices of a select that fetches its list: countries, communes of a province, banks.

Reads the lists that the gateway serves below `/catalogue/`: provinces and communes from
`schemas/units.json`, everything else from `schemas/catalogue/`. An address names a list and, where
that one hangs on a province, the answer that gives it: `/catalogue/communes?province={{
data.tinhThuongTru.value }}`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.domain.json_texts import read_json_file
from gateway.forms.definition import Option
from gateway.forms.fields import value_at

_ADDRESSES = "/catalogue/"
_PROVINCES = "provinces"
_PROVINCE = re.compile(
    r"[?&]province=(?:\{\{\s*(data|row)\.([\w.\[\]]+?)\s*\}\}|([0-9A-Za-z]*))(?:&|$)"
)


@dataclass(frozen=True, slots=True)
class RemoteLists:
    """Every list below `/catalogue/`: whole ones, and those of a province by its code.

    `labels` gives per list the label of every value, of whichever province.
    """

    whole: Mapping[str, Sequence[Option]] = field(repr=False)
    by_province: Mapping[str, Mapping[str, frozenset[str]]] = field(repr=False)
    labels: Mapping[str, Mapping[str, str]] = field(repr=False)

    def __call__(self, address: str) -> Sequence[Option]:
        """A whole list that depends on no other answer; none for any other address.

        Provinces have none here: a unit is known by its code (`label_of`), never by its name alone.
        """
        return () if address == _ADDRESSES + _PROVINCES else self.whole.get(_name_of(address), ())

    def label_of(self, address: str, value: str) -> str | None:
        """The label of a value in any part of the list; None for a value that it does not hold."""
        return self.labels.get(_name_of(address), {}).get(value)

    def offers(
        self, address: str, value: str, data: Mapping[str, object], row: object = None
    ) -> bool:
        """Whether the list at an address holds a value, as the data stand.

        Of a list that hangs on a province: whether that province's does, where one is chosen that
        the list has. `row` is the row of the repeating group in which the select stands.
        """
        name = _name_of(address)
        if name not in self.labels:
            return True  # not one of our lists: unknown
        parts = self.by_province.get(name, {})
        chosen = parts.get(_province_at(address, data, row)) if parts else None
        return value in (self.labels[name] if chosen is None else chosen)


def read_remote_lists(schemas: Path) -> RemoteLists:
    """Read every list that is there; raises OSError, KeyError or ValueError for broken ones."""
    units = read_json_file(schemas / "units.json")["provinces"]
    whole = {_PROVINCES: tuple(Option(one["code"], one["name"]) for one in units)}
    by_province = {"communes": {one["code"]: one["communes"] for one in units}}
    for path in sorted((schemas / "catalogue").glob("*.json")):
        entries = read_json_file(path)["entries"]
        if isinstance(entries, list):
            whole[path.stem] = tuple(Option(code, label) for code, label in entries)
        else:
            by_province[path.stem] = entries
    labels = {name: {one.value: one.label for one in options} for name, options in whole.items()}
    return RemoteLists(
        whole=whole,
        by_province={name: _codes(parts) for name, parts in by_province.items()},
        labels=labels | {name: _labels(parts.values()) for name, parts in by_province.items()},
    )


def _codes(parts: Mapping[str, Iterable[tuple[str, str]]]) -> dict[str, frozenset[str]]:
    return {province: frozenset(code for code, _ in listed) for province, listed in parts.items()}


def _labels(parts: Iterable[Iterable[tuple[str, str]]]) -> dict[str, str]:
    return {code: label for listed in parts for code, label in listed}


def _name_of(address: str) -> str:
    return address.partition("?")[0].removeprefix(_ADDRESSES)


def _province_at(address: str, data: Mapping[str, object], row: object) -> str:
    """The code of the province that an address names, empty while it names none."""
    named = _PROVINCE.search(address)
    if named is None:
        return ""
    scope, path, stated = named.groups()
    if path is None:
        return str(stated)
    held = value_at(row if scope == "row" else data, path.removesuffix(".value"))
    chosen = held.get("value") if isinstance(held, Mapping) else held
    return chosen.strip() if isinstance(chosen, str) else ""
