"""One citizen's day, from one procedure to the next that needs its result.

A driver whose identity card is not on record asks for another licence; then for a card, whose dossier goes
its way to the end and whose result is put on record; then for the licence again. Between what is
kept and the next dossier a second passes: a result counts as reused only where it was there before.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from mocks.igate.behaviour import Behaviour
from mocks.igate.counter import CounterIGate
from mocks.igate.services import OLDER
from mocks.igate.stories import Story, stories
from mocks.igate.visit import Visit
from mocks.people import Population
from mocks.people.knowledge import records_of

CARD_FORM: Final = "cc01-identity-card"
LICENCE_FORM: Final = "driving-licence-exchange"
RESULT: Final = "KQ.G01.000001"
"""The code printed on the card's result (ours)."""

_CARD = "identity_card"
_BEYOND_PERSONAS = 12
_TAKEN = (200, 201)


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of it: dossier codes in order, fields of the licence before and after, by fate."""

    codes: tuple[str, ...]
    papers: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    unexpected: tuple[str, ...]

    @property
    def asked(self) -> tuple[int, int]:
        """How many visible fields were left to the citizen, before and after."""
        return _left(self.before), _left(self.after)


def _left(counts: Mapping[str, int]) -> int:
    return counts.get("visible", 0) - counts.get("auto", 0)


class _Wrong(Exception):
    """The gateway answered what no honest day should meet."""


class Life:
    """One citizen with their dossiers; `pause` lets more than a second pass."""

    def __init__(
        self,
        igate: CounterIGate,
        population: Population,
        seed: int,
        officer: str,
        clock: Callable[[], datetime],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._igate = igate
        self._officer = officer
        self._clock = clock
        self._pause = pause
        # another seed than the crowd's: nobody of it lives where this citizen does
        self._driver, self._applicant = _people(population, seed + 1)
        papers = records_of(population, self._driver.n)
        self._card = next(one for one in papers if one["kind"] == _CARD)
        self._others = [one for one in papers if one is not self._card]
        self._codes: list[str] = []

    async def live(self) -> Lived:
        """Go through the day; never raises for what the gateway answers."""
        before: Mapping[str, int] = {}
        after: Mapping[str, int] = {}
        wrong: tuple[str, ...] = ()
        try:
            for paper in self._others:
                _check("record", await self._igate.store_record(paper))
            await self._pause()
            before = await self._visit(self._driver)
            await self._go_on()
            await self._get_a_card()
            await self._pause()
            after = await self._visit(self._driver)
            await self._hand_in_the_card()
        except _Wrong as error:
            wrong = (str(error),)
        return Lived(tuple(self._codes), len(self._others), before, after, wrong)

    async def _visit(self, story: Story) -> Mapping[str, int]:
        """One visit from its code to the submission, which registers the dossier."""
        code = await self._igate.new_code(OLDER)
        visit = Visit(self._igate, story, Behaviour.ACCEPT, seed=0, dossier=code)
        outcome = await visit.run()
        for what in outcome.unexpected:
            raise _Wrong(what)
        self._codes.append(code)
        return outcome.counts

    async def _get_a_card(self) -> None:
        """A dossier to its end, and its result on record."""
        await self._visit(self._applicant)
        await self._go_on()
        code, procedure = self._codes[-1], str(self._applicant.procedure)
        stored = await self._igate.store_result(self._card, code, procedure, RESULT)
        _check("result", stored)

    async def _hand_in_the_card(self) -> None:
        """The next dossier, said anew with the card as one of its papers."""
        story, at = self._driver, self._clock()
        found = await self._igate.records_of(story.subject, self._codes[-1], self._officer)
        kept = next(one for one in found.body["records"] if one["record"]["kind"] == _CARD)
        file = kept["record"]["file"]
        paper = {
            "component": f"{story.procedure}-TP02",
            "name": "Thẻ căn cước",
            "file": {"id": kept["id"], "name": file["name"], "sha256": file["sha256"]},
            "record": kept["id"],
            "result": RESULT,
        }
        who = {"name": story.subject["full_name"], "personal_id": story.subject["personal_id"]}
        dossier = {
            "code": self._codes[-1],
            "procedure": story.procedure,
            "form": story.form,
            "channel": "online",
            "owner": {"kind": "citizen", **who},
            "abstract": "Đổi giấy phép lái xe",
            "submitted": at.isoformat(),
            "received": at.isoformat(),
            "due": (at + timedelta(days=5)).isoformat(),
            "unit": "Bộ phận Một cửa tỉnh Mẫu",
            "attachments": [paper],
        }
        _check("registration", await self._igate.register(dossier))
        await self._go_on()

    async def _go_on(self) -> None:
        """The last dossier goes its way to the hand-over."""
        _check("progress", await self._igate.go_on(self._codes[-1], self._officer))


def _people(population: Population, seed: int) -> tuple[Story, Story]:
    """The same person for both procedures."""
    driver = stories(population, LICENCE_FORM, _BEYOND_PERSONAS, seed)[-1]
    plain = stories(population, CARD_FORM, _BEYOND_PERSONAS, seed)[-1]
    people = {**plain.people, "applicant": driver.people["applicant"]}
    applicant = replace(
        plain,
        n=driver.n,
        subject=driver.subject,
        account=driver.account,
        people=people,
        owners=(),
    )
    return driver, applicant


def _check(call: str, answer: Any) -> None:
    if answer.status not in _TAKEN:
        raise _Wrong(f"{call}: {answer.status} {answer.code}")
