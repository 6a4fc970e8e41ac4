"""Compute all dates of the invented people from one `today`.

The people are drawn with the dates that they had on 22 November 2026, `DRAWN_UP`. For any other
`today` everything that has happened to them moves along: a paper issued 30 days before is issued 30
days before. Births keep day and month and move by years, so that everybody has completed as many
years today as on the day of the drawing. Nobody's figures therefore depend on the day.

What history fixed stays: units since 1 July 2025, issuers of cards since 1 July 2024, and the births
that `personas.FIXED_BIRTHS` names. Personal numbers carry the year of birth, so they move with it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

DRAWN_UP: Final = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates of the people as they stand on `today`."""

    today: date = DRAWN_UP

    def on(self, drawn: str) -> str:
        """The day of something drawn for a day, `YYYY-MM-DD`; as many days before today or after."""
        moved = date.fromisoformat(drawn) + (self.today - DRAWN_UP)
        return moved.isoformat()

    def year(self, drawn: int) -> int:
        """The year of something of which only the year is told."""
        return drawn + self.today.year - DRAWN_UP.year

    def after_birth(self, drawn: str, birth: str, drawn_year: int) -> str:
        """A day drawn for somebody's first years: as long after the birth, and not after today."""
        if len(birth) == len("YYYY"):
            moved = f"{int(drawn[:4]) + int(birth) - drawn_year}{drawn[4:]}"
            return min(moved, self.today.isoformat())
        born, drawn_birth = (date.fromisoformat(f"{y}{birth[4:]}") for y in (birth[:4], drawn_year))
        waited = max(date.fromisoformat(drawn) - drawn_birth, timedelta(0))
        return min(born + waited, self.today).isoformat()

    def birth(self, drawn: str) -> str:
        """A birth date drawn as `YYYY-MM-DD` or `YYYY`: of the same age today."""
        year, rest = int(drawn[:4]), drawn[4:]
        if not rest:
            return str(self.year(year))
        had, has = (f"-{day:%m-%d}" >= rest for day in (DRAWN_UP, self.today))
        return f"{self.year(year) + has - had}{rest}"
