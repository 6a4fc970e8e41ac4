"""What is known of the months that were closed, and where do their releases lie?"""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, true, update

from gateway.domain.errors import Conflict, NotFound
from gateway.log.append import append_public
from gateway.log.entries import TallyLeaf, decode_leaf
from gateway.reduction.months import Month
from gateway.reduction.releases.cells import Cells
from gateway.reduction.releases.tallies import Closing, Tally, in_order, read_tally, tally_leaf
from gateway.storage.schema import closed_leaves, leaves, month_closes


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed month: its range, where its tallies stand, and its release once that was made."""

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
    mine = select(month_closes).where(month_closes.c.origin == origin)
    return [_closed(row) for row in connection.execute(mine.order_by(month_closes.c.month))]


def released_months(connection: Connection) -> list[Closed]:
    """Every month whose release was made, in order, in whichever log it stands."""
    made = select(month_closes).where(month_closes.c.document.is_not(None))
    return [_closed(row) for row in connection.execute(made.order_by(month_closes.c.month))]


def release_of_month(connection: Connection, month: Month) -> Closed:
    """The release of one month; NotFound `unknown_release`."""
    for closed in released_months(connection):
        if closed.month == month:
            return closed
    raise NotFound("unknown_release", f"no release of {month} was published", "month")


def listed(closed: Closed) -> dict[str, Any]:
    """What the list of releases says of one, and where its files lie."""
    release = orjson.loads(closed.document or b"{}")
    named = {
        name: release[name] for name in ("month", "partial", "origin", "range", "size", "root")
    }
    return {
        **named,
        "json": f"/log/releases/{closed.month}.json",
        "jws": f"/log/releases/{closed.month}.jws",
    }


def append_tallies(connection: Connection, origin: str, closing: Closing, cells: Cells) -> Closed:
    """Write the tallies of a month, and that it is closed.

    Raises Conflict `month_closed` when somebody closed the same leaves meanwhile.
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
    """Keep a release for ever; one that stands already stays as it is and is given back."""
    of, month = month_closes.c, str(made.month)
    fresh = (of.origin == made.origin) & (of.month == month) & of.document.is_(None)
    kept = update(month_closes).where(fresh).values(document=made.document, jws=made.jws)
    connection.execute(kept)
    return _of_month(connection, made.origin, month)


def keep_signature(connection: Connection, made: Closed) -> Closed:
    """Keep another signature of a release that stands."""
    of, month = month_closes.c, str(made.month)
    its = (of.origin == made.origin) & (of.month == month) & (of.document == made.document)
    connection.execute(update(month_closes).where(its).values(jws=made.jws))
    return _of_month(connection, made.origin, month)


def _of_month(connection: Connection, origin: str, month: str) -> Closed:
    mine = (month_closes.c.origin == origin) & (month_closes.c.month == month)
    return _closed(connection.execute(select(month_closes).where(mine)).one())


def tallies_of(connection: Connection, closed: Closed) -> list[Tally]:
    """The tallies of a closed month, as they stand in its log, which may be closed too."""
    aside = closed_leaves.c.origin == closed.origin
    for table, mine in ((closed_leaves, aside), (leaves, true())):
        wanted = select(table.c.idx, table.c.entry).where(
            mine, table.c.idx.between(closed.first_tally, closed.last_tally)
        )
        if rows := connection.execute(wanted.order_by(table.c.idx)).all():
            read = ((row.idx, decode_leaf(row.entry)) for row in rows)
            return [read_tally(at, leaf) for at, leaf in read if isinstance(leaf, TallyLeaf)]
    return []


def _closed(row: Row[Any]) -> Closed:
    return Closed(
        row.origin,
        Month.read(row.month),
        row.first,
        row.last,
        row.first_tally,
        row.last_tally,
        row.document,
        row.jws,
    )
