"""How is a statement that runs at every prefill put together only once?

SQLAlchemy writes its text when it is run first; from then on the driver gets text and values
directly, which costs a fifth. It must be a plain statement: each parameter one value that the
driver takes as it is, no list and no type of SQLAlchemy that converts (booleans, dates).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.sql.expression import ClauseElement

Row = tuple[Any, ...]


class Statement:
    """One statement of SQLAlchemy Core and its named parameters.

    What fails is a DBAPIError, an IntegrityError where a row is there already.
    """

    def __init__(self, core: ClauseElement, *columns: str) -> None:
        self._core = core
        self._columns = columns
        self._text: str | None = None

    def run(self, connection: Connection, values: Mapping[str, object]) -> None:
        """Change something, in the transaction that has begun."""
        self._cursor(connection, values)

    def first(self, connection: Connection, values: Mapping[str, object]) -> Row | None:
        """The first row, in the order of the statement's columns."""
        row: Row | None = self._cursor(connection, values).fetchone()
        return row

    def all(self, connection: Connection, values: Mapping[str, object]) -> list[Row]:
        """Every row."""
        rows: list[Row] = self._cursor(connection, values).fetchall()
        return rows

    def _cursor(self, connection: Connection, values: Mapping[str, object]) -> Any:
        if self._text is None:
            self._write(connection)
        given = tuple([values[name] for name in self._names])
        driver: Any = connection.connection.driver_connection
        try:
            return driver.execute(self._text, given)
        except connection.dialect.loaded_dbapi.IntegrityError as error:
            raise IntegrityError(self._text, None, error) from error
        except connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(self._text, None, error) from error

    def _write(self, connection: Connection) -> None:
        compiled = self._core.compile(
            dialect=connection.dialect, column_keys=list(self._columns) or None
        )
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]  # a text has an order
        self._text = str(compiled)


def new_row(table: Table, *columns: str) -> Statement:
    """An INSERT of one row into these columns; all of the table's when none is named."""
    return Statement(insert(table), *(columns or table.c.keys()))


def add_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert whole rows by one statement, whose text is kept for each number of rows."""
    if rows:
        values = {f"{name}_{i}": row[name] for i, row in enumerate(rows) for name in row}
        _new_rows(table, len(rows)).run(connection, values)


@lru_cache(maxsize=256)
def _new_rows(table: Table, count: int) -> Statement:
    names = table.c.keys()
    return Statement(
        insert(table).values([{n: bindparam(f"{n}_{i}") for n in names} for i in range(count)])
    )
