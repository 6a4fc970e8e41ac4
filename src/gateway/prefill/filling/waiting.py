"""When is it worth coming back for a field that waits for a record, and how long may a receipt wait?"""

from datetime import datetime, timedelta

from gateway.domain.verdicts import Reason
from gateway.prefill.asking.knowledge import Missing, Person
from gateway.prefill.filling.desk import Sheet
from gateway.prefill.filling.entries import Empty, Entry

RECEIPT_LIFE = timedelta(hours=72)
LONGEST_LIFE = timedelta(days=30)


def retry_at(sheet: Sheet, entry: Entry) -> datetime | None:
    """When a deferred field can be filled; None for every other field."""
    if not isinstance(entry, Empty) or entry.reason is not Reason.DEFERRED:
        return None
    if entry.role is None or entry.attribute is None:
        return None
    behind = sheet.people.behind(entry.role)
    if isinstance(behind, Missing):
        return behind.retry_at
    if not isinstance(behind, tuple):
        return None
    row = entry.instance.rows[0] if sheet.people.is_repeating(entry.role) else 0
    return _of(sheet, behind[row], entry)


def receipt_life(sheet: Sheet, now: datetime) -> timedelta:
    """Three days, or three days from when the last deferred field can be filled, at most thirty."""
    deferred = [e for e in sheet.entries if isinstance(e, Empty) and e.reason is Reason.DEFERRED]
    waits = [when - now for entry in deferred if (when := retry_at(sheet, entry)) is not None]
    return min(max(waits, default=timedelta()) + RECEIPT_LIFE, LONGEST_LIFE)


def _of(sheet: Sheet, person: Person, entry: Empty) -> datetime | None:
    if entry.attribute is None:
        return None
    state = sheet.people.knowledge.state_of(person, entry.attribute)
    return state.retry_at if isinstance(state, Missing) else None
