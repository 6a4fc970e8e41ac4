"""Read the facts of one digitised record, converting each member by its type.

| member type | value |
|---|---|
| text, name | the text, runs of blanks as one |
| date, number, boolean | PartialDate, Decimal, bool |
| sex, country, `code:<list>` | Coded, found by label, else by code where no label is given |
| unit | the province of that name; a name of no province of today is no value |
| address | country, province, commune, detail, full, in_vietnam; units only where names agree |
| person, persons | PersonRef with what the record says of that person |
| dwelling | `residence.dwelling_kind`, `residence.dwelling_owner` |
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from gateway.domain.codelists import COUNTRY, PROVINCE, CodeLists, folded
from gateway.domain.documents import entries, members, members_in, text, text_in
from gateway.domain.facts import Coded, Held, PartialDate, PersonRef, Value
from gateway.domain.identifiers import AttributeName, PersonalId
from gateway.records.kinds import CODE, Kind
from gateway.sources._papers.places import Place, place_attributes, place_facts
from gateway.sources.identity import name_facts, one_blank

Facts = dict[AttributeName, Held]

_PERSONAL_ID = AttributeName("person.personal_id")
_BIRTH_DATE = AttributeName("person.birth_date")
_NATIONALITY = AttributeName("person.nationality")
_SEX = AttributeName("person.sex")
_RELATION = AttributeName("residence.relation_to_head")
_DWELLING_KIND = AttributeName("residence.dwelling_kind")
_DWELLING_OWNER = AttributeName("residence.dwelling_owner")
_WORKPLACE = AttributeName("insurance.workplace")
_REQUESTED_CLASS = AttributeName("licence.requested_class")
_BENEFITS = ("social", "merit")


def paper_attributes(kind: Kind) -> frozenset[AttributeName]:
    """Every attribute that a record of this kind can answer."""
    answers = set(kind.implies)
    if kind.spouse is not None:
        answers.add(kind.spouse)
    for member in kind.members.values():
        if member.attribute is not None:
            answers |= (
                place_attributes(member.attribute)
                if member.type == "address"
                else {member.attribute}
            )
    return frozenset(answers | _COMBINED.get(kind.name, _NOTHING)[0])


def paper_facts(
    kind: Kind, content: Mapping[str, object], wanted: frozenset[AttributeName], lists: CodeLists
) -> Facts:
    """The wanted facts of one record's content; the source determines the spouse."""
    facts: Facts = {}
    for name, member in kind.members.items():
        said = content.get(name)
        if said is None or member.attribute is None:
            continue
        if member.type == "address" and place_attributes(member.attribute) & wanted:
            facts |= place_facts(
                member.attribute, read_address(members(said), lists), wanted, lists
            )
        elif member.attribute in wanted:
            value = _value(member.type, said, lists)
            if value is not None:
                facts[member.attribute] = value
    more: Facts = dict(kind.implies)
    gives, combine = _COMBINED.get(kind.name, _NOTHING)
    if gives & wanted:
        more |= combine(content, lists)
    return facts | {name: value for name, value in more.items() if name in wanted}


def read_person(said: Mapping[str, object], lists: CodeLists) -> PersonRef:
    """A person named by a record, with the facts that it states about that person."""
    number, born = text_in(said, "personal_id"), text_in(said, "birth_date")
    full_name = text(said["full_name"])
    birth_date = None if born is None else PartialDate.parse(born)
    told: dict[AttributeName, Value | None] = {
        _PERSONAL_ID: number,
        _BIRTH_DATE: birth_date,
        _NATIONALITY: lists.coded(COUNTRY, text_in(said, "nationality") or ""),
        _SEX: lists.coded("sex", text_in(said, "sex") or ""),
        _RELATION: _coded("household_relation", said.get("relation_to_head"), lists),
    }
    facts: dict[AttributeName, Value] = dict(name_facts(full_name))
    facts |= {name: value for name, value in told.items() if value is not None}
    return PersonRef(
        personal_id=None if number is None else PersonalId(number),
        full_name=one_blank(full_name),
        birth_date=birth_date,
        facts=facts,
    )


def read_address(said: Mapping[str, object], lists: CodeLists) -> Place:
    """An address of a record; a unit counts where its code and its name agree with the lists."""
    country = lists.coded(COUNTRY, text_in(said, "country") or "")
    detail = one_blank(text_in(said, "detail") or "") or None
    province = _coded(PROVINCE, said.get("province"), lists)
    if province is None:
        return Place(country, None, None, detail)
    stated = said.get("commune")
    if stated is None:
        return Place(country, province, None, detail)
    commune = _commune(province, stated, lists)
    if commune is None:
        return Place(country, None, None, detail)
    return Place(country, province, commune, detail)


def _commune(province: Coded, said: object, lists: CodeLists) -> Coded | None:
    if not isinstance(said, dict):
        return None
    commune = lists.commune(province.code, text_in(said, "code") or "")
    agrees = commune is not None and folded(text_in(said, "label") or "") == folded(commune.label)
    return commune if agrees else None


def _value(type_name: str, said: object, lists: CodeLists) -> Held | None:
    if type_name.startswith(CODE):
        return _coded(type_name.removeprefix(CODE), said, lists)
    return _READERS[type_name](said, lists)


def _coded(name: str, said: object, lists: CodeLists) -> Coded | None:
    """A value by its label; by its code where no label stands. Units of no list are no value."""
    if said is None:
        return None
    if isinstance(said, dict):
        code, label = text_in(said, "code"), text_in(said, "label")
    else:
        code = label = text(said)
    by_label = lists.labelled(name, label or "")
    if by_label is not None:
        return by_label
    by_code = lists.coded(name, code or "") if label in (None, code) else None
    if by_code is not None or name == PROVINCE or label is None:
        return by_code
    return Coded(name, code or label, label)


def _text(said: object, _lists: CodeLists) -> str:
    return one_blank(text(said))


def _number(said: object) -> Decimal:
    if not isinstance(said, int | Decimal):
        raise TypeError("a document holds something else than a number")
    return Decimal(said)


def _people(said: object, lists: CodeLists) -> tuple[PersonRef, ...] | None:
    return tuple(read_person(members(one), lists) for one in entries(said)) or None


_READERS: dict[str, Callable[[object, CodeLists], Held | None]] = {
    "text": _text,
    "name": _text,
    "date": lambda said, _: PartialDate.parse(text(said)),
    "number": lambda said, _: _number(said),
    "boolean": lambda said, _: bool(said),
    "sex": lambda said, lists: lists.coded("sex", text(said)),
    "country": lambda said, lists: lists.coded(COUNTRY, text(said)),
    "unit": lambda said, lists: _coded(PROVINCE, said, lists),
    "person": lambda said, lists: read_person(members(said), lists),
    "persons": _people,
}


def _insurance(content: Mapping[str, object], _lists: CodeLists) -> Facts:
    employer, address = text_in(content, "employer"), text_in(content, "employer_address")
    if employer is None or address is None:
        return {}
    return {_WORKPLACE: f"{one_blank(employer)}, {one_blank(address)}"}


def _licence(content: Mapping[str, object], lists: CodeLists) -> Facts:
    held = _coded("licence_class", content.get("class"), lists)
    return {} if held is None else {_REQUESTED_CLASS: held}


def _benefit(content: Mapping[str, object], _lists: CodeLists) -> Facts:
    name = content.get("benefit")
    if name not in _BENEFITS:
        return {}
    facts: Facts = {}
    if content.get("amount") is not None:
        facts[AttributeName(f"benefit.{name}_amount")] = _number(content["amount"])
    if content.get("from_date") is not None:
        facts[AttributeName(f"benefit.{name}_from")] = PartialDate.parse(text(content["from_date"]))
    return facts


def _residence(content: Mapping[str, object], lists: CodeLists) -> Facts:
    dwelling = members_in(content, "dwelling")
    kind = _coded("dwelling", dwelling.get("ownership"), lists)
    owner = dwelling.get("owner")
    facts: Facts = {} if kind is None else {_DWELLING_KIND: kind}
    return (
        facts if owner is None else {**facts, _DWELLING_OWNER: read_person(members(owner), lists)}
    )


_Combined = tuple[frozenset[AttributeName], Callable[[Mapping[str, object], CodeLists], Facts]]

_NOTHING: _Combined = (frozenset(), lambda _content, _lists: {})
_COMBINED: dict[str, _Combined] = {
    "insurance_card": (frozenset({_WORKPLACE}), _insurance),
    "driving_licence": (frozenset({_REQUESTED_CLASS}), _licence),
    "residence_confirmation": (frozenset({_DWELLING_KIND, _DWELLING_OWNER}), _residence),
    "social_benefit_decision": (
        frozenset(
            AttributeName(f"benefit.{name}_{part}")
            for name in _BENEFITS
            for part in ("amount", "from")
        ),
        _benefit,
    ),
}
"""Readers for attributes derived from several members, or members that answer several attributes."""
