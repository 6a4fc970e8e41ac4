"""Which dossiers wait, are parked, or are overdue, and how is a parked one sent again?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from gateway.domain.errors import NotFound
from gateway.dossiers._telling.outbox import DEAD, QUEUED
from gateway.storage.schema import dossiers


@dataclass(frozen=True, slots=True)
class Listed:
    """A dossier in a list: nothing of it names a person."""

    code: str
    tenant: str
    procedure: str
    unit: str
    state: int
    portal_state: int | None
    sync: str
    reason: str | None
    tries: int
    due_at: int
    ended_at: int | None


def listed(
    connection: Connection, sync: str | None, now: datetime, *, overdue: bool
) -> Iterator[Listed]:
    """Dossiers by unit and code; `sync` chooses one state of synchronisation.

    Overdue is what ended after its promised time, or has not ended and should have.
    """
    asked = select(*(dossiers.c[name] for name in _COLUMNS)).order_by(
        dossiers.c.unit, dossiers.c.due_at, dossiers.c.code
    )
    if sync is not None:
        asked = asked.where(dossiers.c.sync == sync)
    if overdue:
        asked = asked.where(_overdue(int(now.timestamp())))
    for row in connection.execute(asked):
        yield Listed(**{name: getattr(row, column) for name, column in _MEMBERS.items()})


def send_again(connection: Connection, code: str | None, now: datetime) -> int:
    """Queue one parked dossier, or all; how many. Raises NotFound `unknown_dossier` for one that is none."""
    one = dossiers.c
    chosen = (
        [one.sync == DEAD] if code is None else [one.sync.in_((DEAD, QUEUED)), one.code == code]
    )
    values = {"sync": QUEUED, "reason": None, "tries": 0, "refusals": 0}
    values |= {"next_at": int(now.timestamp())}
    count = connection.execute(update(dossiers).where(*chosen).values(values)).rowcount
    if code is not None and not count:
        raise NotFound("unknown_dossier", "no dossier of this code waits or is parked")
    return int(count)


_MEMBERS = {name: name for name in Listed.__dataclass_fields__} | {"state": "stated"}
_COLUMNS = tuple(_MEMBERS.values())


def _overdue(now: int) -> ColumnElement[bool]:
    one = dossiers.c
    return or_(
        and_(one.ended_at.is_(None), one.due_at < now),
        and_(one.ended_at.is_not(None), one.ended_at > one.due_at),
    )
