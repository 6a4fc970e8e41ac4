"""Blind indices: find people and records without being able to recognise either.

All are HMAC-SHA-256 under the index key:

    owner_index = HMAC(index key, "owner" | tenant | personal number)
    identity    = HMAC(index key, "identity" | tenant | kind, number, issuer, owner, dates, content)
"""

import hmac

from gateway.domain.identifiers import PersonalId, TenantId
from gateway.records._announcement import Announcement
from gateway.records.codec import write_document
from gateway.records.record import Record

_IDENTIFYING = ("kind", "number", "issuer", "issued_on", "valid_until", "content")


def owner_index(key: bytes, tenant: TenantId, owner: PersonalId) -> bytes:
    """The index of an owner's records with this tenant; it differs for every tenant."""
    return _digest(key, "owner", tenant, owner.digits.encode())


def identity_of(key: bytes, tenant: TenantId, record: Record) -> bytes:
    """The identity of a paper: equal for two records of one tenant that are the same paper."""
    document = record.document()
    named = {name: document[name] for name in _IDENTIFYING} | {"owner": record.owner.digits}
    return _digest(key, "identity", tenant, write_document(named))


def identity_of_awaited(key: bytes, tenant: TenantId, coming: Announcement) -> bytes:
    """The identity of an announced record; never equal to that of a stored one."""
    owner = {"owner": coming.owner.digits, "awaited": coming.kind}
    return _digest(key, "identity", tenant, write_document(owner | coming.document()))


def _digest(key: bytes, use: str, tenant: TenantId, content: bytes) -> bytes:
    return hmac.digest(key, f"{use}|{tenant}|".encode() + content, "sha256")
