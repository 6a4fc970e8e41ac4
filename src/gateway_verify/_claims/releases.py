"""Does a published release say what its tallies say, byte for byte?

`releases/<month>.json` is made again out of the public leaves of its close: month, range, definition,
tree size behind the last tally and the root there, the released cells with all their figures, the
totals, what others counted (`supplied.py`), and the lines that every reader must see first. A cell of
level `outside` is in none; a `mixed` one has its sums and no figure. The RFC 8785 text of that is the only
one there is: no white space, no other spelling of a name or number, no name twice. `releases/<month>.jws` is
the same bytes, signed by a key of the log (`signatures.py`). A month whose tallies stand in the log has both;
where one is not there, its figures could not be checked.
"""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway_verify._claims.baselines import baselines_of
from gateway_verify._claims.definitions import edition_of
from gateway_verify._claims.signatures import check_signed_release, keys_of
from gateway_verify._claims.supplied import reconciliation_of
from gateway_verify._claims.tallies import Close
from gateway_verify._count.figures import figures_of
from gateway_verify._count.forms import form_of
from gateway_verify.evidence import Proved, root_at
from gateway_verify.findings import Finding, Kind, Refuted
from gateway_verify.locations import Folder, Place, read_if_there
from gateway_verify.text import canonical

LARGEST_RELEASE_BYTES = 16 * 1024 * 1024
_PLAIN = re.compile("[a-z0-9_]{1,60}")
"""A name that may be repeated; another one may be made for the eye that reads the verdict."""
MOCK = "SỐ LIỆU TỪ NGUỒN MÔ PHỎNG / figures from mock sources"
_NOTICES = {
    "mock": MOCK,
    "partial": "tháng chưa kết thúc / the month is not over",
    "instant": "không loại hồ sơ nộp tức thời / the instant rule is set to 0",
    "unconfirmed": "chưa xác nhận: chưa kết nối Cổng / unconfirmed: no portal connected",
    "no_count": "chưa có số liệu đối chiếu của bên khác / no count supplied by anybody else",
    "floor": "độ phủ dưới 95 %: đọc mức sàn trước / coverage below 95 %: the floor is the headline",
    "young": "quá nửa mức cốt lõi dựa trên giấy tờ mới nhập, chưa được xác nhận / "
    "more than half of core rests on young records that nobody vouches for",
    "gateway": "chỉ chứng minh những gì đi qua cổng, không phải những gì hiện trên màn hình / "
    "proves what passed through the gateway, not what stood on a screen",
}
"""The lines of a release, word for word and in their order; the first edition began with `partial`."""
_MEASURE = (
    "digest",
    "instant_seconds",
    "instant_seconds_per_field",
    "mock",
    "least_age_hours",
    "month",
)


@dataclass(slots=True)
class Releases:
    """The releases that hold, by month, and what of the others is not there."""

    good: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: list[Finding] = field(default_factory=list)


def check_releases(place: Place, proved: Proved) -> Releases:
    """Hold the release of every closed month against its tallies; raises Refuted at a difference."""
    found, closes = Releases(), proved.story.closes()
    for close in closes:
        path = f"releases/{close.month}.json"
        raw = read_if_there(place, path, LARGEST_RELEASE_BYTES)
        signed = read_if_there(place, f"releases/{close.month}.jws", 2 * LARGEST_RELEASE_BYTES)
        ours = release_of(place, proved, close)
        if raw is not None:
            _check_document(path, raw, ours)
        if signed is not None:
            text, keys = _written(ours, path), keys_of(proved, close)
            check_signed_release(signed, text, keys, f"releases/{close.month}.jws")
        if raw is not None and signed is not None:
            found.good[close.month] = ours
        for ending, held in (("json", raw), ("jws", signed)):
            if held is None:
                says = f"the log holds the tallies of {close.month}, and this file of its release is not there"
                gone = Finding(Kind.MISSING, says, f"releases/{close.month}.{ending}")
                found.missing.append(gone)
    if isinstance(place, Folder):
        _check_no_others(place.listed("releases"), {close.month for close in closes})
    return found


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
    edition = edition_of(measure)
    reconciled = reconciliation_of([*leaves.values()], supplied, _months(proved, close), edition)
    total = {c: _total(shown.values(), c, edition) for c in ("online", "paper")}
    return {
        "kind": "release",
        "v": edition,
        "month": close.month,
        "partial": last["partial"],
        "notice": _notices(proved, size, last["partial"], reconciled, total, edition),
        "definition": {
            "leaf": last["definition"],
            "name": measure["definition"],
            **{name: measure[name] for name in _MEASURE if name in measure},
        },
        "range": {"first": close.first, "last": close.last},
        "size": size,
        "root": b64encode(root_at(place, checkpoint, size)).decode(),
        "origin": checkpoint.origin,
        "tallies": list(leaves),
        "cells": [_cell(at, leaf, edition) for at, leaf in shown.items()],
        "total": total,
        "reconciliation": reconciled,
        **({} if edition == 1 else _named(proved, shown.values())),
    }


def _named(proved: Proved, leaves: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What is not counted of each form version, and where the baseline of each declaration stands."""
    story = proved.story
    versions = sorted({version for leaf in leaves for version in leaf["versions"]})
    forms = [(form_of(at, story.leaves[at]), story.leaves[at]) for at in versions]
    baselines = baselines_of(story.of_kind("form-version"), story.origin, story.previous)
    places = {place for form, _ in forms if form.declaration for place in form.places()}
    return {
        "uncounted": [
            {
                "form": leaf["form"],
                "version": leaf["version"],
                "inputs": leaf.get("uncounted", []),
            }
            for _, leaf in forms
        ],
        "declarations": [
            {
                "procedure": procedure or None,
                "declaration": declaration,
                "log": baselines[procedure, declaration].log,
                "leaf": baselines[procedure, declaration].leaf,
            }
            for procedure, declaration in sorted(places)
        ],
    }


def _months(proved: Proved, close: Close) -> list[str]:
    """The months of a close: its own, and those since the close before."""
    months, (year, month) = [close.month], map(int, close.month.split("-"))
    earlier = [one.month for one in proved.story.closes() if one.month < close.month]
    while earlier:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if (text := f"{year:04d}-{month:02d}") <= earlier[-1]:
            break
        months.append(text)
    return months[::-1]


def _notices(
    proved: Proved,
    size: int,
    partial: bool,
    reconciled: Mapping[str, Any],
    total: Mapping[str, Mapping[str, Any]],
    edition: int,
) -> list[str]:
    measures = [leaf for at, leaf in proved.story.of_kind("metric-definition") if at < size]
    holds = {
        "mock": any(one["mock"] for one in measures),
        "partial": partial,
        "instant": any(
            0 in (one["instant_seconds"], one["instant_seconds_per_field"]) for one in measures
        ),
        "unconfirmed": not measures[-1]["definition"].endswith("/confirmed"),
        "no_count": not reconciled["counts"],
        "floor": reconciled["headline"] == "floor",
        "young": any(2 * one.get("young", 0) > one["core"]["numerator"] for one in total.values()),
        "gateway": True,
    }
    lines = [_NOTICES[name] for name, held in holds.items() if held]
    if edition == 1:
        lines.sort(key=lambda line: line != _NOTICES["partial"])
    return lines


def _cell(at: int, leaf: Mapping[str, Any], edition: int) -> dict[str, Any]:
    row = {"cell": leaf["cell"], "leaf": at, "cases": leaf["cases"], "versions": leaf["versions"]}
    if leaf["cell"]["channel"] == "mixed":
        return {**row, "sums": leaf["sums"]}
    return {**row, "figures": figures_of(leaf["sums"], leaf["median_left"], edition)}


def _total(leaves: Any, channel: str, edition: int) -> dict[str, Any]:
    sums: Counter[str] = Counter()
    for leaf in leaves:
        if leaf["cell"]["channel"] == channel:
            sums.update(leaf["sums"])
    return figures_of(sums, None, edition)


def _check_document(path: str, raw: bytes, ours: Mapping[str, Any]) -> None:
    text = _written(ours, path)
    if raw == text:
        return
    try:
        said = canonical.read_spelt(raw)
    except canonical.NotCanonical as refused:
        raise Refuted(Kind.RELEASE, str(refused), path) from None
    if not isinstance(said, dict):
        raise Refuted(Kind.RELEASE, "no release", path)
    difference = next(_differences(said, canonical.read_spelt(text), ""), None)
    if difference:
        raise Refuted(Kind.RELEASE, f"`{difference}` does not follow from the tallies", path)
    raise Refuted(Kind.RELEASE, "not in RFC 8785 form", path)


def _written(ours: Mapping[str, Any], path: str) -> bytes:
    try:
        return canonical.write(dict(ours))
    except canonical.NotCanonical as refused:
        raise Refuted(Kind.RELEASE, f"its tallies give {refused}", path) from None


def _differences(said: Any, ours: Any, where: str) -> Iterator[str]:
    """Where two documents differ, member by member; numbers by their spelling."""
    if isinstance(ours, dict) and isinstance(said, dict):
        for name in ours:
            below = f"{where}.{name}" if where else name
            if name in said:
                yield from _differences(said[name], ours[name], below)
            else:
                yield below
        for name in (name for name in said if name not in ours):
            plain = name if _PLAIN.fullmatch(name) else "?"
            yield f"{where}.{plain}" if where else plain
    elif isinstance(ours, list) and isinstance(said, list) and len(ours) == len(said):
        for number, (one, other) in enumerate(zip(said, ours, strict=True)):
            yield from _differences(one, other, f"{where}[{number}]")
    elif isinstance(ours, bool) is not isinstance(said, bool) or said != ours:
        yield where
