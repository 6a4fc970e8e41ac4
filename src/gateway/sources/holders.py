"""Whom does a digitised record say it belongs to, and whom else does it name?

`schemas/record-kinds.json` marks the members that speak of the owner. The name beside the owner's
number is one of them in every record. Of several persons on a paper the one under the owner's number
is the owner; what is said of the others is not compared.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.facts import Holder, PartialDate
from gateway.records.kinds import Kind
from gateway.records.record import Record


def holder_of(kind: Kind, record: Record) -> Holder:
    """Every name, birth date and number that the record gives for its owner."""
    names = [] if record.owner_name is None else [record.owner_name]
    dates: list[str] = []
    former: list[str] = []
    other_number = False
    for name, member in kind.members.items():
        said = record.content.get(name)
        if said is None or member.owner is None:
            continue
        if member.owner == "formerly":
            former.append(said)
        elif member.type == "name":
            names.append(said)
        elif member.type == "date":
            dates.append(said)
        else:
            persons = list(_persons(said))
            own = [one for one in persons if one.get("personal_id") == record.owner.digits]
            if member.owner == "always":
                own += [one for one in persons if one.get("personal_id") is None]
                other_number |= not own
            names += [one["full_name"] for one in own]
            dates += [one["birth_date"] for one in own if one.get("birth_date") is not None]
    return Holder(tuple(names), tuple(map(PartialDate.parse, dates)), other_number, tuple(former))


def named_beside(kind: Kind, record: Record) -> frozenset[str]:
    """The numbers of the persons whom the record names beside its owner."""
    numbers = {
        one.get("personal_id")
        for name, member in kind.members.items()
        if member.type in _OF_PERSONS and record.content.get(name) is not None
        for one in _persons(record.content[name])
    }
    return frozenset(n for n in numbers if n is not None and n != record.owner.digits)


_OF_PERSONS = ("person", "persons", "dwelling")


def _persons(said: Any) -> Iterator[Mapping[str, Any]]:
    """The persons of a member of type person, persons or dwelling."""
    if isinstance(said, list):
        yield from said
    elif "full_name" in said:
        yield said
    elif said.get("owner") is not None:
        yield said["owner"]
