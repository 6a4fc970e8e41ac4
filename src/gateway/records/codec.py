"""The form of a record's content in the vault: one JSON document, sealed by AES-256-GCM.

    sealed = nonce (12 bytes, random) || AES-256-GCM(key, nonce, plain, associated data)
    associated data = tenant|table|column|row|key version, in UTF-8; the row in hexadecimal digits

By the associated data nothing opens in another row, column, table or tenant, or under another key.
"""

import os
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.domain.errors import VaultDamaged
from gateway.domain.identifiers import TenantId
from gateway.domain.json_texts import read_json

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed lies, and the version of the key that seals it."""

    tenant: TenantId
    table: str
    column: str
    row: bytes
    key_version: int

    def associated(self) -> bytes:
        """The place as associated data."""
        named = (self.tenant, self.table, self.column, self.row.hex(), str(self.key_version))
        return "|".join(named).encode()


def seal(cipher: AESGCM, place: Place, plain: bytes) -> bytes:
    """Seal `plain` so that it opens at this place alone."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, place.associated())


def open_sealed(cipher: AESGCM, place: Place, sealed: bytes) -> bytes:
    """What was sealed at this place; raises VaultDamaged for anything else."""
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.associated())
    except (InvalidTag, ValueError):
        raise VaultDamaged(place.row) from None


def write_document(document: object) -> bytes:
    """JSON in a fixed order of members; numbers keep their exact text."""
    return orjson.dumps(document, default=_number, option=orjson.OPT_SORT_KEYS)


def read_document(text: bytes) -> Any:
    """Parse such a document; numbers are int or Decimal, never float."""
    return read_json(text, Decimal)


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError("no JSON document holds this type")
