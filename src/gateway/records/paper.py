"""Identify the paper behind a record, so that a sampling audit can ask for it later.

    digest   SHA-256("eform-gateway/paper/v1" || RFC 8785 text of {"file","issued_on","issuer","kind",
             "number","owner"}): `file` the SHA-256 of the digitised file in hex, `owner` the personal
             identification number; what is absent is null

A receipt holds only a keyed tag of it (`receipts/tags.py`): what was typed without a file, or with another
one than is shown later, cannot be given a paper afterwards.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from gateway.records.record import Record

MEMBERS = frozenset({"file", "issued_on", "issuer", "kind", "number", "owner"})
_DOMAIN = b"eform-gateway/paper/v1"


def paper_of(record: Record) -> dict[str, str | None]:
    """The identifying members of the paper behind a record."""
    return {
        "file": None if record.file is None else record.file["sha256"],
        "issued_on": None if record.issued_on is None else record.issued_on.isoformat(),
        "issuer": record.issuer,
        "kind": record.kind,
        "number": record.number,
        "owner": record.owner.digits,
    }


def paper_digest(paper: Mapping[str, object]) -> bytes:
    """The digest of the identifying members, as the module specifies it."""
    return sha256(_DOMAIN + _text(paper).encode()).digest()


def _text(paper: Mapping[str, object]) -> str:
    return json.dumps(dict(paper), sort_keys=True, separators=(",", ":"))
