"""When witnesses saw the log at a size, as its `witnessed` leaves repeat it."""

from alembic import op
from sqlalchemy import Column, Integer

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "witnessed_times",
        Column("leaf", Integer, primary_key=True, autoincrement=False),
        Column("size", Integer, nullable=False),
        Column("earliest", Integer, nullable=False),
        Column("latest", Integer, nullable=False),
    )
