"""Does every command that a document names exist, with the options that it is given?"""

import re
import shlex
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from gateway.cli.main import app
from tests.documented import ROOT, blocks_of, lines_of, spans_of

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_A_COMMAND = re.compile(r"(?:\.venv/bin/)?gateway ((?!\.).+)")
_PLACEHOLDER = re.compile(r"…|\[|\]|\.\.\.")


def commands_in(document: Path) -> Iterator[str]:
    """What stands behind `gateway ` in its blocks and sentences."""
    lines = (line for block in blocks_of(document) for line in lines_of(block))
    for line in [*lines, *spans_of(document)]:
        if command := _A_COMMAND.fullmatch(line):
            yield command[1].replace("\\|", "|")


def complaint(printed: str) -> str | None:
    """What of a command line is not there; None where all of it is."""
    words = shlex.split(_PLACEHOLDER.sub(" ", printed.partition(" > ")[0]))
    commands: list[Any] = [get_command(app)]
    while words and (below := [found for one in commands for found in _below(one, words[0])]):
        named, _ = words.pop(0), commands.clear()
        if len(below) != len(named.split("|")):
            return f"no command {named}"
        commands = below
    if words and not words[0].startswith("-") and hasattr(commands[0], "commands"):
        return f"no command {words[0]}"
    known = {name for one in commands for option in one.params for name in option.opts}
    given = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--help"}
    return f"no option {', '.join(sorted(given - known))}" if given - known else None


def _below(command: Any, named: str) -> list[Any]:
    """The commands below one that a word names: `list`, or `list|show` for two."""
    commands: Mapping[str, Any] = getattr(command, "commands", {})
    return [commands[name] for name in named.split("|") if name in commands]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_commands_that_exist(document: Path) -> None:
    complaints = {
        printed: said for printed in commands_in(document) if (said := complaint(printed))
    }
    assert complaints == {}


def test_the_documents_name_most_commands() -> None:
    named = {printed for document in DOCUMENTS for printed in commands_in(document)}
    assert len(named) > 90


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("audit verify LOG --polcy policy.txt", "no option --polcy"),
        ("audit verfy LOG", "no command verfy"),
        ("dossiers list|shwo", "no command list|shwo"),
        ("dossiers list [--sync queued|dead] [--overdue]", None),
        ("audit sample commit|draw|open --frame fields", None),
        ("mocks", None),
    ],
)
def test_what_is_not_there_is_named(printed: str, said: str | None) -> None:
    assert complaint(printed) == said


def test_documents_name_existing_makefile_targets() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        found[1]
        for document in DOCUMENTS
        for printed in [
            *spans_of(document),
            *(line for b in blocks_of(document) for line in lines_of(b)),
        ]
        if (found := re.match(r"make ([\w-]+)", printed))
    }
    assert {"demo", "test", "check", "bench", "nightly"} <= named <= targets


def test_documents_name_runnable_modules() -> None:
    named = {
        found[1]
        for document in DOCUMENTS
        for printed in spans_of(document)
        if (found := re.match(r"python -m ((?:tests|mocks|bench|demo)[\w.]*)", printed))
    }
    assert {"tests.dates", "tests.removals", "mocks.serve"} <= named
    assert [name for name in named if find_spec(name) is None] == []
