"""How does a record come into the vault, how is it found again, and how does its use end?

People and records are found by blind indices, HMAC-SHA-256 under the index key:

    owner_index = HMAC(index key, "owner" | tenant | personal number)
    identity    = HMAC(index key, "identity" | tenant | kind, number, issuer, owner, dates, content)

Equal records of one tenant are one; which dossier or file brought them in does not matter.
"""

import hmac
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from gateway.domain.errors import Conflict, NotFound, RecordRefused
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.records.codec import Codec, Place, read_document, write_document
from gateway.records.kinds import Kinds
from gateway.records.record import Record, read_record, stored_record
from gateway.storage.database import Database
from gateway.storage.schema import records

VALID, REVOKED = "valid", "revoked"
REVOCATION_REASONS = frozenset(
    {"annulled", "issued_in_error", "replaced", "stored_in_error", "withdrawn"}
)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it lies in the vault; `reason` says why it was revoked."""

    id: str
    state: str
    stored_at: datetime
    record: Record = field(repr=False)
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RecordStore:
    """The records of every tenant; none finds another's."""

    database: Database = field(repr=False)
    kinds: Kinds = field(repr=False)
    codec: Codec = field(repr=False)
    index_key: bytes = field(repr=False)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    async def put(self, tenant: TenantId, sent: Mapping[str, Any]) -> tuple[str, bool]:
        """Take a record in; gives its id, and whether it is new.

        Raises RecordRefused, Conflict `record_revoked` where it stood and was revoked, Busy.
        """
        record = read_record(sent, self.kinds)
        return await self.database.write(lambda connection: self._put(connection, tenant, record))

    def put_in(
        self, connection: Connection, tenant: TenantId, sent: Mapping[str, Any]
    ) -> tuple[str, bool]:
        """`put` inside a write that has begun."""
        return self._put(connection, tenant, read_record(sent, self.kinds))

    def search(
        self,
        tenant: TenantId,
        owner: PersonalId,
        kind: str | None = None,
        state: str | None = None,
    ) -> tuple[StoredRecord, ...]:
        """The owner's records with this tenant, oldest first; Busy when they cannot be read."""
        rows = self._rows(tenant, owner, _ALL_OF_OWNER, {})
        return tuple(
            self._open(row)
            for row in rows
            if kind in (None, row.kind) and state in (None, row.state)
        )

    def valid_records(
        self, tenant: TenantId, owner: PersonalId, kinds: Collection[str]
    ) -> tuple[StoredRecord, ...]:
        """The owner's records of these kinds that are not revoked, oldest first, in one query."""
        rows = self._rows(tenant, owner, _VALID_OF_KINDS, {"kinds": sorted(kinds)})
        return tuple(self._open(row) for row in rows)

    def get(self, tenant: TenantId, record_id: str) -> StoredRecord:
        """One record of the tenant's; raises NotFound `unknown_record`."""
        row = self.database.read(lambda connection: _row(connection, tenant, record_id))
        return self._open(row)

    async def revoke(self, tenant: TenantId, record_id: str, reason: str) -> StoredRecord:
        """End a record's use at once; again with the same reason changes nothing.

        Raises RecordRefused `unknown_reason`, NotFound `unknown_record`, Conflict.
        """
        return await self.database.write(
            lambda connection: self.revoke_in(connection, tenant, record_id, reason)
        )

    def revoke_in(
        self, connection: Connection, tenant: TenantId, record_id: str, reason: str
    ) -> StoredRecord:
        """`revoke` inside a write that has begun."""
        if reason not in REVOCATION_REASONS:
            raise RecordRefused("unknown_reason", "no such reason is known", "reason")
        row = _row(connection, tenant, record_id)
        standing = self._open(row)
        if standing.state == REVOKED:
            if standing.reason != reason:
                raise Conflict("record_revoked", "the record was revoked for another reason")
            return standing
        content = self._seal(self._place(row), standing.record, reason)
        connection.execute(
            update(records).where(records.c.id == record_id).values(state=REVOKED, content=content)
        )
        return StoredRecord(standing.id, REVOKED, standing.stored_at, standing.record, reason)

    def _put(self, connection: Connection, tenant: TenantId, record: Record) -> tuple[str, bool]:
        identity = self._identity(tenant, record)
        standing = connection.execute(
            select(records.c.id, records.c.state).where(
                records.c.tenant == tenant, records.c.identity == identity
            )
        ).first()
        if standing is not None:
            if standing.state == REVOKED:
                raise Conflict("record_revoked", "this record stood here and was revoked")
            return standing.id, False
        place = Place(tenant, self._owner_index(tenant, record.owner), _new_id())
        connection.execute(
            records.insert().values(
                id=place.record_id,
                tenant=tenant,
                owner_index=place.owner_index,
                kind=record.kind,
                identity=identity,
                state=VALID,
                stored_at=int(self.clock().timestamp()),
                content=self._seal(place, record, None),
            )
        )
        return place.record_id, True

    def _rows(
        self,
        tenant: TenantId,
        owner: PersonalId,
        query: Select[Any],
        parameters: Mapping[str, object],
    ) -> Sequence[Row[Any]]:
        index = self._owner_index(tenant, owner)
        given = {"of_tenant": tenant, "of_owner": index, **parameters}
        return self.database.read(lambda connection: connection.execute(query, given).all())

    def _open(self, row: Row[Any]) -> StoredRecord:
        document = read_document(self.codec.decode(self._place(row), row.content))
        return StoredRecord(
            row.id,
            row.state,
            datetime.fromtimestamp(row.stored_at, UTC),
            stored_record(document["record"]),
            document["revoked"],
        )

    def _seal(self, place: Place, record: Record, reason: str | None) -> bytes:
        return self.codec.encode(
            place, write_document({"record": record.document(), "revoked": reason})
        )

    def _place(self, row: Row[Any]) -> Place:
        return Place(TenantId(row.tenant), row.owner_index, row.id)

    def _owner_index(self, tenant: TenantId, owner: PersonalId) -> bytes:
        return self._digest("owner", tenant, owner.digits.encode())

    def _identity(self, tenant: TenantId, record: Record) -> bytes:
        document = record.document()
        named = {name: document[name] for name in _IDENTIFYING} | {"owner": record.owner.digits}
        return self._digest("identity", tenant, write_document(named))

    def _digest(self, use: str, tenant: TenantId, content: bytes) -> bytes:
        return hmac.digest(self.index_key, f"{use}|{tenant}|".encode() + content, "sha256")


_ALL_OF_OWNER = (
    select(records)
    .where(
        records.c.tenant == bindparam("of_tenant"), records.c.owner_index == bindparam("of_owner")
    )
    .order_by(records.c.stored_at, records.c.id)
)
# built once: to put a statement together costs more than to run it
_VALID_OF_KINDS = _ALL_OF_OWNER.where(
    records.c.state == VALID, records.c.kind.in_(bindparam("kinds", expanding=True))
)
_IDENTIFYING = ("kind", "number", "issuer", "issued_on", "valid_until", "content")


def _row(connection: Connection, tenant: TenantId, record_id: str) -> Row[Any]:
    found = connection.execute(
        select(records).where(records.c.id == record_id, records.c.tenant == tenant)
    ).first()
    if found is None:
        raise NotFound("unknown_record", "there is no such record")
    return found


def _new_id() -> str:
    return f"rec_{secrets.token_urlsafe(12)}"
