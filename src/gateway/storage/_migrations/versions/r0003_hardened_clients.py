"""Clients that sign: their profile, scopes and keys, and the proofs that they have used up."""

from alembic import op
from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, false

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and tables; clients of before keep their secrets and the usual scopes."""
    for name in ("hardened", "must_sign"):
        column = Column(name, Boolean, nullable=False, server_default=false())
        op.add_column("clients", column)
    op.add_column("clients", Column("scopes", String))
    op.create_table(
        "client_keys",
        Column("client_id", String, primary_key=True),
        Column("kid", String, primary_key=True),
        Column("jwk", String, nullable=False),
        Column("created_at", Integer, nullable=False),
        Column("revoked_at", Integer),
    )
    op.create_table(
        "used_proofs",
        Column("digest", LargeBinary, primary_key=True),
        Column("expires_at", Integer, nullable=False, index=True),
    )
