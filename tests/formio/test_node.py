"""The comparisons with Form.io are never left out for want of node."""

import subprocess
from pathlib import Path

import pytest

from tests.formio import node

HERE = Path(node.__file__).parent


def test_node_of_packages_runs() -> None:
    own, npm = node.of_the_packages()
    for command in (own, npm):
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert said.stdout.strip().removeprefix("v")[0].isdigit()


def test_packaged_node_is_used_without_installed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert node.node_and_npm() == node.of_the_packages()


def test_packaged_node_answers_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    node.install(["json-logic-js"])
    monkeypatch.setenv("PATH", "/nowhere")
    assert node.ask("compare.js", [{"rule": {"+": [1, 2]}, "over": {}}]) == [{"is": 3}]


def test_no_comparison_skips() -> None:
    for name in ("test_against_formio.py", "test_renderer.py"):
        assert "pytest.skip" not in (HERE.parent / "forms" / name).read_text()
