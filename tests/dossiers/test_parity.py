"""Do the client and the mock of the portal speak by one description?"""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.dossiers._evidence.flags import Mark
from gateway.dossiers._portal.protocol import read_protocol
from gateway.dossiers._portal.wire import (
    DOSSIER_SERVICE,
    STEPS_SERVICE,
    PortalProcedure,
    Refused,
    Told,
    dossier_row,
    read_answer,
    step_row,
)
from gateway.dossiers.dossier import Attachment, File, Result
from gateway.upstream.adapter import SESSION_OVER, Envelope
from mocks.adapter import PROTOCOL

from .world import SCHEMAS, dossier, step

OURS = read_protocol(SCHEMAS / "portal-protocol.json")
PROCEDURE = PortalProcedure(
    "1.004222", "Đăng ký thường trú", "G02-CT01", "Cư trú", True, True, False
)
FULL = dossier(
    attachments=(
        Attachment("TP-1", "Giấy tờ", File("f-1", "a" * 5000, "a" * 64, "https://x.test/1")),
    ),
    results=(Result("r-1", "b" * 3000, "TP-1", "KQ.G02.000001", "https://x.test/r"),),
    abstract="c" * 2000,
)
MARKS = (Mark("DSKetNoiCSDL", "POP-DB", 1), Mark("DuocSoHoa", "1", 2, "f-1"))


def fields(service: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in PROTOCOL["services"][service]["data"]}


def test_client_and_mock_read_one_file() -> None:
    assert json.loads((SCHEMAS / "portal-protocol.json").read_text()) == PROTOCOL
    assert OURS.services.keys() == PROTOCOL["services"].keys()
    for service in (DOSSIER_SERVICE, STEPS_SERVICE):
        for name, one in fields(service).items():
            assert OURS.longest(service, name) == one.get("max")
            inner = {item["name"] for item in one.get("items", ())}
            assert {name, *inner} <= OURS.members(service)
    assert (OURS.login_path, OURS.call_path) == (
        PROTOCOL["transport"]["login"]["path"],
        PROTOCOL["transport"]["call"]["path"],
    )


@pytest.mark.parametrize(
    ("service", "row"),
    [
        (DOSSIER_SERVICE, dossier_row(FULL, 2, PROCEDURE, MARKS, OURS)),
        (STEPS_SERVICE, step_row(FULL.code, step(4, title="T", unit="U", began=1, due=2), OURS)),
    ],
)
def test_sent_members_match_description(service: str, row: dict[str, Any]) -> None:
    known = fields(service)
    assert row.keys() <= known.keys()
    assert {name for name, one in known.items() if one.get("required")} <= row.keys()
    for name, value in row.items():
        for item in value if isinstance(value, list) else []:
            assert item.keys() <= {one["name"] for one in known[name]["items"]}
    assert all(row[n] for n, one in known.items() if one.get("required") == "filled")


def test_texts_are_cut_at_described_length() -> None:
    row = dossier_row(FULL, 2, PROCEDURE, MARKS, OURS)
    lengths = len(row["TrichYeuHoSo"]), len(row["TaiLieuNop"][0]["TenTepDinhKem"])
    assert (*lengths, len(row["DanhSachGiayToKetQua"][0]["TenGiayTo"])) == (1000, 4000, 2000)
    assert len(step_row("c", replace(step(4), actor="d" * 80), OURS)["NguoiXuLy"]) == 50


ANSWERS: dict[str, tuple[str | int, str, object]] = {
    "done": ("0", "Thành công", Told.DONE),
    "done as older programs write it": ("00", "THÀNH CÔNG", Told.DONE),
    "done, as a number": (0, "thành công", Told.DONE),
    "code 0 alone": ("0", "Có lỗi", Refused("refused", None, lasting=False)),
    "the words alone": ("7", "thành công", Refused("refused", None, lasting=False)),
    "there already, 0": ("0", "Hồ sơ đã tồn tại", Told.EXISTS),
    "there already, 3": ("3", "ĐÃ TỒN TẠI", Told.EXISTS),
    "there already, -3": ("-3", "đã tồn tại", Told.EXISTS),
    "there already under another code": (
        "9",
        "đã tồn tại",
        Refused("refused", None, lasting=False),
    ),
    "a member that is missing": (
        "-2",
        "thiếu trường data[0].Email",
        Refused("missing", "Email", lasting=True),
    ),
    "a name in the message": (
        "-8",
        "NguyenVanAn không hợp lệ",
        Refused("malformed", None, lasting=True),
    ),
    "no such dossier": ("-6", "không có hồ sơ này", Refused("unknown", None, lasting=False)),
}


@pytest.mark.parametrize(("code", "message", "means"), ANSWERS.values(), ids=ANSWERS)
def test_answer_is_read_without_its_value(code: str | int, message: str, means: object) -> None:
    envelope = Envelope.model_validate({"error_code": code, "message": message})
    assert read_answer(envelope, OURS, DOSSIER_SERVICE) == means


def test_client_codes_are_those_described() -> None:
    answers = PROTOCOL["answers"]
    for name, means in (("done", Told.DONE), ("exists", Told.EXISTS)):
        said = {"error_code": answers[name]["code"], "message": answers[name]["words"]}
        assert read_answer(Envelope.model_validate(said), OURS, DOSSIER_SERVICE) is means
    assert answers["session_over"]["code"] == SESSION_OVER
    lasting = {
        "missing",
        "not_allowed",
        "unknown_service",
        "malformed",
        "unknown_procedure",
        "illegal_state",
    }
    for name in answers.keys() - {"done", "exists", "session_over", "wrong_account", "unknown"}:
        said = {"error_code": answers[name]["code"], "message": answers[name]["words"]}
        refused = read_answer(Envelope.model_validate(said), OURS, DOSSIER_SERVICE)
        assert isinstance(refused, Refused) and refused.lasting == (name in lasting)
