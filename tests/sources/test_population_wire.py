import base64

import pytest
from lxml import etree

from gateway.domain.codelists import CodeLists
from gateway.domain.errors import SourceBrokeContract
from gateway.domain.facts import Coded, Held, PartialDate, PersonRef
from gateway.domain.identifiers import AttributeName
from gateway.sources.population._reading import HELD, read_citizen
from gateway.sources.population._wire import (
    Asking,
    Citizens,
    Refused,
    read_answer,
    sign_in_headers,
)

ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
COLLECTION = (
    '<n:CongdanCollection xmlns:n="http://www.mic.gov.vn/dancu/1.0"{}>{}</n:CongdanCollection>'
)
NAMED = "<n:CongDan><n:HoVaTen><n:Ten>NGUYỄN VĂN MẪU</n:Ten></n:HoVaTen></n:CongDan>"


def envelope(body: str) -> bytes:
    return ENVELOPE.format(body).encode()


def citizens(content: bytes) -> Citizens:
    answer = read_answer(content)
    assert isinstance(answer, Citizens)
    return answer


def facts_of(lists: CodeLists, inside: str) -> dict[str, Held]:
    facts, _ = read_citizen(etree.fromstring(f"<CongDan>{inside}</CongDan>"), HELD, lists)
    return {str(name): value for name, value in facts.items()}


def test_sign_in_hash_matches_published_vector() -> None:
    headers = sign_in_headers(
        "https://csdldc.mock.example/dancu", "gw-mock", "not-a-real-secret", "1750000000000"
    )

    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == (
        "gw-mock:b0a0e3a8cab82c7792905a0d56421b85e1751a6c0457a2475601fbef987dbb2c"
    )


def test_sent_text_cannot_escape_its_element() -> None:
    asking = Asking("037", {"MaCanBo": "a</dan:MaCanBo><x>&"}, PartialDate(1990))
    operation = etree.fromstring(asking.envelope())[1][0]

    assert [child.text for child in operation][0] == "a</dan:MaCanBo><x>&"
    assert len(operation) == 2


@pytest.mark.parametrize(
    "content",
    [
        envelope(""),
        envelope(COLLECTION.format("", "")),
        envelope(COLLECTION.format("", "<n:CongDan/>")),
        envelope(COLLECTION.format("", "<n:CongDan><n:HoVaTen><n:Ten/></n:HoVaTen></n:CongDan>")),
        envelope(COLLECTION.format("", NAMED.replace("NGUYỄN VĂN MẪU", "  "))),
    ],
    ids=["an empty body", "no citizen", "an empty citizen", "no name", "a blank name"],
)
def test_nameless_answer_is_about_nobody(content: bytes) -> None:
    assert citizens(content).people == ()


@pytest.mark.parametrize("prefix", ["n", "ns1"])
def test_citizen_is_found_under_any_namespace(prefix: str) -> None:
    written = COLLECTION.format("", NAMED).replace("n:", f"{prefix}:")
    written = written.replace("xmlns:n=", f"xmlns:{prefix}=")
    elsewhere = written.replace("www.mic.gov.vn/dancu/1.0", "gtel.vn/qldc")

    assert len(citizens(envelope(written)).people) == len(citizens(envelope(elsewhere)).people) == 1


@pytest.mark.parametrize("code", ["004", "005"])
def test_refusal_is_read_wherever_it_stands(code: str) -> None:
    alone = f"<errorCode> {code} </errorCode>"

    assert read_answer(alone.encode()) == Refused(code)
    assert read_answer(envelope(alone)) == Refused(code)
    assert read_answer(envelope(f"<answer>{alone}</answer>")) == Refused(code)


BROKEN = {
    "a Fault": (envelope("<s:Fault><faultcode>s:Client</faultcode></s:Fault>"), "fault"),
    "another answer": (
        envelope("<KetQuaXacThuc><TonTai>true</TonTai></KetQuaXacThuc>"),
        "unreadable",
    ),
    "an unknown refusal": (b"<errorCode>999</errorCode>", "unreadable"),
    "a page": (b"<html><body>Bad Gateway</body></html>", "unreadable"),
    "no body": (b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>', "unreadable"),
    "a document type": (b"<!DOCTYPE Envelope>" + envelope(""), "unreadable"),
    "an entity": (
        b'<!DOCTYPE e [<!ENTITY x "NGUYEN">]>' + envelope(COLLECTION.format("", NAMED + "&x;")),
        "unreadable",
    ),
    "a file as entity": (
        b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + envelope(COLLECTION.format("", NAMED + "&x;")),
        "unreadable",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_foreign_answer_breaks_the_contract(case: str) -> None:
    content, cause = BROKEN[case]

    with pytest.raises(SourceBrokeContract) as raised:
        read_answer(content)
    assert raised.value.cause == cause


def test_hundred_thousand_levels_are_not_read() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        read_answer(b"<a>" * 100_000 + b"</a>" * 100_000)


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("2026-11-22T10:00:00+07:00", "2026-11-22T10:00:00+07:00"),
        ("2026-11-22T03:00:00Z", "2026-11-22T03:00:00+00:00"),
        ("2026-11-22T10:00:00", "2026-11-22T10:00:00+07:00"),
        ("yesterday", None),
        ("", None),
    ],
)
def test_data_time_defaults_to_vietnams_zone(stated: str, read: str | None) -> None:
    written = COLLECTION.format(f' ThoiDiemDuLieu="{stated}"', NAMED)
    time = citizens(envelope(written)).data_time

    assert (time and time.isoformat()) == read


DATES = {
    "<NgayThangNam>19900115</NgayThangNam>": PartialDate(1990, 1, 15),
    "<NgayThangNam>1990-01-15</NgayThangNam>": PartialDate(1990, 1, 15),
    "<Nam>1990</Nam><NgayThangNam/>": PartialDate(1990),
    "<Nam>1990</Nam>": PartialDate(1990),
    "<Nam>1990</Nam><NgayThangNam>19900000</NgayThangNam>": PartialDate(1990),
    "<Nam>1990</Nam><NgayThangNam>19900500</NgayThangNam>": PartialDate(1990, 5),
    "1990-01-15": PartialDate(1990, 1, 15),
    "<Nam>1990</Nam><NgayThangNam>19910115</NgayThangNam>": None,
    "<NgayThangNam>19900230</NgayThangNam>": None,
    "<NgayThangNam>19900015</NgayThangNam>": None,
    "<Nam>0000</Nam>": None,
    "<Nam>١٩٩٠</Nam>": None,
    "": None,
}


@pytest.mark.parametrize("written", DATES)
def test_birth_date_is_never_completed(lists: CodeLists, written: str) -> None:
    facts = facts_of(lists, f"<NgayThangNamSinh>{written}</NgayThangNamSinh>")

    assert facts.get("person.birth_date") == DATES[written]


def test_both_code_shapes_are_read(lists: CodeLists) -> None:
    plain = facts_of(lists, "<DanToc>06</DanToc><TonGiao>01</TonGiao>")
    nested = facts_of(
        lists,
        "<DanToc><MaDanToc>06</MaDanToc><TenGoi>Mường</TenGoi></DanToc>"
        "<TonGiao><MaTonGiao>01</MaTonGiao></TonGiao>",
    )

    assert plain == nested
    assert plain["person.ethnicity"] == Coded("ethnicity", "06", "Mường")


@pytest.mark.parametrize(
    "written",
    [
        "<GioiTinh>0</GioiTinh>",
        "<GioiTinh/>",
        "<DanToc>99</DanToc>",
        "<DanToc>77</DanToc>",
        "<TonGiao>99</TonGiao>",
        "<TinhTrangHonNhan>0</TinhTrangHonNhan>",
        "<QuocTich/>",
        "<QuocTich>XX</QuocTich>",
        "<SoCMND/>",
        "<Cha><HoVaTen/><SoDinhDanh/></Cha>",
        "<ThuongTru><MaTinhThanh/><ChiTiet/></ThuongTru>",
        "<ThuongTru/>",
    ],
)
def test_empty_code_and_element_are_absent(lists: CodeLists, written: str) -> None:
    assert facts_of(lists, written) == {}


def test_nationality_is_not_inferred_from_address(lists: CodeLists) -> None:
    facts = facts_of(lists, "<QuocTich/><ThuongTru><QuocGia>VN</QuocGia></ThuongTru>")

    assert "person.nationality" not in facts
    assert facts["person.permanent_address.country"] == Coded("country", "VN", "Việt Nam")


def test_name_in_three_parts_is_joined(lists: CodeLists) -> None:
    split = "<HoVaTen><Ho>NGUYỄN</Ho><ChuDem>VĂN</ChuDem><Ten>MẪU</Ten></HoVaTen>"
    whole = "<HoVaTen><Ho/><ChuDem/><Ten> NGUYỄN  VĂN MẪU </Ten></HoVaTen>"

    assert facts_of(lists, split) == facts_of(lists, whole)
    assert facts_of(lists, split)["person.full_name"] == "NGUYỄN VĂN MẪU"


def test_relatives_name_is_flat_or_split(lists: CodeLists) -> None:
    flat = facts_of(lists, "<Me><HoVaTen>LÊ THỊ MẪU</HoVaTen></Me>")["person.mother"]
    parts = "<HoVaTen><Ho>LÊ</Ho><ChuDem>THỊ</ChuDem><Ten>MẪU</Ten></HoVaTen>"

    assert facts_of(lists, f"<Me>{parts}</Me>")["person.mother"] == flat
    assert isinstance(flat, PersonRef) and flat.personal_id is None


def test_household_relationship_code_is_not_returned(lists: CodeLists) -> None:
    head = facts_of(
        lists,
        "<ChuHo><QuanHe>CH17</QuanHe><SoDinhDanh>003090000001</SoDinhDanh>"
        "<HoVaTen>LÊ VĂN MẪU</HoVaTen></ChuHo>",
    )["person.household_head"]

    assert isinstance(head, PersonRef)
    assert "CH17" not in head.facts.values()
    assert head.facts[AttributeName("person.personal_id")] == "003090000001"


def test_only_filled_groups_are_surplus(lists: CodeLists) -> None:
    citizen = etree.fromstring(
        "<CongDan><SoDinhDanh>003090000001</SoDinhDanh><HoVaTen><Ten>A</Ten></HoVaTen>"
        "<NhomMau>01</NhomMau><QuocTich/><Cha><HoVaTen/></Cha>"
        "<QueQuan><ChiTiet>THÔN 1</ChiTiet></QueQuan><GioiTinh>1</GioiTinh></CongDan>"
    )
    facts, surplus = read_citizen(citizen, frozenset({AttributeName("person.sex")}), lists)

    assert list(facts) == ["person.sex"]
    assert surplus == 2
