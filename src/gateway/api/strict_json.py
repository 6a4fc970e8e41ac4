"""Strict decoding of request bodies: only JSON that every reader reads the same way.

RFC 8259 in UTF-8 without a byte order mark, at most LARGEST_BODY_BYTES and 64 levels deep; no
member twice, no NaN or Infinity, no number over 100 digits or outside the range of a double; names
of members up to 255 characters; in names and strings no lone surrogate, no control character but
tab, newline and return, no format, private-use or unassigned character (Cf, Co, Cn of the Unicode
version of `domain/signs.py`): but in the strings below a member that holds a citizen's own free text
these three are taken as they are. Fractions come as Decimal, never as float. A refusal names the
member by its path, with names that could be somebody's data replaced by `?`, of a character its code
point, and nothing else of what stood there.
"""

import re
import unicodedata
from array import array
from collections.abc import Callable, Collection
from decimal import Decimal
from itertools import accumulate, islice
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from gateway.domain.errors import BadRequest
from gateway.domain.signs import UNICODE_VERSION, category_of, code_point, is_everyday

LARGEST_BODY_BYTES = 1024 * 1024
DEEPEST = 64
LONGEST_NAME = 255
MOST_DIGITS = 100
LARGEST_EXPONENT = 307
FIRST_TOKENS = 1_000
"""So many strings and brackets are looked at before a whole body is."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_STRING_OR_BRACKET = re.compile(rf"{_STRING.pattern}|[\[\]{{}}]", re.DOTALL)
_STEP_OF = {"[": 1, "{": 1, "]": -1, "}": -1}
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_NUMBER_IN_NAME = re.compile(r"[0-9]{6}")
_ALLOWED_CONTROLS = frozenset("\t\n\r")
_CODE_OF_CATEGORY = {
    "Cf": "format_character",
    "Co": "private_use_character",
    "Cn": "unassigned_character",
    "Cs": "lone_surrogate",
}
_ALWAYS_REFUSED = frozenset({"control_character", "lone_surrogate"})
_REFUSED = _ALWAYS_REFUSED.union(_CODE_OF_CATEGORY.values())


def decode(body: bytes, free: Collection[str] = ()) -> object:
    """Read a body; raises BadRequest with a stable code and, where there is one, the member's path.

    What comes back holds dict, list, str, int, Decimal, bool and None only. `free` are the paths of
    the members that hold a citizen's own text.
    """
    text = _text(body)
    _check_depth(text)
    try:
        value = _strict.decode(text)
    except (JSONDecodeError, _Odd):
        _refuse(text, free)
    if not _plainly_printable(text) and not _printable(value):
        _check_texts(value, "", free)
    return value


def body_too_large() -> BadRequest:
    """The refusal of a body over the limit, wherever the limit is bound."""
    return BadRequest("body_too_large", f"a body has at most {LARGEST_BODY_BYTES} bytes")


def step(path: str, name: str | int) -> str:
    """The path of a member below `path`; a name that could be somebody's data is not repeated."""
    if isinstance(name, int):
        return f"{path}[{name}]"
    shown = name
    if not _PLAIN_NAME.fullmatch(name) or _NUMBER_IN_NAME.search(name):
        shown = "?"
    return f"{path}.{shown}" if path else shown


def _text(body: bytes) -> str:
    if len(body) > LARGEST_BODY_BYTES:
        raise body_too_large()
    if body.startswith(b"\xef\xbb\xbf"):
        raise BadRequest("byte_order_mark", "a body begins without a byte order mark")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise BadRequest("not_utf8", "a body is text in UTF-8") from None


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the parser descends; most bodies are settled by counting."""
    if text.count("{") + text.count("[") <= DEEPEST:
        return
    if _is_deep_at_once(text):
        raise BadRequest("too_deep", f"a body is at most {DEEPEST} levels deep")
    brackets = _STRING.sub("", text).encode().translate(_STEPS, _NO_BRACKETS)
    if max(accumulate(array("b", brackets)), default=0) > DEEPEST:
        raise BadRequest("too_deep", f"a body is at most {DEEPEST} levels deep")


def _is_deep_at_once(text: str) -> bool:
    """Whether the first brackets nest too deep already: most hostile bodies are seen by that."""
    depth = 0
    for token in islice(_STRING_OR_BRACKET.finditer(text), FIRST_TOKENS):
        depth += _STEP_OF.get(token[0], 0)
        if depth > DEEPEST:
            return True
    return False


class _Odd(Exception):
    """Something in the body is well-formed and not acceptable."""


class _Mark:
    """Stands, when a refusal is being located, for the thing that is refused."""

    def __init__(self, code: str) -> None:
        self.code = code


def _object(odd: Callable[[str], object]) -> Callable[[list[tuple[str, object]]], object]:
    def build(members: list[tuple[str, object]]) -> object:
        built = dict(members)
        if len(built) != len(members):
            seen: set[str] = set()
            twice = next(n for n, _ in members if n in seen or seen.add(n))  # type: ignore[func-returns-value]  # add gives None
            built[twice] = odd("duplicate_member")
        if built and max(map(len, built)) > LONGEST_NAME:
            return odd("name_too_long")
        return built

    return build


def _integer(odd: Callable[[str], object]) -> Callable[[str], object]:
    def build(token: str) -> object:
        return int(token) if _digits(token) <= MOST_DIGITS else odd("number_too_long")

    return build


def _fraction(odd: Callable[[str], object]) -> Callable[[str], object]:
    def build(token: str) -> object:
        mantissa, _, exponent = token.lower().partition("e")
        if _digits(mantissa) > MOST_DIGITS or _digits(exponent) > MOST_DIGITS:
            return odd("number_too_long")
        if abs(int(exponent or 0)) > LARGEST_EXPONENT:
            return odd("number_out_of_range")
        value = Decimal(token)
        return value if abs(value.adjusted()) <= LARGEST_EXPONENT else odd("number_out_of_range")

    return build


def _digits(token: str) -> int:
    return len(token) - token.count("-") - token.count("+") - token.count(".")


def _decoder(odd: Callable[[str], object], *, strict: bool) -> JSONDecoder:
    return JSONDecoder(
        object_pairs_hook=_object(odd),
        parse_int=_integer(odd),
        parse_float=_fraction(odd),
        parse_constant=lambda _: odd("not_a_number"),
        strict=strict,
    )


def _give_up(code: str) -> NoReturn:
    raise _Odd(code)


_strict = _decoder(_give_up, strict=True)
_locating = _decoder(_Mark, strict=False)


def _refuse(text: str, free: Collection[str]) -> NoReturn:
    """Read a refused body again, marking what is refused, to say where it stands."""
    try:
        value = _locating.decode(text)
    except JSONDecodeError as error:
        raise BadRequest(
            "malformed_json", f"not JSON at line {error.lineno}, column {error.colno}"
        ) from None
    _check_texts(value, "", free)
    # what is left is a raw tab or newline inside a string, which only `strict` minds
    raise BadRequest("malformed_json", "a string holds a raw line break or tab")


_is_settled: Callable[[str], bool] = (
    str.isprintable if unicodedata.unidata_version == f"{UNICODE_VERSION}.0" else is_everyday
)
"""Whether a glance settles a text: by the interpreter's own tables where they are of our version."""


def _plainly_printable(text: str) -> bool:
    """Whether a glance at the whole body settles its texts: nothing odd, nothing escaped."""
    unbroken = text.replace("\n", "").replace("\r", "").replace("\t", "")
    return "\\" not in text and _is_settled(unbroken)


def _printable(value: object) -> bool:
    """Whether every name and text is printable; the same walk as `_check_texts`, without paths."""
    if isinstance(value, str):
        return _is_settled(value)
    if isinstance(value, dict):
        return all(map(_is_settled, value)) and all(map(_printable, value.values()))
    return all(map(_printable, value)) if isinstance(value, list) else True


def _check_texts(value: object, path: str, free: Collection[str], lenient: bool = False) -> None:
    """Walk a value, refusing marks and texts with characters that cannot be seen or agreed on."""
    if isinstance(value, str):
        if not _is_settled(value):
            _check_characters(value, path, _ALWAYS_REFUSED if lenient else _REFUSED)
    elif isinstance(value, dict):
        for name, member in value.items():
            below = step(path, name)
            _check_texts(name, below, ())
            _check_texts(member, below, free, lenient or below in free)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            _check_texts(member, step(path, number), free, lenient)
    elif isinstance(value, _Mark):
        raise BadRequest(value.code, _DETAILS[value.code], path or None)


def _check_characters(text: str, path: str, refused: Collection[str]) -> None:
    for character in text:
        code = _code_of(character)
        if code is not None and code in refused:
            detail = f"{_DETAILS[code]}: {code_point(character)}"
            raise BadRequest(code, detail, path or None)


def _code_of(character: str) -> str | None:
    """Why a character may be refused, None where it never is."""
    if character < " " or "\x7f" <= character <= "\x9f":
        return None if character in _ALLOWED_CONTROLS else "control_character"
    category = category_of(character)
    return None if category is None else _CODE_OF_CATEGORY[category]


_DETAILS = {
    "duplicate_member": "a member stands twice in one object",
    "name_too_long": f"a member's name has at most {LONGEST_NAME} characters",
    "number_too_long": f"a number has at most {MOST_DIGITS} digits",
    "number_out_of_range": "a number lies outside the range of a double",
    "not_a_number": "NaN and Infinity are no JSON numbers",
    "control_character": "a text holds a control character other than tab, newline and return",
    "format_character": "a text holds an invisible format character",
    "private_use_character": "a text holds a private-use character",
    "unassigned_character": "a text holds a character that Unicode has not assigned",
    "lone_surrogate": "a text holds half of a surrogate pair",
}
