"""How is a deleted row gone from the file too, and not only from its table?"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


@contextmanager
def overwriting(connection: Connection) -> Iterator[None]:
    """What is deleted within is overwritten with zeros in the database file.

    The write-ahead log beside it loses its last copy when it is folded back, as it is at every close.
    """
    connection.exec_driver_sql("PRAGMA secure_delete=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")
