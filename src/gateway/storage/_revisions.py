"""Which revision a database is at, and how it comes to the one of this code.

A new database gets every table at once and the mark of the newest revision. An older one is upgraded
by the scripts of its schema, one after the other, in the transaction of the caller; a
database from before there were revisions is at None and begins with the first. Alembic is imported
only then, since that takes half a second.
"""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from gateway.storage.schema import Schema
from gateway.storage.url import DatabaseUnusable

_alembic = MetaData()
_version = Table("alembic_version", _alembic, Column("version_num", String(32), primary_key=True))


def revision_of(connection: Connection) -> str | None:
    """The revision that the database is marked with; None without a mark."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def make_current(connection: Connection, schema: Schema, *, upgrade: bool) -> None:
    """Make the tables of an empty database, or upgrade an older one where `upgrade` allows it.

    The caller holds the write lock and commits. Raises DatabaseUnusable.
    """
    tables = inspect(connection).get_table_names()
    revision = revision_of(connection)
    if revision == schema.revision:
        return
    if not tables:
        schema.tables.create_all(connection, checkfirst=False)
        _alembic.create_all(connection, checkfirst=False)
        connection.execute(insert(_version), {"version_num": schema.revision})
        return
    if revision is None and schema.known_by not in tables:
        raise DatabaseUnusable("the database holds something else than a gateway's tables")
    if revision is not None and not any((_scripts(schema) / "versions").glob(f"r{revision}_*.py")):
        raise DatabaseUnusable(
            f"the database is at revision {revision}, which this version does not know: it was"
            f" upgraded by a newer version. This one needs revision {schema.revision}"
        )
    if not upgrade:
        raise DatabaseUnusable(
            f"the database is at revision {revision or 'none'} and this version needs {schema.revision}:"
            " stop the gateway and run `gateway db upgrade`"
        )
    _upgrade(connection, schema)


def _scripts(schema: Schema) -> Path:
    return Path(__file__).parent / schema.scripts


def _upgrade(connection: Connection, schema: Schema) -> None:
    from alembic.command import upgrade as run_scripts
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_scripts(schema)).replace("%", "%%"))
    run_scripts(config, "head")
