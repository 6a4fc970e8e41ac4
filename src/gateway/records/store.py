"""Store records, find them again, and revoke them.

Equal records of one tenant are one; which dossier or file brought them in does not matter. A record
that is being digitised is a pending row without content, whose place it takes when it comes.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, RecordRefused, VaultClosed, VaultDamaged
from gateway.domain.identifiers import IssuerAndKind, PersonalId, TenantId
from gateway.records._announcement import read_announcement
from gateway.records._contents import check_text
from gateway.records._indices import identity_of, identity_of_awaited, owner_index
from gateway.records.codec import read_document, write_document
from gateway.records.issuers import Issuers, is_posted_for
from gateway.records.kinds import Kinds
from gateway.records.record import Record, read_record, stored_record
from gateway.records.tenant_keys import StaleKeys
from gateway.records.vault import ContentName, Vault
from gateway.storage.database import Database, Statement
from gateway.storage.schema import dropped_contents, records

T = TypeVar("T")

VALID, REVOKED, PENDING = "valid", "revoked", "pending"

ORPHANED_AFTER_SECONDS = 3600
"""So old is a content that nothing names when the sweep erases it: a write that names it is long over."""

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table."""

    id: str
    tenant: str
    owner_index: bytes
    kind: str
    identity: bytes
    edition: bytes
    state: str
    reason: str | None
    stored_at: int

    @property
    def content(self) -> ContentName:
        """What it names in the vault."""
        return ContentName(self.identity, self.edition)


_COLUMNS = tuple(records.c[one.name] for one in fields(_Row))
_ALL_OF_OWNER = (
    select(*_COLUMNS)
    .where(records.c.tenant == bindparam("tenant"), records.c.owner_index == bindparam("owner"))
    .order_by(records.c.stored_at, records.c.id)
)
"""Every row of one `owner` with one `tenant`, oldest first."""
REVOCATION_REASONS = frozenset(
    {"annulled", "issued_in_error", "replaced", "stored_in_error", "withdrawn"}
)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record in the vault; `reason` is that of its revocation.

    `vouched` says that more than the tenant's word stands for it: its issuer's signature, which was
    checked when it came in, a tenant that was granted to post in the issuer's name, or a finished
    dossier of its owner whose result it is and which the portal confirmed.
    """

    id: str
    state: str
    stored_at: datetime
    record: Record = field(repr=False)
    reason: str | None = None
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """An announced record in the vault."""

    id: str
    kind: str
    expected_at: datetime
    state: str = field(default="pending")
    owner_name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HeldRecords:
    """One owner's records: those that may be reused, and those that are announced."""

    records: tuple[StoredRecord, ...]
    awaited: tuple[Awaited, ...]


Alarm = Callable[[Connection, TenantId], None]
"""Writes into the log that something in the vault does not open for a tenant."""

IsConfirmedResult = Callable[[Connection, TenantId, Record], bool]
"""Whether a record is the result of a finished dossier of its owner that the portal confirmed."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A record whose use has ended, or a wait that has."""

    id: str
    reason: str
    state: str = REVOKED


@dataclass(frozen=True, slots=True)
class Deposit:
    """A content that lies in the vault, for a record that the deployment's database is yet to name.

    `vouched` says that it takes the place of the same record without that.
    """

    kind: str
    owner_index: bytes
    content: ContentName
    state: str
    vouched: bool = False
    announced: str | None = None


@dataclass(slots=True)
class RecordStore:
    """The records of all tenants; each tenant finds only its own.

    A record's content goes into the vault first (`deposit`), then a change names it (`put_in`).
    """

    database: Database = field(repr=False)
    vault: Vault = field(repr=False)
    kinds: Kinds = field(repr=False)
    index_key: bytes = field(repr=False)
    clock: Clock = field(repr=False)
    issuers: Issuers = field(default=Issuers(), repr=False)
    is_confirmed_result: IsConfirmedResult = field(default=lambda *_: False, repr=False)
    alarm: Alarm = field(default=lambda *_: None, repr=False)
    _swept_until: int = field(default=0, repr=False)

    async def with_keys(self, tenant: TenantId, work: Callable[[], Awaitable[T]]) -> T:
        """Do work that opens contents of the tenant's, once more where its keys changed meanwhile.

        Raises VaultClosed, and VaultDamaged, which leaves an alarm in the log.
        """
        try:
            return await self._with_keys_once(tenant, work)
        except (StaleKeys, VaultDamaged):  # a change or a sweep may have come between two reads
            self.vault.keys.forget(tenant)
        try:
            return await self._with_keys_once(tenant, work)
        except StaleKeys:
            raise VaultClosed from None
        except VaultDamaged as damage:
            if self.vault.is_news(damage):
                await self.database.write(lambda c: self.alarm(c, tenant))
            raise

    async def put(
        self, tenant: TenantId, sent: Mapping[str, object], vouches: Collection[IssuerAndKind] = ()
    ) -> tuple[str, bool]:
        """Take a record or its announcement in; gives its id, and whether it is new.

        Raises what `deposit` and `put_in` raise.
        """
        deposit = await self.deposit(tenant, sent, vouches)
        return await self.database.write(lambda c: self.put_in(c, tenant, deposit))

    async def deposit(
        self, tenant: TenantId, sent: Mapping[str, object], vouches: Collection[IssuerAndKind] = ()
    ) -> Deposit:
        """Put what was sent into the vault, where it stays if a change names it within the hour.

        `vouches` is what the tenant's grant says of issuers and kinds; with `expected_at` the record
        is only announced. Raises RecordRefused, VaultClosed, Busy.
        """
        if sent.get("expected_at") is not None:
            return await self._deposit_awaited(tenant, sent)
        told = {name: value for name, value in sent.items() if name not in _OF_ANNOUNCING}
        record = read_record(told, self.kinds)
        self.issuers.check(record)
        said = sent.get("announced")
        announced = None if said is None else check_text(said, "announced")
        posted_for = is_posted_for(record, vouches)
        owner = owner_index(self.index_key, tenant, record.owner)
        content = await self._put(
            tenant,
            owner,
            identity_of(self.index_key, tenant, record),
            {"record": record.document(), "posted_for": posted_for},
        )
        signed = record.digitisation.issuer_signature is not None
        return Deposit(record.kind, owner, content, VALID, signed or posted_for, announced)

    def put_in(
        self, connection: Connection, tenant: TenantId, deposit: Deposit
    ) -> tuple[str, bool]:
        """Name a content inside a write that has begun; takes the place of what it was `announced` as.

        Raises Conflict `record_revoked` where the record stood and was revoked, `not_announced`,
        NotFound `unknown_record`.
        """
        if deposit.announced is not None:
            self._end_wait(connection, tenant, deposit.announced, deposit)
        kept = _standing(connection, tenant, deposit.content.identity)
        if kept is None:
            return self._insert(connection, tenant, deposit), True
        if kept.state == REVOKED:
            raise Conflict("record_revoked", "this record stood here and was revoked")
        if kept.edition != deposit.content.edition:
            if deposit.vouched:  # the same paper, vouched for now
                there = update(records).where(records.c.id == kept.id)
                connection.execute(there.values(edition=deposit.content.edition))
                _drop(connection, kept)
            else:
                _drop(connection, kept, deposit.content.edition)
        return kept.id, False

    async def search(
        self,
        tenant: TenantId,
        owner: PersonalId,
        kind: str | None = None,
        state: str | None = None,
    ) -> tuple[StoredRecord, ...]:
        """The owner's records with this tenant, oldest first.

        Raises Busy where they cannot be read, VaultClosed, VaultDamaged.
        """

        async def read() -> tuple[StoredRecord, ...]:
            return self.search_held(tenant, owner, kind, state)

        return await self.with_keys(tenant, read)

    def search_held(
        self,
        tenant: TenantId,
        owner: PersonalId,
        kind: str | None = None,
        state: str | None = None,
    ) -> tuple[StoredRecord, ...]:
        """`search` inside `with_keys`."""

        def read(connection: Connection) -> tuple[StoredRecord, ...]:
            asked = [
                row
                for row in self._rows(connection, tenant, owner)
                if kind in (None, row.kind) and state in (None, row.state) and row.state != PENDING
            ]
            return self._open(asked, connection)

        return self.database.read(read)

    async def everything(self, tenant: TenantId, owner: PersonalId) -> HeldRecords:
        """Every record of the owner's, revoked ones too, and those on their way; raises as `search`."""

        def read(connection: Connection) -> HeldRecords:
            rows = self._rows(connection, tenant, owner)
            come = [row for row in rows if row.state != PENDING]
            return HeldRecords(self._open(come, connection), self._awaited(rows))

        return await self._read(tenant, read)

    async def reusable(
        self, tenant: TenantId, owner: PersonalId, kinds: Collection[str]
    ) -> HeldRecords:
        """What may be reused, or will be, of these kinds; oldest first. Raises as `search`."""
        index = owner_index(self.index_key, tenant, owner)

        def read(connection: Connection) -> HeldRecords:
            rows = _standing_rows(connection, tenant, index, kinds)
            valid = self._open([row for row in rows if row.state == VALID], connection)
            return HeldRecords(valid, self._awaited(rows))

        return await self._read(tenant, read)

    async def get(self, tenant: TenantId, record_id: str) -> StoredRecord:
        """One record of the tenant's; raises NotFound `unknown_record`, and as `search`."""

        def read(connection: Connection) -> StoredRecord:
            row = _row(connection, tenant, record_id)
            if row.state == PENDING:
                raise NotFound("unknown_record", "the record has not come yet")
            return self._open([row], connection)[0]

        return await self._read(tenant, read)

    async def revoke(self, tenant: TenantId, record_id: str, reason: str) -> Revoked:
        """End a record's use, or the wait for it, at once; the same again changes nothing.

        Raises RecordRefused `unknown_reason`, NotFound `unknown_record`, Conflict.
        """
        return await self.database.write(
            lambda connection: self.revoke_in(connection, tenant, record_id, reason)
        )

    def revoke_in(
        self, connection: Connection, tenant: TenantId, record_id: str, reason: str
    ) -> Revoked:
        """`revoke` inside a write that has begun."""
        if reason not in REVOCATION_REASONS:
            raise RecordRefused("unknown_reason", "no such reason is known", "reason")
        row = _row(connection, tenant, record_id)
        if row.state == PENDING:
            connection.execute(delete(records).where(records.c.id == record_id))
            _drop(connection, row)
        elif row.state == REVOKED and row.reason != reason:
            raise Conflict("record_revoked", "the record was revoked for another reason")
        else:
            there = update(records).where(records.c.id == record_id)
            connection.execute(there.values(state=REVOKED, reason=reason))
        return Revoked(record_id, reason)

    async def sweep(self) -> int:
        """Erase contents of the vault that nothing names, once they are an hour old; how many.

        The first time after a start the whole vault is looked through, then what came since.
        """
        until = int(self.clock().timestamp()) - ORPHANED_AFTER_SECONDS
        dropped = self.database.read_separately(_dropped)
        gone = await self._erase_orphans(dropped, until)
        await self.database.write(lambda connection: _forget_dropped(connection, dropped))
        pages = self.vault.names(self._swept_until, until, _PAGE)
        while page := await asyncio.to_thread(next, pages, None):
            gone += await self._erase_orphans(page, until)
        self._swept_until = until
        return gone

    async def _erase_orphans(
        self, page: Collection[tuple[TenantId, ContentName]], until: int
    ) -> int:
        named = self.database.read_separately(lambda connection: _named(connection, page))
        orphans = [one for one in page if one not in named]
        if not orphans:
            return 0
        return await self.vault.database.write(
            lambda connection: self.vault.erase_in(connection, orphans, until)
        )

    async def _with_keys_once(self, tenant: TenantId, work: Callable[[], Awaitable[T]]) -> T:
        await self.vault.keys.hold(tenant)
        return await work()

    async def _read(self, tenant: TenantId, question: Callable[[Connection], T]) -> T:
        async def read() -> T:
            return self.database.read(question)

        return await self.with_keys(tenant, read)

    async def _put(
        self, tenant: TenantId, owner: bytes, identity: bytes, document: Mapping[str, object]
    ) -> ContentName:
        written = write_document(document)

        async def put() -> ContentName:
            return await self.vault.put(tenant, owner, identity, written)

        return await self.with_keys(tenant, put)

    async def _deposit_awaited(self, tenant: TenantId, sent: Mapping[str, object]) -> Deposit:
        coming = read_announcement(sent, self.kinds, self.clock())
        owner = owner_index(self.index_key, tenant, coming.owner)
        identity = identity_of_awaited(self.index_key, tenant, coming)
        content = await self._put(tenant, owner, identity, coming.document())
        return Deposit(coming.kind, owner, content, PENDING)

    def _insert(self, connection: Connection, tenant: TenantId, deposit: Deposit) -> str:
        record_id = f"rec_{secrets.token_urlsafe(12)}"
        connection.execute(
            insert(records).values(
                id=record_id,
                tenant=tenant,
                owner_index=deposit.owner_index,
                kind=deposit.kind,
                **deposit.content._asdict(),
                state=deposit.state,
                stored_at=int(self.clock().timestamp()),
            )
        )
        return record_id

    def _end_wait(
        self, connection: Connection, tenant: TenantId, announced: str, deposit: Deposit
    ) -> None:
        """Let the record take the place of its announcement, which must be of its kind and owner."""
        row = _row(connection, tenant, announced)
        same = (row.kind, row.owner_index) == (deposit.kind, deposit.owner_index)
        if row.state != PENDING or not same:
            raise Conflict("not_announced", "another record was announced under this id")
        connection.execute(delete(records).where(records.c.id == announced))
        _drop(connection, row)

    def _rows(self, connection: Connection, tenant: TenantId, owner: PersonalId) -> list[_Row]:
        given = {"tenant": tenant, "owner": owner_index(self.index_key, tenant, owner)}
        return [_Row(*row) for row in connection.execute(_ALL_OF_OWNER, given)]

    def _documents(self, rows: Sequence[_Row]) -> list[Any]:
        """The contents of rows of one owner, in their order."""
        if not rows:
            return []
        names = [row.content for row in rows]
        tenant, owner = TenantId(rows[0].tenant), rows[0].owner_index
        found = self.vault.open(tenant, owner, frozenset(names))
        return [read_document(found[name]) for name in names]

    def _awaited(self, rows: Iterable[_Row]) -> tuple[Awaited, ...]:
        pending = [row for row in rows if row.state == PENDING]
        return tuple(
            Awaited(
                row.id,
                row.kind,
                datetime.fromisoformat(document["expected_at"]),
                owner_name=document.get("owner_name"),
            )
            for row, document in zip(pending, self._documents(pending), strict=True)
        )

    def _open(self, rows: Sequence[_Row], connection: Connection) -> tuple[StoredRecord, ...]:
        return tuple(
            self._stored(row, document, connection)
            for row, document in zip(rows, self._documents(rows), strict=True)
        )

    def _stored(self, row: _Row, document: Any, connection: Connection) -> StoredRecord:
        record = stored_record(document["record"])
        if record.kind != row.kind:
            raise VaultDamaged(b"".join(row.content))
        vouched = (
            record.digitisation.issuer_signature is not None
            or document["posted_for"]
            or self.is_confirmed_result(connection, TenantId(row.tenant), record)
        )
        stored_at = datetime.fromtimestamp(row.stored_at, UTC)
        return StoredRecord(row.id, row.state, stored_at, record, row.reason, vouched)


_OF_ANNOUNCING = ("announced", "expected_at")


def _row(connection: Connection, tenant: TenantId, record_id: str) -> _Row:
    wanted = records.c.id == record_id, records.c.tenant == tenant
    found = connection.execute(select(*_COLUMNS).where(*wanted)).first()
    if found is None:
        raise NotFound("unknown_record", "there is no such record")
    return _Row(*found)


def _standing(connection: Connection, tenant: TenantId, identity: bytes) -> _Row | None:
    kept = records.c.tenant == tenant, records.c.identity == identity
    found = connection.execute(select(*_COLUMNS).where(*kept)).first()
    return None if found is None else _Row(*found)


def _drop(connection: Connection, row: _Row, edition: bytes | None = None) -> None:
    """Note that a row names a content no longer, or that another `edition` is not to be named."""
    dropped = {"tenant": row.tenant, "identity": row.identity, "edition": edition or row.edition}
    of = dropped_contents.c
    there = (of.tenant == row.tenant, of.identity == row.identity, of.edition == dropped["edition"])
    if connection.execute(select(of.tenant).where(*there)).first() is None:
        connection.execute(insert(dropped_contents), dropped)


def _dropped(connection: Connection) -> list[tuple[TenantId, ContentName]]:
    rows = connection.execute(select(dropped_contents).limit(_PAGE))
    return [(TenantId(row.tenant), ContentName(row.identity, row.edition)) for row in rows]


def _forget_dropped(
    connection: Connection, dropped: Collection[tuple[TenantId, ContentName]]
) -> None:
    of = dropped_contents.c
    row = tuple_(of.tenant, of.identity, of.edition)
    gone = [(tenant, *name) for tenant, name in dropped]
    connection.execute(delete(dropped_contents).where(row.in_(gone)))


def _named(
    connection: Connection, page: Collection[tuple[TenantId, ContentName]]
) -> set[tuple[TenantId, ContentName]]:
    """Which of these contents a record names."""
    of = records.c
    asked = select(of.tenant, of.identity, of.edition).where(
        of.identity.in_([name.identity for _, name in page])
    )
    rows = connection.execute(asked)
    return {(TenantId(row.tenant), ContentName(row.identity, row.edition)) for row in rows}


def _standing_rows(
    connection: Connection, tenant: str, owner_index: bytes, kinds: Collection[str]
) -> list[_Row]:
    """The owner's rows of these kinds that were not revoked, oldest first."""
    given: dict[str, object] = {f"kind_{i}": kind for i, kind in enumerate(kinds)}
    given |= {"tenant": tenant, "owner": owner_index, "gone": REVOKED}
    return [_Row(*row) for row in _rows_of_kinds(len(kinds)).all(connection, given)]


@lru_cache(maxsize=256)
def _rows_of_kinds(count: int) -> Statement:
    """The query for so many kinds; cached, since building it costs more than running it."""
    kinds: list[BindParameter[str]] = [bindparam(f"kind_{i}") for i in range(count)]
    return Statement(
        _ALL_OF_OWNER.where(records.c.state != bindparam("gone"), records.c.kind.in_(kinds))
    )


def store_earlier(connection: Connection, at: datetime) -> None:
    """Backdate every record to `at` or earlier, for demonstrations that need older records."""
    latest = int(at.timestamp())
    younger = update(records).where(records.c.stored_at > latest)
    connection.execute(younger.values(stored_at=latest))
