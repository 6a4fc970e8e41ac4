"""Does a published release say what its tallies say, to the last digit?

`releases/<month>.json` is made again out of the public leaves of its close: month, range, definition,
tree size behind the last tally and the root there, the released cells with all their figures, the
totals, what others counted (`supplied.py`), and the lines that every reader must see first. A cell of
level `outside` is in none; a `mixed` one has its sums and no figure. `releases/<month>.jws`, where it is,
carries the same bytes; its signature is not checked, since the log itself vouches for the document.
"""

import json
import re
from base64 import b64encode, urlsafe_b64decode
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway.log.verify.claims.supplied import reconciliation_of
from gateway.log.verify.claims.tallies import Close
from gateway.log.verify.count.figures import figures_of
from gateway.log.verify.evidence import Proved, root_at
from gateway.log.verify.findings import Kind, Refuted
from gateway.log.verify.tree.places import Folder, Place, read_if_there

LARGEST_RELEASE_BYTES = 16 * 1024 * 1024
_BASE64URL = re.compile(rb"[0-9A-Za-z_-]+")
_NOTICES = {
    "partial": "tháng chưa kết thúc / the month is not over",
    "mock": "SỐ LIỆU TỪ NGUỒN MÔ PHỎNG / figures from mock sources",
    "instant": "không loại hồ sơ nộp tức thời / the instant rule is set to 0",
    "unconfirmed": "chưa xác nhận: chưa kết nối Cổng / unconfirmed: no portal connected",
    "no_count": "chưa có số liệu đối chiếu của bên khác / no count supplied by anybody else",
    "floor": "độ phủ dưới 95 %: đọc mức sàn trước / coverage below 95 %: the floor is the headline",
    "gateway": "chỉ chứng minh những gì đi qua cổng, không phải những gì hiện trên màn hình / "
    "proves what passed through the gateway, not what stood on a screen",
}
"""The lines of a release of version 1, word for word."""
_MEASURE = ("digest", "instant_seconds", "instant_seconds_per_field", "mock")


def check_releases(place: Place, proved: Proved) -> tuple[list[str], list[str]]:
    """The months whose releases hold, and those that have none; raises Refuted at a difference."""
    good, without = [], []
    for close in proved.story.closes():
        path = f"releases/{close.month}.json"
        raw = read_if_there(place, path, LARGEST_RELEASE_BYTES)
        if raw is None:
            without.append(close.month)
            continue
        said, ours = _read(path, raw), release_of(place, proved, close)
        difference = next(_differences(said, ours, ""), None)
        if difference:
            raise Refuted(Kind.RELEASE, f"`{difference}` does not follow from the tallies", path)
        _check_signed_copy(place, close.month, raw)
        good.append(close.month)
    if isinstance(place, Folder):
        _check_no_others(place.listed("releases"), {*good, *without})
    return good, without


def _check_no_others(paths: list[str], closed: Collection[str]) -> None:
    """What lies in the folder and says what no tallies say; an address cannot be asked for its files."""
    for path in paths:
        month, _, ending = path.removeprefix("releases/").partition(".")
        if ending in ("json", "jws") and month not in closed:
            raise Refuted(Kind.RELEASE, "no tallies of such a month stand in the log", path)


def release_of(place: Place, proved: Proved, close: Close) -> dict[str, Any]:
    """What the release of a close must say, but for what is its readers' own."""
    leaves, checkpoint = close.tallies, proved.checkpoint
    size, last = max(leaves) + 1, next(reversed(leaves.values()))
    measure = proved.story.leaves[last["definition"]]
    shown = {at: leaf for at, leaf in leaves.items() if leaf["cell"]["level"] != "outside"}
    supplied = [one for one in proved.story.of_kind("reconcile") if one[0] < size]
    reconciled = reconciliation_of([*leaves.values()], supplied, _months(proved, close))
    return {
        "kind": "release",
        "v": 1,
        "month": close.month,
        "partial": last["partial"],
        "notice": _notices(proved, size, last["partial"], reconciled),
        "definition": {
            "leaf": last["definition"],
            "name": measure["definition"],
            **{name: measure[name] for name in _MEASURE},
        },
        "range": {"first": close.first, "last": close.last},
        "size": size,
        "root": b64encode(root_at(place, checkpoint, size)).decode(),
        "origin": checkpoint.origin,
        "tallies": list(leaves),
        "cells": [_cell(at, leaf) for at, leaf in shown.items()],
        "total": {channel: _total(shown.values(), channel) for channel in ("online", "paper")},
        "reconciliation": reconciled,
    }


def _months(proved: Proved, close: Close) -> list[str]:
    """The months of a close: its own, and those since the close before."""
    months, (year, month) = [close.month], map(int, close.month.split("-"))
    earlier = [one.month for one in proved.story.closes() if one.month < close.month]
    while earlier:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if (text := f"{year:04d}-{month:02d}") <= earlier[-1]:
            break
        months.insert(0, text)
    return months


def _notices(proved: Proved, size: int, partial: bool, reconciled: Mapping[str, Any]) -> list[str]:
    measures = [leaf for at, leaf in proved.story.of_kind("metric-definition") if at < size]
    holds = {
        "partial": partial,
        "mock": any(one["mock"] for one in measures),
        "instant": any(
            0 in (one["instant_seconds"], one["instant_seconds_per_field"]) for one in measures
        ),
        "unconfirmed": not measures[-1]["definition"].endswith("/confirmed"),
        "no_count": not reconciled["counts"],
        "floor": reconciled["headline"] == "floor",
        "gateway": True,
    }
    return [_NOTICES[name] for name, held in holds.items() if held]


def _cell(at: int, leaf: Mapping[str, Any]) -> dict[str, Any]:
    row = {"cell": leaf["cell"], "leaf": at, "cases": leaf["cases"], "versions": leaf["versions"]}
    if leaf["cell"]["channel"] == "mixed":
        return {**row, "sums": leaf["sums"]}
    return {**row, "figures": figures_of(leaf["sums"], leaf["median_left"])}


def _total(leaves: Any, channel: str) -> dict[str, Any]:
    sums: Counter[str] = Counter()
    for leaf in leaves:
        if leaf["cell"]["channel"] == channel:
            sums.update(leaf["sums"])
    return figures_of(sums, None)


def _read(path: str, raw: bytes) -> dict[str, Any]:
    try:
        said = json.loads(raw.decode(), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Refuted(Kind.RELEASE, "not JSON", path) from None
    if len(raw) > LARGEST_RELEASE_BYTES or not isinstance(said, dict):
        raise Refuted(Kind.RELEASE, "no release", path)
    return said


def _refuse(_: str) -> None:
    raise ValueError("no number of JSON")


def _differences(said: Any, ours: Any, where: str) -> Iterator[str]:
    """Where two documents differ, member by member; numbers by their value."""
    if isinstance(ours, dict) and isinstance(said, dict):
        for name in [*ours, *(name for name in said if name not in ours)]:
            below = f"{where}.{name}" if where else name
            if name not in said or name not in ours:
                yield below
            else:
                yield from _differences(said[name], ours[name], below)
    elif isinstance(ours, list) and isinstance(said, list) and len(ours) == len(said):
        for number, (one, other) in enumerate(zip(said, ours, strict=True)):
            yield from _differences(one, other, f"{where}[{number}]")
    elif isinstance(ours, bool) is not isinstance(said, bool) or said != ours:
        yield where


def _check_signed_copy(place: Place, month: str, document: bytes) -> None:
    path = f"releases/{month}.jws"
    raw = read_if_there(place, path, 2 * LARGEST_RELEASE_BYTES)
    if raw is None:
        return
    parts = raw.removesuffix(b"\n").split(b".")
    shaped = len(parts) == 3 and all(_BASE64URL.fullmatch(part) for part in parts)
    try:
        same = shaped and urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))
    except ValueError:
        same = False
    if same != document:
        raise Refuted(Kind.RELEASE, "the signed copy says something else", path)
