"""The settings of the ministry's adapter: its one client."""

import secrets
from dataclasses import dataclass, field

from mocks.clock import Seconds, machine_seconds


@dataclass(frozen=True, slots=True)
class MinistryMockSettings:
    """One client, for the agencies of one unit. `clock` gives seconds since 1970; the rest is ours."""

    unit: str = "G09"
    client_id: str = "igate-mock"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    token_seconds: float = 3600.0
    clock: Seconds = machine_seconds
    journal_entries: int = 100_000
