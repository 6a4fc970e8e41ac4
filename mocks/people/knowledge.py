"""What the province's store holds about a person, and what the person would say when asked."""

from typing import Any

from mocks.people.civil_papers import civil_papers, newborn
from mocks.people.living_papers import living_papers
from mocks.people.person import BLOOD_GROUPS, Person, Relative
from mocks.people.personas import SAYS_OTHERWISE
from mocks.people.population import Population
from mocks.people.shapes import Json, address, code, relative
from mocks.people.words import Address, Code

_WOMAN, _MAN = 3, 2


def records_of(population: Population, n: int) -> list[Json]:
    """Person n's digitised results, each the body of one `POST /v1/records`."""
    person = population.person(n)
    papers = [*living_papers(population, person), *civil_papers(population, person)]
    return [paper.as_record(person) for paper in papers]


def truth_of(population: Population, n: int) -> Json:
    """Everything that person n would say: of oneself, the family, the household, the papers.

    `person`, `father`, `mother`, `spouse` and each of `children` have one shape (`whole`), with
    null for what nobody knows; somebody outside the population is a PERSON. `newborn` is the child
    not yet registered; `papers` maps each kind held to its content (of several, the first).
    """
    person = population.person(n)
    mother = population.person(n - n % 6 + _WOMAN) if n % 6 in (_MAN, _WOMAN) else None
    papers: dict[str, Any] = {}
    for record in records_of(population, n):
        papers.setdefault(record["kind"], record["content"])
    return {
        "person": whole(person, SAYS_OTHERWISE.get(n, {})),
        "father": _other(population, person.father),
        "mother": _other(population, person.mother),
        "spouse": _other(population, person.spouse),
        "children": [whole(population.person(child)) for child in person.children],
        "newborn": newborn(population, mother) if mother is not None else None,
        "papers": papers,
    }


def whole(person: Person, otherwise: dict[str, Any] | None = None) -> Json:
    """All that somebody knows of themselves, `otherwise` before what the registers hold."""
    said = otherwise or {}
    values: Json = {
        "personal_id": person.personal_id,
        "full_name": person.full_name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "died_on": person.died_on,
        "ethnicity": person.ethnicity,
        "religion": person.religion,
        "nationality": person.nationality,
        "marital_status": person.marital_status,
        "blood": BLOOD_GROUPS[person.blood],
        "birth_registration": person.birth_registration,
        "birth_place": person.birth_place,
        "hometown": person.hometown,
        "permanent_address": person.permanent,
        "current_address": said.get("current", person.current),
        "temporary_address": person.temporary,
        "previous_address": person.previous,
        "phone": person.phone,
        "email": person.email,
        "card_issued_on": person.card_issued_on,
        "card_issuer": person.card_issuer,
        "card_expires_on": person.card_expires_on,
        "old_number": person.old_number,
        "household_code": person.residence.code if person.residence else None,
    }
    values |= {name: said[name] for name in said if name in values}
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Address):
        return address(value)
    return code(value) if isinstance(value, Code) else value


def _other(population: Population, other: Relative | None) -> Json | None:
    if other is None:
        return None
    return relative(other) if other.n is None else whole(population.person(other.n))
