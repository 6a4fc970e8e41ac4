"""How does a demonstration have records that are older than itself?"""

from datetime import datetime

from sqlalchemy import Connection, update

from gateway.storage.schema import records


def store_earlier(connection: Connection, at: datetime) -> None:
    """Let every record that is kept by now have been stored by `at` at the latest."""
    latest = int(at.timestamp())
    younger = update(records).where(records.c.stored_at > latest)
    connection.execute(younger.values(stored_at=latest))
