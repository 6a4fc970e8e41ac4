"""The evidence that the dossier keeps of a judged submission."""

from base64 import b64encode, urlsafe_b64encode
from typing import Any

from sqlalchemy import Connection, select

from gateway.receipts.chains import leaves_of
from gateway.storage.schema import bodies, leaves


def evidence_of(
    connection: Connection, chain: str, key: bytes, content_salt: bytes
) -> dict[str, Any]:
    """What the dossier keeps: K, the content's salt, and hash and salt of every leaf of the chain."""
    indices = leaves_of(connection, chain)
    rows = connection.execute(
        select(leaves.c.hash, bodies.c.salt)
        .join(bodies, bodies.c.idx == leaves.c.idx)
        .where(leaves.c.idx.in_(indices))
        .order_by(leaves.c.idx)
    )
    return {
        "key": _base64url(key),
        "content_salt": _base64url(content_salt),
        "leaves": [{"leaf": b64encode(r.hash).decode(), "salt": _base64url(r.salt)} for r in rows],
    }


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
