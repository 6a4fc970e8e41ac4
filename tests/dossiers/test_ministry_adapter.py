"""The six calls to a ministry's adapter, against its stand-in."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.dossiers._ministry.client import (
    File,
    MinistryAccount,
    MinistryAdapter,
    read_paths,
)
from gateway.dossiers._ministry.wire import (
    ApplicantKind,
    Component,
    CopyKind,
    MinistryDossier,
    Named,
    Paper,
    StateChange,
    Step,
    Submitter,
    dossier_body,
    state_row,
    step_row,
)
from gateway.upstream.transport import Transport
from mocks.ministry import MinistryMock, MinistryMockSettings, create_ministry_mock

PROTOCOL = Path(__file__).parents[2] / "schemas" / "portal-protocol.json"
ADDRESS = "http://bo.test/adapter"
MORNING = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
PAPER = b"%PDF-1.4\n% invented\n"
CITIZEN = Submitter(
    ApplicantKind.CITIZEN,
    "Nguyễn Văn Mẫu",
    "003090000123",
    number_issued_on=date(2021, 6, 1),
    birth_date=date(1965, 3, 1),
)


class Mounted(httpx.AsyncBaseTransport):
    """The mock below a path, as behind a ministry's front server; keeps the bodies that passed."""

    def __init__(self, mock: MinistryMock) -> None:
        self._inner = httpx.ASGITransport(mock)
        self.sent: list[Any] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("content-type") == "application/json":
            self.sent.append(orjson.loads(request.content))
        url = request.url.copy_with(path=request.url.path.removeprefix("/adapter"))
        moved = httpx.Request(request.method, url, headers=request.headers, content=request.content)
        return await self._inner.handle_async_request(moved)


@dataclass
class Ministry:
    """The stand-in, a client before it, and what was sent."""

    mock: MinistryMock
    client: MinistryAdapter
    carrier: Mounted
    again: Callable[[str], MinistryAdapter]

    @property
    def tokens(self) -> int:
        return [asked.service for asked in self.mock.state.journal].count("token")

    async def dossier(self, **changed: Any) -> MinistryDossier:
        whole = MinistryDossier(
            code=changed.pop("code", None) or await self.client.next_code("G09.20"),
            procedure="1.014748",
            owner="Nguyễn Văn Mẫu",
            kind=ApplicantKind.CITIZEN,
            unit="G09.20",
            submitted_at=MORNING,
            submitter=CITIZEN,
        )
        return replace(whole, **changed)


@pytest.fixture
async def ministry() -> AsyncIterator[Ministry]:
    settings = MinistryMockSettings(client_secret="mat-khau-cua-may")
    mock = create_ministry_mock(settings)
    carrier = Mounted(mock)
    transport = Transport([ADDRESS], carrier)

    def client(secret: str) -> MinistryAdapter:
        paths = read_paths(PROTOCOL)
        account = MinistryAccount(ADDRESS, settings.client_id, secret, paths, timeout_seconds=1.0)
        return MinistryAdapter(account, transport, settings.clock)

    yield Ministry(mock, client(settings.client_secret), carrier, client)


async def test_dossier_with_papers_completes_every_step(ministry: Ministry) -> None:
    (paper,) = await ministry.client.upload([File("giay.pdf", PAPER)])
    component = Component(
        "TP1",
        "Giấy tờ",
        1,
        CopyKind.ELECTRONIC,
        (Paper(paper.id, paper.sha256, "giay.pdf", "KQ.G07.000122"),),
    )
    dossier = await ministry.dossier(
        components=(component,), eform={"soTien": Decimal("12.50"), "bang": [1]}
    )

    names = await ministry.client.create(dossier)
    await ministry.client.change_states([StateChange(names, 2)])
    await ministry.client.add_progress([Step(names, "Cán bộ A", MORNING, "Thẩm tra", 4)])
    result = {"TenGiayTo": "Giấy phép", "MaGiayToKetQua": "KQ.G07.000123"}
    await ministry.client.change_states([StateChange(names, 9, results=(result,))])
    await ministry.client.change_states([StateChange(names, 10)])

    kept = ministry.mock.desk.kept[dossier.code]
    assert (kept.id, kept.state) == (names.id, "10")
    assert kept.said["ThanhPhanHoSo"][0]["GiayToDinhKem"][0]["MaKetQua"] == "KQ.G07.000122"
    assert kept.said["EformThongTinChiTiet"] == {"soTien": 12.5, "bang": [1]}
    assert ministry.tokens == 1


async def test_times_have_three_local_formats(ministry: Ministry) -> None:
    dossier = await ministry.dossier(received_at=MORNING)
    names = await ministry.client.create(dossier)
    step = Step(names, "Cán bộ A", MORNING, "Tiếp nhận", 2, due_at=MORNING)
    await ministry.client.add_progress([step])

    created, (progress,) = ministry.carrier.sent
    detail = created["ThongTinNguoiNop"]["ThongTinChiTiet"]
    assert created["NgayNop"] == created["NgayTiepNhan"] == "2026-11-22 09:30:00"
    assert (detail["NgaySinh"], detail["NgayCapDinhDanh"]) == ("19650301000000", "20210601000000")
    assert progress["ThoiDiemXuLy"] == progress["NgayKetThucTheoQuyDinh"]
    assert progress["ThoiDiemXuLy"] == "2026-11-22T09:30:00.000"
    assert "IDHoSo" in progress and "IdHoSo" not in progress


def test_applicants_are_numbered_from_zero() -> None:
    assert [kind.value for kind in ApplicantKind] == ["0", "1", "2"]
    listed = orjson.loads(PROTOCOL.read_bytes())["ministry"]["lists"]["applicants"]
    assert {kind.value for kind in ApplicantKind} == set(listed)


def test_every_sent_member_is_described() -> None:
    described = orjson.loads(PROTOCOL.read_bytes())["ministry"]
    names = Named("1", "G09.20-20261122-0000001")
    whole = MinistryDossier(
        names.code,
        "1.014748",
        "A",
        ApplicantKind.CITIZEN,
        "G09.20",
        MORNING,
        CITIZEN,
        MORNING,
        "DV",
        {"x": 1},
        (Component("T", "T", 1, CopyKind.COPY, (Paper("1", "0" * 64, "a", "KQ"),)),),
    )
    step = Step(names, "A", MORNING, "x", 4, "P", MORNING, MORNING)
    change = StateChange(names, 9, "y", "P", "n", ({"a": "b"},), ({"c": "d"},))
    for call, body in (
        ("create", dossier_body(whole)),
        ("progress", step_row(step)),
        ("state", state_row(change)),
    ):
        assert body.keys() <= {one["name"] for one in described[call]}
        required = {one["name"] for one in described[call] if one.get("required")}
        assert required <= body.keys()


async def test_lost_answer_creates_no_second_dossier(ministry: Ministry) -> None:
    dossier = await ministry.dossier()
    ministry.mock.state.faults.add(call="create", lost_answer=True, calls=1)
    with pytest.raises(SourceError):
        await ministry.client.create(dossier)

    names = await ministry.client.create(dossier)

    assert names.code == dossier.code
    assert len(ministry.mock.desk.kept) == 1


async def test_expired_token_is_renewed_once(ministry: Ministry) -> None:
    await ministry.client.next_code("G09.20")
    ministry.mock.desk.end_tokens()
    await ministry.client.next_code("G09.20")
    assert ministry.tokens == 2


async def test_wrong_secret_is_reported_without_retry(ministry: Ministry) -> None:
    with pytest.raises(SourceUnavailable, match="sign_in_refused"):
        await ministry.again("sai").next_code("G09.20")
    assert ministry.tokens == 1


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "another ministry's unit": ({"unit": "G03.10"}, "not_permitted"),
    "a code that nobody issued": ({"code": "G09.20-20261122-9999999"}, "refused"),
    "no procedure": ({"procedure": ""}, "refused"),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_refusal_becomes_our_code_without_value(ministry: Ministry, what: str) -> None:
    changed, cause = REFUSALS[what]
    dossier = await ministry.dossier(**changed)
    with pytest.raises(SourceUnavailable) as refusal:
        await ministry.client.create(dossier)
    assert refusal.value.cause == cause
    assert "Mẫu" not in str(refusal.value) and "003090000123" not in repr(dossier)


async def test_file_changed_in_transit_is_refused(ministry: Ministry) -> None:
    paper = Paper("1" * 24, "0" * 64, "giay.pdf")
    component = Component("TP1", "Giấy tờ", 1, CopyKind.COPY, (paper,))
    with pytest.raises(SourceUnavailable, match="refused"):
        await ministry.client.create(await ministry.dossier(components=(component,)))


async def test_illegal_progress_is_refused(
    ministry: Ministry,
) -> None:
    nobody = Named("0" * 24, "G09.20-20261122-0000009")
    with pytest.raises(SourceUnavailable, match="refused"):
        await ministry.client.add_progress([Step(nobody, "A", MORNING, "x", 2)])
    names = await ministry.client.create(await ministry.dossier())
    with pytest.raises(SourceUnavailable, match="refused"):
        await ministry.client.change_states([StateChange(names, 10)])


def test_fees_and_results_need_three_states() -> None:
    names = Named("1", "G09.20-20261122-0000001")
    for state in (5, 6, 9):
        StateChange(names, state, results=({"TenGiayTo": "x"},))
    with pytest.raises(ValueError, match="5, 6 and 9"):
        StateChange(names, 4, results=({"TenGiayTo": "x"},))


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"status": 502}, "status_502"),
        ({"status": 404}, "status_404"),
        ({"garbage": "html"}, "unreadable"),
        ({"delay_ms": 1500}, "timeout"),
    ],
)
async def test_transport_failure_has_fixed_code(
    ministry: Ministry, fault: dict[str, Any], cause: str
) -> None:
    dossier = await ministry.dossier()
    ministry.mock.state.faults.add(call="create", **fault)
    with pytest.raises(SourceError) as failure:
        await ministry.client.create(dossier)
    assert failure.value.cause == cause


class Answering(httpx.AsyncBaseTransport):
    """An adapter that signs everybody in and then says one thing."""

    def __init__(self, said: Any, status: int = 200) -> None:
        self._said = said
        self._status = status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
        return httpx.Response(self._status, json=self._said)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            {"code": 200, "data": {"idHoSo": "1", "maHoSo": "G09.20-20261122-0000002"}},
            "wrong_dossier",
        ),
        ({"code": 200, "data": {"idHoSo": "1"}}, "unreadable"),
        ({"code": 200, "data": None}, "unreadable"),
        ({"code": 403, "data": None}, "not_permitted"),
        ([], "unreadable"),
    ],
)
async def test_answer_about_other_dossier_is_rejected(said: Any, cause: str) -> None:
    account = MinistryAccount(ADDRESS, "c", "s", read_paths(PROTOCOL))
    client = MinistryAdapter(account, Transport([ADDRESS], Answering(said)))
    dossier = MinistryDossier(
        "G09.20-20261122-0000001",
        "1.014748",
        "A",
        ApplicantKind.CITIZEN,
        "G09.20",
        MORNING,
        CITIZEN,
    )
    with pytest.raises(SourceError) as failure:
        await client.create(dossier)
    assert failure.value.cause == cause


async def test_hash_of_another_file_is_rejected() -> None:
    said = {"code": 200, "data": [{"IdTepTin": "1", "HashTepTin": "0" * 64}]}
    account = MinistryAccount(ADDRESS, "c", "s", read_paths(PROTOCOL))
    client = MinistryAdapter(account, Transport([ADDRESS], Answering(said)))
    with pytest.raises(SourceBrokeContract, match="wrong_hash"):
        await client.upload([File("giay.pdf", PAPER)])
