"""Is a closed month counted once, by everybody alike, and never again?"""

import asyncio
import json
import random
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey
from jsonschema import Draft202012Validator
from sqlalchemy import select, update

from gateway.domain.errors import BadRequest, CannotMeasure, Conflict
from gateway.domain.verdicts import Verdict
from gateway.log.entries import case_entry
from gateway.reduction._reading import root_at
from gateway.reduction.months import Month
from gateway.reduction.releases._stored import check_all_closed, check_kept, last_settled
from gateway.reduction.report import Question, report_from_log
from gateway.storage.schema import leaves, month_closes
from tests.databases import open_database
from tests.reduction.bodies import (
    AUTO,
    FIRST,
    MANUAL,
    SECOND,
    TEST_TENANT,
    abandoned,
    confirmation,
    filled,
    prefill,
    refusal,
    submission,
)
from tests.reduction.releases.conftest import DECEMBER, KEY, NOVEMBER, ORIGIN, House, hour_of

FIELDS = {"hoTen": AUTO, "gioiTinh": filled(Verdict.OVERRIDE), "lyDo": MANUAL}
SCHEMA = Path(__file__).parents[3] / "schemas" / "leaves" / "tally.schema.json"
TALLY = Draft202012Validator(json.loads(SCHEMA.read_text()))
HOUR = hour_of(NOVEMBER)
LAST = datetime(2026, 11, 30, 16, 59, tzinfo=UTC)
NEXT = LAST + timedelta(hours=1)
"""The last minute of November in Vietnam, and a moment of December after which it may still be entered."""


def month_of_cases(
    number: int, prefix: str = "a", hour: int = HOUR, **members: Any
) -> Iterator[dict[str, Any]]:
    """So many dossiers, each with its prefill and its submission."""
    for case in range(number):
        yield prefill(f"{prefix}{case}", h=hour, q=[["population", "found", 1, 0]], **members)
        yield submission(f"{prefix}{case}", FIELDS, h=hour, **members)


def tallies(house: House) -> list[dict[str, Any]]:
    entries = house.database.read(
        lambda c: c.execute(select(leaves.c.entry).order_by(leaves.c.idx)).scalars().all()
    )
    read = [json.loads(entry) for entry in entries]
    return [leaf for leaf in read if leaf["kind"] == "tally"]


def case_entries(house: House, first: int, last: int) -> int:
    rows = house.database.read(lambda c: c.execute(select(leaves.c.idx, leaves.c.entry)).all())
    length = len(case_entry(bytes(32)))
    return sum(
        first <= row.idx <= last and len(row.entry) == length and b'"seal"' in row.entry
        for row in rows
    )


def varied(chance: random.Random, number: int) -> Iterator[dict[str, Any]]:
    """Cases of every kind; in each, all chains are of one form and channel."""
    for case in range(number):
        name = f"case {case}"
        where: dict[str, Any] = {
            "ten": TEST_TENANT if chance.random() < 0.05 else "h99",
            "fv": chance.choice((FIRST, FIRST, SECOND)),
            "proc": chance.choice(("1.004222", "1.004222", "1.004223", None)),
            "ch": chance.choice(("online", "online", "desk", "post")),
            "h": HOUR,
        }
        yield confirmation(name, h=HOUR, ten=where["ten"])
        for chain in (f"{name}.{n}" for n in range(chance.choice((1, 1, 2)))):
            states = {"hoTen": chance.choice("FKn"), "gioiTinh": chance.choice("Fuc")}
            reads = [["population", "found", chance.choice((1, 2)), 0]]
            yield prefill(name, chain, states=states, q=reads, **where)
            if chance.random() < 0.2:
                told = {member: where[member] for member in ("ten", "h", "fv")}
                yield refusal(name, "hoTen", chain=chain, **told)
            if (end := chance.random()) < 0.7:
                fields = {path: chance.choice((AUTO, MANUAL)) for path in ("hoTen", "gioiTinh")}
                yield submission(name, fields, chain, sec=chance.choice((5, 900)), **where)
            elif end < 0.9:
                yield abandoned(name, chain, ten=where["ten"], h=HOUR)


@pytest.mark.parametrize("seed", range(4))
async def test_release_agrees_with_report(house: House, seed: int) -> None:
    await house.open(seconds=20, per_field=1)
    await house.fill(varied(random.Random(seed), 300))
    report = report_from_log(house.database, Question())

    closed, _ = await house.close("2026-11")

    release = json.loads(closed.document or b"")
    rows = {
        (row["procedure"], row["form"], row["series"], row["channel"]): row
        for row in report["forms"]
    }
    whole = [cell for cell in release["cells"] if cell["cell"]["level"] == "series"]
    assert len(whole) > 4
    for cell in whole:
        name = tuple(cell["cell"][part] for part in ("procedure", "form", "series", "channel"))
        counted = {key: value for key, value in rows[name].items() if key in cell["figures"]}
        # a chain that is still open has been offered something, and counts when it has ended
        for later in ("chains", "offered", "empties", "conflicts"):
            counted[later] = cell["figures"][later]
        assert cell["figures"] == counted
    for channel, total in release["total"].items():
        for figure in ("core", "reduction", "by_source", "instant", "abandoned", "refusals"):
            assert total[figure] == report["total"][channel][figure]


@pytest.mark.parametrize("seed", range(4))
async def test_tallies_partition_case_leaves_by_schema(house: House, seed: int) -> None:
    await house.open()
    await house.fill(varied(random.Random(seed), 150))

    closed, _ = await house.close("2026-11")

    written = tallies(house)
    assert [problem.message for leaf in written for problem in TALLY.iter_errors(leaf)] == []
    assert {tuple(leaf["range"]) for leaf in written} == {(closed.first, closed.last)}
    assert sum(leaf["leaves"] for leaf in written) == case_entries(house, 0, closed.last)
    (outside,) = (leaf for leaf in written if leaf["cell"]["level"] == "outside")
    assert (outside["cases"], outside["sums"], outside["median_left"]) == (0, {}, None)
    assert outside["leaves"] >= 150


async def test_closed_months_sum_to_one_close(house: House) -> None:
    chance = random.Random(7)
    cut = 400
    bodies = [body for body in varied(chance, 300) if body["k"] != "confirmation"]
    later = hour_of(DECEMBER)
    moved = [body if place < cut else {**body, "h": later} for place, body in enumerate(bodies)]
    await house.open()
    await house.fill(moved[:cut], NOVEMBER)
    await house.fill(moved[cut:], DECEMBER)
    house.now = DECEMBER + timedelta(days=31)

    report = report_from_log(house.database, Question())
    november, _ = await house.close("2026-11")
    december, _ = await house.close("2026-12")

    assert (november.first, december.first) == (0, november.last + 1)
    totals: Counter[str] = Counter()
    for leaf in tallies(house):
        totals.update(leaf["sums"])
    in_report = [report["total"][channel] for channel in ("online", "paper")]
    for key, name in (("dossiers", "dossiers"), ("refusals", "refusals"), ("instant", "instant")):
        expected = sum(
            t[name] if isinstance(t[name], int) else t[name]["numerator"] for t in in_report
        )
        assert totals[key] == expected
    late = totals["late/submissions"]
    assert totals["submissions"] + late == sum(t["submissions"] for t in in_report)
    reads = sum(t["source_failures"]["population"]["reads"] for t in in_report)
    assert totals["read/population/reads"] == reads


@pytest.mark.threat(20)
async def test_release_names_its_evidence_and_is_signed(
    house: House,
) -> None:
    await house.open()
    await house.fill(month_of_cases(12))

    closed, made = await house.close("2026-11")

    assert made
    release = json.loads(closed.document or b"")
    assert release["range"] == {"first": 0, "last": 28}
    assert release["definition"]["leaf"] == 0
    assert (release["tallies"], release["size"]) == ([29], 30)
    assert b64decode(release["root"]) == root_at(house.database, 30)
    assert (release["origin"], release["partial"], release["month"]) == (ORIGIN, False, "2026-11")
    signed = jws.deserialize_compact(
        closed.jws or "", OKPKey.import_key(KEY.public_key()), algorithms=["Ed25519"]
    )
    assert (signed.payload, signed.headers()["typ"]) == (closed.document, "release+jwt")
    assert house.published == [1]
    folder = {path.name: path.read_bytes() for path in house.folder.iterdir()}
    assert folder == {
        "2026-11.json": closed.document,
        "2026-11.jws": (closed.jws or "").encode(),
    }


async def test_a_release_is_never_made_again(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12))
    first, _ = await house.close("2026-11")
    await house.fill(month_of_cases(30, "b"))

    again, made = await house.close("2026-11")

    assert (again, made) == (first, False)
    assert len(tallies(house)) == 1


async def test_release_is_signed_again_by_new_key(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12))
    first, _ = await house.close("2026-11")
    house.key = Ed25519PrivateKey.generate()

    renewed, made = await house.close("2026-11")

    assert (made, renewed.document) == (False, first.document)
    signed = jws.deserialize_compact(
        renewed.jws or "", OKPKey.import_key(house.key), algorithms=["Ed25519"]
    )
    assert signed.payload == first.document
    assert (house.folder / "2026-11.jws").read_text() == renewed.jws
    assert await house.close("2026-11") == (renewed, False)


@pytest.mark.parametrize("lost", ["the release", "its files"])
async def test_interrupted_close_is_finished_by_retry(house: House, lost: str) -> None:
    await house.open()
    await house.fill(month_of_cases(12))
    first, _ = await house.close("2026-11")
    for path in house.folder.iterdir():
        path.unlink()
    if lost == "the release":
        gone = update(month_closes).values(document=None, jws=None)
        await house.database.write(lambda c: c.execute(gone))
        await house.fill(month_of_cases(12, "later"))

    again, made = await house.close("2026-11")

    assert (again, made) == (first, lost == "the release")
    assert (house.folder / "2026-11.json").read_bytes() == first.document


async def test_only_mock_closes_the_running_month(house: House) -> None:
    house.now = NOVEMBER
    await house.open()
    await house.fill(month_of_cases(12))
    with pytest.raises(Conflict, match="month_not_over"):
        await house.close("2026-11")
    assert tallies(house) == []

    house.mock = True
    closed, _ = await house.close("2026-11")

    release = json.loads(closed.document or b"")
    assert release["partial"] is True
    assert "not over" in release["notice"][0]
    with pytest.raises(Conflict, match="month_not_over"):
        await house.close("2026-12")


async def test_first_edition_says_first_what_is_partial(house: House) -> None:
    """As its releases stand, which nobody makes again; later ones begin with the mock sources."""
    house.now, house.mock = NOVEMBER, True
    await house.open()
    await house.fill(month_of_cases(12))
    closed, _ = await house.close("2026-11")
    first, second, *_ = json.loads(closed.document or b"")["notice"]
    assert "not over" in first
    assert "mock sources" in second


async def test_late_or_small_month_is_refused(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(9), NOVEMBER)
    with pytest.raises(Conflict, match="too_few_persons"):
        await house.close("2026-11")
    assert tallies(house) == []

    house.now = DECEMBER + timedelta(days=31)
    await house.fill(month_of_cases(3, "b", hour_of(DECEMBER)), DECEMBER)
    closed, _ = await house.close("2026-12")

    (leaf,) = tallies(house)
    assert (leaf["cases"], leaf["month"], closed.first) == (12, "2026-12", 0)
    with pytest.raises(Conflict, match="month_closed"):
        await house.close("2026-11")


@pytest.mark.parametrize("text", ["2026", "2026-13", "11-2026", "2026-11-22", "٢٠٢٦-11", "=1+1"])
def test_invalid_month_is_refused_without_echo(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        Month.read(text)

    assert refused.value.member == "month"
    assert refused.value.detail == "a month reads 2026-11"


@pytest.mark.parametrize(
    ("local", "month"),
    [("2026-11-30T23:59:59", "2026-11"), ("2026-12-01T00:00:00", "2026-12")],
)
def test_month_ends_by_vietnamese_calendar(local: str, month: str) -> None:
    when = datetime.fromisoformat(local + "+07:00").astimezone(UTC)

    assert str(Month.at(when)) == month
    assert (hour_of(when) <= Month(2026, 11).last_hour) == (month == "2026-11")


async def test_month_takes_leaves_before_next_month(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12), NOVEMBER)
    await house.fill(month_of_cases(12, "b", hour_of(NEXT)), NEXT)
    await house.fill(month_of_cases(1, "c", hour_of(LAST)), LAST)

    closed, _ = await house.close("2026-11")

    assert (closed.first, closed.last) == (0, 28)
    assert tallies(house)[0]["cases"] == 12


async def test_leaves_after_close_stand_apart(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12), NOVEMBER)
    again = (submission(f"a{case}", {"lyDo": MANUAL}, h=hour_of(DECEMBER)) for case in range(12))
    await house.fill(again, DECEMBER)
    first, _ = await house.close("2026-11")
    house.now = DECEMBER + timedelta(days=31)
    await house.close("2026-12")

    november, december = tallies(house)
    assert november["sums"]["dossiers"] == 12
    assert december["sums"] == {"late/submissions": 12}
    assert json.loads(first.document or b"")["total"]["online"]["dossiers"] == 12


@pytest.mark.threat(17)
async def test_release_includes_abandoned_and_refused_cases(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12))
    given_up = (
        body
        for case in range(15)
        for body in (
            prefill(f"b{case}", h=HOUR),
            refusal(f"b{case}", "hoTen", h=HOUR),
            abandoned(f"b{case}", h=HOUR),
        )
    )
    await house.fill(given_up)

    closed, _ = await house.close("2026-11")

    total = json.loads(closed.document or b"")["total"]["online"]
    assert total["abandoned"] == {"numerator": 15, "denominator": 27, "value": 0.5556}
    assert (total["refusals"], total["chains"]) == (15, 27)


@pytest.mark.threat(16)
async def test_new_form_series_is_own_cell(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12, "a", fv=FIRST))
    second = (
        body
        for case in range(12)
        for body in (
            prefill(f"b{case}", h=HOUR, fv=SECOND),
            submission(f"b{case}", {"hoTen": AUTO}, h=HOUR, fv=SECOND),
        )
    )
    await house.fill(second)

    closed, _ = await house.close("2026-11")

    first, other = json.loads(closed.document or b"")["cells"]
    assert first["cell"]["series"] != other["cell"]["series"]
    assert sorted(cell["figures"]["dropped"] for cell in (first, other)) == [0, 12]


async def test_unbalanced_payload_closes_nothing(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12))
    await house.fill([{**submission("bad", FIELDS, h=HOUR), "n": {}}])

    with pytest.raises(CannotMeasure, match="leaf 29: its counts do not balance"):
        await house.close("2026-11")

    assert tallies(house) == []


async def test_month_closes_beside_a_writing_gateway(house: House, tmp_path: Path) -> None:
    """Another process has the file open and writes; indices stay without a gap, nothing is lost."""
    await house.open()
    await house.fill(month_of_cases(400))
    beside = House(open_database(tmp_path), tmp_path / "other")
    writing = [asyncio.create_task(beside.fill(month_of_cases(1, f"b{n}-"))) for n in range(200)]

    closed, _ = await house.close("2026-11")
    await asyncio.gather(*writing)

    indices = house.database.read(
        lambda c: c.execute(select(leaves.c.idx).order_by(leaves.c.idx)).scalars().all()
    )
    assert list(indices) == list(range(5 + 2 * 600 + len(tallies(house))))
    counted = sum(leaf["leaves"] for leaf in tallies(house))
    assert counted == case_entries(house, 0, closed.last)
    beside.database.close()


async def test_last_hour_belongs_to_its_month(
    house: House,
) -> None:
    await house.open()
    await house.fill(month_of_cases(12, hour=hour_of(LAST)), LAST)
    after = LAST + timedelta(hours=1)
    await house.fill(month_of_cases(7, "b", hour_of(after)), after)

    closed, _ = await house.close("2026-11")

    assert case_entries(house, 0, closed.last) == 2 * 12
    assert sum(leaf["sums"]["dossiers"] for leaf in tallies(house)) == 12


def _check_all_closed(house: House) -> None:
    running = Month.at(house.now)
    house.database.read(lambda c: check_all_closed(c, ORIGIN, running))


async def test_log_ends_after_closing_every_month(house: House) -> None:
    await house.open()
    _check_all_closed(house)
    await house.fill(month_of_cases(12))
    with pytest.raises(Conflict, match="2026-11") as refusal:
        _check_all_closed(house)
    assert refusal.value.code == "month_open"

    await house.close("2026-11")
    await house.fill(month_of_cases(3, "b", hour_of(DECEMBER)), DECEMBER)

    _check_all_closed(house)
    house.now = DECEMBER + timedelta(days=20)
    with pytest.raises(Conflict, match="2026-12"):
        _check_all_closed(house)


async def test_late_leaf_lets_log_end(house: House) -> None:
    await house.open()
    await house.fill(month_of_cases(12))
    await house.fill(month_of_cases(1, "b", hour_of(NEXT)), NEXT)
    await house.fill(month_of_cases(1, "late", hour_of(LAST)), LAST)
    await house.close("2026-11")

    _check_all_closed(house)


async def test_payloads_outlive_release_and_half_year(
    house: House,
) -> None:
    await house.open()
    await house.fill(month_of_cases(12))

    def settled(before: str) -> int | None:
        return house.database.read(lambda c: last_settled(c, ORIGIN, Month.read(before)))

    assert settled("2026-12") is None
    closed, _ = await house.close("2026-11")
    with pytest.raises(Conflict) as refusal:
        check_kept(Month.read("2026-12"), Month.read("2027-05"))
    assert refusal.value.code == "kept_longer"
    check_kept(Month.read("2026-12"), Month.read("2027-06"))

    assert (settled("2026-11"), settled("2026-12")) == (None, closed.last)
