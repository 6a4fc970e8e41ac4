"""How many reads officers have made today."""

from alembic import op
from sqlalchemy import Column, Integer, LargeBinary, String

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "officer_reads",
        Column("day", Integer, nullable=False),
        Column("tenant", String, primary_key=True),
        Column("officer", LargeBinary, primary_key=True),
        Column("reads", Integer, nullable=False),
        Column("alarms", Integer, nullable=False),
    )
