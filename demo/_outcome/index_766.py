"""The indicators of Decision 766 by gateway and by portal, compared to the last digit.

from, to    the days of receipt that both were asked for
same        whether the two documents agree in every member, sectors included
rows        one for each indicator: `id`, `gateway`, `portal` (numerator, denominator, points, score)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import httpx
from rich.box import SIMPLE_HEAD
from rich.table import Table

from demo._portal import Portal
from mocks.igate import IGate

_MEANING: Final = {
    "4.1": "Kết quả điện tử / electronic result",
    "4.2": "Số hóa hồ sơ, kết quả / papers and result digitised",
    "4.3": "Tái sử dụng thành phần số hóa / digitised components reused",
    "4.4": "Kho dữ liệu điện tử / citizen's store",
    "4.5a": "Thủ tục dùng dữ liệu dân cư / procedures with population data",
    "4.5b": "Hồ sơ dùng dữ liệu dân cư / dossiers with population data",
    "3.3": "Nộp trực tuyến, kết quả điện tử / online, with an electronic result",
    "3.6": "Thanh toán trực tuyến / paid online",
    "1.4": "Đồng bộ lên Cổng / synchronised",
    "2.1": "Đúng hạn / on time",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Both documents held against each other; `document` stands at the top of this file."""

    document: Mapping[str, Any]
    unexpected: tuple[str, ...] = ()


async def compare(igate: IGate, portal: Portal, today: date) -> Compared:
    """Ask both for the dossiers received today."""
    # what came just before midnight is received a second later
    days = today.isoformat(), (today + timedelta(days=1)).isoformat()
    ours, theirs = await igate.index_766(*days), await portal.index_766(*days)
    if ours.status != httpx.codes.OK:
        return Compared({}, (f"index 766: {ours.status} {ours.code}",))
    same = all(ours.body.get(name) == told for name, told in theirs.items())
    indicators = ours.body["indicators"]
    document = {
        "from": days[0],
        "to": days[1],
        "dossiers": theirs["dossiers"],
        "same": same,
        "rows": [
            {"id": id_, "gateway": indicators.get(id_), "portal": told}
            for id_, told in sorted(theirs["indicators"].items())
        ],
    }
    return Compared(document, () if same else ("index 766: gateway and portal differ",))


def index_table(document: Mapping[str, Any]) -> Table:
    """One line an indicator, ours and the portal's beside each other."""
    table = Table(
        title=f"Bộ chỉ số 766 · {document['dossiers']:,} hồ sơ / Decision 766, dossiers",
        box=SIMPLE_HEAD,
        padding=(0, 1),
    )
    table.add_column("Chỉ số\nIndicator")
    for heading in ("Cổng điền sẵn\nGateway", "Cổng DVCQG\nPortal"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Điểm\nScore", justify="right")
    table.add_column("Khớp\nSame", justify="center")
    for row in document["rows"]:
        ours, theirs = row["gateway"], row["portal"]
        said = f"{row['id']} {_MEANING.get(row['id'], '')}"
        score = theirs.get("score") or "-"
        table.add_row(said, _share(ours), _share(theirs), score, "✓" if ours == theirs else "✗")
    return table


def _share(told: Mapping[str, Any] | None) -> str:
    return "-" if told is None else f"{told['numerator']:,} / {told['denominator']:,}"
