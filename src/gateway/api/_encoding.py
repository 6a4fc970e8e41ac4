"""JSON encoding of answers.

orjson writes it: Decimal as the number that it is, never by way of a float; models by their own
serialisation.
"""

from decimal import Decimal
from typing import Any

import orjson
from pydantic import BaseModel

JSON = "application/json"


def encode(answer: object) -> bytes:
    """Write an answer; raises TypeError for what has no JSON form."""
    return orjson.dumps(answer, default=_other)


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    raise TypeError(f"no JSON form for {type(value).__name__}")
