"""Report a submitted dossier to the gateway: papers, progress, result.

The papers of every dossier: the declaration, one paper of the citizen (a record of the store; every third
brings a copy of their own), and the residence, which a read of the population database is to stand for.
Most are done and handed over; every tenth is sent back for more papers first, every twenty-fifth is
stopped, every twelfth is done too late, and three of four results are electronic: they come with the
progress. Every second dossier has a fee, of which every second is paid online. The rows bear the times
at which an office would get there. A linked declaration is told with a part for each of its procedures,
and every part goes the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from mocks.igate.crowd import Appointment
from mocks.igate.stories import Story

Json = dict[str, Any]

CODES_OF_OURS: Final = {
    "single-member-llc-registration": "9.000101",
    "vehicle-registration": "9.000102",
    "tk1-ts-social-insurance": "9.000103",
    "electricity-non-household": "9.000104",
    "electricity-household": "9.000105",
    "tuition-exemption-public": "9.000106",
    "tuition-payment-private": "9.000107",
}
"""Codes that the portal's mock gives to procedures whose own code is not known (ours)."""

PARTS: Final = {
    "bundle-birth": ("1.001193", "1.004222", "9.900001"),
    "bundle-death": ("1.000656", "9.900002", "9.900003"),
}
"""The procedures that a linked declaration serves, as its bindings name them."""

BACK_OFFICER = "H99.01.cb017"
"""Who handles the dossiers that came online."""
UNIT = "Bộ phận Một cửa tỉnh Mẫu"
_FILES = "https://igate.tinh-mau.test/files"
_PROMISED = timedelta(days=2)
_TOO_SHORT = timedelta(hours=1)
_A_ROW = timedelta(hours=6)
_LONG_DAY = 8
_SAID = {
    4: "Chuyển phòng chuyên môn xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong, chuyển kết quả",
    10: "Đã trả kết quả",
}
_FEE = {"name": "Lệ phí giải quyết", "amount": 20_000, "due": "receipt", "kind": "ordinary"}
_USUAL, _SUPPLEMENTED, _STOPPED = (4, 9, 10), (4, 5, 4, 9, 10), (4, 8)


@dataclass(frozen=True, slots=True)
class Filing:
    """One dossier as the gateway is told of it.

    `came` holds, by the code of each dossier that the portal gets of it, what comes with its progress;
    each goes the way of `rows`.
    """

    registered: Json = field(repr=False)
    rows: Sequence[Json] = field(repr=False)
    came: Mapping[str, Json] = field(repr=False)


def filing_of(
    turn: Appointment, number: int, records: Sequence[Mapping[str, Any]], at: datetime
) -> Filing:
    """What is told of the dossier of that number, handed in at a whole second."""
    records = [one for one in records if _in_force(one["record"], at.date().isoformat())]
    promised = _TOO_SHORT if number % 12 == 0 else _PROMISED
    parts = _parts_of(turn.story, turn.dossier)
    channel = "online" if turn.officer is None else "desk"
    dossier_body = _dossier_of(turn.story, turn.dossier, channel, at) | {"received": at.isoformat()}
    own = {
        code: _papers(code, part, records, own_copy=number % 3 == 0)
        for code, part in (parts or {turn.dossier: dossier_body["procedure"]}).items()
    }
    dossier_body["due"] = (at + promised).isoformat()
    states = _states(number)
    electronic = states[-1] == 10 and number % 4 != 0
    if number % 2 == 0:
        dossier_body |= {"fees": [_FEE], "payment": "province" if number % 4 == 0 else "unpaid"}
    rows = _rows(states, turn.officer or BACK_OFFICER, at)
    came = {code: {"results": [_result(code)]} if electronic else {} for code in own}
    return Filing(dossier_body | _papers_of(own, parts), rows, came)


def opening_of(story: Story, dossier: str, at: datetime) -> Json:
    """The dossier as it is registered before it is filled at the counter: nobody has accepted it yet."""
    dossier_body = _dossier_of(story, dossier, "desk", at)
    parts = _parts_of(story, dossier)
    if parts:
        dossier_body["parts"] = [{"procedure": part, "code": code} for code, part in parts.items()]
    return dossier_body


def _dossier_of(story: Story, dossier: str, channel: str, at: datetime) -> Json:
    """What every registration says; the promised day is that of most."""
    return {
        "code": dossier,
        "procedure": story.procedure or CODES_OF_OURS[story.form],
        "form": story.form,
        "channel": channel,
        "owner": _owner(story),
        "abstract": f"Hồ sơ thử, biểu mẫu {story.form}",
        "submitted": at.isoformat(),
        "due": (at + _PROMISED).isoformat(),
        "unit": UNIT,
    }


def _parts_of(story: Story, dossier: str) -> dict[str, str]:
    """The procedures that a linked declaration serves, by the codes of its parts."""
    return {part_code(dossier, n): p for n, p in enumerate(PARTS.get(story.form, ()), 1)}


def part_code(bundle: str, place: int) -> str:
    """The code of a bundle's part of that number, always in the longer format."""
    agency, day, number = bundle.split("-")
    return f"{agency}-{day if len(day) == _LONG_DAY else f'20{day}'}-{place}{int(number):06d}"


def _papers_of(own: Mapping[str, list[Json]], parts: Mapping[str, str]) -> Json:
    """Components of the dossier, or of each of its parts."""
    said = {code: {"attachments": papers} for code, papers in own.items()}
    if not parts:
        return next(iter(said.values()))
    return {"parts": [{"procedure": parts[code], "code": code, **said[code]} for code in parts]}


def _in_force(record: Mapping[str, Any], today: str) -> bool:
    return record["file"] is not None and (record["valid_until"] or today) >= today


def _owner(story: Story) -> Json:
    who, account = story.subject, story.account
    named = {"kind": "citizen", "name": who["full_name"], "personal_id": who["personal_id"]}
    return named | {name: account[name] for name in ("email", "phone") if account.get(name)}


def _papers(
    code: str, procedure: str, records: Sequence[Mapping[str, Any]], *, own_copy: bool
) -> list[Json]:
    declaration = {"component": f"{procedure}-TP01", "name": "Tờ khai", "file": _file(code, "TK")}
    residence = {
        "component": f"{procedure}-TP03",
        "name": "Giấy tờ chứng minh nơi cư trú",
        "replaced_by": "population",
    }
    return [declaration, _paper(code, f"{procedure}-TP02", records, own_copy=own_copy), residence]


def _paper(
    code: str, component: str, records: Sequence[Mapping[str, Any]], *, own_copy: bool
) -> Json:
    paper = {"component": component, "name": "Giấy tờ kèm theo"}
    kept = next(iter(records), None)
    if own_copy or kept is None:
        return paper | {"file": _file(code, "KT")}
    file = kept["record"]["file"]
    said = {"id": f"{code}.KT", "name": file["name"], "sha256": file["sha256"]}
    return paper | {"file": said, "record": kept["id"]}


def _file(code: str, kind: str) -> Json:
    name = f"{code}.{kind}"
    digest = sha256(name.encode()).hexdigest()
    return {"id": name, "name": f"{name}.pdf", "sha256": digest, "url": f"{_FILES}/{name}.pdf"}


def _result(code: str) -> Json:
    return {"id": f"{code}.KQ", "name": "Kết quả giải quyết", "url": f"{_FILES}/{code}.KQ.pdf"}


def _states(number: int) -> tuple[int, ...]:
    if number % 25 == 0:
        return _STOPPED
    return _SUPPLEMENTED if number % 10 == 0 else _USUAL


def _rows(states: Sequence[int], officer: str, at: datetime) -> list[Json]:
    return [
        {
            "state": state,
            "actor": officer,
            "content": _SAID[state],
            "at": (at + place * _A_ROW).isoformat(),
        }
        for place, state in enumerate(states, 1)
    ]
