"""What the population database takes, refuses, and does not say."""

import unicodedata
from collections.abc import Callable

import httpx
import pytest
from lxml import etree

from mocks.people import Population
from mocks.population import PopulationMockSettings, create_population_mock, licensed
from mocks.population.question import normalised
from tests.mocks.asking import NOW, NS, Caller, citizens, fault, text

SAMPLE_ORDER = [
    "SoDinhDanh",
    "SoCMND",
    "HoVaTen",
    "GioiTinh",
    "DanToc",
    "TonGiao",
    "TinhTrangHonNhan",
    "NhomMau",
    "NgayThangNamSinh",
    "NoiDangKyKhaiSinh",
    "QuocTich",
    "QueQuan",
    "ThuongTru",
    "NoiOHienTai",
    "Cha",
    "Me",
    "VoChong",
    "NguoiDaiDien",
    "ChuHo",
    "SoSoHoKhau",
]


async def test_answer_keeps_sample_order_and_quirks(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    found = await caller.ask_persona("ordinary")
    assert [etree.QName(child).localname for child in found] == SAMPLE_ORDER
    assert text(found, "HoVaTen/Ho") == text(found, "HoVaTen/ChuDem") == ""
    assert text(found, "HoVaTen/Ten") == person.full_name.upper()
    assert text(found, "GioiTinh") == "1"
    assert text(found, "NgayThangNamSinh/NgayThangNam") == person.birth_date.replace("-", "")
    assert text(found, "DanToc") == person.ethnicity.code
    assert text(found, "TinhTrangHonNhan") == "2"
    assert person.father is not None
    assert text(found, "Cha/HoVaTen") == person.father.full_name.upper()
    assert text(found, "Cha/SoDinhDanh") == person.father.personal_id
    assert text(found, "ChuHo/QuanHe") == "CH01"
    assert text(found, "ThuongTru/ChiTiet").endswith(person.permanent.province.label.upper())


async def test_relatives_are_readable_one_after_another(caller: Caller) -> None:
    found = await caller.ask_persona("ordinary")
    for role in ("Cha", "Me", "VoChong"):
        number = text(found, f"{role}/SoDinhDanh")
        response = await caller.ask(
            caller.people.persona("ordinary"),
            SoDinhDanh=number,
            HoVaTen=text(found, f"{role}/HoVaTen"),
            NgayThangNamSinh=caller.birth(f"19{number[4:6]}"),
        )
        assert text(citizens(response)[0], "SoDinhDanh") == number


@pytest.mark.parametrize("prefix", ["q", "dan", "qldc"])
async def test_any_namespace_prefix_is_accepted(caller: Caller, prefix: str) -> None:
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    renamed = body.replace("q:", f"{prefix}:").replace("xmlns:q", f"xmlns:{prefix}")
    assert len(citizens(await caller.post(renamed))) == 1


@pytest.mark.parametrize(
    "birth",
    [
        "<q:NgayThangNam>19840317</q:NgayThangNam>",
        "<q:NgayThangNam>1984-03-17</q:NgayThangNam>",
        "<q:Nam>1984</q:Nam>",
        "19840317",
        "1984-03-17",
    ],
)
async def test_every_birth_date_form_matches(caller: Caller, birth: str) -> None:
    response = await caller.ask(caller.people.persona("ordinary"), NgayThangNamSinh=birth)
    assert len(citizens(response)) == 1


@pytest.mark.parametrize(
    "birth",
    [
        "",
        "1984",
        "17031984",
        "17/03/1984",
        "<q:NgayThangNam>1984</q:NgayThangNam>",
        "<q:NgayThangNam>19840230</q:NgayThangNam>",
        "<q:NgayThangNam>1984-0317</q:NgayThangNam>",
        "<q:NgayThangNam/>",
        "<q:Nam>84</q:Nam>",
        "<q:Nam>١٩٨٤</q:Nam>",
        "<q:Nam>1984</q:Nam><q:NgayThangNam>19840317</q:NgayThangNam>",
        "<q:Thang>03</q:Thang>",
    ],
)
async def test_other_birth_date_forms_are_refused(caller: Caller, birth: str) -> None:
    response = await caller.ask(caller.people.persona("ordinary"), NgayThangNamSinh=birth)
    assert fault(response)[0] == 500


@pytest.mark.parametrize(
    "rewrite",
    [
        str,
        str.upper,
        str.lower,
        normalised,
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: name.replace(" ", "  "),
    ],
)
async def test_names_match_however_they_are_written(
    caller: Caller, rewrite: Callable[[str], str]
) -> None:
    for persona in ("ordinary", "nfd_name", "single_word_name", "very_long_name"):
        person = caller.people.persona(persona)
        name = rewrite(person.full_name)
        if len(name) <= 100:
            assert len(citizens(await caller.ask(person, HoVaTen=name))) == 1
        else:
            assert fault(await caller.ask(person, HoVaTen=name))[1] == "HoVaTen is malformed"


def test_letter_with_stroke_is_normalised() -> None:
    assert normalised("Nguyễn Văn Đức") == "NGUYENVANDUC"
    assert normalised(unicodedata.normalize("NFD", "đặng thị Ánh")) == "DANGTHIANH"


async def test_mismatches_look_alike(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    answers = {
        (await caller.ask(person, SoDinhDanh="003090999999")).text,
        (await caller.ask(person, HoVaTen="NGUOI KHAC")).text,
        (await caller.ask(person, NgayThangNamSinh=caller.birth("1984-03-18"))).text,
        (await caller.ask(person, NgayThangNamSinh=caller.birth("1983"))).text,
    }
    assert len(answers) == 1
    only = answers.pop()
    assert "CongDan " not in only.replace("SoCongDan", "")
    assert 'SoCongDan="0"' in only


async def test_the_old_number_finds_its_holder(caller: Caller) -> None:
    person = caller.people.persona("cmnd_and_cccd")
    assert person.old_number is not None
    fields = caller.fields(person)
    fields = {
        ("SoCMND" if name == "SoDinhDanh" else name): (
            person.old_number if name == "SoDinhDanh" else value
        )
        for name, value in fields.items()
    }
    found = citizens(await caller.post(caller.envelope(fields)))
    assert text(found[0], "SoDinhDanh") == person.personal_id


MALFORMED = {
    "a request number of 41 characters": {"MaYeuCau": "x" * 41},
    "no request number": {"MaYeuCau": None},
    "a procedure that is no code": {"MaDVC": "permanent residence"},
    "a procedure of 21 characters": {"MaDVC": "1.004222.000.00.00.H9"},
    "no procedure": {"MaDVC": ""},
    "no officer": {"MaCanBo": None},
    "an officer of 21 characters": {"MaCanBo": "c" * 21},
    "an officer with a blank": {"MaCanBo": "cb demo"},
    "an agency that is no code": {"MaDonVi": "Z99"},
    "an agency of 36 characters": {"MaDonVi": "H99." + "1" * 32},
    "a number of 11 digits": {"SoDinhDanh": "00309000001"},
    "a number in other digits": {"SoDinhDanh": "٠٠٣٠٩٠٠٠٠٠٠١"},
    "an old number of 8 digits": {"SoDinhDanh": None, "SoCMND": "00312345"},
    "both numbers": {"SoCMND": "003123456"},
    "no number": {"SoDinhDanh": None},
    "no name": {"HoVaTen": None},
    "a name of 101 characters": {"HoVaTen": "A" * 101},
    "no birth date": {"NgayThangNamSinh": None},
    "an element within a text": {"HoVaTen": "<q:Ten>A</q:Ten>"},
    "a head of household": {"SoDinhDanhChuHo": "003090000001"},
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_malformed_field_is_refused_without_echo(lenient: Caller, what: str) -> None:
    response = await lenient.ask(lenient.people.persona("ordinary"), **MALFORMED[what])
    status, words = fault(response)
    assert status == 500
    for value in MALFORMED[what].values():
        assert not value or value not in words


async def test_the_longest_fields_are_taken(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    response = await caller.ask(person, MaYeuCau="x" * 40, HoVaTen=person.full_name)
    assert len(citizens(response)) == 1


async def test_order_is_enforced_by_switch_only(caller: Caller, lenient: Caller) -> None:
    fields = list(caller.fields(caller.people.persona("ordinary")).items())
    turned = [fields[1], fields[0], *fields[2:]]
    assert fault(await caller.post(caller.envelope(turned)))[1] == "MaYeuCau is out of order"
    assert len(citizens(await lenient.post(lenient.envelope(turned)))) == 1


async def test_optional_fields_are_accepted_in_place(caller: Caller) -> None:
    fields = list(caller.fields(caller.people.persona("ordinary")).items())
    fields[5:5] = [("TaiKhoan", "desk.17"), ("SoDienThoai", "0")]
    assert len(citizens(await caller.post(caller.envelope(fields)))) == 1


async def test_repeated_or_unknown_element_is_refused(lenient: Caller) -> None:
    fields = list(lenient.fields(lenient.people.persona("ordinary")).items())
    assert fault(await lenient.post(lenient.envelope([*fields, fields[0]])))[0] == 500
    assert fault(await lenient.post(lenient.envelope([*fields, ("GioiTinh", "1")])))[0] == 500


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not xml",
        "<a/>",
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'/>",
        "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/></e:Envelope>",
        "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body><a/></e:Body></e:Envelope>",
    ],
)
async def test_what_is_no_envelope_is_refused(caller: Caller, body: str) -> None:
    assert fault(await caller.post(body))[0] == 500


async def test_document_types_and_entities_are_refused(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    body = caller.envelope(caller.fields(person, HoVaTen="&name;"))
    typed = f'<!DOCTYPE e [<!ENTITY name "{person.full_name}">]>{body}'
    assert fault(await caller.post(typed))[1] == "a document type is not taken"
    outside = f'<!DOCTYPE e [<!ENTITY name SYSTEM "file:///etc/hostname">]>{body}'
    assert fault(await caller.post(outside))[0] == 500


async def test_another_namespace_is_an_unknown_service(caller: Caller) -> None:
    fields = caller.fields(caller.people.persona("ordinary"))
    body = caller.envelope(fields, namespace="http://gtel.vn/qldc")
    assert fault(await caller.post(body))[0] == 500


@pytest.mark.parametrize("service", ["003", "036", "38", ""])
async def test_unknown_service_number_is_a_fault(caller: Caller, service: str) -> None:
    response = await caller.ask(caller.people.persona("ordinary"), MaTichHop=service)
    assert fault(response) == (500, "unknown service")


async def test_operation_must_match_the_service(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    response = await caller.ask(person, "XacThucThongTinCongDan", MaTichHop="037")
    assert fault(response) == (500, "unknown service")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"MaDVC": "9.999999"}, "004"),
        ({"MaDonVi": "H98"}, "004"),
        ({"MaCanBo": "cb.stranger"}, "005"),
    ],
)
async def test_each_lock_holds_by_itself(
    caller: Caller, changed: dict[str, str], code: str
) -> None:
    response = await caller.ask(caller.people.persona("ordinary"), **changed)
    assert (response.status_code, response.text) == (200, f"<errorCode>{code}</errorCode>")


@pytest.mark.parametrize("lock", ["officers", "agencies", "procedures"])
async def test_licence_covers_named_services_only(people: Population, lock: str) -> None:
    name = {"officers": "cb.demo.01", "agencies": "H99.1", "procedures": "1.004222"}[lock]
    settings = PopulationMockSettings(
        clock=lambda: NOW, **{lock: licensed(name, services=frozenset({"033"}))}
    )
    mock = create_population_mock(settings, people)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(mock), base_url="http://mock"
    ) as http:
        caller = Caller(mock, http)
        person = people.persona("ordinary")
        assert "<errorCode>" in (await caller.ask(person)).text
        yes = await caller.ask(person, "XacThucThongTinCongDan", MaTichHop="033")
        assert "TonTai" in yes.text


async def test_constant_procedure_is_licensed_everywhere(caller: Caller) -> None:
    assert len(citizens(await caller.ask(caller.people.persona("ordinary"), MaDVC="VPCP"))) == 1


async def test_confirming_service_answers_yes_or_no(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    for changed, word in (
        ({}, "true"),
        ({"NgayThangNamSinh": None}, "true"),
        ({"HoVaTen": "AI DO"}, "false"),
        ({"SoDinhDanh": "003090999999"}, "false"),
    ):
        response = await caller.ask(person, "XacThucThongTinCongDan", MaTichHop="033", **changed)
        root = etree.fromstring(response.content)
        assert root.findtext("s:Body/a:KetQuaXacThuc/a:TonTai", None, NS) == word
        assert "CongDan" not in response.text


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
async def test_only_xml_is_taken(caller: Caller, content_type: str) -> None:
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    response = await caller.post(body, **{"Content-Type": content_type})
    assert response.status_code == 415


async def test_only_modest_posts_are_accepted(caller: Caller) -> None:
    assert (await caller.http.get("/dancu/1.0")).status_code == 405
    assert (await caller.post(b" " * 70_000)).status_code == 413
    assert (await caller.http.post("/elsewhere")).status_code == 404
