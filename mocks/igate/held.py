"""What the register and the province's records hold of a person, independent of the gateway's reading.

Worked out from the people themselves and from the papers that were handed in, never from an answer
of the gateway: attributes by the names of `schemas/attributes.json`, those of papers by what
`schemas/record-kinds.json` says that each kind holds, whether they lie with the province or in a
person's own store on the portal. A value in an older or wrong shape counts as
held; a paper that has expired holds nothing.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mocks.papers import has_store
from mocks.people import Person, Population
from mocks.people.knowledge import records_of
from mocks.people.words import Address

_KINDS = Path(__file__).parents[2] / "schemas" / "record-kinds.json"
_NAMED = ("personal_id", "full_name", "nationality")
_REGISTERED = ("personal_id", "full_name", "birth_date", "sex", "ethnicity", "marital_status")


class Holdings:
    """Who is held where: the register has everybody, the province the papers of those `filed`.

    Where `stores` are read, who has one on the portal keeps papers there.
    """

    def __init__(
        self, population: Population, filed: Collection[int], today: str, *, stores: bool = False
    ) -> None:
        self._population = population
        self._filed = frozenset(filed)
        self._today = today
        self._stores = stores
        self._known: dict[int, frozenset[str]] = {}

    def of(self, n: int) -> frozenset[str]:
        """The attributes of person n that a source holds."""
        if n not in self._known:
            held = set(_registered(self._population.person(n)))
            if n in self._filed or (self._stores and has_store(n)):
                held.update(self._on_papers(n))
            self._known[n] = frozenset(held)
        return self._known[n]

    def of_every_member(self, n: int) -> frozenset[str]:
        """The attributes that a source holds of each member of person n's household."""
        residence = self._population.person(n).residence
        if residence is None:
            return frozenset()
        return frozenset.intersection(*(self.of(member.n) for member in residence.members))

    def _on_papers(self, n: int) -> Iterator[str]:
        for record in records_of(self._population, n):
            expires = record["valid_until"]
            if expires is None or expires >= self._today:
                yield from _on_paper(record["kind"], record["content"])


def named(said: Mapping[str, Any]) -> frozenset[str]:
    """What a register holds of somebody from outside whom it names as another's relative."""
    return frozenset(f"person.{name}" for name in _NAMED if said.get(name))


def _registered(person: Person) -> Iterator[str]:
    yield from (f"person.{name}" for name in (*_REGISTERED, "religion"))
    if not person.wire.nationality_empty:
        yield "person.nationality"
    if person.old_number:
        yield "person.old_identity_number"
    if person.residence is not None:
        yield "person.household_head"
    for kin in ("father", "mother", "spouse"):
        if getattr(person, kin) is not None:
            yield f"person.{kin}"
    for name, place in (
        ("permanent_address", person.permanent),
        ("current_address", person.current),
        ("hometown", person.hometown),
        ("birth_registration_place", person.birth_registration),
    ):
        yield from _parts(f"person.{name}", place._asdict())


def _parts(attribute: str, place: Mapping[str, Any]) -> Iterator[str]:
    """An address holds its parts, and with them the whole line and whether it lies at home."""
    yield from (f"{attribute}.{part}" for part in Address._fields if place.get(part))
    yield from (f"{attribute}.full", f"{attribute}.in_vietnam")


def _on_paper(kind: str, content: Mapping[str, Any]) -> Iterator[str]:
    stated = _kinds().get(kind, {"members": {}})
    for name, member in stated["members"].items():
        attribute = member.get("attribute")
        if attribute is None or content.get(name) is None:
            continue
        if member["type"] == "address":
            yield from _parts(attribute, content[name])
        else:
            yield attribute
    yield from stated.get("implies", ())
    yield from _together(kind, content)


def _together(kind: str, content: Mapping[str, Any]) -> Iterator[str]:
    """What no single member of a paper says."""
    match kind:
        case "insurance_card" if content.get("employer") and content.get("employer_address"):
            yield "insurance.workplace"
        case "driving_licence" if content.get("class"):
            yield "licence.requested_class"
        case "residence_confirmation":
            yield "residence.dwelling_kind"
            if content["dwelling"]["owner"]:
                yield "residence.dwelling_owner"
        case "social_benefit_decision":
            yield f"benefit.{content['benefit']}_amount"
            yield f"benefit.{content['benefit']}_from"


@cache
def _kinds() -> Mapping[str, Any]:
    kinds: Mapping[str, Any] = json.loads(_KINDS.read_text(encoding="utf-8"))["kinds"]
    return kinds
