"""Is every regular expression in `src/` linear, in the way in which it is used? (T-80)

The patterns are found in the source, each with the functions that apply it. From a pattern's own
parts hostile texts are made: a beginning that fits, then one of its signs over and over. What is
given to pydantic is left out: its engine knows no backtracking.
"""

import ast
import re
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[1] / "src"
LENGTH = 65_536
SECONDS = 0.2
_PARSER: Any = (
    sys.modules["re._parser"] if "re._parser" in sys.modules else import_module("re._parser")
)
_METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
_HOSTILE = [
    "<", "‹", "src=", " ", "\t", "\\", '"', '\\"', "(", "[", "a", "1", "{{", "'", "<a ", " on",
    "javascript", "=", "<‹", "/", ".", ",", "-", "[1", "A.", "x", "\n", "—", "&nbsp;", "<p>",
]  # fmt: skip
_SIGN_OF = {
    "DIGIT": "1",
    "SPACE": " ",
    "WORD": "a",
    "NOT_SPACE": "a",
    "NOT_WORD": " ",
    "NOT_DIGIT": "a",
}


def sample(parsed: Any, branch: int = 0) -> str:
    """A short text that a parsed pattern fits, more or less: one sign for each of its parts."""
    text = ""
    for operation, argument in parsed:
        match str(operation):
            case "LITERAL":
                text += chr(argument)
            case "NOT_LITERAL" | "ANY":
                text += "a"
            case "IN":
                text += member_of(argument)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                text += sample(argument[2], branch) * max(1, argument[0])
            case "SUBPATTERN":
                text += sample(argument[-1], branch)
            case "ATOMIC_GROUP":
                text += sample(argument, branch)
            case "BRANCH":
                text += sample(argument[1][branch % len(argument[1])], branch)
    return text


def member_of(signs: Any) -> str:
    if str(signs[0][0]) == "NEGATE":
        refused = {each[1] for each in signs[1:] if str(each[0]) == "LITERAL"}
        return next(sign for sign in "a b<" if ord(sign) not in refused)
    kind, argument = signs[0]
    if str(kind) == "RANGE":
        return chr(argument[0])
    return (
        chr(argument)
        if str(kind) == "LITERAL"
        else _SIGN_OF[str(argument).removeprefix("CATEGORY_")]
    )


def hostile_texts(pattern: "re.Pattern[Any]") -> Iterator[str]:
    written, flags = pattern.pattern, pattern.flags
    if isinstance(written, bytes):
        written, flags = written.decode("latin-1"), flags & ~re.UNICODE
    parsed = _PARSER.parse(written, flags)
    samples = {sample(parsed, branch)[:60]: None for branch in range(3)}
    for fitting in samples:
        for end in range(len(fitting) + 1):
            last, following = fitting[max(end - 1, 0) : end], fitting[end : end + 1]
            for piece in dict.fromkeys([following, last, fitting[:end]]):
                if piece:
                    yield fitting[:end] + piece * (LENGTH // len(piece)) + "\0"
        for piece in _HOSTILE:
            for start in dict.fromkeys(["", fitting, fitting[: len(fitting) // 2]]):
                yield start + piece * (LENGTH // len(piece)) + "\0"


def uses() -> dict[str, tuple["re.Pattern[Any]", str]]:
    """Every pattern with each way in which `src/` applies it, by module, name and way."""
    found: dict[str, tuple[re.Pattern[Any], str]] = {}
    sources = {path: path.read_text() for path in SOURCE.rglob("*.py")}
    together = "\n".join(sources.values())
    for path, source in sources.items():
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        if "re." not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                way = ast.unparse(node.func).removeprefix("re.")
                if way in _METHODS and isinstance(node.args[0], ast.Constant):
                    found[f"{module}:{node.lineno} {way}"] = re.compile(node.args[0].value), way
        if "re.compile(" in source:
            for name, pattern in vars(import_module(module)).items():
                if isinstance(pattern, re.Pattern):
                    ways = {w for w in _METHODS if f"{name}.{w}(" in together} or set(_METHODS[:3])
                    found |= {f"{module}.{name} {way}": (pattern, way) for way in ways}
    return found


USES = uses()


@pytest.mark.threat(80)
@pytest.mark.parametrize("use", sorted(USES))
def test_pattern_is_linear_in_hostile_text(use: str) -> None:
    pattern, way = USES[use]
    for text in hostile_texts(pattern):
        given: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
        # a quadratic pattern is caught before it takes minutes
        for length, most in ((8_192, SECONDS / 4), (len(given), SECONDS)):
            seconds = measured(applied(pattern, way), given[:length])
            assert seconds < most, f"{length} signs, begun {text[:40]!r}: {seconds:.2f} s"


def applied(pattern: "re.Pattern[Any]", way: str) -> Callable[[Any], Any]:
    if way == "sub":
        return lambda text: pattern.sub(text[:0], text)
    if way == "finditer":
        return lambda text: sum(1 for _ in pattern.finditer(text))
    return getattr(pattern, way)  # type: ignore[no-any-return] # a method of `re.Pattern`


def measured(apply: Callable[[Any], Any], text: Any) -> float:
    begun = time.thread_time()
    apply(text)
    return time.thread_time() - begun


def test_patterns_of_source_are_found() -> None:
    assert len(USES) > 60
    assert any("forms._reading" in use for use in USES) and any(
        "gateway_verify" in use for use in USES
    )


def test_a_quadratic_pattern_would_be_noticed() -> None:
    slow = re.compile(r"<[^>]*on[a-z]+=")
    worst = max(measured(slow.search, text[:4_096]) for text in hostile_texts(slow))
    assert worst > 10 * measured(slow.search, "a" * 4_096)
    assert worst * (LENGTH / 4_096) ** 2 > SECONDS
