"""Close a month in steps, each of which can be repeated after a crash.

1. the month may be closed (`check_closable`); 2. its case leaves are counted by cells; 3. the
tallies and the fact that the month is closed are written in one transaction; 4. the log is asked to
publish them; 5. the release is made of the tallies, signed by the log's key and kept; 6. its files appear by
rename. A repeated call continues after the last step that was done: what is written is never counted again,
and only signed again where the log has another key meanwhile.

The range of a close begins where the one before ended. It ends before the first case leaf of a later
month, or with the log where there is none; from then on the index alone decides. Where witnesses' times are
entered while it is counted, it is counted again: the `witnessed` leaves before the tallies bound the hours.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, select

from gateway.domain.errors import Conflict
from gateway.log.stored import log_size
from gateway.reduction._definitions import Definitions
from gateway.reduction._hours import Covered, Witnessed, covered
from gateway.reduction._reading import (
    cases_of,
    definitions_of,
    root_at,
    supplied_counts,
    witnessed_in,
)
from gateway.reduction._reconciliation import Measured, reconcile
from gateway.reduction.months import Month, check_closable
from gateway.reduction.releases._cells import PROVINCE, Cells, Closing, Tally, outside, released
from gateway.reduction.releases._counting import RangeCount
from gateway.reduction.releases._release import ReleaseBasis, ReleaseSigner, release_of, text_of
from gateway.reduction.releases._stored import (
    Closed,
    append_tallies,
    closed_months,
    keep_release,
    keep_signature,
    put_release,
    tallies_of,
)
from gateway.storage.database import Database
from gateway.storage.schema import bodies, leaves

Progress = Callable[[int, int], None]
_CASE_ENTRY = b'{"kind":"case",'


@dataclass(frozen=True, slots=True)
class ClosingContext:
    """What closing a month needs of its deployment."""

    database: Database
    origin: str
    mock: bool
    signer: ReleaseSigner
    folder: Path
    clock: Callable[[], datetime]
    publish: Callable[[], Awaitable[None]]


async def close_month(
    context: ClosingContext, month: Month, progress: Progress
) -> tuple[Closed, bool]:
    """Close a month and publish its release; gives the month, and whether this call closed it.

    Raises Conflict: `month_not_over`, `month_closed`, `too_few_persons`; CannotMeasure.
    """
    known = _find(context, month)
    if known is not None and known.document is not None:
        return _shown(context, await _signed_now(context, known)), False
    closed = known or await _write_tallies(context, month, progress)
    await context.publish()
    return _shown(context, await _write_release(context, closed)), True


def _find(context: ClosingContext, month: Month) -> Closed | None:
    closed = context.database.read(lambda connection: closed_months(connection, context.origin))
    return next((one for one in closed if one.month == month), None)


async def _signed_now(context: ClosingContext, closed: Closed) -> Closed:
    """The release with a signature of the log's present key, the only one that readers need to know."""
    if closed.document is None or context.signer.signed(closed.jws or ""):
        return closed
    made = replace(closed, jws=context.signer.sign(closed.document))
    return await context.database.write(lambda connection: keep_signature(connection, made))


def _shown(context: ClosingContext, closed: Closed) -> Closed:
    put_release(context.folder, str(closed.month), closed.document or b"", closed.jws or "")
    return closed


async def _write_tallies(context: ClosingContext, month: Month, progress: Progress) -> Closed:
    read = context.database.read
    before = read(lambda connection: closed_months(connection, context.origin))
    running = Month.at(context.clock())
    check_closable(month, running, before[-1].month if before else None, mock=context.mock)
    first = before[-1].last + 1 if before else 0
    last = read(lambda connection: _end_of(connection, first, month))
    definitions = read(lambda connection: definitions_of(connection, last + 1))
    measure = definitions.of_month(last + 1, str(month))
    closing = Closing(str(month), month == running, first, last, measure.leaf, measure.edition)
    while True:
        witnessed = read(witnessed_in)
        closes = _covered(definitions, before, closing, witnessed)
        count = RangeCount(definitions, first, last, closes, measure.edition)
        _count(context.database, count, (first, last), progress)
        cells = released(count.cells)
        if cells is None:
            raise Conflict("too_few_persons", f"fewer than 10 persons stand behind {month}")
        if others := read(lambda connection: _case_leaves(connection, first, last)) - count.leaves:
            cells |= outside(others)
        write = partial(_append, origin=context.origin, closing=closing, cells=cells)
        written = await context.database.write(partial(write, witnessed=witnessed))
        if written is not None:
            return written


def _append(
    connection: Connection,
    *,
    origin: str,
    closing: Closing,
    cells: Cells,
    witnessed: Sequence[Witnessed],
) -> Closed | None:
    """Write the tallies; None where witnesses' times were entered since they were counted."""
    if witnessed_in(connection) != witnessed:
        return None
    return append_tallies(connection, origin, closing, cells)


def _covered(
    definitions: Definitions,
    before: Sequence[Closed],
    closing: Closing,
    witnessed: Sequence[Witnessed],
) -> list[Covered]:
    """The ranges of all closes up to this one."""
    closes, month = [], None
    for closed in before:
        above = [one for one in witnessed if one.leaf < closed.first_tally]
        closes.append(covered(definitions, closed.last, closed.month, month, above))
        month = closed.month
    own = Month.read(closing.month)
    return [*closes, covered(definitions, closing.last, own, month, witnessed)]


def _end_of(connection: Connection, first: int, month: Month) -> int:
    """The last leaf of a month's range."""
    later = select(func.min(bodies.c.idx)).where(
        bodies.c.idx >= first, bodies.c.hour > month.last_hour
    )
    begin = connection.execute(later).scalar_one()
    return (log_size(connection) if begin is None else int(begin)) - 1


def _count(
    database: Database, count: RangeCount, leaves_of: tuple[int, int], progress: Progress
) -> None:
    first, last = leaves_of
    whole = select(func.count(bodies.c.case_ref.distinct())).where(
        bodies.c.idx.between(first, last)
    )
    total = database.read(lambda connection: connection.execute(whole).scalar_one())
    for done, case in enumerate(cases_of(database, first, last), 1):
        count.add_case(case.payloads, case.persons)
        progress(done, total)


def _case_leaves(connection: Connection, first: int, last: int) -> int:
    """How many of these leaves are case leaves, whether their payloads still exist or not."""
    sealed = func.substr(leaves.c.entry, 1, len(_CASE_ENTRY)) == _CASE_ENTRY
    number = select(func.count()).where(leaves.c.idx.between(first, last), sealed)
    return int(connection.execute(number).scalar_one())


async def _write_release(context: ClosingContext, closed: Closed) -> Closed:
    read, size = context.database.read, closed.last_tally + 1
    tallies = read(lambda connection: tallies_of(connection, closed))
    supplied = read(lambda connection: supplied_counts(connection, size))
    before = [
        one
        for one in read(lambda connection: closed_months(connection, context.origin))
        if one.month < closed.month
    ]
    first = before[-1].month.following if before else closed.month
    months = [str(month) for month in first.up_to(closed.month)]
    basis = ReleaseBasis(
        context.origin,
        size,
        root_at(context.database, size),
        read(lambda connection: definitions_of(connection, size)),
        reconcile(
            supplied,
            months,
            [_measured(tally) for tally in tallies],
            tallies[0].closing.edition,
        ),
    )
    text = text_of(release_of(tallies, basis))
    made = replace(closed, document=text, jws=context.signer.sign(text))
    return await context.database.write(lambda connection: keep_release(connection, made))


def _measured(tally: Tally) -> Measured:
    merged = tally.cell.level == PROVINCE
    return Measured(None if merged else tally.cell.procedure or "", tally.cell.channel, tally.sums)
