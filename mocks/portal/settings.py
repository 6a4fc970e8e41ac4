"""The settings of the portal's mock: the units that send dossiers, and its clock."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from mocks.adapter import PROTOCOL
from mocks.clock import Seconds, machine_seconds

VIETNAM = ZoneInfo(PROTOCOL["transport"]["time_zone"]["value"])


@dataclass(frozen=True, slots=True)
class PortalMockSettings:
    """One unit's account: the unit's code is its user name (ours), the password is made anew.

    `clock` gives seconds since 1970. `session_seconds` is ours. `exists_code` is what is said of a
    dossier that is there already: 3, -3 or 0 have been seen (likely). `population_database` is the
    code in DSKetNoiCSDL that counts as the population database (ours).
    """

    unit: str = "H99"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    clock: Seconds = machine_seconds
    session_seconds: float = PROTOCOL["transport"]["session_seconds"]["value"]
    exists_code: str = PROTOCOL["answers"]["exists"]["code"]
    population_database: str = PROTOCOL["index_766"]["population_database"]["value"]
    journal_entries: int = 200_000


class Clock:
    """The mock's time, which can be put forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead = 0.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self._clock() + self._ahead

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self._ahead += seconds

    def stamp(self) -> str:
        """Now as the portal writes it: `yyyyMMddHHmmss` in Vietnam."""
        return datetime.fromtimestamp(self(), VIETNAM).strftime("%Y%m%d%H%M%S")
