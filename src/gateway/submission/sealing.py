"""What do the log and the dossier keep of a judged submission?"""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import orjson
from sqlalchemy import Connection, select

from gateway.domain.letters import CLASS_LETTERS, NOTHING, SOURCE_LETTERS, VERDICT_LETTERS, spell
from gateway.forms.catalogue import RegisteredForm
from gateway.receipts.chains import leaves_of
from gateway.storage.schema import bodies, leaves
from gateway.submission.judge import JudgedField, Judgement
from gateway.submission.request import SubmissionRequest

_CONTENT = b"eform-gateway/content/v1"


def content_of(content: tuple[tuple[str, str], ...], request: SubmissionRequest) -> bytes:
    """The visible content and the marks in one canonical text."""
    return orjson.dumps(
        [sorted(content), sorted(request.contested), sorted(request.entered_by_officer)]
    )


def commitment(salt: bytes, content: bytes) -> str:
    """The salted commitment to the content: SHA-256(tag || 32-byte salt || content), in base64."""
    return b64encode(hashlib.sha256(_CONTENT + salt + content).digest()).decode()


def letters_of(judgement: Judgement, form: RegisteredForm) -> dict[str, Any]:
    """Verdict, class and source of every field, one letter each."""
    fields = [template.path for template in form.declarable]
    columns = {
        ("vd", "vr"): lambda judged: VERDICT_LETTERS[judged.verdict],
        ("cl", "cr"): _class_letter,
        ("so", "sr"): _source_letter,
    }
    letters: dict[str, Any] = {}
    for (name, rows_name), letter in columns.items():
        base, rows = spell(fields, {judged.path: letter(judged) for judged in judgement.fields})
        letters[name] = base
        if rows:
            letters[rows_name] = rows
    return letters


def _class_letter(judged: JudgedField) -> str:
    return NOTHING if judged.filled is None else CLASS_LETTERS[judged.filled.field_class]


def _source_letter(judged: JudgedField) -> str:
    return NOTHING if judged.filled is None else SOURCE_LETTERS[judged.filled.source]


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
