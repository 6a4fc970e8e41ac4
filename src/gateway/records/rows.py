"""Which rows lie here of one owner, and how are those of some kinds asked for in one statement?"""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from sqlalchemy import BindParameter, Connection, bindparam, select

from gateway.storage.schema import records
from gateway.storage.statements import Statement

VALID, REVOKED, PENDING = "valid", "revoked", "pending"

ALL_OF_OWNER = (
    select(records)
    .where(records.c.tenant == bindparam("tenant"), records.c.owner_index == bindparam("owner"))
    .order_by(records.c.stored_at, records.c.id)
)
"""Every row of one `owner` with one `tenant`, oldest first."""


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One row of a record that was not revoked."""

    id: str
    tenant: str
    owner_index: bytes
    kind: str
    state: str
    stored_at: int
    content: bytes = field(repr=False)


def standing_rows(
    connection: Connection, tenant: str, owner_index: bytes, kinds: Collection[str]
) -> list[StandingRow]:
    """The owner's rows of these kinds that were not revoked, oldest first."""
    given: dict[str, object] = {f"kind_{i}": kind for i, kind in enumerate(kinds)}
    given |= {"tenant": tenant, "owner": owner_index, "gone": REVOKED}
    return [StandingRow(*row) for row in _standing(len(kinds)).all(connection, given)]


@lru_cache(maxsize=256)
def _standing(count: int) -> Statement:
    """The question for so many kinds; its text is kept, since to write it costs more than to ask."""
    kinds: list[BindParameter[str]] = [bindparam(f"kind_{i}") for i in range(count)]
    asked = ALL_OF_OWNER.with_only_columns(*(records.c[name] for name in StandingRow.__slots__))
    return Statement(asked.where(records.c.state != bindparam("gone"), records.c.kind.in_(kinds)))
