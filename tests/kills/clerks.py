"""Clerks of a province at work: they remember what they asked, what was answered, and what was not."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from mocks.igate import Story, stories
from mocks.people import Population
from mocks.people.knowledge import records_of

Json = dict[str, Any]

PREFILL, SUBMISSION = "/v1/prefills", "/v1/submissions"
LEAVES_OF = {PREFILL: "prefill", SUBMISSION: "submission"}


@dataclass(slots=True)
class Call:
    """One thing that was asked, under a key of its own, and the answer once there was one."""

    path: str
    body: Json
    key: str
    status: int = 0
    answer: bytes = b""
    told: Json = field(default_factory=dict)

    @property
    def leaf(self) -> str | None:
        return self.told.get("leaf")


class Desk:
    """Everything that one province asked of its gateway over all its lives."""

    def __init__(
        self, population: Population, forms: tuple[str, ...], chance: random.Random
    ) -> None:
        self.chance = chance
        self.answered: list[Call] = []
        self.unanswered: list[Call] = []
        self.strange: list[str] = []
        self._stories = _visits(population, forms, chance.randrange(1 << 30))
        self._population = population
        self._receipts: list[Call] = []
        self._tickets: list[str] = []
        self._records: list[Mapping[str, Any]] = []
        self._dossiers = 0
        self._more = asyncio.Event()

    async def work(self, http: httpx.AsyncClient, token: str) -> None:
        """Ask one thing after the other until the gateway falls."""
        while True:
            call = self._next()
            self.unanswered.append(call)
            if not await self.ask(http, token, call):
                return

    async def has_answers(self, count: int) -> None:
        """Until so many different calls have been answered in all."""
        while len(self.answered) < count:
            self._more.clear()
            await self._more.wait()

    async def ask(self, http: httpx.AsyncClient, token: str, call: Call) -> bool:
        """Ask; False when nobody answered, and then it is remembered as unanswered."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": call.key}
        try:
            answer = await http.post(call.path, json=call.body, headers=headers)
        except httpx.TransportError:
            return False
        if answer.status_code not in (200, 201):
            self.strange.append(f"{call.path} {answer.status_code} {answer.text[:200]}")
        earlier = call.answer
        call.status, call.answer, call.told = answer.status_code, answer.content, answer.json()
        if earlier and earlier != call.answer:
            self.strange.append(f"{call.path} was answered otherwise the second time")
        if call in self.unanswered:
            self.unanswered.remove(call)
        if not earlier and call.status in (200, 201):
            self._remember(call)
        return True

    async def ask_again(self, http: httpx.AsyncClient, token: str) -> int:
        """Ask everything again that nobody answered; how many calls that were."""
        waiting = list(self.unanswered)
        answered = await asyncio.gather(*(self.ask(http, token, call) for call in waiting))
        assert all(answered), "the gateway fell although nobody killed it"
        return len(waiting)

    def asked(self, path: str) -> list[Call]:
        """What was answered of one kind."""
        return [call for call in self.answered if call.path == path]

    def _remember(self, call: Call) -> None:
        self.answered.append(call)
        self._more.set()
        if call.path == PREFILL:
            self._receipts.append(call)
        self._tickets += [one["ticket"] for one in call.told.get("corrections", ())]

    def _next(self) -> Call:
        draw = self.chance.random()
        if self.answered and draw < 0.1:
            return self.chance.choice(self.answered[-50:])
        if self._tickets and draw < 0.15:
            ticket = self._tickets.pop(self.chance.randrange(len(self._tickets)))
            moved = {"becomes": self.chance.choice(["resolved", "rejected"])}
            return self._call(f"/v1/corrections/{ticket}/state", moved)
        if self._records and draw < 0.25:
            return self._call("/v1/records", dict(self._records.pop()))
        return self.fresh(SUBMISSION if self._receipts and draw < 0.6 else PREFILL)

    def fresh(self, path: str) -> Call:
        """A prefill for the next visitor, or a submission of one that was answered."""
        if path == SUBMISSION:
            return self._call(path, self._submission())
        return self._call(path, self._question(next(self._stories)))

    def _call(self, path: str, body: Json) -> Call:
        return Call(path, body, f"{self.chance.getrandbits(128):032x}")

    def _submission(self) -> Json:
        filled = self._receipts.pop(self.chance.randrange(len(self._receipts))).told
        body: Json = {"receipt": filled["receipt"], "data": filled["data"]}
        shown = [
            f["path"] for f in filled["fields"] if f["state"] == "filled" and f["visible"] is True
        ]
        if shown and self.chance.random() < 0.4:
            body["contested"] = [self.chance.choice(shown)]
        return body

    def _question(self, story: Story) -> Json:
        self._records += records_of(self._population, story.n)[:2]
        self._dossiers += 1
        return {
            "form": story.form,
            "procedure": story.procedure,
            "dossier": f"H99.01-20261122-{self._dossiers:07d}",
            "channel": "online",
            "subject": dict(story.subject),
            "account": dict(story.account),
            "legal_basis": {"kind": "procedure", "reference": story.ground},
            "data": {},
        }


def _visits(population: Population, forms: tuple[str, ...], seed: int) -> Iterator[Story]:
    told = [story for form in forms for story in stories(population, form, 40, seed)]
    while True:
        yield from told
