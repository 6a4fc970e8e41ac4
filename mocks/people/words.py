"""The lists that people are made from: units, ethnic groups, religions, names, streets."""

import json
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).parent.parent / "data"
_LISTS = json.loads((_DATA / "lists.json").read_text(encoding="utf-8"))
_UNITS = json.loads((_DATA / "units.json").read_text(encoding="utf-8"))


class Code(NamedTuple):
    """A code of a State list with its Vietnamese label."""

    code: str
    label: str


class Address(NamedTuple):
    """A place by the units in force since 1 July 2025: country, province, commune, and the rest."""

    country: str
    province: Code
    commune: Code
    detail: str


class OldUnit(NamedTuple):
    """A place by the units before 1 July 2025. The commune codes are stand-ins (ours)."""

    province: Code
    district: Code
    commune: Code


ETHNIC_GROUPS = {code: Code(code, label) for code, label in _LISTS["ethnic_groups"].items()}
RELIGIONS = {code: Code(code, label) for code, label in _LISTS["religions"].items()}
COMMUNES = tuple(
    (Code(province, label), Code(*commune))
    for province, label, communes in _UNITS["provinces"]
    for commune in communes
)
PROVINCES = {province: Code(province, label) for province, label, _ in _UNITS["provinces"]}
COMMUNES_OF = {
    code: tuple(commune for province, commune in COMMUNES if province.code == code)
    for code in PROVINCES
}
OLD_PROVINCES = {code: Code(code, name) for code, (name, _) in _LISTS["old_provinces"].items()}
OLD_UNITS: dict[str, tuple[OldUnit, ...]] = {
    new: tuple(
        OldUnit(OLD_PROVINCES[province], Code(*district), Code(*commune))
        for province, *rest in _LISTS["old_communes"]
        for district, commune in [(rest[:2], rest[2:])]
        if _LISTS["old_provinces"][province][1] == new
    )
    for new in PROVINCES
}

SURNAMES: list[str] = _LISTS["surnames"]
MIDDLE_NAMES: dict[str, list[str]] = _LISTS["middle_names"]
GIVEN_NAMES: dict[str, list[str]] = _LISTS["given_names"]
STREETS: list[str] = _LISTS["streets"]
