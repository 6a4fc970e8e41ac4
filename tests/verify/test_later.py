"""A closed log counted again beside the log that followed it, which must repeat its marks and baselines."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway_verify.command import PROVED, REFUTED, Answer, run_recompute, run_verify
from tests.verify.building import Json, Signer, signer, text64
from tests.verify.closing import FORM_LEAF, GRANT_LEAF, key_leaf
from tests.verify.second import (
    FIELDS,
    FORM,
    NAME,
    SecondLog,
    begun,
    definition2,
    dossiers,
    form2,
    grant2,
)

OLDER = "gateway.example/log/2025"
LATER = signer("gateway.example/log/2027")
ORDINARY, TEST = {"log": NAME, "leaf": 2}, {"log": NAME, "leaf": FORM + 1}
ITEMS = [["card", 1], ["mother", 1], ["name", 1], ["reason", 1], ["sex", 1], ["signature", 0]]
BASELINE = {"procedure": "1.004222", "log": NAME, "leaf": FORM, "items": ITEMS}


@dataclass
class LaterLog(SecondLog):
    """The log of the year after, under its own name and key."""

    signers: list[Signer] = field(default_factory=lambda: [LATER])
    origin: str = LATER.name


def closed() -> SecondLog:
    """A log with an ordinary and a test tenant, whose one month is closed."""
    log = begun(grants=[grant2("h98", is_test=True)])
    dossiers(log)
    dossiers(log, name="t", ten="h98")
    log.close()
    return log


def following(before: SecondLog, *leaves: Json) -> LaterLog:
    """The log that names it, with these leaves at its head."""
    log = LaterLog()
    log.public(definition2(month="2027-01"))
    previous = {"origin": before.origin, "size": len(before.entries), "root": text64(before.root)}
    log.public(key_leaf(LATER, origin=log.origin, previous=previous))
    for leaf in leaves:
        log.public(leaf)
    return log


def counted_again(before: SecondLog, after: SecondLog, folder: Path) -> Answer:
    """The closed log's bodies counted beside the one that followed, both of which hold by themselves."""
    old, new = before.write(folder / "old"), after.write(folder / "new")
    for one in (old, new):
        assert run_verify(str(one), None).status == PROVED
    return run_recompute(str(old), None, later=str(new))


HEAD = [
    grant2(first=ORDINARY),
    grant2("h98", is_test=True, first=TEST),
    form2(1, [one for one in FIELDS if one[3] != "card"], baselines=[BASELINE]),
]


@pytest.mark.threat(68, 73)
def test_t68_exact_repetition_is_proved(tmp_path: Path) -> None:
    answer = counted_again(closed(), following(closed(), *HEAD), tmp_path)
    assert (answer.status, answer.finding) == (PROVED, None)
    assert answer.proved["recomputed"] == ["2026-11"]


FALSE_MARKS: dict[str, list[Json]] = {
    "an ordinary tenant becomes a test tenant": [grant2(is_test=True, first=ORDINARY)],
    "the same, as if it were new": [grant2(is_test=True)],
    "the same, by a leaf of the first version": [GRANT_LEAF | {"is_test": True}],
    "a test tenant becomes an ordinary one": [grant2("h98", first=TEST)],
    "another leaf of its log": [grant2(first=TEST)],
    "a leaf of another log": [grant2(first={"log": OLDER, "leaf": 2})],
    "no place": [grant2()],
    "the place of another tenant": [grant2("h97", is_test=True, first=TEST)],
    "a place in a log before": [grant2("h97", is_test=True, first={"log": OLDER, "leaf": 9})],
    "only its second leaf": [
        grant2(is_test=True, first=ORDINARY),
        grant2(is_test=True, first=ORDINARY, connected=["session"]),
    ],
}


@pytest.mark.threat(73)
@pytest.mark.parametrize("name", FALSE_MARKS)
def test_t73_a_mark_changed_by_the_next_log(name: str, tmp_path: Path) -> None:
    answer = counted_again(closed(), following(closed(), *FALSE_MARKS[name]), tmp_path)
    assert answer.status == REFUTED
    assert "tenant" in str(answer.finding)


@pytest.mark.threat(73)
def test_t73_new_tenant_may_be_test_tenant(tmp_path: Path) -> None:
    after = following(closed(), *HEAD, grant2("h97", is_test=True))
    assert counted_again(closed(), after, tmp_path).status == PROVED


def head(**said: Any) -> Callable[[], list[Json]]:
    return lambda: [form2(1, FIELDS[:2], baselines=[{**BASELINE, **said}])]


FALSE_BASELINES: dict[str, Callable[[], list[Json]]] = {
    "forgotten": lambda: [form2(1, FIELDS[:2])],
    "forgotten under another form code": lambda: [form2(1, FIELDS[:2], form="residence-2")],
    "an item less": head(items=ITEMS[1:]),
    "an item more": head(items=[*ITEMS, ["weight", 1]]),
    "an item not required any more": head(items=[["card", 0], *ITEMS[1:]]),
    "of another leaf": head(leaf=FORM + 1),
    "of another log": head(log=OLDER),
    "of a declaration that the log had not": lambda: [
        form2(1, FIELDS[:2], declaration="CT02", baselines=[BASELINE])
    ],
    "of a procedure that the log had not": lambda: [
        form2(
            1,
            FIELDS[:2],
            procedures=["1.004194"],
            baselines=[{**BASELINE, "procedure": "1.004194"}],
        )
    ],
}


@pytest.mark.threat(68)
@pytest.mark.parametrize("name", FALSE_BASELINES)
def test_t68_a_baseline_changed_by_the_next_log(name: str, tmp_path: Path) -> None:
    answer = counted_again(closed(), following(closed(), *FALSE_BASELINES[name]()), tmp_path)
    assert answer.status == REFUTED
    assert "baseline" in str(answer.finding)


@pytest.mark.threat(68)
def test_t68_a_new_declaration_begins_its_own(tmp_path: Path) -> None:
    after = following(closed(), *HEAD, form2(2, FIELDS[:2], form="other", declaration="CT02"))
    assert counted_again(closed(), after, tmp_path).status == PROVED


def handed_on() -> SecondLog:
    """A log between two others, which names what the first of them began."""
    log = SecondLog()
    log.public(definition2())
    before = {"origin": OLDER, "size": 900, "root": "A" * 43 + "="}
    log.public(key_leaf(signer(), previous=before))
    log.public(grant2(first={"log": OLDER, "leaf": 7}))
    log.public(form2(baselines=[{**BASELINE, "log": OLDER, "leaf": 9}]))
    dossiers(log)
    log.close()
    return log


@pytest.mark.threat(68, 73)
@pytest.mark.parametrize(("of", "status"), [(OLDER, PROVED), (NAME, REFUTED)])
def test_t68_later_log_names_the_first(of: str, status: int, tmp_path: Path) -> None:
    mark, baseline = {"log": OLDER, "leaf": 7}, {**BASELINE, "log": of, "leaf": 9}
    after = following(handed_on(), grant2(first=mark), form2(baselines=[baseline]))
    assert counted_again(handed_on(), after, tmp_path).status == status


def of_first_edition(*leaves: Json) -> SecondLog:
    """A log that was begun in the first edition of the measure, and these leaves after."""
    log = SecondLog()
    measure = {k: v for k, v in definition2().items() if k not in ("least_age_hours", "month")}
    log.public(measure | {"v": 1, "definition": "eform-gateway/measure/1"})
    log.public(key_leaf(signer()))
    log.public(FORM_LEAF)
    log.public(GRANT_LEAF)
    for leaf in leaves:
        log.public(leaf)
    return log


FIRST = {**BASELINE, "leaf": 2, "items": [["name", 1], ["reason", 1], ["sex", 1]]}


@pytest.mark.threat(68)
@pytest.mark.parametrize(
    ("stated", "status"),
    [([FIRST], PROVED), ([{**FIRST, "leaf": 3}], REFUTED), ([], REFUTED)],
    ids=["as it was", "another leaf", "forgotten"],
)
def test_t68_next_edition_repeats_the_first(
    stated: list[Json], status: int, tmp_path: Path
) -> None:
    log = of_first_edition(form2(1, FIELDS[:2], baselines=stated), definition2(month="2026-12"))
    assert run_verify(str(log.write(tmp_path)), None).status == status


@pytest.mark.threat(68)
@pytest.mark.parametrize(
    ("stated", "status"),
    [({}, PROVED), ({"leaf": 3}, REFUTED), ({"items": [["name", 1]]}, REFUTED), (None, REFUTED)],
    ids=["as it was", "another leaf", "an item less", "forgotten"],
)
def test_t68_what_a_first_edition_began_is_repeated(
    stated: Json | None, status: int, tmp_path: Path
) -> None:
    """Leaves of version 1 name no declaration: their form's first version is the baseline."""
    before = of_first_edition()
    said = [] if stated is None else [{**BASELINE, **FIRST, **stated}]
    after = following(before, grant2(first={"log": NAME, "leaf": 3}), form2(1, baselines=said))
    assert counted_again(before, after, tmp_path).status == status


def test_the_command_takes_the_later_log(tmp_path: Path) -> None:
    old, new = closed().write(tmp_path / "old"), following(closed(), *HEAD).write(tmp_path / "new")
    false = following(closed(), *FALSE_MARKS["no place"]).write(tmp_path / "false")
    for later, status in ((new, PROVED), (false, REFUTED), (old, REFUTED)):
        words = ["audit", "recompute", str(old), "--later", str(later), "--json"]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == status, done.output
    assert json.loads(done.stdout)["finding"]["kind"] == "fork"
