"""How many persons whom nothing but a typed number ties to an applicant may one applicant open?

Five in a day of Việt Nam; the next is answered as nobody. A person is counted by number, name and
birth date together, so that trying dates for one number is counted too, and once however often the
form is asked for again. Kept is a keyed digest of each, for the day, in this process alone.
"""

import hmac
import secrets
from datetime import date
from zoneinfo import ZoneInfo

from gateway.domain.clock import Clock
from gateway.domain.identifiers import PersonalId, TenantId

MOST_IN_A_DAY = 5
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class TypedPersons:
    """The persons that applicants typed today."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._day: date | None = None
        self._seen: dict[bytes, set[bytes]] = {}

    def may_open(self, tenant: TenantId, applicant: PersonalId, identity: str) -> bool:
        """Count a person in; whether this is one of the first of the applicant's day."""
        today = self._clock().astimezone(_ZONE).date()
        if today != self._day:
            self._day, self._seen = today, {}
        seen = self._seen.setdefault(self._digest(f"{tenant}|{applicant.digits}"), set())
        person = self._digest(identity)
        if person not in seen and len(seen) < MOST_IN_A_DAY:
            seen.add(person)
        return person in seen

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), "sha256")
