"""A daily limit on persons whom only a typed number ties to an applicant.

Five in a day of Việt Nam, and five more whom a paper names for which its tenant alone vouches; the
next is answered as nobody. A person is counted by number, name and
birth date together, so that trying dates for one number is counted too, and once however often the
form is asked for again. Keyed digests are kept in the database, for the day alone: every process
counts in one place, and a restart forgets nothing.
"""

import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, select

from gateway.domain.identifiers import PersonalId, TenantId
from gateway.storage.database import Database, Statement, new_row
from gateway.storage.schema import typed_persons

MOST_IN_A_DAY = 5
TYPED, NAMED = "typed", "named"
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_SEEN = Statement(
    select(typed_persons.c.person).where(
        typed_persons.c.day == bindparam("day"), typed_persons.c.applicant == bindparam("applicant")
    )
)
_NEW = new_row(typed_persons)
_OTHER_DAYS = Statement(delete(typed_persons).where(typed_persons.c.day != bindparam("day")))


class TypedPersons:
    """The persons that applicants typed today."""

    def __init__(self, database: Database, key: bytes, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self._pending: dict[tuple[int, bytes], Counter[bytes]] = {}

    @contextmanager
    def by(self, tenant: TenantId, applicant: PersonalId) -> Iterator["TypedBy"]:
        """The persons that one applicant types, while one call of theirs is answered."""
        day = self._clock().astimezone(_ZONE).date().toordinal()
        counts = {}
        for kind in (TYPED, NAMED):
            place = day, self._digest(f"{kind} by", f"{tenant}|{day}|{applicant.digits}")
            pending = self._pending.setdefault(place, Counter())
            counts[kind] = _Count(self._database, place, pending)
        try:
            yield TypedBy(counts, partial(self._digest, "person"))
        finally:
            for count in counts.values():
                count.pending.subtract(count.counted)
                if not +count.pending:
                    self._pending.pop(count.place, None)

    def _digest(self, use: str, text: str) -> bytes:
        return hmac.digest(self._key, f"typed {use}|{text}".encode(), "sha256")


class TypedBy:
    """One applicant's persons of one day, those of other calls under way among them."""

    def __init__(self, counts: Mapping[str, "_Count"], digest: Callable[[str], bytes]) -> None:
        self._counts = counts
        self._digest = digest
        self._may: dict[str, bool] = {}

    def may_open(self, identity: str, kind: str = TYPED) -> bool:
        """Count a person in; whether this is one of the first of the applicant's day."""
        if identity not in self._may:
            self._may[identity] = self._counts[kind].take(self._digest(identity))
        return self._may[identity]

    def record(self, connection: Connection) -> None:
        """Write whom this call counted, and let go of other days; the same again changes nothing."""
        for count in self._counts.values():
            count.record(connection)


class _Count:
    """What is counted of one kind for one applicant and day."""

    def __init__(
        self, database: Database, place: tuple[int, bytes], pending: Counter[bytes]
    ) -> None:
        self._database = database
        self._given: dict[str, object] = {"day": place[0], "applicant": place[1]}
        self.place, self.pending = place, pending
        self.counted: set[bytes] = set()

    def take(self, person: bytes) -> bool:
        seen = {row[0] for row in self._database.read(lambda c: _SEEN.all(c, self._given))}
        seen |= set(+self.pending)
        if person not in seen and len(seen) >= MOST_IN_A_DAY:
            return False
        if person not in self.counted:
            self.counted.add(person)
            self.pending[person] += 1
        return True

    def record(self, connection: Connection) -> None:
        if not self.counted:
            return
        _OTHER_DAYS.run(connection, self._given)
        there = {row[0] for row in _SEEN.all(connection, self._given)}
        for person in self.counted - there:
            _NEW.run(connection, {**self._given, "person": person})
