import pytest

from gateway.domain.codelists import CodeLists, folded


def test_units_are_of_two_level_model(lists: CodeLists) -> None:
    assert len(lists.provinces) == 34
    assert sum(len(communes) for communes in lists.communes.values()) == 3321
    assert len(lists.merged_into) == 63


def test_reassigned_code_leads_to_one_present_province(lists: CodeLists) -> None:
    before = {
        "15": "Yên Bái",
        "24": "Bắc Giang",
        "44": "Quảng Bình",
        "52": "Bình Định",
        "80": "Long An",
        "82": "Tiền Giang",
        "91": "Kiên Giang",
    }

    assert {code: lists.old_names[code] for code in before} == before
    for code, province in lists.provinces.items():
        assert lists.province_before_2025(code) == province


def test_old_province_maps_to_present_one(lists: CodeLists) -> None:
    pairs = {"02": "Tỉnh Tuyên Quang", "27": "Tỉnh Bắc Ninh", "77": "Thành phố Hồ Chí Minh"}

    assert {code: lists.merged_into[code].label for code in pairs} == pairs
    assert lists.province("27") is None


def test_label_ignores_case_form_and_blanks(lists: CodeLists) -> None:
    found = lists.labelled("ethnicity", "  KINH ")

    assert found is not None and found.code == "01"
    assert folded("Hoà\u0301  Bình") == folded("hoà\u0301 BÌNH")
    assert lists.labelled("ethnicity", "Sao Hỏa") is None
    assert lists.labelled("no such list", "Kinh") is None


@pytest.mark.parametrize("name", ["Tỉnh Quảng Ngãi", "QUẢNG NGÃI", "tỉnh  quảng ngãi"])
def test_province_is_found_without_unit_word(lists: CodeLists, name: str) -> None:
    found = lists.labelled("province", name)

    assert found is not None and found.code == "51"


def test_commune_belongs_to_its_province(lists: CodeLists) -> None:
    here = lists.commune("51", "21400")

    assert here is not None and here.label == "Xã Mộ Đức"
    assert lists.commune("01", "21400") is None
    assert lists.commune("51", "99999") is None


def test_countries_have_their_vietnamese_names(lists: CodeLists) -> None:
    assert lists.label("country", "VN") == "Việt Nam"
    assert lists.label("country", "JP") == "Nhật Bản"
    assert lists.label("country", "XX") is None
