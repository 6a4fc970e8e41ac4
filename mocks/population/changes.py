"""Change the register while the mock runs: somebody moves, marries, is given another name."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mocks.people import PERSONAS, Population
from mocks.people.person import MARITAL_CODES
from mocks.people.words import COMMUNES_OF, PROVINCES, Address


class Move(BaseModel):
    """A new address, by the codes in force since 1 July 2025."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    province: str
    commune: str
    detail: str = Field(max_length=200)

    def address(self) -> Address:
        """The address with its labels; ValueError for a commune that the province does not have."""
        for commune in COMMUNES_OF.get(self.province, ()):
            if commune.code == self.commune:
                return Address("VN", PROVINCES[self.province], commune, self.detail)
        raise ValueError("no such commune")


class Change(BaseModel):
    """What becomes different about one person, as `POST /_mock/changes` takes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    persona: str | None = None
    n: int | None = Field(default=None, ge=0)
    full_name: str | None = Field(default=None, min_length=1, max_length=100)
    marital_status: str | None = None
    permanent: Move | None = None
    current: Move | None = None

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        if (self.persona is None) == (self.n is None) or self.persona not in {None, *PERSONAS}:
            raise ValueError("one person is needed: persona or n")
        if self.marital_status not in {None, *MARITAL_CODES}:
            raise ValueError("no such marital status")
        for move in (self.permanent, self.current):
            if move is not None:
                move.address()
        if not self.values():
            raise ValueError("a change without content")
        return self

    def place(self) -> int:
        """The person's place."""
        return PERSONAS[self.persona] if self.persona is not None else self.n or 0

    def values(self) -> dict[str, str | Address]:
        """Each changed field with its new value."""
        plain = {"full_name": self.full_name, "marital_status": self.marital_status}
        moves = {"permanent": self.permanent, "current": self.current}
        return {
            **{name: text for name, text in plain.items() if text is not None},
            **{name: move.address() for name, move in moves.items() if move is not None},
        }


def changed(population: Population, change: Change) -> Population:
    """The people after the change; IndexError for nobody."""
    for name, value in change.values().items():
        population = population.with_change(change.place(), name, value)
    return population
