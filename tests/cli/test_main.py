import subprocess
import sys

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app

AFTER_HELP = """
import sys
from gateway.cli.main import app
app([{verb!r}, "--help"], standalone_mode=False)
print(*sys.modules, file=sys.stderr)
"""


def _modules_after_help_of(verb: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", AFTER_HELP.format(verb=verb)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_command_imports_only_what_it_needs() -> None:
    for_serve = _modules_after_help_of("serve")
    assert "gateway.app" in for_serve
    others = ("mocks", "xlsxwriter", "pyarrow", "demo", "gateway.cli._audit")
    assert [name for name in for_serve if name.startswith(others)] == []


def test_every_command_has_help() -> None:
    told = CliRunner().invoke(app, ["--help"])
    assert told.exit_code == 0
    verbs = [
        "demo",
        "serve",
        "openapi",
        "audit",
        "clients",
        "forms",
        "keys",
        "log",
        "retention",
        "dossiers",
        "metrics",
        "mocks",
    ]
    for verb in verbs:
        assert f" {verb} " in told.output
        assert CliRunner().invoke(app, [verb, "--help"]).exit_code == 0


def test_mistyped_command_is_refused_with_suggestion() -> None:
    told = CliRunner().invoke(app, ["serv"])
    assert told.exit_code == 2
    assert "'serve'" in told.output


RENAMED = {
    "log roll": "log rotate",
    "keys shred": "retention erase",
    "audit dismiss": "audit revoke",
}


@pytest.mark.parametrize("old", RENAMED)
def test_renamed_command_keeps_old_word_hidden(old: str) -> None:
    group, word = old.split()
    new = RENAMED[old].split()
    assert f" {word} " not in CliRunner().invoke(app, [group, "--help"]).output
    said, same = (CliRunner().invoke(app, [*words, "--help"]) for words in (old.split(), new))
    assert said.exit_code == 0
    assert said.output.splitlines()[3:] == same.output.splitlines()[3:]
