"""iGate's hands: what is typed has the component's own shape, and other dress is the same value."""

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.forms.definition import read_definition
from gateway.forms.values import canonical
from mocks.igate.form import Input, read_form, template_of
from mocks.igate.screen import get, put
from mocks.igate.typist import day, differently, instant, invent, type_in
from mocks.igate.wording import reworded

SCHEMAS = Path(__file__).parents[2] / "schemas" / "forms"
CODES = sorted(path.name for path in SCHEMAS.iterdir())
SEXES = (("1", "Nam"), ("0", "Nữ"))


def field(kind: str, *, item: bool = False, **limits: Any) -> Input:
    return Input("o", kind, "Ô", False, SEXES, None, item, False, limits)


def test_day_is_its_local_midnight() -> None:
    assert instant("1990-01-15") == "1990-01-14T17:00:00.000+0000"
    assert instant("1965-03-01") == "1965-02-28T16:00:00.000+0000"


def test_day_component_zeros_unknown_parts() -> None:
    assert day("1990-01-31") == "31/01/1990"
    assert day("1990-01") == "00/01/1990"
    assert day("1990") == "00/00/1990"


def test_choice_is_found_by_label_first() -> None:
    answer = {"code": "male", "label": "Nam"}
    assert type_in(field("radio"), answer, SEXES) == "1"
    assert type_in(field("select", item=True), answer, SEXES) == {"label": "Nam", "value": "1"}
    assert type_in(field("radio"), {"code": "0", "label": ""}, SEXES) == "0"
    assert type_in(field("radio"), "không có", SEXES) is None


def test_yes_and_no_use_form_words() -> None:
    choices = (("co", "Có"), ("khong", "Không"))
    assert type_in(field("radio"), True, choices) == "co"
    assert type_in(field("radio"), False, choices) == "khong"
    assert type_in(field("checkbox"), True, ()) is True


def test_boxes_are_ticked_one_by_one() -> None:
    assert type_in(field("selectboxes"), ("1",), SEXES) == {"1": True, "0": False}
    assert type_in(field("selectboxes"), (), SEXES) is None


def test_text_takes_dates_and_codes_as_written() -> None:
    assert type_in(field("textfield"), "1990-01-31", ()) == "31/01/1990"
    assert type_in(field("textfield"), {"code": "01", "label": "Kinh"}, ()) == "Kinh"
    assert type_in(field("textfield", maxLength=4), "Thôn Năm", ()) == "Thôn"
    assert type_in(field("number"), "12", ()) == 12
    assert type_in(field("number"), "mười", ()) is None


@pytest.mark.parametrize("code", CODES)
def test_typed_values_fit_and_are_distinguishable(code: str) -> None:
    definition = read_definition((SCHEMAS / code / "form.json").read_bytes())
    form = read_form(json.loads(definition.raw), bindings(code))
    chance = random.Random(code)
    for path, one in form.inputs.items():
        choices = one.choices or (("01", "Một"), ("02", "Hai"))
        value = invent(one, choices, chance)
        if one.addressee or value is None:
            continue
        template = definition.field(path)
        assert canonical(template, value) != "", path
        other = differently(one, value, choices)
        if other is not None:
            assert canonical(template, other) != canonical(template, value), path


@pytest.mark.parametrize("code", CODES)
def test_another_dress_never_changes_a_value(code: str) -> None:
    definition = read_definition((SCHEMAS / code / "form.json").read_bytes())
    form = read_form(json.loads(definition.raw), bindings(code))
    chance = random.Random(code)
    data = {
        path: invent(one, one.choices or (("01", "Xã Một"),), chance)
        for path, one in form.inputs.items()
        if "[]" not in path and not one.addressee
    }
    for _ in range(20):
        dressed = reworded(data, chance)
        for path, value in data.items():
            template = definition.field(path)
            assert canonical(template, dressed[path]) == canonical(template, value), path


def test_every_day_survives_its_instant() -> None:
    definition = read_definition((SCHEMAS / "tk01-passport" / "form.json").read_bytes())
    born = definition.field("ngaySinh")
    chance = random.Random(1)
    one = date(1930, 1, 1)
    while one.year < 2030:
        typed = reworded({"ngaySinh": instant(one.isoformat())}, chance)["ngaySinh"]
        assert canonical(born, typed) == f"D {one.isoformat()}"
        one += timedelta(days=13)


def test_steering_questions_are_answered_first() -> None:
    form = read_form(
        json.loads((SCHEMAS / "birth-registration" / "form.json").read_bytes()),
        bindings("birth-registration"),
    )
    assert {"quanHe", "loaiKhaiSinh", "soDinhDanhMe", "deNghiCapBanSao"} <= form.deciding
    assert "noiDangKyKetHon" not in form.deciding
    assert form.inputs["kinhGui"].addressee
    assert (
        form.inputs["xaNoiSinh"].remote
        == "/catalogue/communes?province={{ data.tinhNoiSinh.value }}"
    )


def test_rows_are_required_where_form_says() -> None:
    code = "household-business-registration"
    form = read_form(json.loads((SCHEMAS / code / "form.json").read_bytes()), bindings(code))
    assert form.required_groups == {"nganhNghe"}
    assert template_of("nganhNghe[3].maNganh") in form.inputs


def test_path_reaches_a_place_in_data() -> None:
    data: dict[str, Any] = {"dong": [{}, {}]}
    put(data, "dong[1].ten", "An")
    put(data, "ngoai.trong", 1)
    assert data == {"dong": [{}, {"ten": "An"}], "ngoai": {"trong": 1}}
    assert get(data, "dong[1].ten") == "An"
    assert get(data, "dong[2].ten") is None


def bindings(code: str) -> Any:
    return json.loads((SCHEMAS / code / "bindings.json").read_bytes())
