"""The day's dossiers at the national portal, and the leaf that proves each of their flags.

dossiers   registered with the gateway for the portal; a linked declaration is one for each part
declared   by so many declarations
confirmed  of the declarations, those that the portal holds whole, every part at state 2 or beyond
on_portal  of the dossiers, the ones that the portal holds
states     how many by the portal's number of the state
on_paper   dossiers of which a component must be asked on paper after all
flags      one for each that was raised: `flag`, `raised` (of how many dossiers), `proved` (of these,
           those in which each stands on a leaf)
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
from rich.box import SIMPLE_HEAD
from rich.progress import Progress
from rich.table import Table

from gateway.cli.clock import next_second
from gateway.domain.clock import Clock
from mocks.igate import Answer, Appointment, IGate
from mocks.igate.filing import BACK_OFFICER, Filing, filing_of

AT_ONCE = 8
TAKEN_IN = 2
"""The portal's number of the state from which a dossier counts."""

TIMEOUT_SECONDS = 60.0
_POLL_SECONDS = 0.2
_TAKEN = (httpx.codes.OK, httpx.codes.CREATED)

Flag = tuple[str, str, str, str]
"""Dossier, flag, value, and the file that it is about, else nothing."""

_MEANING: Final = {
    "DSKetNoiCSDL": "Đã đọc CSDL dân cư / population database read",
    "TaiKhoanDuocXacThucVoiVNeID": "Tài khoản VNeID / account vouched for by VNeID",
    "KenhThucHien": "Kênh nộp / channel",
    "HoSoCoThanhPhanSoHoa": "Có thành phần số hóa / a digitised component",
    "DuocSoHoa": "Thành phần đã số hóa / component digitised",
    "DuocTaiSuDung": "Tái sử dụng / reused",
    "MaKetQuaThayThe": "Kết quả thay thế / an earlier result stands in",
    "DuocLayTuKhoDMQG": "Từ kho giấy tờ cá nhân / from the citizen's store",
}


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's mock as the demo looks at it; `http` carries its address."""

    http: httpx.AsyncClient
    clock: Clock

    async def dossiers(self) -> Mapping[str, Any]:
        """Everything that it holds, by code."""
        held: Mapping[str, Any] = await self._get("/_mock/state/dossiers")
        return held

    async def index_766(self, first: str, last: str) -> Mapping[str, Any]:
        """Its own figures for these days."""
        figures: Mapping[str, Any] = await self._get(f"/_mock/index-766?from={first}&to={last}")
        return figures

    async def _get(self, path: str) -> Any:
        return (await self.http.get(path)).raise_for_status().json()


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """What came of telling the portal; `document` stands at the top of this file."""

    document: Mapping[str, Any]
    unexpected: Sequence[str]


async def file_dossiers(
    igate: IGate, clock: Clock, turns: Sequence[Appointment], progress: Progress
) -> tuple[list[str], list[str]]:
    """Register every dossier that was handed in and report its way.

    Gives the codes of the dossiers that the portal gets, and what was refused.
    """
    bar = progress.add_task("Đăng ký hồ sơ / registered", total=len(turns))
    places = asyncio.Semaphore(AT_ONCE)
    codes: dict[int, Sequence[str]] = {}
    refused: list[str] = []

    async def file(number: int, turn: Appointment) -> None:
        async with places:
            filing = await _filing(igate, clock, number, turn)
            codes[number] = tuple(filing.came)
            for answer in await _report(igate, filing):
                if answer.status not in _TAKEN:
                    refused.append(f"dossier of {turn.story.form}: {answer.status} {answer.code}")
        progress.advance(bar)

    await asyncio.gather(*(file(number, turn) for number, turn in enumerate(turns, 1)))
    return [code for number in sorted(codes) for code in codes[number]], refused


async def _filing(igate: IGate, clock: Clock, number: int, turn: Appointment) -> Filing:
    officer = turn.officer or BACK_OFFICER
    found = await igate.records_of(turn.story.subject, turn.dossier, officer)
    # a second is all that the portal knows of time: the one that follows the visit's last
    return filing_of(turn, number, found.body.get("records", ()), next_second(clock))


async def _report(igate: IGate, filing: Filing) -> list[Answer]:
    answers = [await igate.register(filing.registered)]
    for code, came in filing.came.items():
        answers.append(await igate.progress(code, filing.rows, **came))
    return answers


async def wait_for_the_portal(
    igate: IGate, portal: Portal, codes: Sequence[str], progress: Progress
) -> SyncOutcome:
    """Wait until nothing waits any more, and hold what the portal has against the log's leaves."""
    bar = progress.add_task("Cổng DVCQG / portal", total=len(codes))
    standings: dict[str, Mapping[str, Any]] = {}
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            for code in codes:
                standings[code] = await _delivered(igate, code)
                progress.advance(bar)
    except TimeoutError:
        late = f"portal: {len(codes) - len(standings)} dossiers still wait"
        return SyncOutcome(_document(codes, await portal.dossiers(), standings), [late])
    held = await portal.dossiers()
    return SyncOutcome(_document(codes, held, standings), _wrong(codes, held, standings))


async def _delivered(igate: IGate, code: str) -> Mapping[str, Any]:
    while True:
        answer = await igate.dossier_status(code)
        waits = answer.body.get("synchronisation", {}).get("status") == "queued"
        if answer.status != httpx.codes.OK or not waits:
            return answer.body
        await asyncio.sleep(_POLL_SECONDS)


def _wrong(
    codes: Sequence[str], held: Mapping[str, Any], standings: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """What should not be: a dossier that is not there or stands elsewhere, a flag without its leaf."""
    wrong = []
    for code in codes:
        status = standings[code]
        sync = status.get("synchronisation", {})
        if sync.get("status") != "delivered":
            wrong.append(f"portal: a dossier is parked, {sync.get('reason')}")
        elif code not in held or int(held[code]["state"]) != status["state"]:
            wrong.append("portal: a dossier stands in another state there")
        elif set(_raised(code, held[code]["said"])) != set(_proved(code, status)):
            wrong.append("portal: a flag there is not what the log proves")
    return wrong


def _document(
    codes: Sequence[str], held: Mapping[str, Any], standings: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    there = [code for code in codes if code in held]
    raised = {code: _raised(code, held[code]["said"]) for code in there}
    proved = {code: set(_proved(code, standings.get(code, {}))) for code in there}
    rows = []
    for flag in _MEANING:
        those = {code: {one for one in raised[code] if one[1] == flag} for code in there}
        with_it = [code for code, found in those.items() if found]
        stand = sum(those[code] <= proved[code] for code in with_it)
        rows.append({"flag": flag, "raised": len(with_it), "proved": stand})
    parts: dict[str, list[str]] = {}
    for code in codes:
        parts.setdefault(standings.get(code, {}).get("bundle") or code, []).append(code)
    return {
        "dossiers": len(codes),
        "declared": len(parts),
        "confirmed": sum(all(_taken(held, code) for code in its) for its in parts.values()),
        "on_portal": len(there),
        "states": dict(sorted(Counter(held[code]["state"] for code in there).items())),
        "on_paper": sum(bool(one.get("on_paper")) for one in standings.values()),
        "flags": [row for row in rows if row["raised"]],
    }


def _taken(held: Mapping[str, Any], code: str) -> bool:
    return code in held and int(held[code]["state"]) >= TAKEN_IN


def _raised(code: str, said: Mapping[str, Any]) -> list[Flag]:
    """The flags that the portal holds of one dossier, from what it was sent."""
    flags = [(code, "DSKetNoiCSDL", one["MaCSDL"], "") for one in said.get("DSKetNoiCSDL", ())]
    for name in ("TaiKhoanDuocXacThucVoiVNeID", "KenhThucHien", "HoSoCoThanhPhanSoHoa"):
        flags.append((code, name, said.get(name, ""), ""))
    for file in said.get("TaiLieuNop", ()):
        for name in ("DuocSoHoa", "DuocTaiSuDung", "DuocLayTuKhoDMQG", "MaKetQuaThayThe"):
            flags.append((code, name, file.get(name, ""), file["TepDinhKemId"]))
    return [one for one in flags if one[2] not in ("", "0")]


def _proved(code: str, status: Mapping[str, Any]) -> list[Flag]:
    """The flags that the gateway says to have told, each with its leaf."""
    return [
        (code, one["flag"], one["value"], one["file"] or "")
        for one in status.get("flags", ())
        if one["told"] and one["leaf"]
    ]


def flags_table(document: Mapping[str, Any]) -> Table:
    """One line a flag: of how many dossiers, and whether each stands on a leaf."""
    there = document["on_portal"]
    table = Table(
        title=f"Cổng DVCQG: {there} / {document['dossiers']} hồ sơ / dossiers on the portal",
        box=SIMPLE_HEAD,
        padding=(0, 1),
    )
    table.add_column("Dấu hiệu\nFlag", overflow="fold")
    table.add_column("Nghĩa là\nMeaning")
    for heading in ("Bật\nRaised", "Hồ sơ\nDossiers", "Có lá\nOn a leaf"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in document["flags"]:
        mark = "✓" if row["proved"] == row["raised"] else "✗"
        counts = (f"{row['raised']:,}", f"{there:,}", f"{row['proved']:,} {mark}")
        table.add_row(row["flag"], _MEANING[row["flag"]], *counts)
    return table
