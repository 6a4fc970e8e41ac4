"""What the second edition of the measure counts, by both counts, and what the verifier refuses."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import CannotMeasure
from gateway_verify.command import PROVED, REFUTED, Answer, run_recompute, run_verify
from tests.verify.building import LOG_KEY, Json, canonical, definition
from tests.verify.closing import closed_log, key_leaf, outside, publish, tally
from tests.verify.second import (
    FIELDS,
    FORM,
    HOUR,
    TYPED,
    SecondLog,
    begun,
    definition2,
    dossiers,
    form2,
    grant2,
    of_one,
)


def both(folder: Path) -> tuple[Answer, Answer]:
    return run_verify(str(folder), None), run_recompute(str(folder), None)


def proved(folder: Path) -> dict[str, Any]:
    """Hold a log for true by both ways; gives the figures of its first month."""
    for answer in both(folder):
        assert (answer.status, answer.finding) == (PROVED, None)
    figures: dict[str, Any] = answer.proved["figures"][0]
    return figures


def refuted(folder: Path, words: str) -> None:
    answer = run_verify(str(folder), None)
    if answer.status != REFUTED:
        answer = run_recompute(str(folder), None)
    assert answer.status == REFUTED
    assert words in str(answer.finding)


def without(*items: str) -> list[list[Any]]:
    return [one for one in FIELDS if one[3] not in items]


def test_reach_counts_what_sources_could_supply(tmp_path: Path) -> None:
    log = begun()
    dossiers(log)
    sums = of_one(log, tmp_path)
    assert (sums["core"], sums["D"]) == (1, 4)
    assert (sums["reach/missed"], sums["reach/connected"]) == (3, 2)
    figures = proved(tmp_path)
    assert (figures["reach"]["value"], figures["connected_reach"]["value"]) == (0.25, 0.3333)


def test_a_revoked_source_lowers_reach_alone(tmp_path: Path) -> None:
    log = begun(grants=[grant2(connected=["session"], first={"log": "", "leaf": 2})])
    log.entries[-1] = canonical(log.leaves[FORM + 1] | {"first": {"log": log.origin, "leaf": 2}})
    dossiers(log, filled={}, verdicts={**TYPED, "hoTen": "M"})
    sums = of_one(log, tmp_path)
    assert (sums["reach/missed"], sums.get("reach/connected", 0)) == (4, 0)
    assert proved(tmp_path)["connected_reach"]["value"] is None


def test_instant_dossiers_miss_their_core_items(tmp_path: Path) -> None:
    log = begun()
    dossiers(log, sec=3)
    sums = of_one(log, tmp_path)
    assert ("core" in sums, sums["reach/missed"]) == (False, 4)
    proved(tmp_path)


def test_item_is_within_reach_only_whole(tmp_path: Path) -> None:
    half = [*FIELDS, ["queQuan", "textfield", 0, "sex", None, []]]
    log = begun(form2(fields=half))
    dossiers(log, verdicts={**TYPED, "queQuan": "M"})
    assert of_one(log, tmp_path)["reach/missed"] == 2
    proved(tmp_path)


def test_young_records_stay_in_the_denominator(tmp_path: Path) -> None:
    log = begun()
    typed = {path: verdict for path, verdict in TYPED.items() if path != "soThe"}
    dossiers(log, verdicts=typed, filled={"hoTen": "Fp", "soThe": "Fy"})
    sums = of_one(log, tmp_path)
    assert (sums["core"], sums["young"], sums["source/records/A"]) == (2, 1, 1)
    figures = proved(tmp_path)
    assert figures["core"]["denominator"] == figures["core_without_young"]["denominator"]
    assert 2 * figures["core_without_young"]["numerator"] == figures["core"]["numerator"]


def test_mostly_young_core_is_noticed(tmp_path: Path) -> None:
    log = begun()
    typed = {path: verdict for path, verdict in TYPED.items() if path != "soThe"}
    dossiers(log, verdicts={**typed, "hoTen": "M"}, filled={"soThe": "Fy"})
    of_one(log, tmp_path)
    proved(tmp_path)
    assert "young records" in (tmp_path / "releases" / "2026-11.json").read_text()


def test_a_procedures_tail_changes_no_row(tmp_path: Path) -> None:
    log = begun()
    dossiers(log, number=6, proc="1.004222.000.00.00.H99")
    dossiers(log, number=6, name="d")
    (tally,) = log.close()
    assert (tally["cell"]["procedure"], tally["cases"]) == ("1.004222", 12)
    proved(log.write(tmp_path))


def test_dropped_questions_stay_declared(tmp_path: Path) -> None:
    log = begun(form2(), form2(1, without("reason", "card", "mother")))
    dossiers(log, FORM + 1)
    sums = of_one(log, tmp_path)
    assert (sums["dropped"], sums["D"]) == (3, 4)
    proved(tmp_path)


def test_core_is_shown_without_abolished_items(tmp_path: Path) -> None:
    abolished = [["card", "07/2026/NĐ-CP"], ["reason", "07/2026/NĐ-CP"]]
    log = begun(form2(), form2(1, without("reason", "card", "mother"), abolished=abolished))
    dossiers(log, FORM + 1)
    sums = of_one(log, tmp_path)
    assert (sums["dropped"], sums["abolished"], sums["D"]) == (1, 2, 2)
    figures = proved(tmp_path)
    assert figures["core_without_abolitions"]["denominator"] == 5 * 12
    assert figures["core"]["denominator"] == 3 * 12


@pytest.mark.threat(68)
def test_hidden_questions_are_dropped(tmp_path: Path) -> None:
    log = begun(form2(), form2(1, uncounted=[["soThe", "textfield", "hidden"]]))
    typed = {path: verdict for path, verdict in TYPED.items() if path != "soThe"}
    dossiers(log, FORM + 1, verdicts=typed)
    assert of_one(log, tmp_path)["dropped"] == 1
    proved(tmp_path)
    assert '"soThe","textfield","hidden"' in (tmp_path / "releases/2026-11.json").read_text()


@pytest.mark.threat(68)
def test_another_form_code_inherits_the_baseline(tmp_path: Path) -> None:
    log = begun(form2(), form2(1, without("reason", "card"), form="residence-2"))
    dossiers(log, FORM + 1)
    assert of_one(log, tmp_path)["dropped"] == 2
    proved(tmp_path)


@pytest.mark.threat(68)
def test_release_names_another_declaration(tmp_path: Path) -> None:
    other = form2(1, without("reason"), form="residence-2", declaration="CT02")
    log = begun(form2(), other)
    dossiers(log, FORM + 1)
    assert "dropped" not in of_one(log, tmp_path)
    proved(tmp_path)
    said = (tmp_path / "releases" / "2026-11.json").read_text()
    assert '"declaration":"CT02","leaf":4' in said


@pytest.mark.threat(68)
def test_split_items_are_extra_until_act(tmp_path: Path) -> None:
    split = [*without("name"), ["ho", "textfield", 1, "surname", "person.surname", ["population"]]]
    split.append(["ten", "textfield", 1, "given_name", "person.given_name", ["population"]])
    typed = {**TYPED}
    filled = {"ho": "Fp", "ten": "Fp"}
    for number, (added, expected) in enumerate(
        [([], (0, 1, 2)), ([["surname", "07/2026/NĐ-CP"]], (1, 1, 1))]
    ):
        log = begun(form2(), form2(1, split, added=added))
        dossiers(log, FORM + 1, verdicts=typed, filled=filled)
        sums = of_one(log, tmp_path / str(number))
        found = sums.get("core", 0), sums["dropped"], sums["A/extra"]
        assert found == expected
        proved(tmp_path / str(number))


def _followed(*leaves: Json) -> SecondLog:
    """A log that follows another one."""
    log = SecondLog()
    log.public(definition2())
    before = {"origin": "gateway.example/log/2025", "size": 900, "root": "A" * 43 + "="}
    log.public(key_leaf(LOG_KEY, previous=before))
    log.public(grant2(first={"log": "gateway.example/log/2025", "leaf": 7}))
    for leaf in leaves:
        log.public(leaf)
    return log


REPEATED = {
    "procedure": "1.004222",
    "log": "gateway.example/log/2025",
    "leaf": 9,
    "items": [["card", 1], ["mother", 1], ["name", 1], ["reason", 1], ["sex", 1]],
}


@pytest.mark.threat(68)
def test_the_next_log_repeats_the_baseline(tmp_path: Path) -> None:
    log = _followed(form2(1, without("reason", "card"), baselines=[REPEATED]))
    dossiers(log)
    assert of_one(log, tmp_path)["dropped"] == 2
    proved(tmp_path)


FALSE_BASELINES: dict[str, Callable[[], SecondLog]] = {
    "of a log that follows none": lambda: begun(form2(baselines=[REPEATED])),
    "stated twice": lambda: _followed(form2(baselines=[REPEATED]), form2(1, baselines=[REPEATED])),
    "of another procedure": lambda: _followed(
        form2(baselines=[{**REPEATED, "procedure": "1.000001"}])
    ),
    "after its own began": lambda: _followed(form2(), form2(1, baselines=[REPEATED])),
}


@pytest.mark.parametrize("name", FALSE_BASELINES)
def test_a_false_baseline_is_refuted(name: str, tmp_path: Path) -> None:
    log = FALSE_BASELINES[name]()
    refuted(log.write(tmp_path), "baseline")


FALSE_MARKS: dict[str, list[Json]] = {
    "a late mark": [grant2(is_test=True, first={"log": "gateway.example/log/2026", "leaf": 2})],
    "a late mark without a place": [grant2(is_test=True)],
    "a late mark of the first version": [
        {k: v for k, v in grant2(is_test=True, v=1).items() if k not in ("connected", "first")}
    ],
    "a mark taken away": [
        grant2("h98", is_test=True),
        grant2("h98", first={"log": "gateway.example/log/2026", "leaf": 4}),
    ],
    "another first place": [grant2(first={"log": "gateway.example/log/2026", "leaf": 1})],
    "a first place in no log": [
        grant2("h98", is_test=True, first={"log": "gateway.example/log/2025", "leaf": 1})
    ],
}


@pytest.mark.threat(73)
@pytest.mark.parametrize("name", FALSE_MARKS)
def test_t73_false_test_mark_is_refuted(name: str, tmp_path: Path) -> None:
    log = begun(grants=FALSE_MARKS[name])
    dossiers(log)
    log.close()
    refuted(log.write(tmp_path), "tenant")


@pytest.mark.threat(73)
def test_t73_tenant_marked_late_is_refuted(tmp_path: Path) -> None:
    log = begun()
    dossiers(log)
    dossiers(log, name="d", ten="h98")
    log.public(grant2("h98", is_test=True))
    log.close()
    refuted(log.write(tmp_path), "no grant of its tenant")


BELOW = {
    "instant seconds": {"instant_seconds": 19},
    "seconds a field": {"instant_seconds_per_field": 0},
    "least age": {"least_age_hours": 23},
    "least age in a mock": {"least_age_hours": 0, "mock": True},
}


@pytest.mark.parametrize("name", BELOW)
def test_definition_below_bounds_is_refuted(name: str, tmp_path: Path) -> None:
    log = begun(measure=definition2(**BELOW[name]))
    refuted(log.write(tmp_path), "lower bounds")


def test_another_definition_is_remarked(tmp_path: Path) -> None:
    log = begun(measure=definition2(instant_seconds=30, digest="sha256:" + "0" * 64))
    dossiers(log)
    of_one(log, tmp_path)
    remarks = " ".join(run_verify(str(tmp_path), None).remarks)
    assert "own copy: instant_seconds, digest" in remarks


@pytest.mark.threat(72)
@pytest.mark.parametrize("hour", [HOUR - 9000, HOUR + 9000, 0])
def test_t72_moved_hours_save_nothing(hour: int, tmp_path: Path) -> None:
    log = begun()
    dossiers(log, h=hour)
    sums = of_one(log, tmp_path)
    assert (sums["outside_hours"], sums["instant"]) == (2, 1)
    assert "core" not in sums
    figures = proved(tmp_path)
    assert figures["core"]["numerator"] == 0


@pytest.mark.threat(72)
def test_t72_tally_with_moved_hours_is_refuted(tmp_path: Path) -> None:
    honest = begun()
    dossiers(honest)
    tallies = honest.close()
    log = begun()
    dossiers(log, h=HOUR - 9000)
    for leaf in tallies:
        log.public(leaf)
    refuted(log.write(tmp_path), "another `sums.")


@pytest.mark.parametrize(("beyond", "outside"), [(2, 0), (3, 2)])
def test_two_hours_are_let_pass(beyond: int, outside: int, tmp_path: Path) -> None:
    last = 498_904  # the last hour of November in Việt Nam begins at 16:00 UTC
    log = begun()
    dossiers(log, h=last + beyond)
    assert of_one(log, tmp_path).get("outside_hours", 0) == outside
    proved(tmp_path)


def test_chains_of_one_case_stay_apart(tmp_path: Path) -> None:
    """The number of a chain in its case once had 16 bits: the 65,537th was the first one."""
    log = begun()
    for number in range(65_536):
        log.prefill("many", FORM, chain=f"x{number}")
    log.prefill("many", FORM, chain="the last")
    log.case({"k": "abandoned", "case": "many", "chain": "x0", "ten": "h99", "h": HOUR})
    dossiers(log)
    log.close()
    proved(log.write(tmp_path))


NO_NUMBERS: dict[str, dict[str, Any]] = {
    "form version": {"fv": True},
    "seconds": {"sec": True},
    "burst": {"bu": True},
    "hour": {"h": True},
    "attachments": {"att": {"uploaded": True}},
    "counts": {"n": {"auto": True}},
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_true_is_no_number(name: str, tmp_path: Path) -> None:
    """`true` equals 1 in Python: a form version at entry 1 once took it for its own."""
    log = SecondLog()
    for leaf in (definition2(), form2(), grant2(), key_leaf(LOG_KEY)):
        log.public(leaf)
    dossiers(log, 1)
    body = {**log.bodies[max(log.bodies)], **NO_NUMBERS[name]}
    if name == "counts":
        body["n"] = {**log.bodies[max(log.bodies)]["n"], "auto": True}
    log.case(body)
    with suppress(CannotMeasure):
        log.close()
    refuted(log.write(tmp_path), "body")


FALSE_SUMS: dict[str, tuple[str, int]] = {
    "core": ("core", 13),
    "by source": ("source/population/A", 1),
    "filled": ("filled", 200),
    "young": ("young", 13),
    "reach": ("reach/connected", 40),
    "missed": ("reach/missed", 4000),
    "required": ("A/required", 13),
    "extra": ("D/extra", 500),
    "instant": ("auto_instant", 12),
    "conflict": ("reason/conflict", 1),
    "failed": ("read/population/failed", 999),
}


@pytest.mark.parametrize("name", FALSE_SUMS)
def test_contradictory_sums_are_refuted(name: str, tmp_path: Path) -> None:
    key, number = FALSE_SUMS[name]
    log = begun()
    dossiers(log)
    (tally,) = log.close()
    log.entries[-1] = canonical({**tally, "sums": {**tally["sums"], key: number}})
    answer = run_verify(str(log.write(tmp_path)), None)
    assert answer.status == REFUTED
    assert "its sums do not agree" in str(answer.finding)


def test_late_events_have_their_own_table(tmp_path: Path) -> None:
    measure = definition2(definition="eform-gateway/measure/2/confirmed")
    log = begun(measure=measure)
    dossiers(log)
    sync = {"k": "sync", "ten": "h99", "proc": "1.004222", "pre": 1, "fl": []}
    for number in range(12):
        log.case({**sync, "case": f"c{number}", "h": HOUR, "st": 2})
    (november,) = log.close()
    later = HOUR + 720
    for number in range(12):
        log.submission(f"c{number}", FORM, h=later)
        log.case({**sync, "case": f"c{number}", "h": later, "st": 7})
    (december,) = log.close("2026-12")
    assert november["sums"]["dossiers"] == 12
    assert december["sums"] == {"late/submissions": 12, "late/withdrawals": 12}
    proved(log.write(tmp_path))


def test_mock_figures_say_so_first(tmp_path: Path) -> None:
    """In the release and in the lines of the verdict; a month that is not over says so next."""
    log = begun(measure=definition2(mock=True))
    dossiers(log)
    log.close(partial=True)
    log.write(tmp_path / "second")
    assert proved(tmp_path / "second")["mock"] is True
    assert notice_in(tmp_path / "second") == ["mock sources", "not over"]
    shown = run_verify(str(tmp_path / "second"), None).lines()[1]
    assert "mock sources" in shown and "core" in shown
    first = (tally(partial=True), outside(partial=True))
    publish(closed_log(*first, measure=definition(mock=True)), tmp_path / "first")
    assert notice_in(tmp_path / "first") == ["not over", "mock sources"]


def notice_in(folder: Path) -> list[str]:
    """Which of the two lines comes first in a release, in words of them."""
    release = json.loads((folder / "releases" / "2026-11.json").read_bytes())
    words = ("mock sources", "not over")
    return [word for line in release["notice"][:2] for word in words if word in line]


def test_edition_changes_with_its_named_month(tmp_path: Path) -> None:
    first = {k: v for k, v in definition2().items() if k not in ("least_age_hours", "month")}
    log = begun(measure=first | {"v": 1, "definition": "eform-gateway/measure/1"})
    dossiers(log, number=12)
    log.public(definition2(month="2026-12"))
    dossiers(log, number=12, name="d")
    (november,) = log.close()
    dossiers(log, number=12, name="e", h=HOUR + 720)
    (december,) = log.close("2026-12")
    assert (november["v"], november["definition"]) == (1, 0)
    assert (december["v"], december["sums"]["reach/missed"]) == (2, 36)
    assert "reach/missed" not in november["sums"]
    assert november["sums"]["dossiers"] == 24
    proved(log.write(tmp_path))
