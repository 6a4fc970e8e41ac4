"""Failures that are switched on, and how often they occur. The same seed fails alike.

A rule is conditions of its mock, a measure (`probability` with `seed`, `calls`: how many of the
matching requests are hit at most, `skip`: how many are spared first, `seconds`: how long by the
mock's clock) and effects. All rules that strike act together; of two that set one effect the later
wins.
"""

import random
from collections.abc import Callable
from typing import Generic, Self, TypeVar

from pydantic import Field, model_validator

from mocks.wire import OnTheWay

_MEASURE = {"probability", "seed", "calls", "skip", "seconds"}


class Rule(OnTheWay):
    """One fault as `POST /_mock/faults` takes it; a mock adds conditions and effects of its own."""

    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    seed: int = 0
    calls: int | None = Field(default=None, ge=1)
    skip: int = Field(default=0, ge=0)
    seconds: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _has_an_effect(self) -> Self:
        if not self.effects():
            raise ValueError("a fault without effect")
        return self

    def conditions(self) -> set[str]:
        """The members that say which requests are meant."""
        return set()

    def effects(self) -> dict[str, object]:
        """The effects that are set."""
        left_out = _MEASURE | self.conditions()
        return self.model_dump(exclude=left_out, exclude_none=True, exclude_defaults=True)


class Losing(OnTheWay):
    """Effects on a mock that keeps something.

    A `status` or `garbage` other than `truncated` keeps the call away from it, unless `lost_answer`
    is set: then the work is done first, and where nothing else is said the caller gets a 504.
    """

    lost_answer: bool | None = None

    def keeps_away(self) -> bool:
        """Whether the call never arrives."""
        return self.replaces() and not self.lost_answer

    def loses(self) -> Self:
        """The same, with something in between where the answer is to be lost."""
        if not self.lost_answer or self.replaces() or self.cut_after_bytes is not None:
            return self
        return self.model_copy(update={"status": 504})


RuleT = TypeVar("RuleT", bound=Rule)


class Active(Generic[RuleT]):
    """A rule at work: counts the requests that it matched and those that it hit."""

    def __init__(self, number: int, rule: RuleT, since: float) -> None:
        self.id = f"f{number}"
        self.rule = rule
        self.matched = 0
        self.hit = 0
        self.effects = rule.effects()
        self._until = None if rule.seconds is None else since + rule.seconds
        self._chance = random.Random(rule.seed)

    def strikes(self, now: float) -> bool:
        """Whether a request that the conditions fit is hit; drawn once for each."""
        if self._until is not None and now >= self._until:
            return False
        self.matched += 1
        rule = self.rule
        drawn = self._chance.random() < rule.probability
        if not drawn or self.matched <= rule.skip or (rule.calls and self.hit >= rule.calls):
            return False
        self.hit += 1
        return True

    def as_json(self) -> dict[str, object]:
        """The rule and its counts as `/_mock/faults` shows them."""
        rule = self.rule.model_dump(exclude_none=True, exclude_defaults=True)
        return {"id": self.id, "rule": rule, "matched": self.matched, "hit": self.hit}


class Rules(Generic[RuleT]):
    """The rules in force, oldest first."""

    def __init__(self, kind: type[RuleT], clock: Callable[[], float]) -> None:
        self._kind = kind
        self._clock = clock
        self._rules: list[Active[RuleT]] = []
        self._made = 0

    def __len__(self) -> int:
        return len(self._rules)

    def add(self, /, **rule: object) -> Active[RuleT]:
        """Switch a fault on; pydantic's ValidationError for one that makes no sense."""
        self._made += 1
        active = Active(self._made, self._kind.model_validate(rule), self._clock())
        self._rules.append(active)
        return active

    def remove(self, fault_id: str) -> bool:
        """Switch one off; False if it is not there."""
        before = len(self._rules)
        self._rules = [active for active in self._rules if active.id != fault_id]
        return len(self._rules) < before

    def clear(self) -> None:
        """Switch all off."""
        self._rules = []

    def struck(self, fits: Callable[[RuleT], bool]) -> dict[str, object]:
        """The effects on a request that the conditions of some rules fit; empty: none."""
        merged: dict[str, object] = {}
        now = self._clock() if self._rules else 0.0
        for active in self._rules:
            if fits(active.rule) and active.strikes(now):
                merged.update(active.effects)
        return merged

    def as_json(self) -> list[dict[str, object]]:
        """All rules with their counts."""
        return [active.as_json() for active in self._rules]
