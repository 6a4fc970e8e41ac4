"""Reading the list of checks, and writing a source file with one of them taken out."""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("checks.toml")
PACKAGE = Path("src")


class NotThere(ValueError):
    """The list names a line that the source does not hold exactly once."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: the file below src, its line, and the tests that must notice its removal.

    `inside` names the function where the line alone is ambiguous. `instead` is what the line
    becomes; without it a condition becomes `False`, a call `pass`, and a line that begins with
    `or` or `and` is deleted.
    """

    module: str
    line: str
    tests: tuple[str, ...]
    inside: str | None = None
    instead: str | None = None

    @property
    def name(self) -> str:
        """What reports call it."""
        inside = f" {self.inside}" if self.inside else ""
        return f"{self.module}{inside}: {self.line}"


def read_list(path: Path = LIST) -> list[Check]:
    """Every check of the list, in its order; a section gives the module and the default tests."""
    checks = []
    for section in tomllib.loads(path.read_text(encoding="utf-8"))["module"]:
        for entry in section["checks"]:
            one = {"line": entry} if isinstance(entry, str) else entry
            tests = tuple(one.get("tests", section["tests"]))
            checks.append(
                Check(section["file"], one["line"], tests, one.get("inside"), one.get("instead"))
            )
    return checks


def without(source: str, check: Check) -> str:
    """The source with the check taken out; raises NotThere, and SyntaxError where that is no Python."""
    lines = source.splitlines(keepends=True)
    first, last = _scope(source, check)
    places = [n for n in range(first, last) if lines[n].strip() == check.line]
    if len(places) != 1:
        raise NotThere(f"{check.name}: stands {len(places)} times")
    place = places[0]
    if check.instead is not None:
        indent = lines[place][: len(lines[place]) - len(lines[place].lstrip())]
        lines[place] = f"{indent}{check.instead}\n"
        changed = "".join(lines)
    elif check.line.startswith(("or ", "and ")):
        changed = "".join(lines[:place] + lines[place + 1 :])
    else:
        changed = _neutral(source, place + 1)
    ast.parse(changed)
    return changed


def _scope(source: str, check: Check) -> tuple[int, int]:
    """First line, counted from 0, and end of the function that the entry names, else of the file."""
    if check.inside is None:
        return 0, len(source.splitlines())
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == check.inside:
            return node.lineno - 1, node.end_lineno or node.lineno
    raise NotThere(f"{check.name}: no function of that name")


def _neutral(source: str, number: int) -> str:
    """The source with the statement at a line made to decide nothing."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno == number:
            if isinstance(node, ast.If):
                return _replaced(source, node.test, "False")
            if isinstance(node, ast.Expr | ast.Raise | ast.Assign):
                return _replaced(source, node, "pass")
    raise NotThere(f"line {number} begins no condition and no call; say what stands instead")


def _replaced(source: str, node: ast.expr | ast.stmt, text: str) -> str:
    lines = source.encode().splitlines(keepends=True)
    assert node.end_lineno is not None and node.end_col_offset is not None
    head = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    tail = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    return (head + text.encode() + tail).decode()
