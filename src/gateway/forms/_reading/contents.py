"""Identify the content of a submitted file."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from gateway.forms._reading.mistakes import NotOfType

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def content_digest(file: object) -> str:
    """The SHA-256 of a file's content, hexadecimal: as stated in `sha256`, else of its base64.

    Base64 content stands in `base64`, or in `url` as a `data:` address. Raises NotOfType where
    the file states neither.
    """
    if not isinstance(file, Mapping):
        raise NotOfType("not a file")
    stated = file.get("sha256")
    if isinstance(stated, str) and _SHA256.fullmatch(stated):
        return stated.lower()
    for name in ("base64", "url"):
        content = file.get(name)
        if isinstance(content, str) and (name == "base64" or content.startswith("data:")):
            return hashlib.sha256(_decoded(content)).hexdigest()
    raise NotOfType("a file without content or digest")


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotOfType("a file whose content cannot be read") from error
