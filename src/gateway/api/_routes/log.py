"""Endpoints for the published transparency log and for proofs made on request."""

import asyncio
import re
from base64 import b64decode
from typing import Annotated

from fastapi import Query, Response

from gateway.api._routing import new_router
from gateway.api.services import UseLog
from gateway.domain.errors import BadRequest

router = new_router("log")

_TEXT = "text/plain; charset=utf-8"
_NEVER_KEPT = {"Cache-Control": "no-cache"}
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH = re.compile(r"[A-Za-z0-9+/]{43}=")


@router.get("/log/{address:path}")
async def log_file(log: UseLog, address: str) -> Response:
    """A file of the published log: `checkpoint`, `key`, `policy`, `tile/…`, `releases/…`.

    The layout is that of C2SP tlog-tiles; a closed log lies under its year.
    """
    file = await asyncio.to_thread(log.published.file, address)
    return Response(file.content, 200, _KEPT if file.lasting else _NEVER_KEPT, file.media_type)


@router.get("/v1/log/proof")
async def inclusion_proof(
    log: UseLog,
    leaf: Annotated[str, Query(description="A leaf hash, as answers carry it.")],
) -> Response:
    """Why a leaf stands in the log: C2SP tlog-proof, checkpoint included.

    A leaf is published within a minute; until then, and for an unknown one, 404. While a published
    file that the proof needs is gone or torn, 503 `log_unreadable`.
    """
    if not _HASH.fullmatch(leaf):
        raise BadRequest("parameter_unusable", "a leaf hash is 32 bytes in base64", "leaf")
    proof = await asyncio.to_thread(log.published.inclusion, b64decode(leaf))
    return Response(proof, 200, _NEVER_KEPT, _TEXT)


@router.get("/v1/log/consistency")
async def consistency_proof(
    log: UseLog,
    from_: Annotated[str, Query(alias="from", description="The size of the older tree.")],
    to: Annotated[str, Query(description="The size of the newer one; at most the published.")],
) -> Response:
    """Why the newer tree begins with the older one; RFC 6962 section 2.1.2."""
    proof = await asyncio.to_thread(
        log.published.consistency, _size(from_, "from"), _size(to, "to")
    )
    return Response(proof, 200, _NEVER_KEPT, _TEXT)


def _size(text: str, name: str) -> int:
    if not _SIZE.fullmatch(text):
        raise BadRequest("parameter_unusable", "a size is a decimal number", name)
    return int(text)
