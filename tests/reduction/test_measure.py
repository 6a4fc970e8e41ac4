"""Every figure and every rule of honesty, on a dossier or two made by hand."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from gateway.domain.errors import CannotMeasure
from gateway.domain.verdicts import Verdict
from gateway.reduction._measure import Measurement
from gateway.reduction.report import Counted, Evidence, Question, report
from tests.log.writing import decoded
from tests.reduction.bodies import (
    AUTO,
    BLANK,
    FIRST,
    HOUR,
    MANUAL,
    MISSING,
    SECOND,
    TENANT,
    TEST_TENANT,
    Filling,
    abandoned,
    by_case,
    definitions,
    filled,
    prefill,
    refusal,
    submission,
    typed,
)

CONTESTED, OVERRIDE = filled(Verdict.CONTESTED), filled(Verdict.OVERRIDE)
WITHDRAWN, HIDDEN = filled(Verdict.WITHDRAWN), filled(Verdict.HIDDEN)
PLAIN: Mapping[str, Filling] = {
    "hoTen": filled(Verdict.AUTO, "known", "session"),
    "gioiTinh": AUTO,
    "diaChi": filled(Verdict.AUTO, "suggested"),
    "lyDo": MANUAL,
}


def _document(
    bodies: Iterable[Mapping[str, Any]], question: Question | None = None, **measure: Any
) -> dict[str, Any]:
    found, question = definitions(**measure), question or Question(TENANT)
    measurement = Measurement(found, question.scope)
    for case in by_case(enumerate(bodies, start=100)):
        measurement.add_case(decoded(case))
    counted = Counted(measurement.sums(), measurement.forms())
    return report(question, counted, Evidence(200, bytes(32), found))


def _row(*bodies: Mapping[str, Any], **measure: Any) -> dict[str, Any]:
    (row,) = _document(bodies, **measure)["forms"]
    assert isinstance(row, dict)
    return row


def _fraction(figure: Mapping[str, int]) -> tuple[int, int]:
    return figure["numerator"], figure["denominator"]


def test_reduction_is_saved_over_saved_and_declared() -> None:
    row = _row(submission("a", PLAIN))

    assert row["reduction"] == {"numerator": 3, "denominator": 4, "value": 0.75}
    assert _fraction(row["beyond_login"]) == (2, 3)
    assert _fraction(row["core"]) == (1, 2)
    assert (row["declarable"], row["declared"], row["auto"], row["manual"]) == (4, 1, 3, 1)


@pytest.mark.parametrize("kind", ["constant", "derived", "repeat", "extra"])
def test_excluded_auto_leaves_denominator_too(kind: str) -> None:
    row = _row(submission("a", {**PLAIN, "queTinh": filled(Verdict.AUTO, kind)}))

    assert _fraction(row["reduction"]) == (3, 4)
    assert row["auto"] == 4
    assert row["auto_by_class"][kind] == 1


@pytest.mark.parametrize(
    ("filling", "verdict"),
    [
        (CONTESTED, "contested"),
        (OVERRIDE, "override"),
        (filled(Verdict.OFFICER, "same_case"), "officer"),
        (typed(Verdict.OFFICER), "officer"),
        (MISSING, "missing"),
        (MANUAL, "manual"),
    ],
)
@pytest.mark.threat(19)
def test_every_declared_verdict_stays_in_denominator(filling: Filling, verdict: str) -> None:
    row = _row(submission("a", {**PLAIN, "queTinh": filling}))

    assert _fraction(row["reduction"]) == (3, 5)
    assert row[verdict] == 1 + (verdict == "manual")
    assert row["left_to_declare"]["mean"]["value"] == 2


@pytest.mark.parametrize("filling", [BLANK, WITHDRAWN, HIDDEN])
def test_ungiven_and_unseen_fields_count_nothing(filling: Filling) -> None:
    row = _row(submission("a", {**PLAIN, "queXa": filling}))

    assert _fraction(row["reduction"]) == (3, 4)
    assert row["left_to_declare"]["mean"]["value"] == 1


def test_withdrawn_and_hidden_fields_are_published() -> None:
    row = _row(submission("a", {**PLAIN, "queTinh": HIDDEN, "thanhVien[0].so": WITHDRAWN}))

    assert (row["withdrawn"], row["hidden"], row["filled"], row["visible"]) == (1, 1, 5, 4)


def test_core_counts_required_official_facts() -> None:
    fields = {"hoTen": AUTO, "diaChi": AUTO, "ghiChu": AUTO, "gioiTinh": MANUAL}

    assert _fraction(_row(submission("a", fields))["core"]) == (1, 2)


@pytest.mark.threat(16)
def test_fields_of_one_item_count_together() -> None:
    together = _row(submission("a", {"queTinh": AUTO, "queXa": AUTO, "lyDo": MANUAL}))
    apart = _row(submission("a", {"queTinh": AUTO, "queXa": OVERRIDE, "lyDo": MANUAL}))
    empty = _row(submission("a", {"queTinh": AUTO, "queXa": BLANK, "lyDo": MANUAL}))
    hidden = _row(submission("a", {"queTinh": AUTO, "queXa": HIDDEN, "lyDo": MANUAL}))

    assert _fraction(together["core"]) == (1, 2)
    assert _fraction(apart["core"]) == (0, 2)
    assert _fraction(empty["core"]) == (0, 1)
    assert _fraction(hidden["core"]) == (1, 2)


def test_item_with_non_fact_is_not_core() -> None:
    fields = {"queTinh": AUTO, "queXa": filled(Verdict.AUTO, "suggested"), "lyDo": MANUAL}

    assert _fraction(_row(submission("a", fields))["core"]) == (0, 1)


def test_group_column_is_one_item() -> None:
    rows = {f"thanhVien[{row}].{key}": AUTO for row in range(3) for key in ("so", "quanHe")}
    whole = _row(submission("a", {**rows, "lyDo": MANUAL}))
    broken = _row(submission("a", {**rows, "thanhVien[2].quanHe": MANUAL, "lyDo": MANUAL}))

    assert _fraction(whole["core"]) == (2, 3)
    assert _fraction(whole["reduction"]) == (6, 7)
    assert _fraction(broken["core"]) == (1, 3)


def test_required_only_accompanies_form_ceiling() -> None:
    fields = {**PLAIN, "queXa": MANUAL, "ghiChu": MANUAL}
    row = _row(submission("a", fields), submission("b", fields))

    assert _fraction(row["required_only"]) == (4, 6)
    assert _fraction(row["ceiling"]) == (8, 12)


def test_source_shares_sum_to_reduction() -> None:
    fields = {
        **PLAIN,
        "queTinh": filled(Verdict.AUTO, "fact", "records"),
        "queXa": filled(Verdict.OVERRIDE, "fact", "records"),
        "ghiChu": filled(Verdict.AUTO, "constant", "records"),
    }
    row = _row(submission("a", fields))

    assert {source: _fraction(one["share"]) for source, one in row["by_source"].items()} == {
        "population": (2, 6),
        "records": (1, 6),
        "session": (1, 6),
    }
    assert _fraction(row["reduction"]) == (4, 6)
    assert _fraction(row["by_source"]["records"]["acceptance"]) == (1, 2)


def test_left_to_declare_has_mean_and_median() -> None:
    one, three = {"hoTen": MANUAL}, dict.fromkeys(("hoTen", "gioiTinh", "lyDo"), MANUAL)
    even = _row(submission("a", one), submission("b", three))
    odd = _row(submission("a", one), submission("b", three), submission("c", one))

    assert _fraction(even["left_to_declare"]["mean"]) == (4, 2)
    assert even["left_to_declare"]["median"] == {"numerator": 4, "denominator": 2, "value": 2.0}
    assert _fraction(odd["left_to_declare"]["median"]) == (1, 1)


@pytest.mark.threat(15)
def test_declared_fields_without_item_are_published() -> None:
    assert _row(submission("a", {"ghiChu": MANUAL, "lyDo": MANUAL}))["declared_extra"] == 1


def test_override_and_contested_are_shares_of_shown() -> None:
    fields = {"hoTen": CONTESTED, "gioiTinh": OVERRIDE, "diaChi": OVERRIDE, "queTinh": AUTO}
    row = _row(submission("a", {**fields, "queXa": HIDDEN, "lyDo": MANUAL}))

    assert _fraction(row["override_rate"]) == (2, 4)
    assert _fraction(row["contested_rate"]) == (1, 4)


def test_empties_come_from_the_last_receipt() -> None:
    states = {"hoTen": "F", "gioiTinh": "n", "lyDo": "b", "thanhVien[0].so": "u"}
    row = _row(
        prefill("a", states={"hoTen": "u", "gioiTinh": "u"}, n=[5, 0]),
        prefill("a", states=states, n=[8, 6]),
    )

    assert {reason: count for reason, count in row["empties"].items() if count} == {
        "not_held": 1,
        "not_bound": 1,
        "source_unavailable": 1,
    }
    assert row["offered"] == {"numerator": 6, "denominator": 8, "value": 0.75}
    assert row["chains"] == 1


def test_source_failures_count_over_all_attempts() -> None:
    row = _row(
        prefill("a", q=[["population", "found", 2, 3], ["records", "no_record", 1, 0]]),
        prefill("b", q=[["population", "unavailable", 2, 0]]),
    )

    population = row["source_failures"]["population"]
    assert _fraction(population.pop("failed_attempts")) == (3, 4)
    assert population == {"reads": 2, "unavailable": 1, "surplus": 3}
    assert _fraction(row["source_failures"]["records"]["failed_attempts"]) == (0, 1)


@pytest.mark.threat(17)
def test_unsubmitted_case_is_abandoned_once() -> None:
    bodies = [
        prefill("gone", "one"),
        prefill("gone", "two"),
        abandoned("gone", "one"),
        abandoned("gone", "two"),
        prefill("open", "three"),
        prefill("open", "four"),
        abandoned("open", "three"),
        prefill("done", "five"),
        abandoned("done", "five"),
        prefill("done", "six"),
        submission("done", PLAIN, "six"),
    ]

    assert _fraction(_row(*bodies)["abandoned"]) == (1, 2)


@pytest.mark.threat(17)
def test_five_refusals_end_a_chain() -> None:
    four = [refusal("a", "hoTen") for _ in range(4)]
    other = [refusal("a", "gioiTinh")]

    assert _row(prefill("a"), *four, *other)["abandoned"]["numerator"] == 0
    row = _row(prefill("a"), *four, *other, refusal("a", "hoTen"))
    assert (row["abandoned"]["numerator"], row["refusals"]) == (1, 6)


def test_rows_too_many_close_no_chain() -> None:
    added = refusal("a", f=[["thanhVien", "row_added"]])

    assert _row(prefill("a"), *[added] * 6)["abandoned"]["numerator"] == 0


@pytest.mark.threat(18)
def test_instant_dossier_saves_nothing() -> None:
    row = _row(submission("a", PLAIN, sec=20), submission("b", PLAIN, sec=21))

    assert _fraction(row["instant"]) == (1, 2)
    assert _fraction(row["reduction"]) == (3, 5)
    assert _fraction(row["core"]) == (1, 3)
    assert (row["auto"], row["auto_instant"], row["declared"]) == (3, 3, 2)
    assert row["by_source"]["population"]["auto"] == 2
    assert _fraction(row["required_only"]) == (2, 4)


def test_mock_report_discloses_zero_instant_rule() -> None:
    document = _document([submission("a", PLAIN, sec=0)], seconds=0, per_field=0, mock=True)

    assert _fraction(document["forms"][0]["instant"]) == (0, 1)
    assert "figures from mock sources" in document["notice"][0]
    assert "instant rule is set to 0" in document["notice"][1]


def test_resubmitted_dossier_counts_once() -> None:
    first = submission("a", {**PLAIN, "lyDo": MANUAL}, "one")
    second = submission("a", {**PLAIN, "gioiTinh": MANUAL}, "two", ch="desk")
    row = _row(first, second)

    assert (row["dossiers"], row["submissions"], row["channel"]) == (1, 2, "paper")
    assert _fraction(row["reduction"]) == (2, 4)


def test_auto_field_was_auto_in_each_submission() -> None:
    typed_first = _row(
        submission("a", {**PLAIN, "gioiTinh": MANUAL}, "one"), submission("a", PLAIN, "two")
    )
    blank_first = _row(
        submission("a", {**PLAIN, "diaChi": BLANK}, "one"), submission("a", PLAIN, "two")
    )
    not_asked_first = _row(
        submission("a", {"hoTen": PLAIN["hoTen"], "lyDo": MANUAL}, "one"),
        submission("a", PLAIN, "two"),
    )

    assert _fraction(typed_first["reduction"]) == (2, 4)
    assert _fraction(blank_first["reduction"]) == (2, 3)
    assert _fraction(not_asked_first["reduction"]) == (1, 2)


def test_given_value_stays_declared_while_shown() -> None:
    shown = _row(submission("a", PLAIN, "one"), submission("a", {**PLAIN, "lyDo": MISSING}, "two"))
    emptied = _row(
        submission("a", {**PLAIN, "ghiChu": MANUAL}, "one"),
        submission("a", {**PLAIN, "ghiChu": BLANK}, "two"),
    )
    gone = _row(submission("a", {**PLAIN, "ghiChu": MANUAL}, "one"), submission("a", PLAIN, "two"))

    assert (shown["declared"], shown["missing"]) == (1, 1)
    assert emptied["declared"] == 2
    assert gone["declared"] == 1


def test_value_known_once_is_no_fact() -> None:
    known = {**PLAIN, "gioiTinh": filled(Verdict.AUTO, "known", "session")}
    row = _row(submission("a", known, "one"), submission("a", PLAIN, "two"))

    assert row["auto_by_class"]["known"] == 2
    assert row["auto_by_class"]["fact"] == 0


def test_one_instant_submission_makes_dossier_instant() -> None:
    row = _row(submission("a", PLAIN, "one", sec=1), submission("a", PLAIN, "two"))

    assert _fraction(row["instant"]) == (1, 1)


@pytest.mark.threat(16)
def test_item_dropped_later_stays_declared() -> None:
    fields = {path: one for path, one in PLAIN.items() if path != "lyDo"}
    row = _row(submission("a", fields, fv=SECOND), submission("b", fields, fv=SECOND))

    assert row["dropped"] == 2
    assert _fraction(row["reduction"]) == (6, 8)
    assert _fraction(row["required_only"]) == (4, 6)
    assert row["left_to_declare"]["median"]["value"] == 1
    assert row["items"] == {
        "absent": ["signature"],
        "dropped": ["reason"],
        "abolished": [],
        "added": [],
    }


def test_paper_and_online_are_never_merged() -> None:
    bodies = [submission(case, PLAIN, ch=case) for case in ("online", "desk", "post")]
    document = _document(bodies, Question(TENANT, by="form"))

    assert [(row["channel"], row["dossiers"]) for row in document["forms"]] == [
        ("online", 1),
        ("paper", 2),
    ]
    assert document["total"]["online"]["dossiers"] == 1
    assert document["total"]["paper"]["dossiers"] == 2


def test_attachments_are_counted_apart_from_fields() -> None:
    counts = {"reused": 1, "replaced": 1, "uploaded": 2, "officer": 1, "blank": 4}
    row = _row(submission("a", PLAIN, att=counts))

    assert _fraction(row["attachments"]["saved"]) == (2, 5)
    assert _fraction(row["reduction"]) == (3, 4)


@pytest.mark.threat(18)
def test_test_tenants_count_for_themselves_only() -> None:
    bodies = [submission("a", PLAIN, ten=TEST_TENANT), submission("b", PLAIN)]
    everybody = _document(bodies, Question(None))
    themselves = _document(bodies, Question(TEST_TENANT))

    assert everybody["forms"][0]["dossiers"] == 1
    assert themselves["forms"][0]["dossiers"] == 1
    assert any("test tenant" in line for line in themselves["notice"])


def test_tenant_sees_its_own_dossiers() -> None:
    bodies = [submission("a", PLAIN, ten="another"), submission("b", {"lyDo": MANUAL})]

    assert _document(bodies)["forms"][0]["manual"] == 1


@pytest.mark.threat(20)
def test_definition_holds_from_its_leaf() -> None:
    before = _row(submission("a", PLAIN, sec=1))
    assert before["instant"]["numerator"] == 1

    with pytest.raises(CannotMeasure, match="leaf 0: no definition"):
        Measurement(definitions(), Question().scope).add_case(
            decoded([(0, submission("a", PLAIN))])
        )


def test_form_version_precedes_its_payloads() -> None:
    with pytest.raises(CannotMeasure, match="leaf 1: it names no form version"):
        Measurement(definitions(), Question().scope).add_case(
            decoded([(1, submission("a", PLAIN, fv=FIRST))])
        )


@pytest.mark.parametrize(
    ("defect", "change"),
    {
        "one auto too many is stated": {"n": {"auto": 4}},
        "visible is one short": {"n": {"visible": 3}},
        "filled is one short": {"n": {"filled": 2}},
        "a verdict was turned into auto": {"vd": "AAA---A.."},
        "a filled field was taken for blank": {"vd": "AAB---M.."},
        "a blank field is stated as filled": {
            "vd": "AAAB--M..",
            "cl": "KFGF---..",
            "so": "spps---..",
            "n": {"blank": 1, "filled": 4, "visible": 5},
        },
        "an unfilled auto stands beside a filled blank": {
            "vd": "AAAB--M..",
            "cl": "-FGF---..",
            "so": "-pps---..",
            "n": {"blank": 1, "visible": 5},
        },
        "a verdict has no letter": {"vd": "AAA---?.."},
        "a class stands where nothing was judged": {"cl": "KFGF---..", "so": "sppp---.."},
        "a letter is missing": {"vd": "AAA---M."},
        "a source is missing": {"so": "sp-----.."},
    }.items(),
)
def test_unbalanced_payload_fails_and_is_named(defect: str, change: Mapping[str, Any]) -> None:
    body = submission("a", PLAIN)
    for member, value in change.items():
        body[member] = {**body[member], **value} if isinstance(value, dict) else value

    with pytest.raises(CannotMeasure, match="leaf 101") as refused:
        _document([submission("fine", PLAIN), body])
    assert refused.value.leaf == 101


def test_later_submission_keeps_the_dossiers_month() -> None:
    bodies = [submission("a", PLAIN, "one"), submission("a", PLAIN, "two", h=HOUR + 2000)]
    found = definitions()

    def dossiers(first: int, last: int) -> int:
        question = Question(TENANT)
        measurement = Measurement(
            found, type(question.scope)(TENANT, first_hour=first, last_hour=last)
        )
        for case in by_case(enumerate(bodies, start=100)):
            measurement.add_case(decoded(case))
        return sum(sums["dossiers",] for sums in measurement.sums().values())

    assert dossiers(HOUR, HOUR) == 1
    assert dossiers(HOUR + 1, HOUR + 3000) == 0
