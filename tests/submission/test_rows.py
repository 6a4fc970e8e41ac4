"""Rows of people from the household's record: moved, mixed, added, altered, removed, contested."""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import House, Walk

pytestmark = pytest.mark.threat(14)

GROUPS = {
    "ct01-permanent-residence": "thanhVien",
    "household-business-registration": "thanhVien",
}
FORMS = list(GROUPS)


@pytest.fixture(scope="module")
def village(house: House) -> House:
    for form in FORMS:
        house.file_records_of(*house.story(form).owners)
    return house


@pytest.fixture
def walk(village: House, form: str) -> Walk:
    walk = village.walk(village.story(form))
    assert len(rows_of(walk)) >= 2
    return walk


def rows_of(walk: Walk) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = walk.data["thanhVien"]
    return rows


def with_rows(walk: Walk, rows: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "receipt": walk.receipt,
        "data": {**copy.deepcopy(walk.data), "thanhVien": rows},
        **more,
    }


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    return {f["path"]: f["verdict"] for f in answer["fields"]}


def locked_columns(walk: Walk) -> list[str]:
    return [p.partition("].")[2] for p in walk.locked if p.startswith("thanhVien[0].")]


@pytest.mark.parametrize("form", FORMS)
def test_rows_may_stand_in_another_order(village: House, walk: Walk) -> None:
    before = village.accepted(village.walk(village.story(form_of(walk))).submission())
    turned = village.accepted(with_rows(walk, rows_of(walk)[::-1]))
    assert turned["counts"] == before["counts"]
    cells = {v for path, v in verdicts(turned).items() if path.startswith("thanhVien[")}
    assert cells == {"auto"}


def form_of(walk: Walk) -> str:
    return str(walk.answer["form"]["code"])


@pytest.mark.parametrize("form", FORMS)
def test_resent_rows_get_the_same_answer(village: House, walk: Walk) -> None:
    rows = rows_of(walk)
    for body in (
        with_rows(walk, rows[:-1]),
        with_rows(village.walk(village.story(form_of(walk))), rows),
    ):
        first = village.accepted(body)
        leaves = village.leaf_count()
        again = village.accepted(body)
        assert again == first
        assert village.leaf_count() == leaves


@pytest.mark.parametrize("form", FORMS)
def test_surplus_row_is_refused_by_group(village: House, walk: Walk) -> None:
    rows = rows_of(walk)
    for extra in (dict(rows[0]), {}, {"hoTenThanhVien": "Nguyễn Văn Thêm"}, None, "x"):
        assert village.refused(with_rows(walk, [*rows, extra])) == {"thanhVien": "row_added"}
        assert village.refused(with_rows(walk, [extra, *rows])) == {"thanhVien": "row_added"}
    # a row too many counts for no field: ten refusals later the chain still lives
    assert village.accepted(walk.submission())["counts"]["contested"] == 0


@pytest.mark.parametrize("form", FORMS)
def test_changed_cells_are_named_in_place(village: House, walk: Walk) -> None:
    for column in locked_columns(walk):
        for altered in (["không phải"], ""):
            rows = copy.deepcopy(rows_of(walk))[::-1]
            rows[0][column] = altered
            assert village.refused(with_rows(walk, rows)) == {
                f"thanhVien[0].{column}": "locked_value_changed"
            }


@pytest.mark.parametrize("form", FORMS)
def test_cell_of_another_row_is_mixed(village: House, walk: Walk) -> None:
    rows = copy.deepcopy(rows_of(walk))
    name = next(c for c in locked_columns(walk) if c.startswith("hoTen"))
    rows[0][name], rows[1][name] = rows[1][name], rows[0][name]
    assert village.refused(with_rows(walk, rows)) == {
        f"thanhVien[0].{name}": "row_mixed",
        f"thanhVien[1].{name}": "row_mixed",
    }


@pytest.mark.parametrize("form", FORMS)
def test_one_row_tag_serves_one_row(village: House, walk: Walk) -> None:
    first = rows_of(walk)[0]
    refused = village.refused(with_rows(walk, [dict(first) for _ in rows_of(walk)]))
    assert set(refused) == {
        f"thanhVien[{index}].{column}"
        for index in range(1, len(rows_of(walk)))
        for column in locked_columns(walk)
        if rows_of(walk)[index].get(column) != first.get(column)
    }


@pytest.mark.parametrize("form", FORMS)
def test_removed_row_is_withdrawn_and_uncounted(village: House, walk: Walk) -> None:
    cells = [p for p in walk.filled if p.startswith("thanhVien[1].")]
    others = [p for p in walk.filled if p.startswith("thanhVien[") and p not in cells]
    rows = [row for number, row in enumerate(rows_of(walk)) if number != 1]
    answer = village.accepted(with_rows(walk, rows))
    counts = answer["counts"]
    assert counts["withdrawn"] == len(cells) > 0
    assert counts["visible"] == counts["auto"] + counts["declared"] + counts["blank"]
    assert sum(v == "auto" for p, v in verdicts(answer).items() if "thanhVien" in p) == len(others)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("nothing", [[], None, "", {}])
def test_all_rows_gone_are_all_withdrawn(village: House, walk: Walk, nothing: Any) -> None:
    cells = [p for p in walk.filled if p.startswith("thanhVien[")]
    counts = village.accepted(with_rows(walk, nothing))["counts"]
    assert counts["withdrawn"] == len(cells)


@pytest.mark.parametrize("form", FORMS)
def test_a_contested_group_takes_a_newborn(village: House, walk: Walk) -> None:
    cells = [p for p in walk.filled if p.startswith("thanhVien[")]
    rows = copy.deepcopy(rows_of(walk))
    rows[0][locked_columns(walk)[0]] = "Nguyễn Thị Khác"
    newborn = {"hoTenThanhVien": "Nguyễn Thị Mới"}
    answer = village.accepted(with_rows(walk, [*rows, newborn], contested=["thanhVien"]))
    found = verdicts(answer)
    assert {found[path] for path in cells} == {"contested"}
    assert found[f"thanhVien[{len(rows)}].hoTenThanhVien"] == "manual"
    assert answer["counts"]["contested"] == len(cells)


@pytest.mark.parametrize("form", FORMS)
def test_contested_cell_leaves_other_cells(village: House, walk: Walk) -> None:
    column = locked_columns(walk)[0]
    path = f"thanhVien[0].{column}"
    rows = copy.deepcopy(rows_of(walk))
    rows[0][column] = "Nguyễn Thị Khác"
    found = verdicts(village.accepted(with_rows(walk, rows, contested=[path])))
    assert [p for p, v in found.items() if v == "contested"] == [path]


@pytest.mark.parametrize("form", FORMS[:1])
@pytest.mark.parametrize(
    "path", ["thanhVien[9].hoTenThanhVien", "thanhVien[0].khongCo", "khongCo", "thanhVienX"]
)
def test_missing_place_cannot_be_contested(village: House, walk: Walk, path: str) -> None:
    answer = village.submit(walk.submission(contested=[path]))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_place")
    assert answer.json()["fields"] == [{"path": "contested[0]", "code": "unknown_place"}]


@pytest.mark.parametrize("form", FORMS)
def test_rows_left_out_later_stay_judged(village: House, walk: Walk) -> None:
    """What was filled once in a chain stays judged: leaving the rows out makes no free rows."""
    cells = [p for p in walk.filled if p.startswith("thanhVien[")]
    rows = rows_of(walk)
    for left in (rows[:1], []):
        data = {**copy.deepcopy(walk.data), "thanhVien": left}
        again = village.filled({**walk.questions[-1], "data": data, "extends": walk.receipt})
        receipt = again["receipt"]
        altered = copy.deepcopy(rows)
        altered[1][locked_columns(walk)[0]] = "Nguyễn Thị Khác"
        refused = village.refused({**with_rows(walk, altered), "receipt": receipt})
        assert refused == {f"thanhVien[1].{locked_columns(walk)[0]}": "locked_value_changed"}
        turned = {**with_rows(walk, rows[::-1]), "receipt": receipt}
        walk.answer = again
    counts = village.accepted(turned)["counts"]
    assert counts["withdrawn"] == 0
    assert counts["contested"] == 1
    assert len(cells) > 2


@pytest.mark.threat(29)
@pytest.mark.parametrize("form", FORMS[:1])
def test_absurd_number_of_rows_is_refused(village: House, walk: Walk) -> None:
    """Each row costs as many fields as the group has columns: a small body could hold thousands."""
    question = walk.questions[0]
    many: tuple[list[Any], ...] = ([{}] * 301, [[{}] * 30] * 10, [0] * 300_000)
    for rows in many:
        data = {**question["data"], "thanhVien": rows}
        for answer in (
            village.prefill({**question, "data": data}),
            village.submit(with_rows(walk, rows)),
        ):
            assert answer.status_code == 422
            assert answer.json()["fields"] == [{"path": "data", "code": "too_many_rows"}]
    assert village.prefill({**question, "data": {"thanhVien": [{}] * 300}}).status_code == 200
    assert village.accepted(walk.submission())["accepted"]


def test_changeable_rows_are_found_by_key(village: House) -> None:
    form, group = "single-member-llc-registration", "nguonVon"

    def judged(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> dict[str, str]:
        walk = village.walk(village.story(form))
        data = copy.deepcopy(walk.data)
        data[group] = change(data[group])
        answer = village.accepted({**walk.submission(), "data": data})
        return {p: v for p, v in verdicts(answer).items() if p.startswith(f"{group}[")}

    def among(found: dict[str, str], row: int) -> set[str]:
        return {verdict for path, verdict in found.items() if path.startswith(f"{group}[{row}]")}

    in_order = judged(lambda rows: rows)
    assert len(in_order) >= 2 * 3 and set(in_order.values()) <= {"auto", "manual"}
    turned = judged(lambda rows: rows[::-1])
    assert Counter(turned.values()) == Counter(in_order.values())
    shortened = judged(lambda rows: rows[1:])
    assert [among(shortened, row) for row in range(2)] == [among(in_order, 1), among(in_order, 2)]
    assert "withdrawn" in shortened.values() and "override" not in shortened.values()
    doubled = judged(lambda rows: [rows[0], dict(rows[0]), *rows[2:]])
    assert "withdrawn" not in doubled.values(), "one row's key takes one number"


@pytest.mark.parametrize("form", FORMS[:1])
def test_hidden_rows_may_be_emptied_not_altered(village: House, walk: Walk) -> None:
    (column, *_) = locked_columns(walk)
    gone = {"coThanhVienCungThayDoi": "khong"}
    altered = copy.deepcopy(rows_of(walk))
    altered[0][column] = "Bùi Thị Khác"
    body = with_rows(walk, altered)
    assert f"thanhVien[0].{column}" in village.refused({**body, "data": body["data"] | gone})

    body = with_rows(walk, [{} for _ in rows_of(walk)])
    answer = village.accepted({**body, "data": body["data"] | gone})
    cells = {v for path, v in verdicts(answer).items() if path.startswith("thanhVien[")}
    assert cells == {"hidden"}


def test_moved_cell_can_be_contested(village: House) -> None:
    form, group = "single-member-llc-registration", "nguonVon"
    walk = village.walk(village.story(form))
    data = copy.deepcopy(walk.data)
    data[group] = [{}, *data[group]]
    last = len(data[group]) - 1
    assert f"{group}[{last}].loaiNguonVon" not in walk.filled

    def sent(row: int, column: str = "loaiNguonVon") -> dict[str, Any]:
        body = walk.submission(contested=[f"{group}[{row}].{column}"])
        return {**body, "data": copy.deepcopy(data)}

    for unknown in (sent(last + 1), sent(last, "khongCo")):
        refused = village.submit(unknown)
        assert (refused.status_code, refused.json()["code"]) == (422, "unknown_place")
    judged = verdicts(village.accepted(sent(last)))
    assert judged[f"{group}[{last}].loaiNguonVon"] == "contested"
