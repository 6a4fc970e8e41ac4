"""Is a text the one RFC 8785 text of what it says, and what does it say?

The subset that leaves are made of: strings, integers within 2^53-1, true, false, null, lists and
objects, members in the order of the UTF-16 code units of their names, no blanks, no name twice.
Releases hold shares of four decimals besides, which `write` takes as Decimal.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The text is not the one that this value has."""


@dataclass(frozen=True, slots=True)
class Spelt:
    """A number as it was spelt; its value is never worked out, since its size is the writer's choice."""

    text: str


def read(raw: bytes) -> Any:
    """Read a canonical text; raises NotCanonical for any other spelling of a value."""
    value = read_json(raw)
    if write(value) != raw:
        raise NotCanonical("not in RFC 8785 form")
    return value


def read_json(raw: bytes) -> Any:
    """Read JSON strictly: no number but integers, no name twice, no depth beyond Python's."""
    try:
        return json.loads(
            raw.decode(),
            object_pairs_hook=_members,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as refused:
        raise _no_json(refused) from None


def read_spelt(raw: bytes) -> Any:
    """Read JSON with every number as Spelt; raises NotCanonical for no JSON or a name twice."""
    try:
        return json.loads(
            raw.decode(),
            object_pairs_hook=_members,
            parse_float=Spelt,
            parse_constant=_refuse_number,
            parse_int=Spelt,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as refused:
        raise _no_json(refused) from None


def _no_json(refused: Exception) -> NotCanonical:
    """Where a text breaks off from JSON, without a word of it."""
    if isinstance(refused, json.JSONDecodeError):
        return NotCanonical(f"not JSON: line {refused.lineno}, column {refused.colno}")
    if isinstance(refused, UnicodeDecodeError):
        return NotCanonical(f"not JSON: no UTF-8 at byte {refused.start}")
    return NotCanonical("not JSON: too deep")


def write(value: Any) -> bytes:
    """Write a value of the subset in RFC 8785 form.

    Raises NotCanonical for a lone surrogate, or an integer beyond 2^53-1.
    """
    try:
        return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise NotCanonical("a lone surrogate") from None
    except RecursionError:
        raise NotCanonical("too deep") from None


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value, key=_code_units)}
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if type(value) is int and abs(value) > LARGEST_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return _number_of(value) if isinstance(value, Decimal) else value


def _number_of(value: Decimal) -> int | float:
    """A share as JSON writes it: Python and RFC 8785 spell such fractions alike, whole ones without a point."""
    number = float(value)
    return int(number) if number.is_integer() else number


def _code_units(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotCanonical("a name stands twice in an object")
    return members


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise NotCanonical("an integer beyond 2^53-1")
    return int(text)


def _refuse_number(_: str) -> NoReturn:
    raise NotCanonical("a number that is no integer")
