"""The closed months in the database: their ranges of leaves, tallies and releases.

A payload proves a tally. So it is kept until its month is closed, the release made, and six more months
have passed: the life of a correction ticket, and the time in which an auditor recounts (ours).

Cases are counted from the leaves of the running log alone: a month that is not closed when its log is
closed never has figures.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from sqlalchemy import ColumnElement, Connection, func, insert, select, true, update

from gateway.domain.errors import Conflict, NotFound
from gateway.log.append import append_public
from gateway.log.entries import TallyLeaf, decode_leaf
from gateway.reduction.months import Month
from gateway.reduction.releases._cells import (
    Cells,
    Closing,
    Tally,
    in_order,
    read_tally,
    tally_leaf,
)
from gateway.reduction.releases._release import read_release
from gateway.reduction.report import LeafRange
from gateway.storage.files import write_atomically
from gateway.storage.schema import bodies, closed_leaves, leaves, month_closes


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed month: its range of leaves, that of its tallies, and its release once there is one."""

    origin: str
    month: Month
    first: int
    last: int
    first_tally: int
    last_tally: int
    document: bytes | None
    jws: str | None


def closed_months(connection: Connection, origin: str) -> list[Closed]:
    """Every closed month of one log, in order."""
    return _closed(connection, month_closes.c.origin == origin)


def released_months(connection: Connection) -> list[Closed]:
    """Every month with a release, of any log, in order."""
    return _closed(connection, month_closes.c.document.is_not(None))


def _closed(connection: Connection, *conditions: ColumnElement[bool]) -> list[Closed]:
    rows = connection.execute(
        select(month_closes).where(*conditions).order_by(month_closes.c.month)
    )
    return [
        Closed(
            row.origin,
            Month.read(row.month),
            row.first,
            row.last,
            row.first_tally,
            row.last_tally,
            row.document,
            row.jws,
        )
        for row in rows
    ]


def release_of_month(connection: Connection, month: Month) -> Closed:
    """The release of one month; NotFound `unknown_release`."""
    for closed in released_months(connection):
        if closed.month == month:
            return closed
    raise NotFound("unknown_release", f"no release of {month} was published", "month")


class ListedRelease(TypedDict):
    """A release in the list of releases, with the addresses of its files."""

    month: str
    partial: bool
    origin: str
    range: LeafRange
    size: int
    root: str
    json: str
    jws: str


def listed(closed: Closed) -> ListedRelease:
    """The entry of a release in the list."""
    release = read_release(closed.document)
    return {
        "month": release["month"],
        "partial": release["partial"],
        "origin": release["origin"],
        "range": release["range"],
        "size": release["size"],
        "root": release["root"],
        "json": f"/log/releases/{closed.month}.json",
        "jws": f"/log/releases/{closed.month}.jws",
    }


def append_tallies(connection: Connection, origin: str, closing: Closing, cells: Cells) -> Closed:
    """Write the tallies of a month, and record it as closed.

    Raises Conflict `month_closed` where the same leaves were closed meanwhile.
    """
    before = closed_months(connection, origin)
    if closing.first != (before[-1].last + 1 if before else 0):
        raise Conflict("month_closed", "these leaves were closed by somebody else just now")
    written = [
        append_public(connection, tally_leaf(closing, cell, counts)).index
        for cell, counts in in_order(cells)
    ]
    row = {
        "origin": origin,
        "month": closing.month,
        "first": closing.first,
        "last": closing.last,
        "first_tally": written[0],
        "last_tally": written[-1],
    }
    connection.execute(insert(month_closes), row)
    return _of_month(connection, origin, closing.month)


def keep_release(connection: Connection, made: Closed) -> Closed:
    """Keep a release; one that is kept already is not replaced, and is returned."""
    of, month = month_closes.c, str(made.month)
    fresh = (of.origin == made.origin) & (of.month == month) & of.document.is_(None)
    kept = update(month_closes).where(fresh).values(document=made.document, jws=made.jws)
    connection.execute(kept)
    return _of_month(connection, made.origin, month)


def keep_signature(connection: Connection, made: Closed) -> Closed:
    """Replace the signature of a kept release."""
    of, month = month_closes.c, str(made.month)
    its = (of.origin == made.origin) & (of.month == month) & (of.document == made.document)
    connection.execute(update(month_closes).where(its).values(jws=made.jws))
    return _of_month(connection, made.origin, month)


def _of_month(connection: Connection, origin: str, month: str) -> Closed:
    of = month_closes.c
    (closed,) = _closed(connection, of.origin == origin, of.month == month)
    return closed


def tallies_of(connection: Connection, closed: Closed) -> list[Tally]:
    """The tallies of a closed month, from its log, which may be closed too."""
    aside = closed_leaves.c.origin == closed.origin
    for table, mine in ((closed_leaves, aside), (leaves, true())):
        wanted = select(table.c.idx, table.c.entry).where(
            mine, table.c.idx.between(closed.first_tally, closed.last_tally)
        )
        if rows := connection.execute(wanted.order_by(table.c.idx)).all():
            read = ((row.idx, decode_leaf(row.entry)) for row in rows)
            return [read_tally(at, leaf) for at, leaf in read if isinstance(leaf, TallyLeaf)]
    return []


def put_release(folder: Path, month: str, document: bytes, jws: str) -> None:
    """Write `<month>.json` and `<month>.jws` atomically; raises OSError."""
    write_atomically(folder / f"{month}.jws", jws.encode())
    write_atomically(folder / f"{month}.json", document)


MONTHS_KEPT = 6


def check_kept(before: Month, running: Month) -> None:
    """Raise Conflict `kept_longer` when `before` is less than six months ago."""
    over = before
    for _ in range(MONTHS_KEPT):
        over = over.following
    if over > running:
        raise Conflict("kept_longer", f"bodies are kept for {MONTHS_KEPT} months after their own")


def last_settled(connection: Connection, origin: str, before: Month) -> int | None:
    """The last leaf of the latest month closed and released before `before`; None where there is none."""
    released = [
        one.last
        for one in closed_months(connection, origin)
        if one.month < before and one.document is not None
    ]
    return released[-1] if released else None


def check_all_closed(connection: Connection, origin: str, running: Month) -> None:
    """Refuse while a case leaf of a month that is over was counted by no close.

    Raises Conflict `month_open`, which names the last such month: closing it closes those before it.
    Leaves of the running month do not matter: they cannot be closed yet.
    """
    closed = closed_months(connection, origin)
    last, counted = (closed[-1].last, closed[-1].month.last_hour) if closed else (-1, -1)
    open_hour = select(func.max(bodies.c.hour)).where(
        bodies.c.idx > last, bodies.c.hour > counted, bodies.c.hour < running.first_hour
    )
    hour = connection.execute(open_hour).scalar_one()
    if hour is not None:
        month = Month.at(datetime.fromtimestamp(hour * 3600, UTC))
        raise Conflict("month_open", f"{month} is not closed, and could not be closed afterwards")
