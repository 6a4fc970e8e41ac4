"""Stories: who comes for which form, and their answers to the questions that only they can answer.

A story is one visit's subject, the people that the form will ask about, and the answers by input.
People are taken from the population as they suit the form: a mother with a newborn, a driver, a
pensioner; personas first, and nobody twice.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mocks.igate.knowledge import Someone, someone
from mocks.igate.plot import FIRST_PLAIN, HOUSEHOLD, Plot
from mocks.igate.plots import FORMS, PLOTS
from mocks.people import Person, Population
from mocks.people.calendar import Calendar
from mocks.people.death_papers import unregistered_death


@dataclass(frozen=True, slots=True)
class Story:
    """One visit before it happens; `people` is who stands behind each role of the form.

    `answers` maps an input (a template path for one in a row) to the answer that the person gives
    whatever was filled; `rows` says how many rows a group gets.
    """

    form: str
    procedure: str | None
    persona: str
    n: int
    subject: Mapping[str, str] = field(repr=False)
    account: Mapping[str, str] = field(repr=False)
    people: Mapping[str, Someone] = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)
    rows: Mapping[str, int] = field(default_factory=dict)
    owners: tuple[int, ...] = ()
    """The people whose records the form may need."""
    calendar: Calendar = Calendar()

    @property
    def ground(self) -> str:
        """On what the reading rests: the procedure, or the form where it belongs to none."""
        return self.procedure or self.form


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
    """Where the people of one form live: nobody should register one birth or death twice."""
    return FIRST_PLAIN + (seed % 11 * 8 + sorted(PLOTS).index(form) * 3 % 7) * 1800


def _cast(population: Population, plot: Plot, household: int) -> Iterator[tuple[str, Person]]:
    for name in plot.personas:
        yield name, population.persona(name)
    while True:
        for slot in plot.slots:
            person = population.person(household * HOUSEHOLD + slot)
            lives = person.died_on is None and unregistered_death(person) is None
            if lives and plot.suits(population, person):
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
        calendar=population.calendar,
    )
