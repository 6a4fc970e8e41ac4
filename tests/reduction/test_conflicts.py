"""Over which attributes do sources differ? Counted from letters and the form version's field list."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.errors import CannotMeasure
from gateway.reduction._measure import Measurement
from gateway.reduction.report import Counted, Evidence, Question, report
from tests.log.writing import decoded
from tests.reduction.bodies import TENANT, by_case, definitions, prefill


def rows_of(*bodies: Mapping[str, Any]) -> list[dict[str, Any]]:
    found, question = definitions(), Question(TENANT)
    measurement = Measurement(found, question.scope)
    for case in by_case(enumerate(bodies, start=100)):
        measurement.add_case(decoded(case))
    counted = Counted(measurement.sums(), measurement.forms())
    document = report(question, counted, Evidence(200, bytes(32), found))
    return [*document["forms"], document["total"]["online"]]


def test_conflicts_are_counted_by_attribute() -> None:
    states = {"hoTen": "F", "gioiTinh": "c", "thanhVien[0].so": "c", "thanhVien[1].so": "c"}
    rows = rows_of(prefill("a", states=states), prefill("b", states={"gioiTinh": "c"}))

    for row in rows:
        assert row["conflicts"] == {"person.personal_id": 2, "person.sex": 2}
        assert row["empties"]["conflict"] == sum(row["conflicts"].values())


def test_last_receipt_decides_a_conflict() -> None:
    (row, _) = rows_of(
        prefill("a", states={"gioiTinh": "c", "diaChi": "c"}),
        prefill("a", states={"gioiTinh": "F", "diaChi": "c"}),
    )

    assert row["conflicts"] == {"residence.address": 1}


def test_agreeing_sources_list_nothing() -> None:
    (row, _) = rows_of(prefill("a"))

    assert row["conflicts"] == {}


def test_conflict_over_unfilled_field_is_ignored() -> None:
    with pytest.raises(CannotMeasure) as raised:
        rows_of(prefill("a", states={"lyDo": "c"}))

    assert raised.value.leaf == 100
