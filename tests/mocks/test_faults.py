"""Every failure can be switched on while the mock runs, alone and together, alike for a seed."""

import time

import httpx
import pytest
from lxml import etree

from mocks.people import PERSONAS, Population
from mocks.population import PopulationMock, PopulationMockSettings, create_population_mock
from tests.mocks.asking import NOW, Caller, citizens, text


async def switch_on(caller: Caller, **rule: object) -> str:
    response = await caller.http.post("/_mock/faults", json=rule)
    assert response.status_code == 201
    return str(response.json()["id"])


async def ordinary(caller: Caller) -> httpx.Response:
    return await caller.ask(caller.people.persona("ordinary"))


async def test_a_delay_holds_the_answer_back(caller: Caller) -> None:
    await switch_on(caller, delay_ms=120)
    begun = time.monotonic()
    response = await ordinary(caller)
    assert time.monotonic() - begun >= 0.12
    assert len(citizens(response)) == 1


async def test_drip_sends_whole_body_slowly(caller: Caller) -> None:
    await switch_on(caller, drip_bytes_per_second=12_000)
    begun = time.monotonic()
    response = await ordinary(caller)
    assert time.monotonic() - begun >= len(response.content) / 12_000 * 0.9
    assert len(citizens(response)) == 1


async def test_cut_sends_less_than_promised_length(caller: Caller) -> None:
    await switch_on(caller, cut_after_bytes=100)
    response = await ordinary(caller)
    assert len(response.content) == 100
    assert int(response.headers["Content-Length"]) > 1000


async def test_a_status_answers_without_data(caller: Caller) -> None:
    await switch_on(caller, status=502)
    response = await ordinary(caller)
    assert (response.status_code, response.content) == (502, b"")


async def test_too_many_requests_names_retry_time(caller: Caller) -> None:
    await switch_on(caller, status=429, retry_after_seconds=7)
    response = await ordinary(caller)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("garbage", ["html", "json", "random", "truncated", "empty"])
async def test_garbage_cannot_be_read_as_answer(caller: Caller, garbage: str) -> None:
    await switch_on(caller, garbage=garbage)
    response = await ordinary(caller)
    assert response.status_code == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(response.content)


async def test_wrong_content_type_keeps_right_answer(caller: Caller) -> None:
    await switch_on(caller, content_type="text/html")
    response = await ordinary(caller)
    assert response.headers["Content-Type"] == "text/html"
    assert len(citizens(response)) == 1


async def test_wrong_person_is_another_real_one(caller: Caller) -> None:
    await switch_on(caller, wrong_person=True)
    found = citizens(await ordinary(caller))[0]
    number = text(found, "SoDinhDanh")
    assert number != caller.people.persona("ordinary").personal_id
    assert caller.people.by_number(number) is not None


async def test_surplus_elements_follow_the_known_ones(caller: Caller) -> None:
    plain = len(citizens(await ordinary(caller))[0])
    await switch_on(caller, surplus=True)
    assert len(citizens(await ordinary(caller))[0]) == plain + 3


async def test_record_with_empty_name_matches_nobody(caller: Caller) -> None:
    await switch_on(caller, empty_ten=True)
    assert text(citizens(await ordinary(caller))[0], "HoVaTen/Ten") == ""


async def test_a_full_date_may_go_missing(caller: Caller) -> None:
    await switch_on(caller, no_full_date=True)
    found = citizens(await ordinary(caller))[0]
    assert text(found, "NgayThangNamSinh/NgayThangNam") == ""
    assert text(found, "NgayThangNamSinh/Nam") == "1984"


async def test_codes_may_be_the_old_ones(caller: Caller) -> None:
    await switch_on(caller, old_codes=True)
    found = citizens(await ordinary(caller))[0]
    assert len(text(found, "ThuongTru/MaQuanHuyen")) == 3
    assert text(found, "ThuongTru/MaTinhThanh") == "62"


async def test_person_may_appear_twice_or_never(caller: Caller) -> None:
    fault_id = await switch_on(caller, duplicate=True)
    assert len(citizens(await ordinary(caller))) == 2
    await caller.http.delete(f"/_mock/faults/{fault_id}")
    await switch_on(caller, no_match=True)
    assert citizens(await ordinary(caller)) == []


@pytest.mark.parametrize("code", ["004", "005"])
async def test_a_licence_may_be_lost(caller: Caller, code: str) -> None:
    await switch_on(caller, error_code=code)
    assert (await ordinary(caller)).text == f"<errorCode>{code}</errorCode>"


async def test_data_may_be_old(caller: Caller) -> None:
    fresh = etree.fromstring((await ordinary(caller)).content)[1][0].get("ThoiDiemDuLieu")
    await switch_on(caller, data_age_days=400)
    stale = etree.fromstring((await ordinary(caller)).content)[1][0].get("ThoiDiemDuLieu")
    assert fresh is not None
    assert stale is not None
    assert stale < fresh
    assert int(fresh[:4]) - int(stale[:4]) >= 1


async def test_faults_act_together(caller: Caller) -> None:
    await switch_on(caller, delay_ms=60, surplus=True)
    await switch_on(caller, empty_ten=True, content_type="text/plain")
    begun = time.monotonic()
    response = await ordinary(caller)
    found = citizens(response)[0]
    assert time.monotonic() - begun >= 0.06
    assert text(found, "HoVaTen/Ten") == ""
    assert found[-1].tag.endswith("NgheNghiep")
    assert response.headers["Content-Type"] == "text/plain"


async def test_fault_targets_persona_number_or_service(caller: Caller) -> None:
    await switch_on(caller, persona="driver", status=500)
    await switch_on(caller, n=PERSONAS["divorced"], status=502)
    await switch_on(caller, number=caller.people.persona("widowed").personal_id, status=503)
    await switch_on(caller, service="033", status=504)
    statuses = [
        (await caller.ask(caller.people.persona(name))).status_code
        for name in ("ordinary", "driver", "divorced", "widowed")
    ]
    assert statuses == [200, 500, 502, 503]
    person = caller.people.persona("ordinary")
    yes_no = await caller.ask(person, "XacThucThongTinCongDan", MaTichHop="033")
    assert yes_no.status_code == 504


async def test_fault_may_start_late_and_end(caller: Caller) -> None:
    await switch_on(caller, status=503, skip=1, calls=2)
    statuses = [(await ordinary(caller)).status_code for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]


def outcomes(mock: PopulationMock, seed: int) -> list[bool]:
    mock.state.faults.clear()
    mock.state.faults.add(status=503, probability=0.3, seed=seed)
    return [mock.state.faults.striking("037", "1", 1) is not None for _ in range(200)]


def test_chance_is_the_seeds(mock: PopulationMock) -> None:
    first = outcomes(mock, 7)
    assert outcomes(mock, 7) == first
    assert outcomes(mock, 8) != first
    assert 35 <= sum(first) <= 85


async def test_faults_are_listed_counted_and_removed(caller: Caller) -> None:
    fault_id = await switch_on(caller, status=503, calls=1, seed=3)
    await ordinary(caller)
    await ordinary(caller)
    listed = (await caller.http.get("/_mock/faults")).json()
    assert listed == [
        {
            "id": fault_id,
            "rule": {"status": 503, "calls": 1, "seed": 3},
            "matched": 2,
            "hit": 1,
        }
    ]
    assert (await caller.http.delete(f"/_mock/faults/{fault_id}")).status_code == 200
    assert (await caller.http.delete(f"/_mock/faults/{fault_id}")).status_code == 404
    await switch_on(caller, status=503)
    assert (await caller.http.delete("/_mock/faults")).json() == []
    assert (await ordinary(caller)).status_code == 200


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        (b'{"status": 503, "colour": "red"}', "colour"),
        (b'{"status": 200}', "status"),
        (b'{"persona": "nobody", "status": 500}', "no such persona"),
        (b'{"garbage": "poetry"}', "garbage"),
        (b'{"status": 500, "probability": 2}', "probability"),
        (b'{"persona": "ordinary"}', "without effect"),
        (b'{"content_type": "a\\r\\nb: c"}', "content_type"),
        (b"[]", None),
        (b"{", None),
        (b"", None),
        (b"\xff", None),
    ],
)
async def test_nonsensical_fault_is_refused(
    caller: Caller, rule: bytes, member: str | None
) -> None:
    response = await caller.http.post("/_mock/faults", content=rule)
    assert response.status_code == 422
    if member is not None:
        assert member in response.text
    assert (await caller.http.get("/_mock/faults")).json() == []


async def test_two_mocks_share_no_fault(caller: Caller, people: Population) -> None:
    await switch_on(caller, status=503)
    other = create_population_mock(PopulationMockSettings(clock=lambda: NOW), people)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(other), base_url="http://other"
    ) as http:
        assert (await ordinary(Caller(other, http))).status_code == 200
