"""One visit: the form is filled, the person acts, the dossier is submitted."""

import copy
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mocks.igate.behaviour import Behaviour
from mocks.igate.client import Answer, IGate
from mocks.igate.held import Holdings
from mocks.igate.reuse import HeldItem, Judged, held_items
from mocks.igate.screen import Screen, get, put
from mocks.igate.stories import Story
from mocks.igate.typist import differently
from mocks.igate.wording import reworded

_OK, _REFUSED = 200, 422
_GIVEN = "already_given"
_MOST_PREFILLS = 5
_NAMES_SOMEBODY = ("personal_id", "full_name", "birth_date", "surname", "given_name")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended; `unexpected` says what should not have happened, without any value.

    `empties` is by path why a field came empty before the person gave it, `held` are the required items of a dossier handed in that records hold and the login does not,
    where it is known what they hold.
    """

    form: str
    dossier: str | None
    behaviour: Behaviour
    prefills: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    empties: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    submitted: bool = False
    unexpected: tuple[str, ...] = ()
    held: tuple[HeldItem, ...] = ()


class _Broken(Exception):
    """The gateway answered what no honest visit should meet."""

    def __init__(self, call: str, answer: Answer) -> None:
        super().__init__(f"{call}: {answer.status} {answer.code}".strip())


class Visit:
    """One person's visit with one story; the same seed and answers, the same visit."""

    def __init__(
        self,
        igate: IGate,
        story: Story,
        behaviour: Behaviour,
        *,
        seed: int,
        dossier: str | None = None,
        officer: str | None = None,
        holdings: Holdings | None = None,
    ) -> None:
        self._igate = igate
        self._story = story
        self._holdings = holdings
        self._dossier = dossier
        self._officer = officer
        number = (dossier or "").rpartition("-")[2]  # not the day, which the code carries too
        self._chance = random.Random(f"visit {seed} {story.form} {story.n} {number}")
        self._receipt: str | None = None
        self._outcome = Outcome(story.form, dossier, behaviour)

    async def run(self) -> Outcome:
        """Go through with it; never raises for what the gateway answers."""
        try:
            screen = await self._fill()
            if self._outcome.behaviour is not Behaviour.ABANDON:
                await self._hand_in(screen)
        except _Broken as broken:
            self._outcome = replace(self._outcome, unexpected=(str(broken),))
        return self._outcome

    async def _fill(self) -> Screen:
        """Prefill, decide, prefill again while answers open questions, and type the rest."""
        form = await self._igate.form(self._story.form)
        screen = Screen(self._igate, form, self._story, self._chance)
        screen.sign_in()
        await self._prefill(screen)
        while self._outcome.prefills < _MOST_PREFILLS and await screen.decide():
            await self._prefill(screen)
        skips = self._outcome.behaviour is Behaviour.SKIP
        shares = {"optional_share": 0.0 if skips else 0.3, "skipped_share": 0.3 if skips else 0.0}
        if await screen.complete(**shares, last=False):
            await self._prefill(screen)
        await screen.complete(**shares, last=True)
        return screen

    async def _prefill(self, screen: Screen) -> None:
        answer = await self._igate.prefill(self._question(screen))
        if answer.status != _OK:
            raise _Broken("prefill", answer)
        self._receipt = answer.body["receipt"]
        screen.take(answer.body)
        empty = {f["path"]: f["reason"] for f in screen.fields if f["state"] == "empty"}
        before = self._outcome.empties
        self._outcome = replace(
            self._outcome,
            prefills=self._outcome.prefills + 1,
            reasons=Counter(empty.values()),
            empties={**before, **{p: r for p, r in empty.items() if r != _GIVEN}},
        )

    def _question(self, screen: Screen) -> dict[str, Any]:
        story = self._story
        question: dict[str, Any] = {
            "form": story.form,
            "procedure": story.procedure,
            "dossier": self._dossier,
            "subject": dict(story.subject),
            "account": dict(story.account),
            "legal_basis": {"kind": "procedure", "reference": story.ground},
            "data": screen.data,
            "extends": self._receipt,
        }
        if self._officer is not None:
            question |= {"officer": self._officer, "channel": "desk"}
        return {name: value for name, value in question.items() if value is not None}

    async def _hand_in(self, screen: Screen) -> None:
        contested: list[str] = []
        match self._outcome.behaviour:
            case Behaviour.CORRECT:
                await self._correct(screen)
            case Behaviour.CONTEST:
                contested = await self._contest(screen)
            case Behaviour.TAMPER:
                await self._tamper(screen)
        await self._submit(screen, contested)

    async def _correct(self, screen: Screen) -> None:
        """Change a value or two that the form lets one change."""
        may_change = screen.filled(edit="correctable") + screen.filled(edit="free")
        await self._change(screen, may_change, at_most=2)

    async def _contest(self, screen: Screen) -> list[str]:
        """Mark a locked value as wrong: one that is, else any."""
        locked = screen.filled(edit="locked")
        return await self._change(screen, locked, at_most=1)

    async def _change(
        self, screen: Screen, fields: list[Mapping[str, Any]], *, at_most: int
    ) -> list[str]:
        """Put other values in; gives the paths changed. Nobody changes who they are."""
        changed: list[str] = []
        order = sorted(fields, key=lambda said: said["path"])
        self._chance.shuffle(order)
        for said in order:
            path = said["path"]
            name = said["attribute"].rpartition(".")[2]
            field_ = screen.form.input_at(path)
            if field_.path in screen.form.deciding or name in _NAMES_SOMEBODY or "[" in path:
                continue
            other = differently(field_, get(screen.data, path), await screen.choices(field_))
            if other is not None and len(changed) < at_most:
                put(screen.data, path, other)
                screen.typed.add(path)
                changed.append(path)
        return changed

    async def _tamper(self, screen: Screen) -> None:
        """Try to change a locked value in silence; once refused, put it back as it was."""
        before = copy.deepcopy(screen.data)
        changed = await self._change(screen, screen.filled(edit="locked"), at_most=1)
        if not changed:
            return
        answer = await self._igate.submit(self._submission(screen, []))
        named = tuple(one["path"] for one in answer.body.get("fields", ()))
        if answer.status != _REFUSED or list(named) != changed:
            raise _Broken("tampering", answer)
        screen.data = before
        self._outcome = replace(self._outcome, refused=named)

    async def _submit(self, screen: Screen, contested: list[str]) -> None:
        answer = await self._igate.submit(self._submission(screen, contested))
        if answer.status != _OK:
            raise _Broken("submission", answer)
        counts = answer.body["counts"]
        held = self._held(screen, answer.body["fields"])
        self._outcome = replace(self._outcome, submitted=True, counts=counts, held=held)
        if not balance(counts):
            self._outcome = replace(self._outcome, unexpected=("counts do not balance",))

    def _held(self, screen: Screen, verdicts: list[Mapping[str, Any]]) -> tuple[HeldItem, ...]:
        if self._holdings is None:
            return ()
        kinds = {said["path"]: said.get("class") for said in screen.fields}
        judged = {f["path"]: Judged(f["verdict"], kinds.get(f["path"])) for f in verdicts}
        return held_items(screen.form, self._story, screen.data, judged, self._holdings)

    def _submission(self, screen: Screen, contested: list[str]) -> dict[str, Any]:
        typed = screen.typed if self._officer is not None else ()
        submission: dict[str, Any] = {
            "receipt": self._receipt,
            "dossier": self._dossier,
            "data": reworded(screen.data, self._chance),
            "contested": contested,
            "entered_by": {path: "officer" for path in sorted(typed) if path not in contested},
        }
        return {name: value for name, value in submission.items() if value is not None}


def balance(counts: Mapping[str, int]) -> bool:
    """`visible = auto + declared + blank`, and no fewer filled than were saved or taken out."""
    visible = counts["auto"] + counts["declared"] + counts["blank"]
    least = counts["auto"] + counts["withdrawn"] + counts["hidden"]
    given_up = counts["contested"] + counts["officer"] + counts["override"]
    return counts["visible"] == visible and least <= counts["filled"] <= least + given_up
