"""What came into the database after its first release, and how does an older file get it?

Each step looks for what it adds and does nothing where that stands already; tables that are wholly
new need none, they are made by `schema.py`.
"""

from sqlalchemy import Connection, String, cast, func, inspect, update

from gateway.storage.schema import bodies, case_persons


def bring_up_to_date(connection: Connection) -> None:
    """Add to the tables of an older database what newer code reads; the caller commits."""
    tables = inspect(connection)
    if tables.has_table(bodies.name) and not any(
        column["name"] == "case_ref" for column in tables.get_columns(bodies.name)
    ):
        _find_bodies_by_case(connection)


def _find_bodies_by_case(connection: Connection) -> None:
    """Bodies of one case stand together, and the persons of a case are found by it."""
    connection.exec_driver_sql("ALTER TABLE bodies ADD COLUMN case_ref VARCHAR")
    case = func.json_extract(cast(bodies.c.body, String), "$.case")
    connection.execute(update(bodies).values(case_ref=case))
    for index in (*bodies.indexes, *case_persons.indexes):
        index.create(connection, checkfirst=True)
