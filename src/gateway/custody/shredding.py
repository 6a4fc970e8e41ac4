"""How do case bodies end, so that they stay ended whatever is restored afterwards?

Body and salt of a case are destroyed together, with what leads to the case from a person or a dossier
(`case_persons`, `cases`) and the salt of what was submitted; its seals then say nothing any more. A
`shred` leaf in the same transaction says so. A case goes as a whole: one that has a later leaf, or a
chain that is open, is kept, since its dossier would else count a second time.

A backup may be older than a shred. What was published is not: at every start the shreds of the
published log that the database does not hold are made again by the same rule, before the first call.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select, update

from gateway.log.append import append_public
from gateway.log.leaves import case_entry
from gateway.log.publishing.rows import log_size
from gateway.log.tiles import WIDTH, TileFolder
from gateway.storage.database import Database
from gateway.storage.erasing import overwriting
from gateway.storage.schema import bodies, case_persons, cases, chains

_CASE_BYTES = len(case_entry(bytes(32)))


def shred_up_to(connection: Connection, last: int) -> dict[str, Any] | None:
    """Destroy what no longer has a reason to be kept up to a leaf, and write the `shred` leaf.

    Gives the leaf; None when nothing was left to destroy, and then nothing is written.
    """
    found = select(func.min(bodies.c.idx), func.max(bodies.c.idx), func.count())
    first, end, count = connection.execute(found.where(*_due(0, last))).one()
    if not count:
        return None
    _destroy(connection, 0, last)
    leaf = {"kind": "shred", "v": 1, "first": first, "last": end, "count": count}
    leaf["reason"] = "retention"
    append_public(connection, leaf)
    return leaf


async def replay_shreds(database: Database, tiles: TileFolder, published: int) -> int:
    """Make the shreds again that were published and that the database does not hold; how many.

    Raises Busy.
    """
    held = database.read(log_size)
    shreds = _shreds_between(tiles, held, published)

    def again(connection: Connection) -> None:
        for first, last in shreds:
            _destroy(connection, first, last)

    if shreds:
        await database.write(again)
    return len(shreds)


def _shreds_between(tiles: TileFolder, first: int, size: int) -> Sequence[tuple[int, int]]:
    """The ranges of the published shreds from an index on; a bundle that is gone tells nothing."""
    found: list[tuple[int, int]] = []
    for bundle in range(first // WIDTH, -(-size // WIDTH) if first < size else 0):
        try:
            entries = tiles.entries(bundle, min(WIDTH, size - bundle * WIDTH))
        except (FileNotFoundError, ValueError):
            continue  # the log itself is in an incident then, and says so
        for entry in entries:
            if len(entry) != _CASE_BYTES and (leaf := json.loads(entry))["kind"] == "shred":
                found.append((leaf["first"], leaf["last"]))
    return found


def _due(first: int, last: int) -> tuple[ColumnElement[bool], ...]:
    """Bodies of the range whose case has ended there."""
    later = bodies.alias()
    going_on = or_(
        exists().where(later.c.case_ref == bodies.c.case_ref, later.c.idx > last),
        exists().where(chains.c.case_ref == bodies.c.case_ref, chains.c.state == "open"),
    )
    return bodies.c.idx.between(first, last), ~going_on


def _destroy(connection: Connection, first: int, last: int) -> None:
    ended = select(bodies.c.case_ref).where(*_due(first, last), bodies.c.case_ref.is_not(None))
    with overwriting(connection):
        salts = chains.c.content_salt.is_not(None), chains.c.case_ref.in_(ended)
        connection.execute(update(chains).where(*salts).values(content_salt=None))
        for table in (case_persons, cases):
            connection.execute(delete(table).where(table.c.case_ref.in_(ended)))
        due = select(bodies.c.idx).where(*_due(first, last))
        connection.execute(delete(bodies).where(bodies.c.idx.in_(due)))
