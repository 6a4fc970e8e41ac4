"""Where mock and real may differ: one test for each entry of docs/mock-differences.json."""

import json
import re
from pathlib import Path

import httpx
import pytest
from lxml import etree

from mocks.people import PERSONAS, Population
from mocks.people.numbers import PREFIXES
from mocks.people.words import COMMUNES
from mocks.population import (
    JSON_FACADE,
    JSON_FACADE_SIGN_IN,
    PopulationMock,
    PopulationMockSettings,
    create_population_mock,
)
from tests.mocks.asking import NOW, NS, Caller, citizens, fault, text
from tests.mocks.platform import Platform, named, numbered

ROOT = Path(__file__).parents[2]
DIFFERENCES = json.loads((ROOT / "docs/mock-differences.json").read_text())["differences"]


async def ordinary(caller: Caller, **changed: str | None) -> httpx.Response:
    return await caller.ask(caller.people.persona("ordinary"), **changed)


def test_every_difference_is_explained_here() -> None:
    tests = re.findall(r"def test_(\w+)\(", Path(__file__).read_text(encoding="utf-8"))
    listed = [difference["id"] for difference in DIFFERENCES]
    assert listed == [name for name in tests if not name.startswith("every_difference_")]


def test_every_difference_has_all_its_members() -> None:
    for difference in DIFFERENCES:
        assert set(difference) == {"id", "subject", "mock", "real", "tag"}
        assert difference["tag"] in {"sure", "likely", "ours"}
        assert all(difference.values())


def test_people_are_invented(people: Population) -> None:
    provinces = json.loads((ROOT / "mocks/data/lists.json").read_text())["old_provinces"]
    assert all(f"0{code}" not in PREFIXES for code in provinces)
    assert {people.number_of(n)[:3] for n in range(0, len(people), 99_991)} == set(PREFIXES)


async def test_two_provincial_platforms_stand_before_it(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    soap = caller.envelope(caller.fields(person))
    direct = await ordinary(caller)
    assert (await caller.post(soap, Authorization="Bearer a-token")).status_code == 401
    wrapped = await Platform(caller).with_soap(soap)
    flat = await Platform(caller).flat(numbered(person))
    assert wrapped.text == direct.text
    assert flat.json() == {"error_code": "0", "message": direct.text}


async def test_a_platforms_token_lives_an_hour(caller: Caller) -> None:
    platform = Platform(caller)
    told = (await platform.sign_in()).json()
    assert (told["expires_in"], told["token_type"]) == (3600, "Bearer")
    caller.mock.state.tokens.revoke_all()
    refused = await platform.with_soap("", told["access_token"])
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_token"})


async def test_json_platform_signs_in_by_basic(caller: Caller) -> None:
    platform = Platform(caller)
    assert (await platform.sign_in(JSON_FACADE_SIGN_IN)).status_code == 401
    assert (await platform.basic()).json().keys() == {"access_token", "token_type", "expires_in"}


async def test_body_with_user_names_service_in_path(caller: Caller) -> None:
    person, platform = caller.people.persona("ordinary"), Platform(caller)
    direct = await ordinary(caller)
    body = named(person, caller.mock.state.settings.username)
    for date in ("19840317", "1984"):
        told = await platform.flat({**body, "ngayThangNam": date}, f"{JSON_FACADE}/037")
        assert told.json() == {"data": direct.text}
    yes = await platform.flat(body, f"{JSON_FACADE}/033")
    no = await platform.flat({**body, "hoVaTen": "AIDO"}, f"{JSON_FACADE}/033")
    assert (yes.json(), no.json()) == ({"data": "true"}, {"data": "false"})


async def test_a_flat_body_names_no_agency(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    await Platform(caller).flat(numbered(person))
    (asked,) = caller.mock.state.journal.about(person.personal_id)
    assert (asked.agency, asked.outcome) == (None, "found")
    wrong = await Platform(caller).flat({**numbered(person), "MaDonVi": "H99"})
    assert wrong.status_code == 400


async def test_bad_sign_in_is_401_with_fault(caller: Caller) -> None:
    status, words = fault(await caller.post("", Authorization="Basic bm8="))
    assert (status, words) == (401, "not signed in: hash_wrong")


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (-299, 200), (302, 401), (-302, 401)])
async def test_clock_may_differ_by_300_seconds(caller: Caller, seconds: int, status: int) -> None:
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    response = await caller.post(body, **caller.headers(NOW + seconds))
    assert response.status_code == status


async def test_sign_in_may_repeat_in_its_window(caller: Caller) -> None:
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    headers = caller.headers(NOW - 10)
    assert [(await caller.post(body, **headers)).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("action", ['""', "", "anything"])
async def test_soap_action_is_ignored(caller: Caller, action: str) -> None:
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    assert (await caller.post(body, SOAPAction=action)).status_code == 200


async def test_the_path_is_an_invention(caller: Caller) -> None:
    assert (await caller.http.post("/dancu/1.0")).status_code == 415
    assert (await caller.http.post("/")).status_code == 404


async def test_answers_are_text_xml(caller: Caller) -> None:
    assert (await ordinary(caller)).headers["Content-Type"] == "text/xml; charset=utf-8"


async def test_malformed_request_is_client_fault(caller: Caller) -> None:
    response = await ordinary(caller, SoDinhDanh="12")
    assert fault(response) == (500, "SoDinhDanh is malformed")
    assert "soapenv:Client" in response.text


async def test_unknown_service_is_client_fault(caller: Caller) -> None:
    response = await ordinary(caller, MaTichHop="003")
    assert fault(response) == (500, "unknown service")
    assert "soapenv:Client" in response.text


async def test_order_is_free_unless_switched(caller: Caller, lenient: Caller) -> None:
    fields = list(caller.fields(caller.people.persona("ordinary")).items())[::-1]
    assert fault(await caller.post(caller.envelope(fields)))[0] == 500
    assert len(citizens(await lenient.post(lenient.envelope(fields)))) == 1


@pytest.mark.parametrize(
    ("field", "taken"),
    [
        ("MaDVC", ["VPCP", "1.004222", "2.000987"]),
        ("MaCanBo", ["003090000001", "cb.demo.01", "a_b@c-d"]),
        ("MaDonVi", ["H99", "H99.01.0A", "G22", "000.00.00.G22"]),
    ],
)
async def test_codes_have_our_patterns(caller: Caller, field: str, taken: list[str]) -> None:
    for code in taken:
        assert (await ordinary(caller, **{field: code})).status_code == 200
    for code in ("a b", "h99", "…"):
        if field != "MaCanBo" or code != "h99":
            assert (await ordinary(caller, **{field: code})).status_code == 500


async def test_two_birth_dates_are_a_fault(caller: Caller) -> None:
    both = caller.birth("1984") + caller.birth("1984-03-17")
    assert fault(await ordinary(caller, NgayThangNamSinh=both))[0] == 500


async def test_the_constant_procedure_opens_every_service(caller: Caller) -> None:
    assert len(citizens(await ordinary(caller, MaDVC="VPCP"))) == 1


async def test_an_agency_without_licence_gets_004(caller: Caller) -> None:
    answers = [
        (await ordinary(caller, **changed)).text
        for changed in ({"MaDonVi": "H01"}, {"MaDVC": "7.000000"}, {"MaCanBo": "x"})
    ]
    assert answers == [f"<errorCode>{code}</errorCode>" for code in ("004", "004", "005")]


async def test_request_without_agency_is_home_agencys(people: Population) -> None:
    for home, count in (("H99", 1), ("H01", 0)):
        settings = PopulationMockSettings(clock=lambda: NOW, home_agency=home)
        mock = create_population_mock(settings, people)
        transport = httpx.ASGITransport(mock)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock") as http:
            response = await ordinary(Caller(mock, http), MaDonVi=None)
        assert response.text.count("<ns1:CongDan>") == count


async def test_names_are_compared_without_marks(caller: Caller) -> None:
    stripped = "NGUYENDUCTHANG"
    response = await caller.ask(caller.people.persona("nfd_name"), HoVaTen=stripped)
    assert len(citizens(response)) == 1


async def test_a_year_matches_on_the_year(caller: Caller) -> None:
    assert len(citizens(await ordinary(caller, NgayThangNamSinh=caller.birth("1984")))) == 1


async def test_full_date_matches_record_of_its_year(caller: Caller) -> None:
    person = caller.people.persona("year_only_birth")
    for said, count in (("1985-01-01", 1), ("1985-09-30", 1), ("1986-01-01", 0)):
        response = await caller.ask(person, NgayThangNamSinh=caller.birth(said))
        assert len(citizens(response)) == count


async def test_a_name_without_letters_matches_nobody(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    caller.mock.population = caller.people.with_change(person.n, "full_name", "…")
    for said in ("…", "–", "'"):
        assert citizens(await caller.ask(person, HoVaTen=said)) == []
    confirmed = await caller.ask(
        person, "XacThucThongTinCongDan", MaTichHop="033", HoVaTen="…", NgayThangNamSinh=None
    )
    assert "<ns1:TonTai>false</ns1:TonTai>" in confirmed.text


async def test_the_old_number_finds_its_holder(lenient: Caller) -> None:
    person = lenient.people.persona("cmnd_and_cccd")
    response = await lenient.ask(person, SoDinhDanh=None, SoCMND=person.old_number)
    assert text(citizens(response)[0], "SoDinhDanh") == person.personal_id


async def test_there_is_no_quota(caller: Caller) -> None:
    assert {(await ordinary(caller)).status_code for _ in range(300)} == {200}


async def test_data_speak_for_last_midnight(caller: Caller) -> None:
    collection = etree.fromstring((await ordinary(caller)).content)[1][0]
    assert collection.get("ThoiDiemDuLieu") == "2026-11-18T00:00:00+07:00"
    silent = next(
        person
        for person in map(caller.people.person, range(240, 400))
        if not person.wire.data_time and person.residence
    )
    collection = etree.fromstring((await caller.ask(silent)).content)[1][0]
    assert collection.get("ThoiDiemDuLieu") is None


async def test_other_relations_than_head_are_opaque(caller: Caller) -> None:
    assert text(await caller.ask_persona("ordinary"), "ChuHo/QuanHe") == "CH01"
    assert text(await caller.ask_persona("ordinary_woman"), "ChuHo/QuanHe") == "CH02"


async def test_old_codes_come_with_a_district(caller: Caller) -> None:
    found = await caller.ask_persona("old_unit_codes")
    assert text(found, "ThuongTru/MaQuanHuyen") == "213"
    new = {commune.code for _, commune in COMMUNES}
    assert text(found, "ThuongTru/MaPhuongXa") not in new


async def test_every_element_is_present(caller: Caller) -> None:
    for name in ("ordinary", "father_unknown", "no_spouse", "deceased", "child_without_card"):
        assert len(await caller.ask_persona(name)) == 20


async def test_the_dead_are_answered_for(caller: Caller) -> None:
    found = await caller.ask_persona("deceased")
    assert text(found, "HoVaTen/Ten") == caller.people.persona("deceased").full_name.upper()
    assert text(found, "ChuHo/SoDinhDanh") == ""


async def test_widowed_and_divorced_have_no_spouse(caller: Caller) -> None:
    for name in ("widowed", "divorced", "divorced_wife"):
        found = await caller.ask_persona(name)
        assert text(found, "TinhTrangHonNhan") == "3"
        assert text(found, "VoChong/HoVaTen") == text(found, "VoChong/SoDinhDanh") == ""


async def test_a_duplicate_is_two_citizens(caller: Caller) -> None:
    person = caller.people.persona("duplicate_record")
    found = citizens(await caller.ask(person))
    assert [text(record, "SoDinhDanh") for record in found] == [person.personal_id] * 2
    assert text(found[0], "NoiOHienTai/ChiTiet") != text(found[1], "NoiOHienTai/ChiTiet")


async def test_record_under_verification_has_no_name(caller: Caller) -> None:
    found = await caller.ask_persona("under_verification")
    assert text(found, "HoVaTen/Ten") == ""
    assert text(found, "SoDinhDanh") == caller.people.persona("under_verification").personal_id


async def test_yes_or_no_needs_no_date(caller: Caller) -> None:
    response = await caller.ask(
        caller.people.persona("ordinary"),
        "XacThucThongTinCongDan",
        MaTichHop="033",
        NgayThangNamSinh=None,
    )
    assert "<ns1:TonTai>true</ns1:TonTai>" in response.text


async def test_the_household_service_is_our_design(caller: Caller, mock: PopulationMock) -> None:
    person = caller.people.persona("ordinary_woman")
    head = caller.people.number_of(PERSONAS["ordinary"])
    for number, word in ((head, "true"), (person.personal_id, "false")):
        response = await caller.ask(
            person, "XacThucThongTinHoGiaDinh", MaTichHop="034", SoDinhDanhChuHo=number
        )
        root = etree.fromstring(response.content)
        assert root.findtext("s:Body/a:KetQuaXacThuc/a:TonTai", None, NS) == word
        assert response.headers["X-Mock-Contract"] == "own-design"
    assert "X-Mock-Contract" not in (await ordinary(caller)).headers
