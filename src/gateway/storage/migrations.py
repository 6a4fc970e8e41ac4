"""What came into the database after its first release, and how does an older file get it?

Each step looks for what it adds and does nothing where that stands already; tables that are wholly
new need none, they are made by `schema.py`.
"""

from sqlalchemy import Connection, String, Table, cast, func, inspect, update

from gateway.storage.schema import bodies, bundles, case_persons, chains, dossiers


def bring_up_to_date(connection: Connection) -> None:
    """Add to the tables of an older database what newer code reads; the caller commits."""
    if _lacks(connection, bodies, "case_ref"):
        _find_bodies_by_case(connection)
    if _lacks(connection, dossiers, "case_tag"):
        _follow_dossiers_by_case(connection)
    if _lacks(connection, bundles, "confirmed_leaf"):
        for name in ("confirmed_leaf", "withdrawn_leaf"):
            connection.exec_driver_sql(f"ALTER TABLE bundles ADD COLUMN {name} INTEGER")
    if _lacks(connection, case_persons, "applicant"):
        # who of them was the applicant was not kept: each goes on counting as a person of the case
        connection.exec_driver_sql(
            "ALTER TABLE case_persons ADD COLUMN applicant BOOLEAN NOT NULL DEFAULT 1"
        )
    if _lacks(connection, chains, "applicant"):
        connection.exec_driver_sql("ALTER TABLE chains ADD COLUMN applicant BLOB")


def _lacks(connection: Connection, table: Table, column: str) -> bool:
    """Whether a table stands there without this column."""
    tables = inspect(connection)
    return tables.has_table(table.name) and not any(
        one["name"] == column for one in tables.get_columns(table.name)
    )


def _find_bodies_by_case(connection: Connection) -> None:
    """Bodies of one case stand together, and the persons of a case are found by it."""
    connection.exec_driver_sql("ALTER TABLE bodies ADD COLUMN case_ref VARCHAR")
    case = func.json_extract(cast(bodies.c.body, String), "$.case")
    connection.execute(update(bodies).values(case_ref=case))
    for index in (*bodies.indexes, *case_persons.indexes):
        index.create(connection, checkfirst=True)


def _follow_dossiers_by_case(connection: Connection) -> None:
    """What is said anew of a dossier, and which leaves speak for it; older ones are not followed."""
    for name in ("added", "case_tag"):
        connection.exec_driver_sql(f"ALTER TABLE dossiers ADD COLUMN {name} BLOB")
    for index in dossiers.indexes:
        index.create(connection, checkfirst=True)
