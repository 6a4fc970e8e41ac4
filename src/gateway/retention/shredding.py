"""Destroy case payloads, so that they stay destroyed whatever is restored afterwards.

Payload and salt of a case are destroyed together, with what leads to the case from a person or a dossier
(`case_persons`, `cases`, `chains.applicant`) and the salt of what was submitted; its seals then say nothing any more. A
`shred` leaf in the same transaction says so, and in which log they stood: the running one, or a closed one,
which takes no leaf any more. A case goes as a whole: one that has a later leaf in its log, or a chain
that is open, is kept, since its dossier would else count a second time; what leads to a case stays for as
long as any log holds a body of it.

A backup may be older than a shred. What was published is not: at every start the shreds of the
published log that the database does not hold are made again by the same rule, before the first call.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from gateway.log.append import append_public
from gateway.log.entries import ShredLeaf, decode_leaf, is_case_entry
from gateway.log.keys import latest_key
from gateway.log.publishing import WIDTH, LogDamaged, LogFolder, TileFolder
from gateway.log.stored import log_size
from gateway.storage.database import Database, overwriting
from gateway.storage.schema import bodies, case_persons, cases, chains, closed_bodies


@dataclass(frozen=True, slots=True)
class _Payloads:
    """Where the bodies of one log lie: the running one, or a closed one by its name."""

    table: Table
    mine: ColumnElement[bool]


_RUNNING = _Payloads(bodies, true())


def _closed(origin: str) -> _Payloads:
    return _Payloads(closed_bodies, closed_bodies.c.origin == origin)


def shred_up_to(
    connection: Connection, last: int, origin: str, closed: str | None = None
) -> ShredLeaf | None:
    """Destroy what no longer has a reason to be kept up to a leaf, and write the `shred` leaf.

    `origin` is the running log, and the one whose bodies go unless a `closed` one is named. Gives the
    leaf; None when nothing was left to destroy, and then nothing is written.
    """
    place = _RUNNING if closed is None else _closed(closed)
    index = place.table.c.idx
    found = select(func.min(index), func.max(index), func.count())
    first, end, count = connection.execute(found.where(_due(place, 0, last))).one()
    if not count:
        return None
    _destroy(connection, place, 0, last)
    leaf = ShredLeaf(closed or origin, first, end, count, "retention")
    append_public(connection, leaf)
    return leaf


def shred_settled(
    connection: Connection, origin: str, last: int | None, closed: Mapping[str, int]
) -> dict[str, int]:
    """Destroy the payloads of several logs: closed ones up to the leaves named, the running one up to `last`.

    Gives the number of payloads destroyed by the log's name.
    """
    made = [shred_up_to(connection, end, origin, log) for log, end in closed.items()]
    if last is not None:
        made.append(shred_up_to(connection, last, origin))
    return {leaf.origin: leaf.count for leaf in made if leaf is not None}


def last_closed(connection: Connection, before_hour: int) -> dict[str, int]:
    """By closed log the last leaf up to which every payload is of an earlier hour, since 1970 UTC."""
    of, later = closed_bodies.c, func.min(closed_bodies.c.idx)
    begun = select(of.origin, later).where(of.hour >= before_hour).group_by(of.origin)
    ends = {row[0]: row[1] - 1 for row in connection.execute(begun)}
    whole = select(of.origin, func.max(of.idx)).group_by(of.origin).order_by(of.origin)
    return {row[0]: ends.get(row[0], row[1]) for row in connection.execute(whole)}


async def replay_shreds(database: Database, folder: LogFolder, origin: str, published: int) -> int:
    """Repeat the shreds that were published and that the database does not hold; gives how many.

    `origin` is the name of the log in the folder; a database that was restored from before that log
    began holds nothing of it, and of its own log what it held then. Raises Busy.
    """
    held, key = database.read(log_size), database.read(latest_key)
    own = origin if key is None else key.partition("+")[0]
    shreds = [*_shreds_between(folder.tiles, held if own == origin else 0, published)]
    if own != origin:
        older = folder.closed / own.rpartition("/")[2]
        size = _published_size(older)
        shreds += _shreds_between(TileFolder(older), held, size)

    def again(connection: Connection) -> None:
        for leaf in shreds:
            place = _RUNNING if leaf.origin == own else _closed(leaf.origin)
            _destroy(connection, place, leaf.first, leaf.last)

    if shreds:
        await database.write(again)
    return len(shreds)


def _published_size(public: Path) -> int:
    try:
        published = LogFolder.checkpoint_in(public)
    except LogDamaged:
        return 0  # the log itself is in an incident then, and says so
    return 0 if published is None else published.checkpoint.size


def _shreds_between(tiles: TileFolder, first: int, size: int) -> Iterator[ShredLeaf]:
    """The published shreds from an index on; a bundle that is gone is passed over."""
    for bundle in range(first // WIDTH, -(-size // WIDTH) if first < size else 0):
        try:
            entries = tiles.entries(bundle, min(WIDTH, size - bundle * WIDTH))
        except (FileNotFoundError, ValueError):
            continue  # the log itself is in an incident then, and says so
        for entry in entries:
            if not is_case_entry(entry) and isinstance(leaf := decode_leaf(entry), ShredLeaf):
                yield leaf


def _due(place: _Payloads, first: int, last: int) -> ColumnElement[bool]:
    """Bodies of the range whose case has ended there."""
    mine, later = place.table, place.table.alias()
    same = and_(later.c.case_ref == mine.c.case_ref, later.c.idx > last)
    going_on: ColumnElement[bool]
    if place.table is closed_bodies:
        going_on = exists().where(same, later.c.origin == mine.c.origin)
    else:
        still = exists().where(chains.c.case_ref == mine.c.case_ref, chains.c.state == "open")
        going_on = or_(exists().where(same), still)
    return and_(place.mine, mine.c.idx.between(first, last), ~going_on)


def _destroy(connection: Connection, place: _Payloads, first: int, last: int) -> None:
    due, mine = _due(place, first, last), place.table
    ended = select(mine.c.case_ref).where(due, mine.c.case_ref.is_not(None))
    with overwriting(connection):
        if place.table is bodies:
            of_chains = chains.c.case_ref.in_(ended)
            connection.execute(
                update(chains).where(of_chains).values(content_salt=None, applicant=None)
            )
        for table in (case_persons, cases):
            elsewhere = _held_elsewhere(place, table)
            connection.execute(delete(table).where(table.c.case_ref.in_(ended), ~elsewhere))
        going = select(mine.c.idx).where(due)
        connection.execute(delete(mine).where(place.mine, mine.c.idx.in_(going)))


def _held_elsewhere(place: _Payloads, table: Table) -> ColumnElement[bool]:
    """Whether another log holds a body of the case that a row leads to."""
    aside = exists().where(closed_bodies.c.case_ref == table.c.case_ref)
    if place.table is bodies:
        return aside
    return or_(aside.where(~place.mine), exists().where(bodies.c.case_ref == table.c.case_ref))
