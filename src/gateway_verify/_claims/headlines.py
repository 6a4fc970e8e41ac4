"""Which figures of a release must whoever reads a verdict see first?

Per month and channel that has dossiers: how many, and core, reduction, reach and their like as far as the
release has them; coverage and floor by each source that counted dossiers. Each share is numerator,
denominator and value, as the release says them. Figures from mock sources say so in their line (`mock`).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway_verify._claims.releases import MOCK

Json = Mapping[str, Any]

_WORDS = {
    "core": "cốt lõi / core",
    "reduction": "giảm khai / reduction",
    "reach": "mức với tới / reach",
    "connected_reach": "mức với tới nguồn đã nối / connected reach",
    "core_without_abolitions": "cốt lõi như thể không bãi bỏ gì / core as if nothing were abolished",
    "core_without_young": "cốt lõi không kể bản ghi mới / core without young records",
}
_NO_COUNT = "chưa có số liệu đối chiếu / no count supplied"


def figures_of(releases: Iterable[Json]) -> list[dict[str, Any]]:
    """The figures for programs, a row per month and channel."""
    return [row for release in releases for row in _rows(release)]


def _rows(release: Json) -> Iterable[dict[str, Any]]:
    reconciled, mock = release["reconciliation"], MOCK in release["notice"]
    for channel, total in release["total"].items():
        if total["dossiers"]:
            yield {
                "month": release["month"],
                "channel": channel,
                "mock": mock,
                "dossiers": total["dossiers"],
                **{name: _share(total[name]) for name in _WORDS if name in total},
                "coverage": {c["source"]: _share(c["coverage"]) for c in reconciled["counts"]},
                "floor": {c["source"]: _share(c["floor"][channel]) for c in reconciled["counts"]},
                "headline": reconciled["headline"],
            }
    mixed = [cell for cell in release["cells"] if cell["cell"]["channel"] == "mixed"]
    if mixed:
        dossiers = sum(cell["sums"].get("dossiers", 0) for cell in mixed)
        yield {
            "month": release["month"],
            "channel": "mixed",
            "mock": mock,
            "dossiers": dossiers,
        }


def _share(share: Json) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, Decimal) else value for name, value in share.items()
    }


def lines_of(figures: Iterable[Json]) -> list[str]:
    """The same for people, a line per row, the floor first where it is the headline."""
    return [_line(row) for row in figures]


def _line(row: Json) -> str:
    head = f"{row['month']} {row['channel']}: {row['dossiers']} hồ sơ / dossiers"
    if row["mock"]:
        head += f" ({MOCK})"
    if row["channel"] == "mixed":
        return f"{head}; không tính tỷ lệ / no ratio"
    coverage = [f"độ phủ / coverage {_said(row['coverage'], s)} ({s})" for s in row["coverage"]]
    floor = [f"mức sàn / floor {_said(row['floor'], source)} ({source})" for source in row["floor"]]
    shares = [f"{word} {_said(row, name)}" for name, word in _WORDS.items() if name in row]
    first = [*floor, *shares] if row["headline"] == "floor" else [*shares, *floor]
    return "; ".join([head, *first, *(coverage or [f"độ phủ / coverage: {_NO_COUNT}"])])


def _said(row: Json, name: str) -> str:
    """A share as its two numbers and per cent, rounded as the release rounds it."""
    share = row[name]
    value = share["value"]
    percent = "-" if value is None else f"{Decimal(str(value)) * 100:.2f} %"
    return f"{percent} ({share['numerator']}/{share['denominator']})"
