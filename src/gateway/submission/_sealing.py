"""What the log and the dossier keep of a judged submission."""

from base64 import b64encode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from gateway.receipts.chains import ChainState, leaves_of
from gateway.receipts.claims import ReceiptClaims
from gateway.storage.schema import bodies, leaves
from gateway.submission.request import SubmissionRequest


def submission_body(
    request: SubmissionRequest,
    state: ChainState,
    claims: ReceiptClaims,
    leaves_at: tuple[int, int],
    now: datetime,
) -> dict[str, Any]:
    """Whose submission it is, and when: what the leaf's body begins with.

    `leaves_at` are the indices of the receipt's prefill leaf and of the form version's leaf.
    """
    return {
        "k": "submission",
        "case": state.case_ref,
        "chain": state.chain,
        "pf": leaves_at[0],
        "fv": leaves_at[1],
        "ten": request.tenant,
        "proc": claims.procedure,
        "ch": request.channel or claims.channel,
        "h": int(now.timestamp()) // 3600,
        "sec": max(0, int(now.timestamp()) - state.first_at),
    }


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
