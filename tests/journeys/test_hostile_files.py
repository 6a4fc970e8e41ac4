"""Whatever file somebody hands to `gateway audit …` or `metrics reconcile`: a sentence and its exit status."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile import HOSTILE, UNREADABLE
from tests.journeys.audited import MONTH, Audited, province
from tests.journeys.test_sample import DRAWN_AT, drawn, office, supplied

assert province and office and drawn and supplied, "the fixtures of this module"

Command = tuple[str | Path, ...]
A_BUG = re.compile(r"Traceback|\(\w+\.py:\d+\)")
ODD: list[Any] = [None, True, -1, 10**30, 1.5, "", "x", "\x00", [], [None], {}, {"a": 1}]


@pytest.fixture(scope="module")
def found(province: Audited, office: Path, drawn: Any, supplied: Path) -> Path:
    """The auditor's office with everything that the commands read, one after the other."""
    files = ["--journal", office / "journal.json", "--out", office / "opened"]
    province.done("audit", "sample", "open", office / "pack", office / "drawn", supplied, *files)
    sign = ["--sign", office / "auditor.key", "--out", office / "audit.json"]
    province.done("audit", "sample", "report", office / "opened", *sign)
    return office


def enter(office: Path, bad: Path) -> Command:
    return "audit", "sample", "enter", bad, "--out", bad.with_name("out")


def due(office: Path, bad: Path) -> Command:
    return "audit", "sample", "due", bad, "--out", bad.with_name("out")


def drawing(office: Path, bad: Path, **other: Path) -> Command:
    files = {name: office / name for name in ("request", "entered", "nonce", "public")} | other
    arguments = (
        "--entered",
        files["entered"],
        "--nonce",
        files["nonce"],
        "--public",
        files["public"],
    )
    asked = ("audit", "sample", "draw", office / "pack", files["request"])
    return *asked, *arguments, "--at", DRAWN_AT, "--out", bad.with_name("out")


def opening(office: Path, bad: Path, **other: Path) -> Command:
    files = {"drawn": office / "drawn", "openings": office / "openings"} | other
    journal = other.get("journal", office / "journal.json")
    asked = ("audit", "sample", "open", office / "pack", files["drawn"], files["openings"])
    return *asked, "--journal", journal, "--out", bad.with_name("out")


def reporting(office: Path, bad: Path) -> Command:
    return "audit", "sample", "report", bad


def committing(office: Path, bad: Path, **other: Path) -> Command:
    asked = ("audit", "sample", "commit", office / "pack", "--month", MONTH, "--count", "3")
    out = ("--nonce", bad.with_name("nonce"), "--out", bad.with_name("out"))
    policy = ("--policy", other["policy"]) if "policy" in other else ()
    return *asked, "--sign", other.get("key", office / "auditor.key"), *policy, *out


FILES: dict[str, tuple[Callable[[Path, Path], Command], str | None]] = {
    "the request that is entered": (enter, "request"),
    "the units that are due": (due, "drawn"),
    "the request of a draw": (lambda office, bad: drawing(office, bad, request=bad), "request"),
    "where a draw was entered": (lambda office, bad: drawing(office, bad, entered=bad), "entered"),
    "the nonce of a draw": (lambda office, bad: drawing(office, bad, nonce=bad), None),
    "the units that are opened": (lambda office, bad: opening(office, bad, drawn=bad), "drawn"),
    "the journal of a source": (
        lambda office, bad: opening(office, bad, journal=bad),
        "journal.json",
    ),
    "what was opened": (reporting, "opened"),
    "the key of a commitment": (lambda office, bad: committing(office, bad, key=bad), None),
    "the policy of a commitment": (lambda office, bad: committing(office, bad, policy=bad), None),
    "an audit that is accepted": (lambda office, bad: ("audit", "accept", bad), "audit.json"),
    "a policy": (lambda office, bad: ("audit", "verify", office / "pack", "--policy", bad), None),
    "a proof": (lambda office, bad: ("audit", "proof", bad, "AAAA"), None),
    "the counts of another system": (
        lambda office, bad: ("metrics", "reconcile", bad, "--source", "igate", "--month", MONTH),
        None,
    ),
    "the lines of another system": (
        lambda office, bad: (
            *(
                "metrics",
                "reconcile",
                bad.rename(bad.with_suffix(".csv")) if bad.is_file() else bad,
            ),
            *("--source", "igate", "--month", MONTH),
        ),
        None,
    ),
}
TAKEN = {("the journal of a source", "an object")}
"""What says something: nothing was asked of any source, or somebody of a strange name."""


@pytest.mark.parametrize("name", FILES)
def test_hostile_file_is_refused_in_words(
    name: str, province: Audited, found: Path, tmp_path: Path
) -> None:
    command, _ = FILES[name]
    for number, flaw in enumerate([*HOSTILE, *UNREADABLE]):
        folder = tmp_path / str(number)
        folder.mkdir()
        bad = folder / "bad"
        if flaw in UNREADABLE:
            UNREADABLE[flaw](bad)
        else:
            bad.write_bytes(HOSTILE[flaw])
        answer = province.command(*command(found, bad))
        if (name, flaw) in TAKEN:
            assert answer.exit_code == 0
            continue
        assert answer.exit_code in (1, 2), (flaw, answer.output)
        assert answer.output.strip() and not A_BUG.search(answer.output), flaw
        assert isinstance(answer.exception, SystemExit)


def test_non_json_text_is_placed(province: Audited, found: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    for flaw, said in (("broken off", "line 1, column 2"), ("Latin-1", "UTF-8 at byte 8")):
        bad.write_bytes(HOSTILE[flaw])
        for command in (enter, due, reporting):
            assert said in province.command(*command(found, bad)).output
    bad.write_bytes(b'{"counts": [\n{"procedure" 1}]}')
    counts = ("--source", "igate", "--month", MONTH)
    assert "line 2, column 14" in province.command("metrics", "reconcile", bad, *counts).output
    lines = tmp_path / "lines.csv"
    lines.write_bytes(b'procedure,channel,dossiers\n1.004222,online,"12')
    assert "line 2" in province.command("metrics", "reconcile", lines, *counts).output


def places_in(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a document but the second and later ones of a list."""
    if path:
        yield path
    if isinstance(document, dict):
        for name, below in document.items():
            yield from places_in(below, (*path, name))
    elif isinstance(document, list) and document:
        yield from places_in(document[0], (*path, 0))


def with_odd_places(good: Path) -> Iterator[bytes]:
    """The file with each place held by two other things, by turns of all, and without it."""
    for number, path in enumerate(places_in(json.loads(good.read_bytes()))):
        for odd in (ODD[number % len(ODD)], ODD[(5 * number + 1) % len(ODD)], StopIteration):
            copy = json.loads(good.read_bytes())
            around = copy
            for step in path[:-1]:
                around = around[step]
            if odd is StopIteration:
                del around[path[-1]]
            else:
                around[path[-1]] = odd
            yield json.dumps(copy).encode()


@pytest.mark.parametrize("name", [name for name, (_, good) in FILES.items() if good])
def test_odd_member_is_refused_in_words(
    name: str, province: Audited, found: Path, tmp_path: Path
) -> None:
    command, good = FILES[name]
    bad, tried = tmp_path / "bad", 0
    for content in with_odd_places(found / str(good)):
        bad.write_bytes(content)
        answer = province.command(*command(found, bad))
        assert not A_BUG.search(answer.output), (content, answer.output)
        assert answer.exception is None or isinstance(answer.exception, SystemExit), content
        tried += 1
    assert tried > 5
