"""Measure the shape of the code: sizes, types, thresholds between packages, circles, names of tests.

    python -m tests.shape [--json] [--at COMMIT ...] [--packages]

Without a commit the working tree is measured; each `--at` adds a column for that commit (its files are
read from git, nothing is checked out). `--packages` lists public and private modules by package. What is
counted, and what the targets are, stands in `FIGURES`. Exit status: 0 every target of the working tree is
met, 1 one is missed (it is marked).
"""

import argparse
import ast
import io
import json
import statistics
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
PRODUCT = ("src/", "demo/")
TOPS = ("gateway", "gateway_verify", "demo", "mocks")
LARGE_PACKAGE = 10
"""A package of more modules than this has a threshold: most of its modules are private."""
UNTYPED = ("dict[str, Any]", "Mapping[str, Any]")


@dataclass(frozen=True)
class Tree:
    """The Python files of one state of the project, by their path."""

    files: Mapping[str, str]

    @cached_property
    def parsed(self) -> Mapping[str, ast.Module]:
        """Every file's syntax tree."""
        return {path: ast.parse(text) for path, text in self.files.items()}

    def below(self, *folders: str) -> list[str]:
        """The paths below the folders."""
        return [path for path in self.files if path.startswith(folders)]

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """Every module of the product and the mocks by its dotted name, with its path."""
        named = {}
        for path in self.below("src/", "demo/", "mocks/"):
            parts = path.removeprefix("src/").removesuffix(".py").split("/")
            named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return named

    @cached_property
    def imports(self) -> Mapping[str, set[str]]:
        """Which modules of ours each module imports, wherever in the file it does so."""
        return {
            name: set(self._imported(self.parsed[path], path))
            for name, path in self.modules.items()
        }

    def _imported(self, tree: ast.Module, path: str) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in self.modules)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    if inner in self.modules:
                        yield inner
                    elif node.module in self.modules:
                        yield node.module


def package_of(module: str) -> str:
    """The package that a module belongs to: `gateway.forms` of `gateway.forms._reading.paths`."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == "gateway" else 1])


def is_private(module: str) -> bool:
    """Whether a part of the module's name begins with an underscore."""
    return any(part.startswith("_") and part != "__main__" for part in module.split("."))


def leaf_modules(tree: Tree) -> Mapping[str, list[str]]:
    """The modules of each package; `__init__` with nothing but a docstring is not one."""
    found: dict[str, list[str]] = {}
    for name, path in tree.modules.items():
        if path.endswith("__init__.py") and len(tree.parsed[path].body) <= 1:
            continue
        package = package_of(name)
        if package != name or name.count(".") == 0:
            found.setdefault(package, []).append(name)
    return found


def private_imports(tree: Tree) -> list[str]:
    """Imports of a private module from outside the package that holds it."""
    return sorted(
        f"{name} -> {other}"
        for name, others in tree.imports.items()
        for other in others
        if not _may_see(name, other)
    )


def _may_see(name: str, other: str) -> bool:
    parts = other.split(".")
    for number, part in enumerate(parts):
        if part.startswith("_") and part != "__main__":
            holder = ".".join(parts[:number])
            if name != holder and not name.startswith(holder + "."):
                return False
    return True


def circles(tree: Tree) -> list[list[str]]:
    """Groups of modules that import each other, directly or through others."""
    order: list[str] = []
    seen: set[str] = set()

    def walk(graph: Mapping[str, set[str]], start: str, out: list[str]) -> None:
        stack = [(start, iter(sorted(graph[start])))]
        seen.add(start)
        while stack:
            name, rest = stack[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                stack.pop()
                out.append(name)
            else:
                seen.add(following)
                stack.append((following, iter(sorted(graph[following]))))

    for name in tree.imports:
        if name not in seen:
            walk(tree.imports, name, order)
    back: dict[str, set[str]] = {name: set() for name in tree.imports}
    for name, others in tree.imports.items():
        for other in others:
            back[other].add(name)
    seen.clear()
    found = []
    for name in reversed(order):
        if name not in seen:
            group: list[str] = []
            walk(back, name, group)
            if len(group) > 1:
                found.append(sorted(group))
    return found


def _lines(tree: Tree, *folders: str) -> int:
    return sum(len(tree.files[path].splitlines()) for path in tree.below(*folders))


def _functions(tree: Tree) -> list[int]:
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in tree.below(*PRODUCT)
        for node in ast.walk(tree.parsed[path])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _names(tree: Tree, paths: list[str], wanted: str) -> int:
    return sum(
        isinstance(node, ast.Name) and node.id == wanted
        for path in paths
        for node in ast.walk(tree.parsed[path])
    )


def _gateway(tree: Tree, *, without_forms: bool = False) -> list[str]:
    paths = tree.below("src/gateway/")
    return [path for path in paths if not (without_forms and path.startswith("src/gateway/forms/"))]


def _any(tree: Tree) -> float:
    return _names(tree, _gateway(tree), "Any")


def _mappings(tree: Tree) -> float:
    return sum(
        isinstance(node, ast.Subscript) and ast.unparse(node) in UNTYPED
        for path in _gateway(tree, without_forms=True)
        for node in ast.walk(tree.parsed[path])
    )


def _bodies(tree: Tree) -> float:
    return sum(
        tree.files[path].count('body["') + tree.files[path].count("body['")
        for path in _gateway(tree)
    )


def _imported_outside(tree: Tree) -> float:
    outside = {
        other
        for name, others in tree.imports.items()
        for other in others
        if package_of(name) != package_of(other)
    }
    every = [name for names in leaf_modules(tree).values() for name in names]
    return 100 * len(outside & set(every)) / len(every)


def public_share(tree: Tree) -> Mapping[str, float]:
    """The percentage of public modules in each package of more than ten modules."""
    return {
        package: 100 * sum(not is_private(name) for name in names) / len(names)
        for package, names in leaf_modules(tree).items()
        if len(names) > LARGE_PACKAGE and package != "mocks"
    }


def words_of_tests(tree: Tree) -> list[tuple[str, int]]:
    """The name of every test with the number of its words after `test_`."""
    return [
        (node.name, len(node.name.removeprefix("test_").split("_")))
        for path in tree.below("tests/")
        for node in ast.walk(tree.parsed[path])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]


def _words(tree: Tree) -> list[int]:
    return [words for _, words in words_of_tests(tree)]


def _quantile(numbers: list[int], tenths: int) -> float:
    return statistics.quantiles(numbers, n=10, method="inclusive")[tenths - 1]


def _module_lengths(tree: Tree) -> list[int]:
    lengths = [len(tree.files[path].splitlines()) for path in tree.below(*PRODUCT)]
    return [length for length in lengths if length > 1]


@dataclass(frozen=True)
class Measured:
    """One figure of the shape: what it counts, how, and the most that it may be."""

    name: str
    count: Callable[[Tree], float]
    most: float | None = None


FIGURES = (
    Measured("lines of src and demo", lambda tree: _lines(tree, *PRODUCT)),
    Measured("modules of src and demo", lambda tree: len(tree.below(*PRODUCT))),
    Measured("module length, p50", lambda tree: statistics.median(_module_lengths(tree))),
    Measured("module length, p90", lambda tree: _quantile(_module_lengths(tree), 9)),
    Measured("function length, p50", lambda tree: statistics.median(_functions(tree))),
    Measured("function length, p90", lambda tree: _quantile(_functions(tree), 9)),
    Measured("`Any` in the gateway", _any, 250),
    Measured("dict/Mapping[str, Any] outside forms", _mappings, 60),
    Measured('`body["…"]`', _bodies, 0),
    Measured("modules imported from other packages, %", _imported_outside),
    Measured("imports of others' private modules", lambda tree: len(private_imports(tree)), 0),
    Measured(
        "packages of more than ten: public modules, worst %",
        lambda tree: max(public_share(tree).values(), default=0),
        40,
    ),
    Measured("import circles", lambda tree: len(circles(tree)), 0),
    Measured("words in a test's name, p50", lambda tree: statistics.median(_words(tree)), 6),
    Measured("words in a test's name, most", lambda tree: max(_words(tree)), 8),
)


def working_tree() -> Tree:
    """The files as they are now, whether committed or not."""
    return Tree(
        {
            path.relative_to(ROOT).as_posix(): path.read_text()
            for folder in ("src", "demo", "mocks", "tests")
            for path in sorted((ROOT / folder).rglob("*.py"))
            if "node_modules" not in path.parts
        }
    )


def committed(commit: str) -> Tree:
    """The files of a commit; raises CalledProcessError where there is none of that name."""
    raw = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, capture_output=True, check=True
    ).stdout
    files = {}
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".py") else None
            if content is not None:
                files[member.name] = content.read().decode()
    return Tree({path: files[path] for path in sorted(files)})


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.shape")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--at", action="append", default=[], metavar="COMMIT")
    parser.add_argument("--packages", action="store_true", help="public modules by package")
    given = parser.parse_args()
    now = working_tree()
    columns = {**{commit: committed(commit) for commit in given.at}, "now": now}
    found = {
        figure.name: {name: round(figure.count(tree), 1) for name, tree in columns.items()}
        for figure in FIGURES
    }
    missed = [
        one.name for one in FIGURES if one.most is not None and found[one.name]["now"] > one.most
    ]
    if given.json:
        print(json.dumps({"figures": found, "missed": missed}, indent=1))
        return 1 if missed else 0
    console = Console()
    table = Table("figure", *columns, "target")
    for figure in FIGURES:
        target = "" if figure.most is None else f"≤ {figure.most:g}"
        mark = " missed" if figure.name in missed else ""
        table.add_row(
            figure.name, *(f"{value:g}" for value in found[figure.name].values()), target + mark
        )
    console.print(table)
    if given.packages:
        modules = leaf_modules(now)
        for package, share in public_share(now).items():
            public = [name for name in modules[package] if not is_private(name)]
            console.print(
                f"{package}: {share:.0f} % of {len(modules[package])} public", highlight=False
            )
            console.print("  " + ", ".join(name.removeprefix(package + ".") for name in public))
    for circle in circles(now):
        console.print("circle: " + ", ".join(circle), highlight=False)
    for line in private_imports(now):
        console.print("private: " + line, highlight=False)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
