import pytest

from gateway.domain.codelists import CodeLists
from gateway.domain.identifiers import AttributeName
from gateway.sources._papers.places import place_attributes, place_facts
from gateway.sources.population._addresses import read_place

NEW = {"MaTinhThanh": "51", "MaQuanHuyen": "", "MaPhuongXa": "21400", "QuocGia": "VN"}
OLD = {"MaTinhThanh": "24", "MaQuanHuyen": "213", "MaPhuongXa": "07228", "QuocGia": "VN"}
ATTRIBUTE = "person.hometown"


def read(parts: dict[str, str], lists: CodeLists) -> dict[str, str]:
    """The labels and texts of one address, by part."""
    place = read_place(parts, lists)
    assert place is not None
    facts = place_facts(ATTRIBUTE, place, place_attributes(ATTRIBUTE), lists)
    return {
        name.removeprefix(f"{ATTRIBUTE}."): str(getattr(value, "label", value))
        for name, value in facts.items()
    }


def test_address_without_district_uses_todays_units(lists: CodeLists) -> None:
    assert read(NEW | {"ChiTiet": "THÔN 5"}, lists) == {
        "country": "Việt Nam",
        "province": "Tỉnh Quảng Ngãi",
        "commune": "Xã Mộ Đức",
        "detail": "THÔN 5",
        "full": "THÔN 5, Xã Mộ Đức, Tỉnh Quảng Ngãi",
        "in_vietnam": "Trong nước",
    }


def test_address_with_district_uses_older_units(lists: CodeLists) -> None:
    detail = "THÔN 3, PHƯỜNG MẪU, THÀNH PHỐ BẮC GIANG, TỈNH BẮC GIANG"

    assert read(OLD | {"ChiTiet": detail}, lists) == {
        "country": "Việt Nam",
        "province": "Tỉnh Bắc Ninh",
        "detail": "THÔN 3, PHƯỜNG MẪU, THÀNH PHỐ BẮC GIANG",
        "in_vietnam": "Trong nước",
    }


def test_code_means_other_province_without_district(lists: CodeLists) -> None:
    today = {"MaTinhThanh": "15", "QuocGia": "VN", "ChiTiet": "TỔ 1"}
    before = today | {"MaQuanHuyen": "133", "MaPhuongXa": "04250"}

    assert read(today, lists)["province"] == "Tỉnh Lào Cai"
    assert read(before, lists)["province"] == "Tỉnh Lào Cai"  # Yên Bái became part of it
    assert read({"MaTinhThanh": "26", "ChiTiet": "TỔ 1"}, lists) == {"detail": "TỔ 1"}
    assert read({"MaTinhThanh": "26", "MaQuanHuyen": "243"}, lists)["province"] == "Tỉnh Phú Thọ"


@pytest.mark.parametrize("commune", ["99999", "00004"], ids=["nowhere", "in another province"])
def test_commune_of_other_province_leaves_no_unit(lists: CodeLists, commune: str) -> None:
    detail = "TỔ 1, XÃ MẪU, TỈNH QUẢNG NGÃI"

    assert read(NEW | {"MaPhuongXa": commune, "ChiTiet": detail}, lists) == {
        "country": "Việt Nam",
        "detail": detail,
        "in_vietnam": "Trong nước",
    }


DETAILS = {
    "TỔ 1, XÃ MỘ ĐỨC, TỈNH QUẢNG NGÃI": "TỔ 1",
    "TỔ 1,XÃ MỘ ĐỨC,QUẢNG NGÃI": "TỔ 1",
    "TỔ 1, Xã Mộ Đức, Tỉnh Quảng Ngãi, Việt Nam": "TỔ 1",
    "TỔ 1, XÃ MỘ ĐỨC, HUYỆN MỘ ĐỨC, TỈNH QUẢNG NGÃI": "TỔ 1",
    "TỔ 1, XÃ MỘ ĐỨC": "TỔ 1",
    "TỔ 1, TỈNH QUẢNG NGÃI": "TỔ 1",
    "TỔ 1, ĐƯỜNG QUẢNG NGÃI": "TỔ 1, ĐƯỜNG QUẢNG NGÃI",
    "TỔ 1, XÃ ĐỨC NHUẬN, TỈNH QUẢNG NGÃI": "TỔ 1, XÃ ĐỨC NHUẬN",
    "XÃ MỘ ĐỨC, TỈNH QUẢNG NGÃI": None,
    " TỔ 1 ": "TỔ 1",
    "": None,
}


@pytest.mark.parametrize("written", DETAILS)
def test_detail_omits_the_units_beside_it(lists: CodeLists, written: str) -> None:
    assert read(NEW | {"ChiTiet": written}, lists).get("detail") == DETAILS[written]


def test_an_address_abroad_has_no_unit(lists: CodeLists) -> None:
    abroad = NEW | {"QuocGia": "JP", "ChiTiet": "1-2-3 MINATO"}

    assert read(abroad, lists) == {
        "country": "Nhật Bản",
        "detail": "1-2-3 MINATO",
        "in_vietnam": "Nước ngoài",
    }


def test_unit_without_country_is_vietnamese(lists: CodeLists) -> None:
    facts = read(NEW | {"QuocGia": ""}, lists)

    assert facts["in_vietnam"] == "Trong nước" and "country" not in facts


@pytest.mark.parametrize(
    ("code", "province"),
    [
        ("01", "Thành phố Hà Nội"),
        ("24", "Tỉnh Bắc Ninh"),
        ("02", "Tỉnh Tuyên Quang"),
        ("21400", None),
        ("213", None),
    ],
    ids=["of one name", "of two names", "of the past", "a commune", "a district"],
)
def test_one_code_is_taken_for_province(lists: CodeLists, code: str, province: str | None) -> None:
    facts = read({"MaDonViHanhChinh": code, "ChiTiet": "TỔ 1"}, lists)

    assert (facts.get("province"), facts["detail"]) == (province, "TỔ 1")


def test_only_wanted_parts_are_given(lists: CodeLists) -> None:
    place = read_place(NEW, lists)
    assert place is not None
    wanted = frozenset({AttributeName("person.hometown.province")})

    assert set(place_facts(ATTRIBUTE, place, wanted, lists)) == wanted


def test_address_hides_its_detail(lists: CodeLists) -> None:
    assert "THÔN 5" not in repr(read_place(NEW | {"ChiTiet": "THÔN 5"}, lists))
