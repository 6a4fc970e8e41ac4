"""The evidence that the dossier keeps of a judged submission."""

from base64 import b64encode, urlsafe_b64encode

from sqlalchemy import Connection, select

from gateway.receipts.chains import leaves_of
from gateway.storage.schema import bodies, leaves
from gateway.submission.request import Evidence, LeafSalt


def evidence_of(connection: Connection, chain: str, key: bytes, content_salt: bytes) -> Evidence:
    """What the dossier keeps: K, the content's salt, and hash and salt of every leaf of the chain."""
    indices = leaves_of(connection, chain)
    rows = connection.execute(
        select(leaves.c.hash, bodies.c.salt)
        .join(bodies, bodies.c.idx == leaves.c.idx)
        .where(leaves.c.idx.in_(indices))
        .order_by(leaves.c.idx)
    )
    return Evidence(
        _base64url(key),
        _base64url(content_salt),
        tuple(LeafSalt(b64encode(row.hash).decode(), _base64url(row.salt)) for row in rows),
    )


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
