"""The tables of the vault: sealed contents, and the keys they are sealed under, each under another.

The vault is a database of its own, on SQLite a file; on a server it would be a schema with a role of its
own. What the columns hold is specified in `records/vault.py`. A change here needs a script in
`_vault_migrations/versions` and a new revision.
"""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

from gateway.storage.schema import Schema

_metadata = MetaData()

contents = Table(
    "contents",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("identity", LargeBinary, primary_key=True),
    Column("edition", LargeBinary, primary_key=True),
    Column("owner_index", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("written_at", Integer, nullable=False, index=True),
    Index("contents_owner", "tenant", "owner_index"),
)

data_keys = Table(
    "data_keys",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("owner_index", LargeBinary, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("tenant_version", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Index("data_keys_wrapped_by", "tenant", "tenant_version"),
)

tenant_keys = Table(
    "tenant_keys",
    _metadata,
    Column("tenant", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("provider", String, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Integer, nullable=False),
)

VAULT = Schema(_metadata, "0001", "contents", "_vault_migrations")
"""The vault of a deployment."""
