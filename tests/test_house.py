"""Hold the rules of the code: layers, private names, docstrings, errors, and nothing of anybody's machine."""

import ast
import importlib
import pkgutil
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gateway
from gateway.domain import errors
from gateway.domain.errors import GatewayError
from gateway.domain.facts import Fact
from tests.shape import circles, private_imports, words_of_tests, working_tree

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
NOT_OURS = {".git", ".venv", "node_modules", "__pycache__", "build", "dist", "results"}

LONGEST_FUNCTION = 50
LONGER_FUNCTIONS = {
    "gateway/app/_services.py:_case_services": "wiring: the arguments of three constructors",
}

NAMES_A_MACHINE = re.compile(
    r"(?<![\w.])/(?:work|home|root|opt)/\w|\.\./shared|\bshared/(?:domain|design)"
)
NAMES_A_REGISTRY = re.compile(
    r"pypi\.(?:org|python)|pythonhosted|npmjs|registry\.npm|deb\.debian|index-url [^\\\s]"
)
NAMES_A_TASK = re.compile(r"\bissue #?\d", re.IGNORECASE)

TWELVE_DIGITS = re.compile(r"(?<![\w.])[0-9]{12}(?!\w)")
HELD_BY_NOBODY = ("003", "005", "007", "009")
NO_NUMBERS_OF_PEOPLE = {
    "999999999999": "the input mask of a twelve-digit field",
    "001090000001": "a number that the mocks must know nobody by",
}


def house_files() -> Iterator[Path]:
    """Every text file of the project, whether git is there or not."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        ours = not any(
            part in NOT_OURS or part.endswith((".egg-info", "_cache")) or part == ".hypothesis"
            for part in parts
        )
        if ours and path.is_file() and path.suffix not in (".png", ".pyc"):
            yield path


HOUSE = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in house_files()
    if path != Path(__file__)
}


def places(pattern: re.Pattern[str]) -> list[str]:
    """Where in the house a pattern stands, as file and what stands there."""
    return [f"{name}: {m.group()}" for name, text in HOUSE.items() for m in pattern.finditer(text)]


@pytest.mark.parametrize("pattern", [NAMES_A_MACHINE, NAMES_A_REGISTRY, NAMES_A_TASK])
def test_no_file_names_machine_registry_task(pattern: re.Pattern[str]) -> None:
    assert places(pattern) == []


def test_written_personal_numbers_belong_to_nobody() -> None:
    numbers = {
        f"{name}: {number}"
        for name, text in HOUSE.items()
        for number in TWELVE_DIGITS.findall(text)
        if not number.startswith(HELD_BY_NOBODY) and number not in NO_NUMBERS_OF_PEOPLE
    }
    assert numbers == set()


@pytest.mark.threat(53)
@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_holds_versions_and_hashes_only(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = text.replace("\\\n", " ").splitlines()
    entry = re.compile(r"[a-z0-9-]+==[0-9][\w.]*(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert entries
    assert [line for line in entries if not entry.fullmatch(line)] == []


def test_both_locks_agree_on_runtime() -> None:
    run, dev = (
        set(re.findall(r"^([a-z0-9-]+==\S+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert run <= dev


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {*project["dependencies"], *project["optional-dependencies"]["dev"]}
    locked = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    )
    assert declared - locked == set()


def test_comparison_locks_name_no_address() -> None:
    assert "://" not in (ROOT / "tests" / "formio" / "package-lock.json").read_text()


@pytest.mark.parametrize("command", [["lint-imports", "--no-cache"], ["ruff", "check", "--quiet"]])
def test_the_floors_and_the_rules_hold(command: list[str]) -> None:
    tool = Path(sys.executable).with_name(command[0])
    done = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def room_of(path: Path) -> str:
    """A module's place under the gateway."""
    return path.relative_to(ROOT / "src").as_posix()


def definitions(
    body: list[ast.stmt], above: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    """Every function and class with its dotted name, in classes too."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield above + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from definitions(node.body, f"{above}{node.name}.")


def says_nothing_else(node: ast.AST) -> bool:
    """A protocol's property, whose type is the whole of its promise."""
    return isinstance(node, ast.FunctionDef) and ast.unparse(node.body[0]) == "..."


def test_every_module_has_a_docstring() -> None:
    assert [room_of(p) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text()))] == []


def test_every_public_name_has_a_docstring() -> None:
    without = [
        f"{room_of(path)}:{name}"
        for path in SOURCES
        for name, node in definitions(ast.parse(path.read_text()).body)
        if not any(part.startswith("_") for part in name.split("."))
        and not ast.get_docstring(node)
        and not says_nothing_else(node)
    ]
    assert without == []


def test_functions_stay_short() -> None:
    long = {
        f"{room_of(path)}:{name}"
        for path in SOURCES
        for name, node in definitions(ast.parse(path.read_text()).body)
        if not isinstance(node, ast.ClassDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long <= set(LONGER_FUNCTIONS)


def test_private_modules_stay_private() -> None:
    assert private_imports(working_tree()) == []


def test_no_modules_import_in_circles() -> None:
    assert circles(working_tree()) == []


@pytest.mark.parametrize(
    "forbidden",
    [
        r"except Exception",
        r"\b(?:TODO|FIXME|XXX)\b",
        r"# type: ignore(?:\[[\w, -]+\])?\s*$",
        r"if (?:TESTING|testing)\b",
        r"NotImplementedError",
    ],
)
def test_no_unfinished_or_silenced_code_remains(forbidden: str) -> None:
    found = [
        f"{name}:{number}"
        for name, text in HOUSE.items()
        if name.endswith(".py") and name.startswith(("src/", "mocks/", "bench/"))
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(forbidden, line)
    ]
    assert found == []


def test_database_particulars_stay_in_storage() -> None:
    dialects = re.compile(
        r"sqlalchemy\.dialects|PRAGMA|import sqlite3|exec_driver_sql|json_extract|text\(\s*\""
    )
    packages = {
        "/".join(room_of(path).split("/")[:2])
        for path in SOURCES
        if dialects.search(path.read_text())
    }
    assert packages <= {"gateway/storage"}


OPENS_A_DATABASE = re.compile(r"import sqlite3|create_engine|PRAGMA|\"gateway\.db", re.IGNORECASE)
MAY_OPEN_A_DATABASE = {
    "src/gateway/storage/_sqlite.py": "what is particular to SQLite",
    "src/gateway/storage/_upkeep.py": "translates its errors",
    "src/gateway/storage/url.py": "the name of the file in a data folder",
    "tests/test_house.py": "this test",
    "tests/before/verifier.py": "runs on versions of the code that had no such door too",
    "bench/append.py": "the peer that the writer is measured against is a bare database",
}


def test_database_is_opened_through_storage() -> None:
    opened = {
        path.relative_to(ROOT).as_posix()
        for top in ("src", "tests", "bench", "demo", "mocks")
        for path in (ROOT / top).rglob("*.py")
        if OPENS_A_DATABASE.search(path.read_text())
    }
    assert opened == set(MAY_OPEN_A_DATABASE)


@pytest.mark.parametrize("room", ["api", "prefill"])
def test_package_without_tables_forwards_connection(room: str) -> None:
    taken = {
        alias.name
        for path in (ROOT / "src" / "gateway" / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
    }
    assert taken <= {"Connection"}


def refusals(above: type[GatewayError]) -> Iterator[tuple[str, str]]:
    """Every refusal of ours with the one above it."""
    for below in above.__subclasses__():
        if below.__module__.startswith("gateway."):
            yield below.__name__, above.__name__
            yield from refusals(below)


def drawn_tree() -> set[tuple[str, str]]:
    """The tree as the docstring draws it: name and the name above."""
    above: dict[int, str] = {0: "GatewayError"}
    drawn = set()
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"([│ ]*)[├└]── (\w+) ", line):
            depth = len(found.group(1)) // 4 + 1
            above[depth] = found.group(2)
            drawn.add((found.group(2), above[depth - 1]))
    return drawn


def test_error_tree_is_drawn_whole() -> None:
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        importlib.import_module(module.name)
    assert drawn_tree() == set(refusals(GatewayError))


def test_value_behaves_like_frozen_dataclass() -> None:
    one, same = (Fact("Trần Đức Nam", datetime(2026, 11, 22, tzinfo=UTC)) for _ in range(2))
    assert (one, hash(one)) == (same, hash(same))
    assert "Nam" not in repr(one)
    assert not hasattr(one, "__dict__")


def test_names_of_tests_are_short() -> None:
    words = words_of_tests(working_tree())
    assert [name for name, count in words if count > 8] == []
    assert statistics.median(count for _, count in words) <= 6
