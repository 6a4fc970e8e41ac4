"""Submissions that come in a burst, as robots send them: counted, and marked in their payload.

Counted per hour since 1970 UTC, in the transaction of the submission: those of one tenant with one form
version that came the same number of seconds after the first prefill of their chain, and those of one
person's cases. Whatever exceeds a number of schemas/measure.json (`burst`) is marked in its body
(`"bu": 1`) and saves nothing; what came before in that hour stays as it was. An auditor counts the first
rule again from the bodies alone. Counts of other hours are deleted as the next submission comes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from gateway.domain.clock import hour_of
from gateway.domain.json_texts import read_json_file
from gateway.storage.schema import case_persons, submission_pace

_AT = submission_pace.c.hour == bindparam("at"), submission_pace.c.of == bindparam("what")
_MORE = (
    update(submission_pace)
    .where(*_AT)
    .values(count=submission_pace.c.count + 1)
    .returning(submission_pace.c.count)
)
_FIRST = insert(submission_pace)
_OTHER_HOURS = delete(submission_pace).where(submission_pace.c.hour != bindparam("at"))
_PERSONS = select(case_persons.c.person_index).where(
    case_persons.c.case_ref == bindparam("of_case")
)


@dataclass(frozen=True, slots=True)
class Pace:
    """What one submission has in common with others: tenant, form version's leaf, case, seconds."""

    tenant: str
    form_leaf: int
    case_ref: str = field(repr=False)
    seconds: int


@dataclass(frozen=True, slots=True)
class Bursts:
    """So many are usual in an hour (ngưỡng nộp hồ sơ dồn dập), of one timing and of one person."""

    of_one_timing: int
    of_one_person: int

    def note(self, connection: Connection, pace: Pace, now: datetime) -> bool:
        """Count a submission in; whether it is beyond what is usual."""
        hour = hour_of(now)
        connection.execute(_OTHER_HOURS, {"at": hour})
        timing = sha256(f"{pace.tenant}|{pace.form_leaf}|{pace.seconds}".encode()).digest()
        persons = connection.execute(_PERSONS, {"of_case": pace.case_ref}).scalars().all()
        beyond = _count(connection, hour, timing) > self.of_one_timing
        for person in persons:
            beyond |= _count(connection, hour, person) > self.of_one_person
        return beyond


def read_bursts(path: Path) -> Bursts:
    """Read the two numbers of schemas/measure.json."""
    said = read_json_file(path)["burst"]
    return Bursts(said["of_one_timing"], said["of_one_person"])


def _count(connection: Connection, hour: int, what: bytes) -> int:
    more = connection.execute(_MORE, {"at": hour, "what": what}).scalar_one_or_none()
    if more is None:
        connection.execute(_FIRST, {"hour": hour, "of": what, "count": 1})
        return 1
    return int(more)
