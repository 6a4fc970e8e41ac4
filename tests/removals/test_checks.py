from pathlib import Path

import pytest

from tests.removals.checks import PACKAGE, Check, NotThere, read_list, without

ROOT = Path(__file__).parents[2]
SOURCE = """def decide(value):
    if value is None:
        raise ValueError
    check(value)
    return (
        value > 0
        or value == -1
    )
"""


@pytest.mark.parametrize("check", read_list(), ids=lambda check: check.name[:60])
def test_listed_check_stands_once(check: Check) -> None:
    source = (ROOT / PACKAGE / check.module).read_text(encoding="utf-8")
    assert without(source, check) != source
    assert all((ROOT / test.partition("::")[0]).exists() for test in check.tests)


def test_list_has_about_150_checks() -> None:
    assert len(read_list()) >= 150


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("if value is None:", "if False:"),
        ("check(value)", "    pass\n"),
        ("or value == -1", "value > 0\n    )"),
    ],
)
def test_removed_line_decides_nothing(line: str, left: str) -> None:
    changed = without(SOURCE, Check("x.py", line, ()))
    assert left in changed and line not in changed


@pytest.mark.parametrize("line", ["if value is Nothing:", "return ("])
def test_unremovable_line_is_named(line: str) -> None:
    with pytest.raises(NotThere):
        without(SOURCE, Check("x.py", line, ()))
