"""Records name what lies in the vault; contents of before wait in `unsealed_records` to be moved there.

That table is made only where there are such contents, and dropped when the last was moved and
overwritten (`records/moving.py`). Until then they are not found.
"""

from alembic import op
from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    column,
    select,
    table,
)

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Set the old table aside, and make the new ones."""
    held = op.get_bind().execute(select(column("id", String)).select_from(table("records"))).first()
    op.drop_index("records_owner", "records")
    if held is None:
        op.drop_table("records")
    else:
        op.rename_table("records", "unsealed_records")
    op.create_table(
        "records",
        Column("id", String, primary_key=True),
        Column("tenant", String, nullable=False),
        Column("owner_index", LargeBinary, nullable=False),
        Column("kind", String, nullable=False),
        Column("identity", LargeBinary, nullable=False),
        Column("edition", LargeBinary, nullable=False),
        Column("state", String, nullable=False),
        Column("reason", String),
        Column("stored_at", Integer, nullable=False),
        UniqueConstraint("tenant", "identity"),
    )
    op.create_index("records_owner", "records", ["tenant", "owner_index"])
    op.create_table(
        "dropped_contents",
        Column("tenant", String, nullable=False),
        Column("identity", LargeBinary, nullable=False),
        Column("edition", LargeBinary, nullable=False),
        PrimaryKeyConstraint("tenant", "identity", "edition"),
    )
