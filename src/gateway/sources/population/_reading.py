"""Read the facts of one CongDan element, and count its groups that were not asked for.

Only the groups that can answer a wanted attribute are entered; every other group that holds
anything is counted as surplus and goes no further. Number, name and birth date are the question
itself and never surplus. Both shapes are read: that of live answers and that of QCVN 109.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from lxml.etree import _Element

from gateway.domain.codelists import COUNTRY, CodeLists
from gateway.domain.facts import Held, Holder, PartialDate, PersonRef, Value
from gateway.domain.identifiers import AttributeName, PersonalId
from gateway.sources._papers.places import place_attributes, place_facts
from gateway.sources.identity import FULL_NAME, NAME_PARTS, name_facts, one_blank
from gateway.sources.population._addresses import read_place

Wanted: TypeAlias = frozenset[AttributeName]
Facts: TypeAlias = Mapping[AttributeName, Held]
Reader: TypeAlias = Callable[[_Element, Wanted, CodeLists], Facts]

PERSONAL_ID = AttributeName("person.personal_id")
NATIONALITY = AttributeName("person.nationality")
_BIRTH_DATE = AttributeName("person.birth_date")
_OLD_NUMBER = AttributeName("person.old_identity_number")
_SEX = {"1": "male", "2": "female"}
_NOT_KNOWN = "99"
_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_YEAR = re.compile(r"[0-9]{4}")
_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_NAME_ORDER = ("Ho", "ChuDem", "Ten")


def read_citizen(citizen: _Element, wanted: Wanted, lists: CodeLists) -> tuple[Facts, int]:
    """The wanted facts of one citizen, and the number of surplus groups."""
    readers = _readers_for(wanted)
    facts: dict[AttributeName, Held] = {}
    surplus = 0
    for group in citizen:
        name = local_name(group)
        reader = readers.get(name)
        if reader is not None:
            facts.update(reader(group, wanted, lists))
        elif name not in _QUESTION and _holds_anything(group):
            surplus += 1
    return facts, surplus


def holder_of(citizen: _Element) -> Holder:
    """Name and birth date of the citizen, whether or not anybody wants them."""
    names: list[str] = []
    dates: list[PartialDate] = []
    for group in citizen:
        match local_name(group):
            case "HoVaTen":
                names.append(whole_name(group))
            case "NgayThangNamSinh":
                date = _stated_date(group)
                dates += [] if date is None else [date]
    return Holder(tuple(names), tuple(dates))


def named_by(citizen: _Element) -> tuple[frozenset[str], str | None]:
    """The numbers of everybody whom the citizen's record names, and of the household's head."""
    numbers = {
        local_name(group): text_of(part)
        for group in citizen
        if local_name(group) in _RELATIVES
        for part in group
        if local_name(part) == "SoDinhDanh" and _TWELVE_DIGITS.fullmatch(text_of(part))
    }
    return frozenset(numbers.values()), numbers.get("ChuHo")


def local_name(element: _Element) -> str:
    """The element's name without its namespace: senders differ in it."""
    tag: str = element.tag
    return tag[tag.rfind("}") + 1 :]


def text_of(element: _Element) -> str:
    """The element's own text, trimmed; empty where there is none."""
    return (element.text or "").strip()


def whole_name(element: _Element) -> str:
    """A name, however it is sent: flat, whole in Ten, or in three parts."""
    if not len(element):
        return one_blank(element.text or "")
    parts = _texts(element)
    return one_blank(" ".join(parts.get(name, "") for name in _NAME_ORDER))


def _texts(element: _Element) -> dict[str, str]:
    return {local_name(child): text_of(child) for child in element}


def _holds_anything(group: _Element) -> bool:
    if group.text is not None and not group.text.isspace():
        return True
    return any(_holds_anything(part) for part in group)


def _number(group: _Element, _wanted: Wanted, _lists: CodeLists) -> Facts:
    return {PERSONAL_ID: text_of(group)}


def _old_number(group: _Element, _wanted: Wanted, _lists: CodeLists) -> Facts:
    number = text_of(group)
    return {_OLD_NUMBER: number} if number else {}


def _name(group: _Element, wanted: Wanted, _lists: CodeLists) -> Facts:
    return {name: value for name, value in name_facts(whole_name(group)).items() if name in wanted}


def _sex(group: _Element, _wanted: Wanted, lists: CodeLists) -> Facts:
    value = lists.coded("sex", _SEX.get(text_of(group), ""))
    return {} if value is None else {AttributeName("person.sex"): value}


def _birth_date(group: _Element, _wanted: Wanted, _lists: CodeLists) -> Facts:
    date = _stated_date(group)
    return {} if date is None else {_BIRTH_DATE: date}


def _stated_date(group: _Element) -> PartialDate | None:
    parts = _texts(group) or {"NgayThangNam": text_of(group)}
    return _date(parts.get("NgayThangNam", ""), parts.get("Nam", ""))


def _date(full: str, year: str) -> PartialDate | None:
    """A date as far as it is known; one that no calendar has, or two that differ, are none."""
    if not full:
        return PartialDate(int(year)) if _YEAR.fullmatch(year) and int(year) else None
    read = _DATE.fullmatch(full)
    if read is None or (year and year != read[1]):
        return None
    month, day = int(read[2]) or None, int(read[3]) or None
    try:
        return PartialDate(int(read[1]), month, day)
    except ValueError:
        return None


def _listed(attribute: str, name: str, code_element: str | None = None) -> Reader:
    """A reader of a code, plain or inside `code_element`, by list `name`."""

    def read(group: _Element, _wanted: Wanted, lists: CodeLists) -> Facts:
        code = _texts(group).get(code_element or "", "") if len(group) else text_of(group)
        value = None if code == _NOT_KNOWN else lists.coded(name, code)
        return {} if value is None else {AttributeName(attribute): value}

    return read


def _address(attribute: str) -> Reader:
    def read(group: _Element, wanted: Wanted, lists: CodeLists) -> Facts:
        place = read_place(_texts(group), lists)
        return {} if place is None else place_facts(attribute, place, wanted, lists)

    return read


def _relative(attribute: str) -> Reader:
    def read(group: _Element, _wanted: Wanted, lists: CodeLists) -> Facts:
        person = _person(group, lists)
        return {} if person is None else {AttributeName(attribute): person}

    return read


def _person(group: _Element, lists: CodeLists) -> PersonRef | None:
    """The person whom a group names; the relationship code is not handed out."""
    parts = {local_name(part): part for part in group}
    name = whole_name(parts["HoVaTen"]) if "HoVaTen" in parts else ""
    number = text_of(parts["SoDinhDanh"]) if "SoDinhDanh" in parts else ""
    personal_id = PersonalId(number) if _TWELVE_DIGITS.fullmatch(number) else None
    if not name and personal_id is None:
        return None
    facts: dict[AttributeName, Value] = dict(name_facts(name)) if name else {}
    if personal_id is not None:
        facts[PERSONAL_ID] = personal_id.digits
    nationality = lists.coded(COUNTRY, text_of(parts["QuocTich"])) if "QuocTich" in parts else None
    if nationality is not None:
        facts[NATIONALITY] = nationality
    return PersonRef(personal_id, name or None, None, facts)


_ADDRESSES = {
    "NoiDangKyKhaiSinh": "person.birth_registration_place",
    "QueQuan": "person.hometown",
    "ThuongTru": "person.permanent_address",
    "NoiOHienTai": "person.current_address",
}
_RELATIVES = {
    "Cha": "person.father",
    "Me": "person.mother",
    "VoChong": "person.spouse",
    "NguoiDaiDien": "person.representative",
    "ChuHo": "person.household_head",
}


def _only(attribute: str) -> Wanted:
    return frozenset({AttributeName(attribute)})


_GROUPS: dict[str, tuple[Wanted, Reader]] = {
    "SoDinhDanh": (_only("person.personal_id"), _number),
    "SoCMND": (_only("person.old_identity_number"), _old_number),
    "HoVaTen": (NAME_PARTS | {FULL_NAME}, _name),
    "GioiTinh": (_only("person.sex"), _sex),
    "DanToc": (_only("person.ethnicity"), _listed("person.ethnicity", "ethnicity", "MaDanToc")),
    "TonGiao": (_only("person.religion"), _listed("person.religion", "religion", "MaTonGiao")),
    "TinhTrangHonNhan": (
        _only("person.marital_status"),
        _listed("person.marital_status", "marital_status"),
    ),
    "NgayThangNamSinh": (_only("person.birth_date"), _birth_date),
    "QuocTich": (_only("person.nationality"), _listed("person.nationality", COUNTRY)),
    **{name: (place_attributes(to), _address(to)) for name, to in _ADDRESSES.items()},
    **{name: (_only(to), _relative(to)) for name, to in _RELATIVES.items()},
}
_QUESTION = frozenset({"SoDinhDanh", "HoVaTen", "NgayThangNamSinh"})

HELD: Wanted = frozenset().union(*(attributes for attributes, _ in _GROUPS.values()))
"""Every attribute that service 037 can answer."""


@lru_cache(maxsize=1024)
def _readers_for(wanted: Wanted) -> Mapping[str, Reader]:
    """The groups to enter for these attributes; forms want the same few sets over and over."""
    return {name: reader for name, (gives, reader) in _GROUPS.items() if gives & wanted}
