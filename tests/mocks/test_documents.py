"""What docs/mocks.md says is so: its example runs, its tables are complete."""

import re
from pathlib import Path

from mocks.ministry.app import MinistryRule
from mocks.people import PERSONAS
from mocks.population.faults import Rule
from mocks.portal.faults import PortalRule

TEXT = (Path(__file__).parents[2] / "docs/mocks.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    examples = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(examples) == 1
    exec(compile(examples[0], "docs/mocks.md", "exec"), {})  # noqa: S102 - our own document


def test_table_lists_exactly_the_personas() -> None:
    rows = [
        line for line in TEXT.split("### Personas")[1].split("## ")[0].splitlines() if "|" in line
    ]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == set(PERSONAS)


def test_every_fault_member_is_explained() -> None:
    table = TEXT.split("## Faults")[1].split("## Another day")[0]
    named = set(re.findall(r"`(\w+)`", table))
    assert set(Rule.model_fields) <= named
    for title, rule in (
        ("The national portal", PortalRule),
        ("A ministry's adapter", MinistryRule),
    ):
        chapter = TEXT.split(f"## {title}")[1].split("\n## ")[0]
        assert set(rule.model_fields) <= named | set(re.findall(r"`(\w+)`", chapter))
