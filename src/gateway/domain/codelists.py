"""The label of a code, and the unit of an official code or name.

Reads `schemas/code-lists.json` (list -> code -> label), `schemas/units.json` (the 34 provinces and
their communes since 1 July 2025), `schemas/provinces-before-2025.json` (the 63 before, each with
the province it became part of) and, where it stands, `schemas/catalogue/countries.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.domain.facts import Coded
from gateway.domain.json_texts import read_json_file
from gateway.domain.signs import normalized

COUNTRY, PROVINCE, COMMUNE, INLAND = "country", "province", "commune", "inland"
HOME_COUNTRY = "VN"
_PROVINCE_WORDS = ("tỉnh ", "thành phố ", "tp. ", "tp ")


def folded(label: str) -> str:
    """A label as it is compared: NFC, without regard to case, runs of blanks as one."""
    return " ".join(normalized("NFC", label).casefold().split())


def without_province_word(label: str) -> str:
    """A folded province's name without `tỉnh` or `thành phố` before it."""
    for word in _PROVINCE_WORDS:
        if label.startswith(word):
            return label[len(word) :]
    return label


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The State's code lists and administrative units; every look-up gives None for the unknown."""

    lists: Mapping[str, Mapping[str, Coded]]
    provinces: Mapping[str, Coded]
    communes: Mapping[str, Mapping[str, Coded]]
    merged_into: Mapping[str, Coded]
    old_names: Mapping[str, str]
    _by_label: Mapping[tuple[str, str], Coded] = field(repr=False)

    def coded(self, name: str, code: str) -> Coded | None:
        """The value of list `name` under `code`."""
        return self.lists.get(name, {}).get(code)

    def labelled(self, name: str, label: str) -> Coded | None:
        """The value of list `name` with this label; provinces also without their unit word."""
        key = folded(label)
        if name == PROVINCE:
            key = without_province_word(key)
        return self._by_label.get((name, key))

    def label(self, name: str, code: str) -> str | None:
        """The label of `code` in list `name`."""
        found = self.coded(name, code)
        return None if found is None else found.label

    def province(self, code: str) -> Coded | None:
        """The province that holds this code since 1 July 2025."""
        return self.provinces.get(code)

    def province_before_2025(self, code: str) -> Coded | None:
        """Today's province for a code given before 1 July 2025.

        Seven codes changed their meaning, yet each now names the province that its old bearer
        became part of: a province's code leads to today's province by whichever set it was given.
        """
        return self.merged_into.get(code)

    def commune(self, province: str, code: str) -> Coded | None:
        """The commune of that province under this code (units since 1 July 2025)."""
        return self.communes.get(province, {}).get(code)


def read_code_lists(schemas: Path) -> CodeLists:
    """Read the four files below `schemas`; raises OSError, KeyError or ValueError for broken ones."""
    lists = {
        name: {code: Coded(name, code, label) for code, label in entries.items()}
        for name, entries in _json(schemas / "code-lists.json")["lists"].items()
    }
    lists[COUNTRY] = _countries(schemas / "catalogue" / "countries.json") | lists[COUNTRY]
    units = _json(schemas / "units.json")["provinces"]
    provinces = {one["code"]: Coded(PROVINCE, one["code"], one["name"]) for one in units}
    communes = {
        one["code"]: {code: Coded(COMMUNE, code, name) for code, name in one["communes"]}
        for one in units
    }
    old = _json(schemas / "provinces-before-2025.json")["provinces"]
    by_label = {
        (name, folded(value.label)): value
        for name, entries in lists.items()
        for value in entries.values()
    }
    by_label |= {
        (PROVINCE, without_province_word(folded(value.label))): value
        for value in provinces.values()
    }
    return CodeLists(
        lists=lists,
        provinces=provinces,
        communes=communes,
        merged_into={code: provinces[one["new_code"]] for code, one in old.items()},
        old_names={code: one["name"] for code, one in old.items()},
        _by_label=by_label,
    )


def _countries(path: Path) -> dict[str, Coded]:
    if not path.exists():
        return {}
    return {code: Coded(COUNTRY, code, label) for code, label in _json(path)["entries"]}


def _json(path: Path) -> Any:
    return read_json_file(path)
