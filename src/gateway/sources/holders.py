"""Tell whom a digitised record says it belongs to, and whom else it names.

`schemas/record-kinds.json` marks the members that speak of the owner. The name beside the owner's
number is one of them in every record. Of several persons on a paper the one under the owner's number
is the owner; what is said of the others is not compared.
"""

from collections.abc import Iterable, Iterator, Mapping

from gateway.domain.documents import entries, members, text, text_in
from gateway.domain.facts import Holder, PartialDate
from gateway.records.kinds import Kind, Kinds
from gateway.records.record import Record
from gateway.records.store import HeldRecords
from gateway.sources.identity import same_name


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
            former.append(text(said))
        elif member.type == "name":
            names.append(text(said))
        elif member.type == "date":
            dates.append(text(said))
        else:
            persons = list(_persons(said))
            own = [one for one in persons if text_in(one, "personal_id") == record.owner.digits]
            if member.owner == "always":
                own += [one for one in persons if one.get("personal_id") is None]
                other_number |= not own
            names += [text(one["full_name"]) for one in own]
            born = (text_in(one, "birth_date") for one in own)
            dates += [date for date in born if date is not None]
    return Holder(tuple(names), tuple(map(PartialDate.parse, dates)), other_number, tuple(former))


def named_beside(kind: Kind, record: Record) -> frozenset[str]:
    """The numbers of the persons whom the record names beside its owner."""
    numbers = {
        text_in(one, "personal_id")
        for name, member in kind.members.items()
        if member.type in _OF_PERSONS and record.content.get(name) is not None
        for one in _persons(record.content[name])
    }
    return frozenset(n for n in numbers if n is not None and n != record.owner.digits)


def records_of(name: str, held: HeldRecords, kinds: Kinds) -> HeldRecords:
    """The records under a number that belong to the person of this name.

    A record in another name is not this person's, and one that holds no name is only beside one in
    this name, since a number alone opens no record.
    """
    named = [(one, holder_of(kinds[one.record.kind], one.record)) for one in held.records]
    awaited = [(one, [] if one.owner_name is None else [one.owner_name]) for one in held.awaited]
    if not any(_agree(held.names, name) and held.names for _, held in named) and not any(
        _agree(names, name) and names for _, names in awaited
    ):
        return HeldRecords((), ())
    return HeldRecords(
        tuple(one for one, h in named if _agree(h.names, name) and not h.other_number),
        tuple(one for one, names in awaited if _agree(names, name)),
    )


def _agree(names: Iterable[str], name: str) -> bool:
    """Whether every name held equals this one."""
    return all(same_name(one, name) for one in names)


_OF_PERSONS = ("person", "persons", "dwelling")


def _persons(said: object) -> Iterator[Mapping[str, object]]:
    """The persons of a member of type person, persons or dwelling."""
    if isinstance(said, list):
        yield from map(members, entries(said))
    elif "full_name" in (one := members(said)):
        yield one
    elif one.get("owner") is not None:
        yield members(one["owner"])
