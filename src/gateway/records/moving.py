"""Move contents into the vault that an earlier version kept in the deployment's database.

The upgrade set them aside in `unsealed_records`. Each goes as any record does: into the vault, then
named in the transaction that deletes it here. When the last has gone, the caller rewrites the database,
so that nothing of them is left in free pages, and ends the moving; a kill at any point is
mended by doing it again.
"""

from collections.abc import Callable
from functools import partial

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
)

from gateway.domain.identifiers import TenantId
from gateway.records.codec import read_document, write_document
from gateway.records.vault import ContentName, Vault
from gateway.storage.database import Database, overwriting
from gateway.storage.schema import records

_GROUP = 200

_unsealed = Table(
    "unsealed_records",
    MetaData(),
    Column("id", String, primary_key=True),
    Column("tenant", String),
    Column("owner_index", LargeBinary),
    Column("kind", String),
    Column("identity", LargeBinary),
    Column("state", String),
    Column("stored_at", Integer),
    Column("content", LargeBinary),
)
_KEPT = ("id", "tenant", "owner_index", "kind", "identity", "state", "stored_at")


def has_unsealed(connection: Connection) -> bool:
    """Whether a moving has not ended."""
    return inspect(connection).has_table(_unsealed.name)


async def move_into(database: Database, vault: Vault, progress: Callable[[int, int], None]) -> int:
    """Move everything; how many contents that were. Raises VaultClosed, Busy."""
    total = database.read(
        lambda c: c.execute(select(func.count()).select_from(_unsealed)).scalar_one()
    )
    moved = 0
    progress(moved, total)
    while rows := database.read(lambda c: c.execute(select(_unsealed).limit(_GROUP)).all()):
        named = [(row, *await _seal(vault, row)) for row in rows]
        await database.write(partial(_name, named=named))
        moved += len(rows)
        progress(moved, total)
    return moved


def end_moving(connection: Connection) -> None:
    """Forget that there was anything to move."""
    _unsealed.drop(connection)


async def _seal(vault: Vault, row: Row[tuple[object, ...]]) -> tuple[ContentName, str | None]:
    """Put one content into the vault; gives its name there, and why the record was revoked."""
    document = read_document(row.content)
    reason: str | None = None
    if "record" in document:
        reason = document["revoked"]
        posted_for = document.get("posted_for", False)
        document = {"record": document["record"], "posted_for": posted_for}
    tenant, written = TenantId(row.tenant), write_document(document)
    return await vault.put(tenant, row.owner_index, row.identity, written), reason


def _name(
    connection: Connection, named: list[tuple[Row[tuple[object, ...]], ContentName, str | None]]
) -> None:
    with overwriting(connection):
        for row, content, reason in named:
            kept = {name: getattr(row, name) for name in _KEPT}
            connection.execute(
                insert(records), {**kept, "edition": content.edition, "reason": reason}
            )
            connection.execute(delete(_unsealed).where(_unsealed.c.id == row.id))
