"""Which failures are switched on, for which requests, and how often? The same seed fails alike.

A rule is conditions (`service`, `persona`, `n`, `number`), a measure (`probability` with `seed`,
`calls`: how many of the matching requests are hit at most, `skip`: how many are spared first) and
effects. All rules that match a request act together; of two that set one effect the later wins.
"""

import random
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mocks.people import PERSONAS

_CONDITIONS = {"service", "persona", "n", "number", "probability", "seed", "calls", "skip"}


class Effects(BaseModel):
    """What may go wrong; absent means that it does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    delay_ms: float | None = Field(default=None, ge=0, le=600_000)
    drip_bytes_per_second: float | None = Field(default=None, gt=0)
    cut_after_bytes: int | None = Field(default=None, ge=0)
    status: int | None = Field(default=None, ge=400, le=599)
    retry_after_seconds: int | None = Field(default=None, ge=0)
    garbage: Literal["html", "random", "truncated", "empty", "json"] | None = None
    content_type: str | None = Field(default=None, max_length=100, pattern=r"^[ -~]+$")
    error_code: Literal["004", "005"] | None = None
    wrong_person: bool | None = None
    no_match: bool | None = None
    duplicate: bool | None = None
    surplus: bool | None = None
    empty_ten: bool | None = None
    no_full_date: bool | None = None
    old_codes: bool | None = None
    data_age_days: int | None = Field(default=None, ge=0, le=36_500)


class Rule(Effects):
    """One fault: conditions, measure and effects, as `POST /_mock/faults` takes them."""

    service: str | None = None
    persona: str | None = None
    n: int | None = Field(default=None, ge=0)
    number: str | None = None
    probability: float = Field(default=1.0, ge=0.0, le=1.0)
    seed: int = 0
    calls: int | None = Field(default=None, ge=1)
    skip: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if self.persona is not None and self.persona not in PERSONAS:
            raise ValueError("no such persona")
        if not self.effects():
            raise ValueError("a fault without effect")
        return self

    def effects(self) -> dict[str, object]:
        """The effects that are set."""
        return self.model_dump(exclude=_CONDITIONS, exclude_none=True, exclude_defaults=True)

    def place(self) -> int | None:
        """The person whom the rule is about, if it names one."""
        return PERSONAS[self.persona] if self.persona is not None else self.n


class Active:
    """A rule at work: counts the requests that it matched and those that it hit."""

    def __init__(self, number: int, rule: Rule) -> None:
        self.id = f"f{number}"
        self.rule = rule
        self.matched = 0
        self.hit = 0
        self._effects = rule.effects()
        self._chance = random.Random(rule.seed)

    def strikes(self, service: str | None, number: str | None, n: int | None) -> bool:
        """Whether this request is hit; drawn once for every request that matches."""
        rule = self.rule
        place = rule.place()
        if rule.service not in (None, service) or rule.number not in (None, number):
            return False
        if place is not None and place != n:
            return False
        self.matched += 1
        drawn = self._chance.random() < rule.probability
        if not drawn or self.matched <= rule.skip or (rule.calls and self.hit >= rule.calls):
            return False
        self.hit += 1
        return True

    def effects(self) -> dict[str, object]:
        """What the rule does."""
        return self._effects

    def as_json(self) -> dict[str, object]:
        """The rule and its counts as `/_mock/faults` shows them."""
        rule = self.rule.model_dump(exclude_none=True, exclude_defaults=True)
        return {"id": self.id, "rule": rule, "matched": self.matched, "hit": self.hit}


class Faults:
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        self._rules: list[Active] = []
        self._made = 0

    def __len__(self) -> int:
        return len(self._rules)

    def add(self, **rule: object) -> Active:
        """Switch a fault on; pydantic's ValidationError for one that makes no sense."""
        self._made += 1
        active = Active(self._made, Rule.model_validate(rule))
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

    def striking(self, service: str | None, number: str | None, n: int | None) -> Effects | None:
        """What goes wrong with this request, or None."""
        merged: dict[str, object] = {}
        for active in self._rules:
            if active.strikes(service, number, n):
                merged.update(active.effects())
        return Effects.model_validate(merged) if merged else None

    def as_json(self) -> list[dict[str, object]]:
        """All rules with their counts."""
        return [active.as_json() for active in self._rules]
