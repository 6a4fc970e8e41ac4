"""Reading of bare requests and writing of answers.

A request has one body of a bounded length, and each header and parameter once. orjson writes answers:
Decimal as the number that it is, never by way of a float; models by their own serialisation.
"""

from decimal import Decimal

import orjson
from fastapi import Request
from pydantic import BaseModel

from gateway.api.strict_json import LARGEST_BODY_BYTES, body_too_large
from gateway.domain.errors import BadRequest

JSON = "application/json"
SHORTEST_IDEMPOTENCY_KEY = 22
LONGEST_IDEMPOTENCY_KEY = 255


def encode(answer: object) -> bytes:
    """Write an answer; raises TypeError for what has no JSON form."""
    return orjson.dumps(answer, default=_other)


def _other(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    raise TypeError(f"no JSON form for {type(value).__name__}")


async def read_body(request: Request, media_type: str = JSON) -> bytes:
    """Read a body up to the limit and not a chunk further; BadRequest for another media type."""
    stated = one_header(request, "content-type") or ""
    if (
        stated.partition(";")[0].strip().lower() != media_type
        or (one_header(request, "content-encoding") or "identity") != "identity"
    ):
        raise BadRequest("unsupported_media_type", f"the body must be {media_type}")
    declared = one_header(request, "content-length")
    if declared is not None and int(declared) > LARGEST_BODY_BYTES:
        raise body_too_large()
    chunks: list[bytes] = []
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > LARGEST_BODY_BYTES:
            raise body_too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def one_header(request: Request, name: str) -> str | None:
    """A header's value; BadRequest when it stands twice, for two readers would choose differently."""
    wanted = name.encode()
    values = [value for key, value in request.scope["headers"] if key == wanted]
    if len(values) > 1:
        raise BadRequest("parameter_twice", "a header stands twice", name)
    return values[0].decode("latin-1") if values else None


def query_of(request: Request, known: dict[str, bool]) -> dict[str, str]:
    """The query's parameters; `known` says of each whether it must be there. Raises BadRequest."""
    if not known and not request.scope["query_string"]:
        return {}
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise BadRequest("unknown_parameter", "the query holds an unknown parameter")
        if name in given:
            raise BadRequest("parameter_twice", "a parameter stands twice", name)
        given[name] = value
    for name, required in known.items():
        if required and name not in given:
            raise BadRequest("parameter_missing", "a parameter is missing", name)
    return given


def idempotency_key(text: str | None) -> str | None:
    """An Idempotency-Key as it may be used; raises BadRequest for one too short or unusable."""
    if text is None:
        return None
    if len(text) < SHORTEST_IDEMPOTENCY_KEY:
        raise BadRequest("idempotency_key_too_short", "a key has at least 22 characters")
    if len(text) > LONGEST_IDEMPOTENCY_KEY or not (text.isascii() and text.isprintable()):
        raise BadRequest("idempotency_key_unusable", "a key has at most 255 visible characters")
    return text
