"""Who comes for which form, and how do they answer the questions that only they can answer?

A story is one visit's subject, the people that the form will ask about, and the answers by input.
People are taken from the population as they suit the form: a mother with a newborn, a driver, a
pensioner; personas first, and nobody twice.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mocks.igate import family_plots, own_plots
from mocks.igate.knowledge import Someone, someone
from mocks.igate.plot import ELDER, FIRST_PLAIN, HOUSEHOLD, MAN, WOMAN, Plot
from mocks.people import Person, Population


@dataclass(frozen=True, slots=True)
class Story:
    """One visit before it happens; `people` is who stands behind each role of the form.

    `answers` maps an input (a template path for one in a row) to the answer that the person gives
    whatever was filled; `rows` says how many rows a group gets.
    """

    form: str
    procedure: str
    persona: str
    n: int
    subject: Mapping[str, str] = field(repr=False)
    account: Mapping[str, str] = field(repr=False)
    people: Mapping[str, Someone] = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    rows: Mapping[str, int] = field(default_factory=dict)
    owners: tuple[int, ...] = ()
    """The people whose records the form may need."""


def stories(population: Population, form: str, count: int, seed: int) -> tuple[Story, ...]:
    """So many visits for one form, personas first and then others; the same for the same seed."""
    plot = FORMS[form]
    cast = _cast(population, plot, _quarter(form, seed))
    return tuple(
        _story(population, form, plot, *next(cast), random.Random(f"story {seed} {form} {i}"))
        for i in range(count)
    )


def case_stories(population: Population, form: str, seed: int) -> tuple[Story, ...]:
    """Some visits for one form by personas, the last of them somebody without peculiarities."""
    plot = FORMS[form]
    names = [*plot.personas[1:4], plot.personas[0]]
    return tuple(
        _story(
            population,
            form,
            plot,
            name,
            population.persona(name),
            random.Random(f"case {seed} {form} {name}"),
        )
        for name in names
    )


def _quarter(form: str, seed: int) -> int:
    """Where the people of one form live: no mother should register one child on two forms."""
    return FIRST_PLAIN + (seed % 11 * 8 + sorted(FORMS).index(form) * 3 % 8) * 1800


def _cast(population: Population, plot: Plot, household: int) -> Iterator[tuple[str, Person]]:
    for name in plot.personas:
        yield name, population.persona(name)
    while True:
        for slot in plot.slots:
            person = population.person(household * HOUSEHOLD + slot)
            if person.died_on is None and plot.suits(population, person):
                yield "ordinary", person
                break
        household += 1


def _story(
    population: Population,
    form: str,
    plot: Plot,
    persona: str,
    person: Person,
    chance: random.Random,
) -> Story:
    told = plot.tell(population, person, chance)
    person = told.get("subject", person)
    me = someone(population, person.n)
    people = {"applicant": me, **told.get("people", {})}
    relatives = [n for n in (person.spouse and person.spouse.n, *told.get("owners", ())) if n]
    return Story(
        form=form,
        procedure=plot.procedure,
        persona=persona,
        n=person.n,
        subject={
            "personal_id": person.personal_id,
            "full_name": person.full_name,
            "birth_date": person.birth_date,
        },
        account={"verified_by": "vneid", "phone": person.phone, "email": person.email},
        people=people,
        answers=told["answers"],
        rows=told.get("rows", {}),
        owners=(person.n, *relatives),
    )


FORMS: Final[dict[str, Plot]] = {
    "birth-registration": Plot(
        "1.001193",
        ("hospital_birth_parents", "home_birth_parents"),
        family_plots.has_newborn,
        (WOMAN, MAN),
        family_plots.birth,
    ),
    "bundle-birth": Plot(
        "2.000987",
        ("hospital_birth_parents", "hospital_birth_father"),
        family_plots.has_newborn,
        (WOMAN, MAN),
        family_plots.bundle_birth,
    ),
    "ct01-permanent-residence": Plot(
        "1.004222",
        ("ordinary", "tenant_in_household", "moved_house", "wrong_official_value", "nfd_name"),
        own_plots.settled,
        (MAN, WOMAN),
        own_plots.residence,
    ),
    "driving-licence-exchange": Plot(
        "3.000347",
        ("ordinary", "driver", "year_only_birth", "old_unit_codes"),
        own_plots.drives,
        (MAN, WOMAN),
        own_plots.licence,
    ),
    "household-business-registration": Plot(
        "1.001612",
        ("ordinary", "business_owner", "single_word_name", "ethnic_other"),
        own_plots.adult,
        (WOMAN, MAN),
        own_plots.business,
    ),
    "marriage-registration": Plot(
        "1.000894",
        ("bride", "groom", "divorced"),
        family_plots.single,
        (ELDER, ELDER + 1),
        family_plots.marriage,
    ),
    "social-pension": Plot(
        "1.014027",
        ("social_pension_applicant", "pensioner"),
        own_plots.old,
        (0, 1),
        own_plots.pension,
    ),
    "tk01-passport": Plot(
        "1.001456",
        ("ordinary", "passport_holder", "foreign_spouse", "temporary_resident", "widowed"),
        own_plots.adult,
        (MAN, WOMAN),
        own_plots.passport,
    ),
}
"""The eight forms of this installation, by code."""
