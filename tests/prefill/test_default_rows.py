"""Rows that a form itself begins a table with are placed as a browser places them."""

import pytest

from tests.conftest import House, Json, empties, filled

FORM = "single-member-llc-registration"
SOURCES = ["nha_nuoc", "tu_nhan", "nuoc_ngoai", "khac"]


def _asked(house: House, **data: object) -> Json:
    return house.filled(house.question(FORM, "ordinary", data=data))


def test_form_rows_come_with_constants_only(house: House) -> None:
    answer = _asked(house)

    rows = answer["data"]["nguonVon"]
    assert [row["loaiNguonVon"]["value"] for row in rows] == SOURCES
    said, missing = filled(answer), empties(answer)
    for number in range(len(SOURCES)):
        kind = said[f"nguonVon[{number}].loaiNguonVon"]
        assert (kind["class"], kind["source"], kind["edit"]) == ("constant", "session", "free")
        assert missing[f"nguonVon[{number}].soTienNguonVon"] == "not_bound"


def test_form_rows_are_not_typed_by_citizen(house: House) -> None:
    answer = _asked(house)
    data = answer["data"]
    for row in data["nguonVon"]:
        row["soTienNguonVon"] = 1_000

    body = {"receipt": answer["receipt"], "data": data}
    verdicts = {f["path"]: f["verdict"] for f in house.accepted(body)["fields"]}

    for number in range(len(SOURCES)):
        assert verdicts[f"nguonVon[{number}].loaiNguonVon"] == "auto"
        assert verdicts[f"nguonVon[{number}].soTienNguonVon"] == "manual"


def test_removed_row_is_withdrawn_changed_is_override(
    house: House,
) -> None:
    answer = _asked(house)
    data = answer["data"]
    gone = data["nguonVon"].pop()
    assert gone["loaiNguonVon"]["value"] == "khac"

    body = {"receipt": answer["receipt"], "data": data}
    taken = house.accepted(body)

    verdicts = {f["path"]: f["verdict"] for f in taken["fields"]}
    assert verdicts["nguonVon[3].loaiNguonVon"] == "withdrawn"
    assert verdicts["nguonVon[0].loaiNguonVon"] == "auto"


@pytest.mark.parametrize("rows", [[{"soTienNguonVon": 5}], [{"loaiNguonVon": "khac"}]])
def test_table_begun_by_citizen_gets_no_row(house: House, rows: list[Json]) -> None:
    answer = _asked(house, nguonVon=rows)

    paths = {f["path"] for f in answer["fields"] if f["path"].startswith("nguonVon")}
    assert {path.partition("]")[0] for path in paths} == {"nguonVon[0"}
