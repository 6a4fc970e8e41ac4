"""Does a published release say what its tallies say, to the last digit?

`releases/<month>.json` is made again out of the public leaves of its close: month, range, definition,
tree size behind the last tally and the root there, the released cells with all their figures, and the
totals. A cell of level `outside` is in none; a `mixed` one has its sums and no figure. `notice` is for
readers, and `reconciliation` rests on counts that others supplied: these two are not made again here.
`releases/<month>.jws`, where it is, carries the same bytes.
"""

import json
from base64 import b64encode, urlsafe_b64decode
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway.log.verify.claims.tallies import Close
from gateway.log.verify.count.figures import figures_of
from gateway.log.verify.evidence import Proved, root_at
from gateway.log.verify.findings import Kind, Refuted
from gateway.log.verify.tree.places import Place, read_if_there

LARGEST_RELEASE_BYTES = 16 * 1024 * 1024
_READERS_OWN = ("notice", "reconciliation")
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
    return good, without


def release_of(place: Place, proved: Proved, close: Close) -> dict[str, Any]:
    """What the release of a close must say, but for what is its readers' own."""
    leaves, checkpoint = close.tallies, proved.checkpoint
    size, last = max(leaves) + 1, next(reversed(leaves.values()))
    measure = proved.story.leaves[last["definition"]]
    shown = {at: leaf for at, leaf in leaves.items() if leaf["cell"]["level"] != "outside"}
    return {
        "kind": "release",
        "v": 1,
        "month": close.month,
        "partial": last["partial"],
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
    }


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
    return {name: value for name, value in said.items() if name not in _READERS_OWN}


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
    parts = raw.split(b".")
    try:
        same = len(parts) == 3 and urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))
    except ValueError:
        same = False
    if same != document:
        raise Refuted(Kind.RELEASE, "the signed copy says something else", path)
