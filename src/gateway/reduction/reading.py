"""How is the log read for a report, without holding anybody up?

The log only grows: its end is noted first, and everything up to there is read in pages, each a
short question of its own, so that no page keeps a citizen waiting and no log must fit in memory.
"""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, Table, func, select, union

from gateway.log.tree import root_of
from gateway.reduction.definitions import Definitions, read_definitions
from gateway.reduction.measure import Measurement
from gateway.reduction.report import Counted, Evidence, Question, report
from gateway.storage.database import Database
from gateway.storage.schema import bodies, form_versions, leaves, metric_definitions, tenants

_PAGE = 1000


def report_from_log(database: Database, question: Question) -> dict[str, Any]:
    """Count the log as it stands now; see `report.py` for the document.

    Raises CannotMeasure, naming the leaf, for a body that no honest figure can rest on. Takes as
    long as the log is: call it off the event loop.
    """
    size = database.read(_size)
    definitions = database.read(lambda connection: _definitions(connection, size))
    measurement = Measurement(definitions, question.scope)
    for row in _paged(database, bodies, select(bodies.c.idx, bodies.c.body), size):
        measurement.add(row.idx, orjson.loads(row.body))
    counted = Counted(measurement.sums(), measurement.forms())
    hashes = _paged(database, leaves, select(leaves.c.idx, leaves.c.hash), size)
    root = root_of(row.hash for row in hashes)
    return report(question, counted, Evidence(size, root, definitions))


def _size(connection: Connection) -> int:
    last = connection.execute(select(func.max(leaves.c.idx))).scalar_one()
    return 0 if last is None else int(last) + 1


def _definitions(connection: Connection, size: int) -> Definitions:
    """What the public leaves say that stand in the log so far."""
    known = union(
        select(metric_definitions.c.leaf),
        select(form_versions.c.leaf),
        select(tenants.c.grant_leaf),
    )
    wanted = select(leaves.c.idx, leaves.c.entry).where(
        leaves.c.idx.in_(known), leaves.c.idx < size
    )
    return read_definitions(
        (row.idx, orjson.loads(row.entry)) for row in connection.execute(wanted)
    )


def _paged(database: Database, table: Table, columns: Select[Any], size: int) -> Iterator[Row[Any]]:
    after = -1
    while rows := database.read(_page(columns, table, after, size)):
        yield from rows
        after = rows[-1].idx


def _page(
    columns: Select[Any], table: Table, after: int, size: int
) -> Callable[[Connection], list[Row[Any]]]:
    page = columns.where(table.c.idx > after, table.c.idx < size).order_by(table.c.idx).limit(_PAGE)
    return lambda connection: list(connection.execute(page))
