"""Write a JSON value as the one text that is hashed and signed.

RFC 8785 (JCS) for the values that leaves are made of: strings, integers up to 2^53-1, true, false,
null, lists and objects. Members are ordered by the UTF-16 code units of their names, no blanks,
UTF-8, only `"`, `\\` and control characters escaped. Floats are refused: the log counts, it never
measures, and a float's text is where two writers would disagree.
"""

from collections.abc import Mapping

import orjson

LARGEST_INTEGER = 2**53 - 1


def canonical(value: object) -> bytes:
    """Write `value` in RFC 8785 form.

    Raises ValueError for what the subset does not hold: floats and other types, integers beyond
    2^53-1, lone surrogates.
    """
    try:
        return orjson.dumps(_ordered(value))
    except orjson.JSONEncodeError:
        raise ValueError("a canonical text holds no lone surrogate") from None


def _ordered(value: object) -> object:
    """The same value with every object's members in order, so that writing it is mechanical."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            raise ValueError("a canonical integer lies within 2^53-1")
        return value
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value, key=_code_units)}
    if isinstance(value, (list, tuple)):
        return [_ordered(one) for one in value]
    raise ValueError(f"a canonical text holds no {type(value).__name__}")


def _code_units(name: object) -> str | bytes:
    """Sort key of RFC 8785 section 3.2.3; ASCII names, the usual case, sort as they are."""
    if not isinstance(name, str):
        raise ValueError("a member's name is a string")
    return name.encode("utf-16-be", "surrogatepass")
