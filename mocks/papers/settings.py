"""The settings of the citizens' store: the units with access, and the life of a session."""

import secrets
from dataclasses import dataclass, field

from mocks.adapter import DSTCODE, PROTOCOL
from mocks.clock import Seconds, machine_seconds

__all__ = ["DSTCODE", "PROVIDER_URL", "PapersMockSettings"]

PROVIDER_URL: str = PROTOCOL["personal_papers"]["provider_url"]["value"]
"""The store behind that provider (likely)."""


@dataclass(frozen=True, slots=True)
class PapersMockSettings:
    """One unit's account: the unit's code is its user name (likely), the password is made anew.

    `clock` gives seconds since 1970. `session_seconds` and `closed_to`, the procedures for which the
    store opens to nobody, are ours.
    """

    unit: str = "H99"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    clock: Seconds = machine_seconds
    session_seconds: float = 1800.0
    closed_to: frozenset[str] = frozenset()
    journal_entries: int = 100_000
