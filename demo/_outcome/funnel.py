"""The funnel from the day's visits to the dossiers of the released month, each step with its reason.

steps      one after the other: `step`, `number`, `change` from the step before, `reason` (Vietnamese,
           English; null where nothing changes)
beside     other numbers that the demo prints, each from a step: `of`, `number`, `from`, `change`, `reason`
adds_up    whether every number, counted where it arises, is the one before and its change

Nothing is worked out from its neighbours: visits and who went away are counted by the client that played
them, cases, submissions and released dossiers by the release, registered dossiers by the gateway's answers,
confirmed ones and the portal's dossiers by the portal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

_WORDS: Final = {
    "visits": "Lượt khách / visits",
    "cases": "Hồ sơ trong nhật ký / cases in the log",
    "submissions": "Đã nộp / submissions",
    "dossiers": "Hồ sơ / dossiers",
    "confirmed": "Cổng đã xác nhận / confirmed by the portal",
    "released": "Trong tháng công bố / in the released month",
    "portal": "Hồ sơ trên Cổng / dossiers on the portal",
    "held": "Người dân chấp nhận / of citizens who accept",
}
_REASONS: Final = {
    "cases": ("một công dân đến thêm", "one citizen's day, see below"),
    "submissions": ("điền rồi bỏ, không nộp", "filled and never handed in"),
    "dossiers": ("không đăng ký được", "could not be registered"),
    "confirmed": ("Cổng chưa tiếp nhận", "not yet at state 2 on the portal"),
    "released": ("xác nhận ở tháng khác", "first confirmed in another month"),
    "portal": (
        "liên thông: mỗi thủ tục một hồ sơ",
        "a linked declaration is one for each procedure",
    ),
    "held": (
        "sửa, phản đối, bỏ trống, một công dân",
        "correct, contest, skip, tamper, one citizen",
    ),
}
_WHOLE: Final = ("dossiers", "confirmed", "released")
UNRELEASED: Final = ("dưới 10 người: không công bố", "fewer than 10 persons: nothing is released")


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of a day, each from where it arises; `release` is None where nothing was released.

    Of the `visits`, `accepted` were handed in by citizens who accept what was filled, `others` by those who
    correct, contest, skip or tamper.
    """

    visits: int
    accepted: int
    others: int
    portal: Mapping[str, Any]
    citizen: Mapping[str, Any]
    release: Mapping[str, Any] | None

    def of_cells(self, name: str) -> int:
        """A sum over all cells of the release, those of mixed channels included."""
        cells = (self.release or {}).get("cells", ())
        if name == "cases":
            return sum(cell["cases"] for cell in cells)
        # a cell of mixed channels has sums in place of figures
        return sum(cell.get("figures", cell.get("sums", {})).get(name, 0) for cell in cells)


def funnel_of(day: Counted) -> dict[str, Any]:
    """The steps, what stands beside them, and whether everything adds up."""
    steps, beside = list(_steps(day)), list(_beside(day))
    numbers = {row["step"]: row["number"] for row in steps}
    before = [0, *(row["number"] for row in steps)]
    good = all(
        row["number"] == last + row["change"] for last, row in zip(before, steps, strict=False)
    )
    good &= all(row["number"] == numbers[row["from"]] + row["change"] for row in beside)
    return {"steps": steps, "beside": beside, "adds_up": good}


def lost_in(funnel: Mapping[str, Any], proof: Mapping[str, Any], today: date) -> Iterator[str]:
    """What should not be: numbers that do not add up, and dossiers lost on the way to the release.

    Only where the day ended in another month than it began may a dossier be in another release.
    """
    if not funnel["adds_up"]:
        yield "funnel: its numbers do not add up"
    if not proof["closed"] or proof["month"] != f"{today:%Y-%m}":
        return
    for row in funnel["steps"]:
        if row["step"] in _WHOLE and row["change"]:
            yield f"funnel: {row['step']} {row['change']:+}"


def _steps(day: Counted) -> Iterator[dict[str, Any]]:
    visits, away = day.visits, day.visits - day.accepted - day.others
    came, told = day.citizen["declared"], day.portal["declared"]
    handed = visits - away + came
    confirmed = day.portal["confirmed"] + day.citizen["confirmed"]
    known = day.release is not None
    yield _step("visits", visits, visits)
    yield _step("cases", day.of_cells("cases") if known else visits + came, came)
    yield _step("submissions", day.of_cells("submissions") if known else handed, -away)
    yield _step("dossiers", told + came, told + came - handed)
    yield _step("confirmed", confirmed, confirmed - told - came)
    if known:
        released = day.of_cells("dossiers")
        yield _step("released", released, released - confirmed)
    else:
        yield _step("released", 0, -confirmed, UNRELEASED)


def _step(
    step: str, number: int, change: int, reason: tuple[str, str] | None = None
) -> dict[str, Any]:
    words = reason or _REASONS.get(step)
    said = list(words) if words is not None and change else None
    return {"step": step, "number": number, "change": change, "reason": said}


def _beside(day: Counted) -> Iterator[dict[str, Any]]:
    dossiers = day.portal["declared"] + day.citizen["declared"]
    there = day.portal["on_portal"] + day.citizen["on_portal"]
    parts = day.portal["dossiers"] + day.citizen["dossiers"] - dossiers
    yield {"of": "portal", "number": there, "from": "dossiers", "change": parts, **_why("portal")}
    less = -day.others - day.citizen["declared"]
    yield {"of": "held", "number": day.accepted, "from": "dossiers", "change": less, **_why("held")}


def _why(name: str) -> dict[str, Any]:
    return {"reason": list(_REASONS[name])}


def funnel_table(document: Mapping[str, Any]) -> Table:
    """One line a step; below, the other numbers that the demo prints."""
    table = Table(
        title="Từ lượt khách đến tháng công bố / From visits to the released month",
        box=SIMPLE_HEAD,
        padding=(0, 1),
    )
    table.add_column("Bước\nStep")
    for heading in ("Thay đổi\nChange", "Số lượng\nNumber"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Vì sao\nReason")
    for row in document["steps"]:
        table.add_row(_WORDS[row["step"]], *_cells(row, row["step"] == "visits"))
    table.add_section()
    for row in document["beside"]:
        table.add_row(_WORDS[row["of"]], *_cells(row))
    return table


def _cells(row: Mapping[str, Any], first: bool = False) -> tuple[str, str, str]:
    change = "" if first else f"{row['change']:+,}" if row["change"] else "0"
    return change, f"{row['number']:,}", " / ".join(row["reason"] or ())
