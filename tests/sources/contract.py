"""What every source promises, whichever it is: the tests that each of them runs.

A source's test module derives from SourceContract and gives a `trial`.
"""

import asyncio
import itertools
import json
import logging
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.domain.errors import SourceError
from gateway.domain.facts import Coded, Fact, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import AttributeName, PersonalId, TenantId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.source import Purpose, Question, Source
from tests.sources.conftest import NOW

ROOT = Path(__file__).parents[2]
PURPOSE = Purpose(TenantId("h99"), "H99.01", "1.004222", "H99.01.cb017", None)
_ATTRIBUTES = json.loads((ROOT / "schemas" / "attributes.json").read_bytes())["attributes"]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "name": str,
    "personal_id": str,
    "date": PartialDate,
    "number": Decimal,
    "boolean": bool,
    "person": PersonRef,
    "persons": tuple,
}


@dataclass(frozen=True)
class Trial:
    """A source, somebody it knows, somebody it does not, and the same source out of reach."""

    source: Source
    held: frozenset[AttributeName]
    known: PersonKey
    unknown: PersonKey
    broken: Source
    secrets: tuple[str, ...] = field(repr=False)


def ask(
    source: Source, person: PersonKey, wanted: frozenset[AttributeName], ref: str = "gw-1"
) -> "asyncio.Future[Found | NoRecord | NotPermitted]":
    """One question for the usual purpose."""
    return asyncio.ensure_future(source.look_up(Question(person, wanted, PURPOSE, ref)))


class SourceContract:
    """Derive, give the fixture `trial`, and every promise is tested."""

    async def test_known_person_is_answered_in_full(self, trial: Trial) -> None:
        reply = await ask(trial.source, trial.known, trial.held)

        assert isinstance(reply, Found)
        assert len(reply.facts) > 10

    async def test_unwanted_fields_are_not_answered(self, trial: Trial) -> None:
        whole = await ask(trial.source, trial.known, trial.held)
        assert isinstance(whole, Found)
        names = sorted(trial.held)
        for wanted in [*([name] for name in names), *itertools.pairwise(names)]:
            reply = await ask(trial.source, trial.known, frozenset(wanted))
            facts = reply.facts if isinstance(reply, Found) else {}
            assert dict(facts) == {
                name: whole.facts[name] for name in wanted if name in whole.facts
            }

    async def test_empty_question_has_empty_answer(self, trial: Trial) -> None:
        reply = await ask(trial.source, trial.known, frozenset({AttributeName("thing.unheard_of")}))

        assert not isinstance(reply, Found) or not reply.facts

    async def test_values_have_their_dictionary_types(self, trial: Trial) -> None:
        reply = await ask(trial.source, trial.known, trial.held)
        assert isinstance(reply, Found)
        for name, fact in reply.facts.items():
            check_type(name, fact)

    async def test_all_attributes_are_in_dictionary(self, trial: Trial) -> None:
        assert {
            name for name in trial.held if trial.source.id not in _ATTRIBUTES[name]["sources"]
        } == set()

    async def test_every_fact_has_its_date(self, trial: Trial) -> None:
        reply = await ask(trial.source, trial.known, trial.held)
        assert isinstance(reply, Found)
        for fact in reply.facts.values():
            assert fact.as_of.tzinfo is not None
            assert fact.as_of <= NOW

    async def test_somebody_unknown_is_no_record(self, trial: Trial) -> None:
        assert isinstance(await ask(trial.source, trial.unknown, trial.held), NoRecord)

    async def test_unreachable_source_raises_source_error_only(self, trial: Trial) -> None:
        with pytest.raises(SourceError) as raised:
            await ask(trial.broken, trial.known, trial.held)
        assert raised.value.attempts >= 1
        assert not any(secret in f"{raised.value!r}{raised.value!s}" for secret in trial.secrets)

    async def test_no_personal_value_is_printed_or_logged(
        self, trial: Trial, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            reply = await ask(trial.source, trial.known, trial.held)
        question = Question(trial.known, trial.held, PURPOSE, "gw-1")
        out, err = capfd.readouterr()
        said = f"{reply!r}{trial.source!r}{question!r}{caplog.text}{out}{err}"
        assert isinstance(reply, Found)
        said += "".join(f"{fact!r}" for fact in reply.facts.values())
        assert trial.secrets
        assert [secret for secret in trial.secrets if secret in said] == []


def check_type(name: AttributeName, fact: Fact) -> None:
    """Fail unless the fact's value, and what it says of others, is of the dictionary's type."""
    stated = _ATTRIBUTES[name]["type"]
    if stated.startswith("code:"):
        assert isinstance(fact.value, Coded), name
        assert fact.value.list == stated.removeprefix("code:"), name
        assert fact.value.code and fact.value.label, name
        return
    assert isinstance(fact.value, _TYPES[stated]), name
    people = fact.value if isinstance(fact.value, tuple) else (fact.value,)
    for person in people:
        if isinstance(person, PersonRef):
            for told, value in person.facts.items():
                assert not isinstance(value, (PersonRef, tuple)), told
                check_type(told, Fact(value, fact.as_of))
        elif isinstance(person, str):
            assert person == " ".join(person.split()) != "", name


def key_of(number: str, full_name: str, birth_date: str | None) -> PersonKey:
    """Somebody as a caller names them."""
    born = None if birth_date is None else PartialDate.parse(birth_date)
    return PersonKey(PersonalId(number), full_name, born)
