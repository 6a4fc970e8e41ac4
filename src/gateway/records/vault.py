"""The vault: the contents of records, in a database apart from that of the deployment.

    tenant_keys.wrapped   AES-256 key of a tenant, by the key provider
    data_keys.wrapped     sealed(tenant key of `tenant_version`, AES-256 key of one owner with one tenant)
    contents.sealed       sealed(data key of `key_version`, the document)

`sealed` is that of `codec.py`. Rows by which it is bound: `owner_index || version (4 bytes,
big-endian)` of a data key, `identity || edition` of a content. A content never changes: its edition is

    edition = first 16 bytes of HMAC(index key, "edition" | tenant | document)

so that to put the same in again changes nothing. A content is in the vault before the database of the
deployment names it; one that nothing names an hour later is an orphan (`RecordStore.sweep`).
"""

import hmac
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from gateway.domain.clock import Clock
from gateway.domain.errors import VaultDamaged
from gateway.domain.identifiers import TenantId
from gateway.records.codec import Place, open_sealed, seal
from gateway.records.tenant_keys import KEY_BYTES, StaleKeys, TenantKeys, newest_version
from gateway.storage.database import Database, Statement, overwriting
from gateway.storage.vault_schema import contents, data_keys

_EDITION_BYTES = 16
_FIRST_VERSION = 1


class ContentName(NamedTuple):
    """By what a content of a tenant's is found: the record's identity, and which content of it."""

    identity: bytes
    edition: bytes


@dataclass(frozen=True, slots=True)
class Vault:
    """The contents of every tenant's records."""

    database: Database = field(repr=False)
    keys: TenantKeys = field(repr=False)
    index_key: bytes = field(repr=False)
    clock: Clock = field(repr=False)
    _reported: set[bytes] = field(default_factory=set, repr=False)

    async def put(
        self, tenant: TenantId, owner_index: bytes, identity: bytes, document: bytes
    ) -> ContentName:
        """Put a content in, durably; gives its name. Raises VaultClosed, StaleKeys, Busy."""
        said = f"edition|{tenant}|".encode() + document
        name = ContentName(identity, hmac.digest(self.index_key, said, "sha256")[:_EDITION_BYTES])
        await self.keys.hold(tenant, make=True)
        await self.database.write(lambda c: self._put(c, tenant, owner_index, name, document))
        return name

    def open(
        self, tenant: TenantId, owner_index: bytes, names: Collection[ContentName]
    ) -> dict[ContentName, bytes]:
        """The documents of contents that are named for this owner.

        Raises VaultDamaged for one that is not there or was not put there, StaleKeys, Busy.
        """
        if not names:
            return {}
        given: dict[str, object] = {"tenant": tenant, "owner": owner_index}
        given |= {f"identity_{i}": name.identity for i, name in enumerate(names)}
        rows = self.database.read(lambda c: _sealed_of(len(names)).all(c, given))
        ciphers: dict[int, AESGCM] = {}
        found: dict[ContentName, bytes] = {}
        for identity, edition, sealed, version, wrapped, tenant_version in rows:
            name = ContentName(identity, edition)
            if name not in names:
                continue
            if version not in ciphers:
                wrapping = self.keys.cipher(tenant, tenant_version)
                place = key_place(tenant, owner_index, version, tenant_version)
                ciphers[version] = AESGCM(open_sealed(wrapping, place, wrapped))
            found[name] = open_sealed(
                ciphers[version], _content_place(tenant, name, version), sealed
            )
        for name in names:
            if name not in found:
                raise VaultDamaged(b"".join(name))
        return found

    def is_news(self, damage: VaultDamaged) -> bool:
        """Whether this damage was not reported since the start."""
        if damage.content in self._reported:
            return False
        self._reported.add(damage.content)
        return True

    def names(
        self, written_from: int, written_before: int, page: int
    ) -> Iterator[list[tuple[TenantId, ContentName]]]:
        """The contents that were written in a time, page by page."""
        of = contents.c
        row = tuple_(of.tenant, of.identity, of.edition)
        asked = (
            select(of.tenant, of.identity, of.edition)
            .where(of.written_at >= written_from, of.written_at < written_before)
            .order_by(of.tenant, of.identity, of.edition)
            .limit(page)
        )
        after: tuple[str, bytes, bytes] = ("", b"", b"")
        while rows := self._rows_of(asked.where(row > tuple_(*after))):
            yield [(TenantId(one.tenant), ContentName(one.identity, one.edition)) for one in rows]
            after = (rows[-1].tenant, rows[-1].identity, rows[-1].edition)

    def _rows_of(self, asked: Select[Any]) -> Sequence[Row[Any]]:
        return self.database.read_separately(lambda connection: connection.execute(asked).all())

    def erase_in(
        self,
        connection: Connection,
        orphans: Collection[tuple[TenantId, ContentName]],
        written_before: int,
    ) -> int:
        """Overwrite contents that were written before a time, and the keys of owners who have none left."""
        gone = 0
        with overwriting(connection):
            for tenant, name in orphans:
                of = contents.c
                there = (of.tenant == tenant, of.identity == name.identity)
                due = (*there, of.edition == name.edition, of.written_at < written_before)
                owner = connection.execute(select(of.owner_index).where(*due)).scalar_one_or_none()
                if owner is None:
                    continue
                gone += connection.execute(delete(contents).where(*due)).rowcount
                left = select(of.identity).where(of.tenant == tenant, of.owner_index == owner)
                if connection.execute(left.limit(1)).first() is None:
                    mine = data_keys.c.tenant == tenant, data_keys.c.owner_index == owner
                    connection.execute(delete(data_keys).where(*mine))
        return gone

    def _put(
        self,
        connection: Connection,
        tenant: TenantId,
        owner_index: bytes,
        name: ContentName,
        document: bytes,
    ) -> None:
        now, of = int(self.clock().timestamp()), contents.c
        there = of.tenant == tenant, of.identity == name.identity, of.edition == name.edition
        # one that is there is written now: the sweep must not take it before it is named
        again = update(contents).where(*there).values(written_at=now)
        if connection.execute(again).rowcount:
            return
        version, cipher = self._data_key(connection, tenant, owner_index)
        row = {"tenant": tenant, **name._asdict(), "owner_index": owner_index}
        row |= {"key_version": version, "written_at": now}
        sealed = seal(cipher, _content_place(tenant, name, version), document)
        connection.execute(insert(contents), row | {"sealed": sealed})

    def _data_key(
        self, connection: Connection, tenant: TenantId, owner_index: bytes
    ) -> tuple[int, AESGCM]:
        """The owner's data key and its version; made where there is none."""
        of = data_keys.c
        mine = of.tenant == tenant, of.owner_index == owner_index
        kept = connection.execute(select(data_keys).where(*mine)).first()
        if kept is not None:
            place = key_place(tenant, owner_index, kept.version, kept.tenant_version)
            wrapping = self.keys.cipher(tenant, kept.tenant_version)
            return kept.version, AESGCM(open_sealed(wrapping, place, kept.wrapped))
        tenant_version, wrapping = self.keys.newest(tenant)
        if newest_version(connection, tenant) != tenant_version:
            raise StaleKeys  # the one held may be destroyed: nothing is wrapped under it any more
        key = os.urandom(KEY_BYTES)
        place = key_place(tenant, owner_index, _FIRST_VERSION, tenant_version)
        row = {"tenant": tenant, "owner_index": owner_index, "version": _FIRST_VERSION}
        row |= {"tenant_version": tenant_version, "wrapped": seal(wrapping, place, key)}
        connection.execute(insert(data_keys), row)
        return _FIRST_VERSION, AESGCM(key)


def key_place(tenant: TenantId, owner_index: bytes, version: int, tenant_version: int) -> Place:
    """Where a data key lies, under which version of the tenant key."""
    return Place(tenant, "data_keys", "wrapped", owner_index + version.to_bytes(4), tenant_version)


def _content_place(tenant: TenantId, name: ContentName, version: int) -> Place:
    return Place(tenant, "contents", "sealed", b"".join(name), version)


@lru_cache(maxsize=256)
def _sealed_of(count: int) -> Statement:
    """Contents of one owner by so many identities, each with the data key that it is sealed under."""
    of, keys = contents.c, data_keys.c
    identities: list[BindParameter[bytes]] = [bindparam(f"identity_{i}") for i in range(count)]
    same = (keys.tenant == of.tenant) & (keys.owner_index == of.owner_index)
    return Statement(
        select(
            of.identity, of.edition, of.sealed, of.key_version, keys.wrapped, keys.tenant_version
        )
        .join_from(contents, data_keys, same & (keys.version == of.key_version))
        .where(
            of.tenant == bindparam("tenant"),
            of.owner_index == bindparam("owner"),
            of.identity.in_(identities),
        )
    )
