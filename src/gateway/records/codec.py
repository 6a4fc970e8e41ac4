"""Encode a record's content for its column.

The whole record, dossier and revocation included, is one JSON document that passes one codec.
PlainCodec stores it as it is. A codec of a vault takes its place without any other change: it is
given where the content lies, so it can choose a key by tenant and owner and bind the ciphertext to
its row as associated data.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import orjson

from gateway.domain.identifiers import TenantId
from gateway.domain.json_texts import read_json


@dataclass(frozen=True, slots=True)
class Place:
    """Where a content lies: whose it is, and in which row."""

    tenant: TenantId
    owner_index: bytes
    record_id: str


class Codec(Protocol):
    """Turns contents into what is stored and back; the same place must be given both times."""

    def encode(self, place: Place, plain: bytes) -> bytes:
        """The stored form of `plain`."""
        ...

    def decode(self, place: Place, stored: bytes) -> bytes:
        """What was encoded at this place."""
        ...


@dataclass(frozen=True, slots=True)
class PlainCodec:
    """Stores contents as they are; the database file is as readable as the records."""

    def encode(self, place: Place, plain: bytes) -> bytes:
        """`plain` itself."""
        return plain

    def decode(self, place: Place, stored: bytes) -> bytes:
        """`stored` itself."""
        return stored


def write_document(document: object) -> bytes:
    """JSON in a fixed order of members; numbers keep their exact text."""
    return orjson.dumps(document, default=_number, option=orjson.OPT_SORT_KEYS)


def read_document(text: bytes) -> Any:
    """The document again; numbers are int or Decimal, never float."""
    return read_json(text, Decimal)


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    raise TypeError("no JSON document holds this type")
