"""Failures of the population database that are switched on, and for which requests."""

import time
from typing import Literal, Self

from pydantic import Field, model_validator

from mocks import faults
from mocks.people import PERSONAS
from mocks.wire import OnTheWay


class Effects(OnTheWay):
    """What may go wrong; absent means that it does not."""

    error_code: Literal["004", "005"] | None = None
    wrong_person: bool | None = None
    no_match: bool | None = None
    duplicate: bool | None = None
    surplus: bool | None = None
    empty_ten: bool | None = None
    no_full_date: bool | None = None
    old_codes: bool | None = None
    data_age_days: int | None = Field(default=None, ge=0, le=36_500)


class Rule(Effects, faults.Rule):
    """One fault: conditions `service`, `persona`, `n`, `number`, its measure and effects."""

    service: str | None = None
    persona: str | None = None
    n: int | None = Field(default=None, ge=0)
    number: str | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.persona is not None and self.persona not in PERSONAS:
            raise ValueError("no such persona")
        return self

    def conditions(self) -> set[str]:
        """The members that say which requests are meant."""
        return {"service", "persona", "n", "number"}

    def fits(self, service: str | None, number: str | None, n: int | None) -> bool:
        """Whether the conditions are about this request."""
        place = PERSONAS[self.persona] if self.persona is not None else self.n
        return (
            self.service in (None, service) and self.number in (None, number) and place in (None, n)
        )


class Faults(faults.Rules[Rule]):
    """The rules in force, oldest first."""

    def __init__(self) -> None:
        super().__init__(Rule, time.monotonic)

    def striking(self, service: str | None, number: str | None, n: int | None) -> Effects | None:
        """What goes wrong with this request, or None."""
        struck = self.struck(lambda rule: rule.fits(service, number, n))
        return Effects.model_validate(struck) if struck else None
