"""Print, compare and read values as JavaScript does (ECMA-262, what conditions rely on).

Values are JSON's: None is null, `UNDEFINED` stands for what is not there, numbers are int or float.
"""

import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

SPACE: Final = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_DECIMAL = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_SAFE = 2**53
_PATH_PART = re.compile(
    r"[^.\[\]]+|\[(?:(-?\d+(?:\.\d+)?)|([\"'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))"
)


class _Undefined:
    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
"""What JavaScript answers for a member that is not there."""


def from_json(value: object) -> object:
    """The JavaScript value of decoded JSON: Decimal and large integers become floats.

    A list or object without such numbers is returned as it is, so that identity is kept.
    """
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int):
        return value if -_SAFE <= value <= _SAFE else _float(value)
    if isinstance(value, Decimal):
        return _float(value)
    if isinstance(value, dict):
        members = {key: from_json(member) for key, member in value.items()}
        same = all(members[key] is member for key, member in value.items())
        return value if same else members
    if isinstance(value, list):
        items = [from_json(item) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


def _float(number: int | Decimal) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def is_number(value: object) -> bool:
    """Whether `typeof` says number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def type_of(value: object) -> str:
    """JavaScript's `typeof`."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "undefined" if value is UNDEFINED else "object"


def to_string(value: object) -> str:
    """`String(value)`: `true`, `1`, `3.5`, `null`, `undefined`, `a,b`, `[object Object]`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return _number_text(value)
    if isinstance(value, list):
        return ",".join("" if i is None or i is UNDEFINED else to_string(i) for i in value)
    return "undefined" if value is UNDEFINED else "[object Object]"


def _number_text(number: int | float) -> str:
    if isinstance(number, int):
        return str(number)
    if number != number:
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    _, digits, exponent = Decimal(repr(abs(number))).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if len(text) <= point <= 21:
        return sign + text.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{text}"
    mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
    return f"{sign}{mantissa}e{point - 1:+d}"


def to_number(value: object) -> int | float:
    """`Number(value)`, NaN where it is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if value is None:
        return 0
    if value is UNDEFINED:
        return math.nan
    text = to_string(value).strip(SPACE)
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _RADIX.fullmatch(text):
        return _float(int(text, 0))
    named = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
    return named.get(text, math.nan)


def parse_float(value: object) -> float:
    """`parseFloat(value)`: the number a text begins with."""
    text = to_string(value).lstrip(SPACE)
    if match := _DECIMAL.match(text):
        return float(match.group())
    if match := re.match(r"([+-]?)Infinity", text):
        return -math.inf if match[1] == "-" else math.inf
    return math.nan


def truthy(value: object) -> bool:
    """`!!value`: lists and objects are true, empty ones too."""
    if isinstance(value, list | dict):
        return True
    if isinstance(value, float) and value != value:
        return False
    return value is not UNDEFINED and bool(value)


def strict_equal(left: object, right: object) -> bool:
    """`left === right`: lists and objects are equal only to themselves."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    return type_of(left) == type_of(right) and left == right


def loose_equal(left: object, right: object) -> bool:
    """`left == right`."""
    if left is None or left is UNDEFINED or right is None or right is UNDEFINED:
        return (left is None or left is UNDEFINED) and (right is None or right is UNDEFINED)
    if type_of(left) == type_of(right):
        return strict_equal(left, right)
    if isinstance(left, list | dict):
        left = to_string(left)
    if isinstance(right, list | dict):
        right = to_string(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return to_number(left) == to_number(right)


def less(left: object, right: object) -> bool | None:
    """`left < right`; None where one of them is no number, so that no order holds."""
    left, right = _primitive(left), _primitive(right)
    if isinstance(left, str) and isinstance(right, str):
        return left.encode("utf-16-be", "surrogatepass") < right.encode(
            "utf-16-be", "surrogatepass"
        )
    first, second = to_number(left), to_number(right)
    return None if first != first or second != second else first < second


def _primitive(value: object) -> object:
    return to_string(value) if isinstance(value, list | dict) else value


def same(left: object, right: object) -> bool:
    """lodash `isEqual`: deep, typed, NaN equal to itself."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, float) and left != left:
        return isinstance(right, float) and right != right
    return strict_equal(left, right)


def member(value: object, key: str) -> object:
    """`value[key]` of JSON values: members, list items, `length`; else UNDEFINED."""
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    if isinstance(value, list | str):
        if key == "length":
            return len(value)
        if key.isdecimal() and key.isascii() and (key == "0" or key[0] != "0"):
            return value[int(key)] if int(key) < len(value) else UNDEFINED
    return UNDEFINED


@lru_cache(maxsize=8192)
def path_parts(path: str) -> tuple[str, ...]:
    """lodash `toPath`: `a.b[0].c` -> `a`, `b`, `0`, `c`."""
    if re.fullmatch(r"\w*", path):
        return (path,)
    parts = [""] if path.startswith(".") else []
    for match in _PATH_PART.finditer(path):
        if match[2]:
            parts.append(re.sub(r"\\(\\)?", r"\1", match[3]))
        else:
            parts.append(match[1] or match[0])
    return tuple(parts)


def get(value: object, path: str) -> object:
    """lodash `get(value, path)`, UNDEFINED where the path leads nowhere."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for part in path_parts(path):
        value = member(value, part)
        if value is UNDEFINED:
            return value
    return value


def has(value: object, path: str) -> bool:
    """lodash `has(value, path)`: whether the path is there, whatever stands in it."""
    if isinstance(value, dict) and path in value:
        return True
    parts = path_parts(path)
    for part in parts:
        if not isinstance(value, dict | list) or member(value, part) is UNDEFINED:
            return False
        value = member(value, part)
    return bool(parts)
