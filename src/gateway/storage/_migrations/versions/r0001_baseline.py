"""The first revision: the tables as they were when databases began to carry a revision.

`_metadata` is a copy of `schema.py` of that day and never changes. A database of an earlier day is
upgraded too: tables and columns that it lacks are added.
"""

from alembic import op
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    cast,
    func,
    inspect,
    true,
    update,
)

revision = "0001"
down_revision = None

_metadata = MetaData()

Table(
    "tenants",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("agency", String, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("grant_json", String, nullable=False),
    Column("grant_leaf", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
)

Table(
    "clients",
    _metadata,
    Column("client_id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("revoked_at", Integer),
)

Table(
    "form_versions",
    _metadata,
    Column("version", String, primary_key=True),
    Column("form", String, nullable=False, index=True),
    Column("leaf", Integer, nullable=False),
    Column("series", String, nullable=False),
    Column("registered_at", Integer, nullable=False),
)

Table("connected_sources", _metadata, Column("source", String, primary_key=True))

Table(
    "grant_leaves",
    _metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("tenant", String, nullable=False, index=True),
    Column("connected", String, nullable=False),
)

Table(
    "tenant_marks",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("is_test", Boolean, nullable=False),
    Column("origin", String, nullable=False),
    Column("leaf", Integer, nullable=False),
)

Table(
    "baselines",
    _metadata,
    Column("procedure", String, primary_key=True),
    Column("declaration", String, primary_key=True),
    Column("origin", String, nullable=False),
    Column("leaf", Integer, nullable=False),
    Column("items_json", String, nullable=False),
    Column("stated_in", String, nullable=False),
)

Table(
    "metric_definitions",
    _metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

_leaves = Table(
    "leaves",
    _metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False, index=True),
)

Table(
    "log_keys",
    _metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("vkey", String, nullable=False),
)

_bodies = Table(
    "bodies",
    _metadata,
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("tenant", String, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("case_ref", String),
    Column("salt", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("bodies_case", "case_ref", "idx"),
)

Table(
    "month_closes",
    _metadata,
    Column("origin", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("first_tally", Integer, nullable=False),
    Column("last_tally", Integer, nullable=False),
    Column("document", LargeBinary),
    Column("jws", String),
)

Table(
    "auditors",
    _metadata,
    Column("vkey", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("recipient", String, nullable=False),
    Column("ended_at", Integer),
)

Table(
    "reconciliations",
    _metadata,
    Column("leaf", Integer, primary_key=True, autoincrement=False),
    Column("month", String, nullable=False),
)


def _closed(table: Table) -> Table:
    """The rows of a table that belong to logs which were closed, by the name of the log."""
    columns = (Column(c.name, c.type, primary_key=c.primary_key, index=c.index) for c in table.c)
    origin = Column("origin", String, primary_key=True)
    return Table(f"closed_{table.name}", _metadata, origin, *columns)


_closed(_leaves)
_closed(_bodies)

Table(
    "cases",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("dossier_index", LargeBinary, primary_key=True),
    Column("case_ref", String, nullable=False),
    Column("opened_at", Integer, nullable=False),
)

_case_persons = Table(
    "case_persons",
    _metadata,
    Column("person_index", LargeBinary, primary_key=True),
    Column("case_ref", String, primary_key=True),
    Column("applicant", Boolean, nullable=False),
    Index("case_persons_case", "case_ref"),
)

Table(
    "typed_persons",
    _metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("applicant", LargeBinary, primary_key=True),
    Column("person", LargeBinary, primary_key=True),
)

_chains = Table(
    "chains",
    _metadata,
    Column("chain", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("case_ref", String, nullable=False),
    Column("version", String, nullable=False),
    Column("state", String, nullable=False),
    Column("wrapped_key", LargeBinary),
    Column("first_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("submission_leaf", Integer),
    Column("content_salt", LargeBinary),
    Column("applicant", LargeBinary),
    Index("chains_open", "state", "expires_at"),
)

Table(
    "receipts",
    _metadata,
    Column("jti", String, primary_key=True),
    Column("chain", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("leaf", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)

Table(
    "chain_leaves",
    _metadata,
    Column("chain", String, primary_key=True),
    Column("idx", Integer, primary_key=True, autoincrement=False),
)

Table(
    "refused_fields",
    _metadata,
    Column("chain", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("times", Integer, nullable=False),
)

Table(
    "submission_pace",
    _metadata,
    Column("hour", Integer, primary_key=True, autoincrement=False),
    Column("of", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
)

Table(
    "correction_tickets",
    _metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("case_ref", String, nullable=False),
    Column("submission", Integer, nullable=False, index=True),
    Column("leaf", Integer, nullable=False),
    Column("path", String, nullable=False),
    Column("role", String, nullable=False),
    Column("attribute", String, nullable=False),
    Column("source", String, nullable=False),
    Column("why", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_at", Integer, nullable=False),
    Column("changed_at", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Index("correction_tickets_due", "state", "opened_at"),
    Index("correction_tickets_tenant", "tenant", "state"),
)

Table(
    "replays",
    _metadata,
    Column("key_mac", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("created_at", Integer, nullable=False, index=True),
    Column("status", Integer),
    Column("answer", LargeBinary),
)

Table(
    "records",
    _metadata,
    Column("id", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("owner_index", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("identity", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("stored_at", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "identity"),
    Index("records_owner", "tenant", "owner_index"),
)

_dossiers = Table(
    "dossiers",
    _metadata,
    Column("code", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("procedure", String, nullable=False),
    Column("form", String),
    Column("channel", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("registered_at", Integer, nullable=False),
    Column("submitted_at", Integer, nullable=False),
    Column("received_at", Integer),
    Column("due_at", Integer, nullable=False),
    Column("ended_at", Integer),
    Column("first_state", Integer, nullable=False),
    Column("stated", Integer, nullable=False),
    Column("components", String, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("added", LargeBinary),
    Column("case_tag", LargeBinary),
    Column("version", Integer, nullable=False),
    Column("told_version", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("sync", String, nullable=False),
    Column("reason", String),
    Column("refusals", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Integer, nullable=False),
    Column("in_doubt", Boolean, nullable=False),
    Column("portal_state", Integer),
    Column("told", String),
    Column("confirmed_leaf", Integer),
    Index("dossiers_due", "sync", "next_at"),
    Index("dossiers_of_case", "case_tag"),
)

Table(
    "ministry_dossiers",
    _metadata,
    Column("code", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("state", Integer, nullable=False),
)

Table(
    "leaves_followed",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("leaf", Integer, nullable=False),
)

Table(
    "dossier_steps",
    _metadata,
    Column("code", String, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
)

_bundles = Table(
    "bundles",
    _metadata,
    Column("code", String, primary_key=True),
    Column("tenant", String, nullable=False),
    Column("procedure", String, nullable=False),
    Column("form", String),
    Column("registered_at", Integer, nullable=False),
    Column("confirmed_leaf", Integer),
    Column("withdrawn_leaf", Integer),
)

Table(
    "bundle_parts",
    _metadata,
    Column("code", String, primary_key=True),
    Column("bundle", String, nullable=False),
    Column("procedure", String, nullable=False),
    Column("items", String, nullable=False),
    UniqueConstraint("bundle", "procedure"),
)

_portal_procedures = Table(
    "portal_procedures",
    _metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("sector", String, nullable=False),
    Column("sector_name", String, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("for_citizens", Boolean, nullable=False),
    Column("has_result", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("read_at", Integer, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("change", String, nullable=False),
    Column("changed_at", Integer, nullable=False),
)


def upgrade() -> None:
    """Create what is not there; an earlier database keeps every row."""
    connection = op.get_bind()
    _add_columns(connection)
    _metadata.create_all(connection)
    for table in _metadata.tables.values():
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _add_columns(connection: Connection) -> None:
    if _lacks(connection, _bodies, "case_ref"):
        op.add_column("bodies", Column("case_ref", String))
        case = func.json_extract(cast(_bodies.c.body, String), "$.case")
        connection.execute(update(_bodies).values(case_ref=case))
    if _lacks(connection, _dossiers, "case_tag"):  # older dossiers are not followed
        for name in ("added", "case_tag"):
            op.add_column("dossiers", Column(name, LargeBinary))
    if _lacks(connection, _bundles, "confirmed_leaf"):
        for name in ("confirmed_leaf", "withdrawn_leaf"):
            op.add_column("bundles", Column(name, Integer))
    if _lacks(connection, _case_persons, "applicant"):
        # which of them was the applicant was not kept: each counts on as a person of the case
        applicant = Column("applicant", Boolean, nullable=False, server_default=true())
        op.add_column("case_persons", applicant)
    if _lacks(connection, _chains, "applicant"):
        op.add_column("chains", Column("applicant", LargeBinary))
    if _lacks(connection, _portal_procedures, "listed"):
        op.drop_table("portal_procedures")  # it is read from the portal again


def _lacks(connection: Connection, table: Table, column: str) -> bool:
    """Whether this table exists without this column."""
    tables = inspect(connection)
    return tables.has_table(table.name) and not any(
        one["name"] == column for one in tables.get_columns(table.name)
    )
