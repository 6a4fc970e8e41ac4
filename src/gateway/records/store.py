"""Store records, find them again, and revoke them.

Equal records of one tenant are one; which dossier or file brought them in does not matter. A record
that is being digitised is a pending row without content, whose place it takes when it comes.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import BindParameter, Connection, bindparam, delete, select, update

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, NotFound, RecordRefused
from gateway.domain.identifiers import IssuerAndKind, PersonalId, TenantId
from gateway.records._announcement import read_announcement
from gateway.records._contents import check_text
from gateway.records._indices import identity_of, identity_of_awaited, owner_index
from gateway.records.codec import Codec, Place, read_document, write_document
from gateway.records.issuers import Issuers, is_posted_for
from gateway.records.kinds import Kinds
from gateway.records.record import Record, read_record, stored_record
from gateway.storage.database import Database, Statement
from gateway.storage.schema import records

VALID, REVOKED, PENDING = "valid", "revoked", "pending"


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table."""

    id: str
    tenant: str
    owner_index: bytes
    kind: str
    state: str
    stored_at: int
    content: bytes = field(repr=False)


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
    """A record as it lies in the vault; `reason` says why it was revoked.

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
    """An announced record as it lies in the vault."""

    id: str
    kind: str
    expected_at: datetime
    state: str = field(default="pending")
    owner_name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies here of one owner: records that may be reused, and those on their way."""

    records: tuple[StoredRecord, ...]
    awaited: tuple[Awaited, ...]


IsConfirmedResult = Callable[[Connection, TenantId, Record], bool]
"""Whether a record is the result of a finished dossier of its owner that the portal confirmed."""


@dataclass(frozen=True, slots=True)
class RecordStore:
    """The records of every tenant; none finds another's."""

    database: Database = field(repr=False)
    kinds: Kinds = field(repr=False)
    codec: Codec = field(repr=False)
    index_key: bytes = field(repr=False)
    clock: Clock = field(repr=False)
    issuers: Issuers = field(default=Issuers(), repr=False)
    is_confirmed_result: IsConfirmedResult = field(default=lambda *_: False, repr=False)

    async def put(
        self, tenant: TenantId, sent: Mapping[str, object], vouches: Collection[IssuerAndKind] = ()
    ) -> tuple[str, bool]:
        """Take a record in; gives its id, and whether it is new.

        `vouches` is what the tenant's grant says of issuers and kinds. Raises RecordRefused,
        Conflict `record_revoked` where it stood and was revoked, Busy.
        """
        return await self.database.write(lambda c: self.put_in(c, tenant, sent, vouches))

    def put_in(
        self,
        connection: Connection,
        tenant: TenantId,
        sent: Mapping[str, object],
        vouches: Collection[IssuerAndKind] = (),
    ) -> tuple[str, bool]:
        """`put` inside a write that has begun; takes the place of what it was `announced` as."""
        announced = sent.get("announced")
        told = {name: value for name, value in sent.items() if name not in _OF_ANNOUNCING}
        record = read_record(told, self.kinds)
        self.issuers.check(record)
        if announced is not None:
            self._end_wait(connection, tenant, announced, record)
        return self._put(connection, tenant, record, is_posted_for(record, vouches))

    def announce_in(
        self, connection: Connection, tenant: TenantId, sent: Mapping[str, object]
    ) -> tuple[str, bool]:
        """Note that a record is being digitised; gives its id, and whether it is new."""
        coming = read_announcement(sent, self.kinds, self.clock())
        identity = identity_of_awaited(self.index_key, tenant, coming)
        kept = _standing(connection, tenant, identity)
        if kept is not None:
            return kept.id, False
        place = Place(tenant, owner_index(self.index_key, tenant, coming.owner), _new_id())
        content = self.codec.encode(place, write_document(coming.document()))
        self._insert(connection, place, coming.kind, identity, PENDING, content)
        return place.record_id, True

    def awaited(self, tenant: TenantId, owner: PersonalId) -> tuple[Awaited, ...]:
        """The owner's records that are being digitised."""
        rows = self._rows(tenant, owner)
        return tuple(self._awaited(row) for row in rows if row.state == PENDING)

    def search(
        self,
        tenant: TenantId,
        owner: PersonalId,
        kind: str | None = None,
        state: str | None = None,
    ) -> tuple[StoredRecord, ...]:
        """The owner's records with this tenant, oldest first; Busy when they cannot be read."""
        rows = self._rows(tenant, owner)
        asked = [
            row
            for row in rows
            if kind in (None, row.kind) and state in (None, row.state) and row.state != PENDING
        ]
        return self.database.read(lambda c: tuple(self._open(row, c) for row in asked))

    def lying(self, tenant: TenantId, owner: PersonalId, kinds: Collection[str]) -> Lying:
        """What may be reused, or will be, of these kinds; in one query, oldest first."""
        index = owner_index(self.index_key, tenant, owner)

        def read(connection: Connection) -> Lying:
            rows = _standing_rows(connection, tenant, index, kinds)
            valid = tuple(self._open(row, connection) for row in rows if row.state == VALID)
            return Lying(valid, tuple(self._awaited(row) for row in rows if row.state == PENDING))

        return self.database.read(read)

    def get(self, tenant: TenantId, record_id: str) -> StoredRecord:
        """One record of the tenant's; raises NotFound `unknown_record`."""

        def read(connection: Connection) -> StoredRecord:
            row = _row(connection, tenant, record_id)
            if row.state == PENDING:
                raise NotFound("unknown_record", "the record has not come yet")
            return self._open(row, connection)

        return self.database.read(read)

    async def revoke(self, tenant: TenantId, record_id: str, reason: str) -> StoredRecord | Awaited:
        """End a record's use, or the wait for it, at once; the same again changes nothing.

        Raises RecordRefused `unknown_reason`, NotFound `unknown_record`, Conflict.
        """
        return await self.database.write(
            lambda connection: self.revoke_in(connection, tenant, record_id, reason)
        )

    def revoke_in(
        self, connection: Connection, tenant: TenantId, record_id: str, reason: str
    ) -> StoredRecord | Awaited:
        """`revoke` inside a write that has begun."""
        if reason not in REVOCATION_REASONS:
            raise RecordRefused("unknown_reason", "no such reason is known", "reason")
        row = _row(connection, tenant, record_id)
        if row.state == PENDING:
            connection.execute(delete(records).where(records.c.id == record_id))
            return replace(self._awaited(row), state=REVOKED)
        kept = self._open(row, connection)
        if kept.state == REVOKED:
            if kept.reason != reason:
                raise Conflict("record_revoked", "the record was revoked for another reason")
            return kept
        place = self._place(row)
        content = self._seal(place, kept.record, reason, vouched=False)
        self._write(connection, place, REVOKED, content)
        return replace(kept, state=REVOKED, reason=reason)

    def _put(
        self, connection: Connection, tenant: TenantId, record: Record, posted_for: bool
    ) -> tuple[str, bool]:
        identity = identity_of(self.index_key, tenant, record)
        kept = _standing(connection, tenant, identity)
        if kept is not None and kept.state == REVOKED:
            raise Conflict("record_revoked", "this record stood here and was revoked")
        record_id = _new_id() if kept is None else kept.id
        place = Place(tenant, owner_index(self.index_key, tenant, record.owner), record_id)
        if kept is not None:
            signed = record.digitisation.issuer_signature is not None
            if signed or posted_for:  # the same paper, vouched for now
                content = self._seal(place, record, None, vouched=posted_for)
                self._write(connection, place, VALID, content)
            return record_id, False
        content = self._seal(place, record, None, vouched=posted_for)
        self._insert(connection, place, record.kind, identity, VALID, content)
        return place.record_id, True

    def _insert(
        self,
        connection: Connection,
        place: Place,
        kind: str,
        identity: bytes,
        state: str,
        content: bytes,
    ) -> None:
        connection.execute(
            records.insert().values(
                id=place.record_id,
                tenant=place.tenant,
                owner_index=place.owner_index,
                kind=kind,
                identity=identity,
                state=state,
                stored_at=int(self.clock().timestamp()),
                content=content,
            )
        )

    def _write(self, connection: Connection, place: Place, state: str, content: bytes) -> None:
        there = update(records).where(records.c.id == place.record_id)
        connection.execute(there.values(state=state, content=content))

    def _end_wait(
        self, connection: Connection, tenant: TenantId, announced: object, record: Record
    ) -> None:
        """Let the record take the place of its announcement, which must be of its kind and owner."""
        row = _row(connection, tenant, check_text(announced, "announced"))
        same = row.kind == record.kind and row.owner_index == owner_index(
            self.index_key, tenant, record.owner
        )
        if row.state != PENDING or not same:
            raise Conflict("not_announced", "another record was announced under this id")
        connection.execute(delete(records).where(records.c.id == row.id))

    def _awaited(self, row: _Row) -> Awaited:
        document = read_document(self.codec.decode(self._place(row), row.content))
        expected_at = datetime.fromisoformat(document["expected_at"])
        return Awaited(row.id, row.kind, expected_at, owner_name=document.get("owner_name"))

    def _rows(self, tenant: TenantId, owner: PersonalId) -> list[_Row]:
        given = {"tenant": tenant, "owner": owner_index(self.index_key, tenant, owner)}
        return self.database.read(
            lambda connection: [_Row(*row) for row in connection.execute(_ALL_OF_OWNER, given)]
        )

    def _open(self, row: _Row, connection: Connection) -> StoredRecord:
        document = read_document(self.codec.decode(self._place(row), row.content))
        record = stored_record(document["record"])
        vouched = (
            record.digitisation.issuer_signature is not None
            or document.get("posted_for", False)
            or self.is_confirmed_result(connection, TenantId(row.tenant), record)
        )
        return StoredRecord(
            row.id,
            row.state,
            datetime.fromtimestamp(row.stored_at, UTC),
            record,
            document["revoked"],
            vouched,
        )

    def _seal(self, place: Place, record: Record, reason: str | None, *, vouched: bool) -> bytes:
        document = {"record": record.document(), "revoked": reason, "posted_for": vouched}
        return self.codec.encode(place, write_document(document))

    def _place(self, row: _Row) -> Place:
        return Place(TenantId(row.tenant), row.owner_index, row.id)


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


def _new_id() -> str:
    return f"rec_{secrets.token_urlsafe(12)}"


def _standing_rows(
    connection: Connection, tenant: str, owner_index: bytes, kinds: Collection[str]
) -> list[_Row]:
    """The owner's rows of these kinds that were not revoked, oldest first."""
    given: dict[str, object] = {f"kind_{i}": kind for i, kind in enumerate(kinds)}
    given |= {"tenant": tenant, "owner": owner_index, "gone": REVOKED}
    return [_Row(*row) for row in _rows_of_kinds(len(kinds)).all(connection, given)]


@lru_cache(maxsize=256)
def _rows_of_kinds(count: int) -> Statement:
    """The question for so many kinds; its text is kept, since to write it costs more than to ask."""
    kinds: list[BindParameter[str]] = [bindparam(f"kind_{i}") for i in range(count)]
    return Statement(
        _ALL_OF_OWNER.where(records.c.state != bindparam("gone"), records.c.kind.in_(kinds))
    )


def store_earlier(connection: Connection, at: datetime) -> None:
    """For demonstrations, that need records older than themselves: let every record that is kept by now have been stored by `at` at the latest."""
    latest = int(at.timestamp())
    younger = update(records).where(records.c.stored_at > latest)
    connection.execute(younger.values(stored_at=latest))
