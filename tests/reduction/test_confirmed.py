"""Where a portal is connected a dossier counts once the portal has it accepted, and not before."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.verdicts import Verdict
from gateway.reduction._dossiers import Key
from gateway.reduction._measure import Measurement, Scope
from gateway.reduction.report import UNCONFIRMED, notice_of
from gateway_verify.sampling.draw import draw_numbers
from tests.log.writing import decoded
from tests.reduction.bodies import (
    HOUR,
    definitions,
    filled,
    prefill,
    submission,
    sync,
)
from tests.reduction.closed_months import lay_bodies_open, publish_two_months, run
from tests.reduction.releases.conftest import DECEMBER, NOVEMBER, hour_of
from tests.reduction.test_recount import case_of

FIELDS = {"hoTen": filled(Verdict.AUTO)}
A_MONTH = 31 * 24
ACCEPTED, PARTS = 2, ("1.001193", "1.004222")


def counted(*bodies: dict[str, Any], confirmed: bool = True) -> list[int]:
    """Dossiers, instant ones, and fields saved, of one case."""
    measurement = Measurement(definitions(confirmed=confirmed), Scope())
    measurement.add_case(decoded(enumerate(bodies, 10)))
    keys: tuple[Key, ...] = (("dossiers",), ("instant",), ("verdict", "auto"))
    return [sum(sums[key] for sums in measurement.sums().values()) for key in keys]


CASE = (prefill("a", "c"), submission("a", FIELDS, "c"))
AGAIN = (prefill("a", "d"), submission("a", FIELDS, "d"))
STORIES: dict[str, tuple[tuple[dict[str, Any], ...], list[int]]] = {
    "submitted alone": (CASE, [0, 0, 0]),
    "accepted at the portal": ((*CASE, sync("a")), [1, 0, 1]),
    "accepted before it was submitted": ((CASE[0], sync("a"), CASE[1]), [1, 0, 1]),
    "submitted again after more papers were asked": ((*CASE, sync("a"), *AGAIN), [1, 0, 1]),
    "done and returned": ((*CASE, sync("a"), sync("a", 9), sync("a", 10)), [1, 0, 1]),
    "withdrawn in the same month": ((*CASE, sync("a"), sync("a", 7)), [0, 0, 0]),
    "withdrawn when its month is over": (
        (*CASE, sync("a"), sync("a", 7, h=HOUR + 2 * A_MONTH)),
        [1, 0, 1],
    ),
    "one part of a bundle accepted": ((*CASE, sync("a", part=1)), [0, 0, 0]),
    "every part of a bundle accepted": ((*CASE, sync("a", part=1), sync("a")), [1, 0, 1]),
    "one part of a bundle withdrawn": ((*CASE, sync("a"), sync("a", 7, part=1)), [1, 0, 1]),
    "a bundle withdrawn": ((*CASE, sync("a"), sync("a", 7, part=1), sync("a", 7)), [0, 0, 0]),
    "filled after the portal had it": ((*CASE, sync("a", pre=0)), [1, 1, 0]),
}


@pytest.mark.threat(17, 55)
@pytest.mark.parametrize(("bodies", "expected"), STORIES.values(), ids=STORIES)
def test_dossier_counts_where_portal_confirms_it(
    bodies: tuple[dict[str, Any], ...], expected: list[int]
) -> None:
    assert counted(*bodies) == expected


def test_without_portal_submission_counts() -> None:
    assert counted(*CASE, confirmed=False) == [1, 0, 1]


def test_report_says_unconfirmed_without_portal_only() -> None:
    nothing = {"counts": [], "headline": "core"}
    assert UNCONFIRMED in notice_of(definitions(), nothing, {})
    assert UNCONFIRMED not in notice_of(definitions(confirmed=True), nothing, {})


@pytest.mark.threat(55)
def test_t55_dossiers_filled_afterwards_move_no_numerator() -> None:
    """500 dossiers typed as before; prefill and submission follow back to back behind the scenes."""
    measurement = Measurement(definitions(confirmed=True), Scope())
    for number in range(500):
        case = f"case {number}"
        given = (
            prefill(case, f"c{number}"),
            submission(case, FIELDS, f"c{number}"),
            sync(case, pre=0),
        )
        measurement.add_case(decoded((10 * number + n, body) for n, body in enumerate(given, 10)))
    (sums,) = measurement.sums().values()

    assert (sums[("dossiers",)], sums[("instant",)]) == (500, 500)
    assert sums[("verdict", "auto")] == sums[("core",)] == sums[("A", "fact")] == 0


def summed(cases: Iterable[tuple[dict[str, Any], ...]]) -> dict[tuple[Any, ...], int]:
    """What many cases add up to, where only confirmed ones count."""
    measurement = Measurement(definitions(confirmed=True), Scope())
    for number, bodies in enumerate(cases):
        measurement.add_case(decoded(enumerate(bodies, 10 + 10 * number)))
    return dict(sum((Counter(one) for one in measurement.sums().values()), Counter()))


def test_confirmed_bundle_names_its_portal_dossiers() -> None:
    parts = [sync("a", proc=procedure, part=1) for procedure in PARTS]
    later = sync("a", proc="9.900001", part=1)
    sums = summed([(*CASE, *parts, sync("a"), later)])

    assert {key: n for key, n in sums.items() if key[0] in ("dossiers", "bundle", "part")} == {
        ("dossiers",): 1,
        ("bundle",): 1,
        ("part", "1.001193"): 1,
        ("part", "1.004222"): 1,
    }


def handed_in(name: str, *given: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return (prefill(name, f"{name}.c"), submission(name, FIELDS, f"{name}.c"), *given)


@pytest.mark.threat(18)
def test_t18_unknown_robots_move_no_numerator() -> None:
    honest = [handed_in(f"h{n}", sync(f"h{n}")) for n in range(100)]
    robots = [handed_in(f"r{n}") for n in range(1000)]
    alone, together = summed(honest), summed([*honest, *robots])

    figures = [key for key in alone if key[0] in ("dossiers", "A", "D", "core", "verdict")]
    assert figures and all(together[key] == alone[key] for key in figures)
    assert together[("chains",)] == 1100  # they stand beside the figures for all to see


@pytest.mark.threat(18)
def test_t18_known_marked_robots_save_nothing() -> None:
    honest = [handed_in(f"h{n}", sync(f"h{n}")) for n in range(100)]
    robots = [
        (prefill(f"r{n}", f"r{n}.c"), submission(f"r{n}", FIELDS, f"r{n}.c", bu=1), sync(f"r{n}"))
        for n in range(1000)
    ]
    alone, together = summed(honest), summed([*honest, *robots])

    numerators = [key for key in alone if key[0] in ("A", "core", "source")]
    assert numerators and all(together[key] == alone[key] for key in numerators)
    assert (together[("burst",)], together[("instant",)]) == (1000, 1000)


@pytest.mark.threat(18)
def test_t18_sample_exposes_one_percent_robots() -> None:
    """299 of 100,000, drawn as the audit draws; the first thousand are robots'."""
    exposed = 0
    for number in range(2000):
        nonce, draw = sha256(b"nonce %d" % number).digest(), b"lottery %d" % number
        sample = draw_numbers(sha256(b"root").digest(), nonce, draw, 100_000, 299)
        exposed += any(one < 1000 for one in sample)

    assert exposed / 2000 > 0.94
    assert 1 - (1 - 0.01) ** 299 > 0.95


def test_withdrawn_and_reopened_dossier_counts_once() -> None:
    first = handed_in("a", sync("a"), sync("a", 7))
    again = handed_in("b", sync("b"))

    alone, both = summed([again]), summed([first, again])
    figures = [key for key in alone if key[0] in ("dossiers", "A", "D", "core", "verdict")]
    assert both[("dossiers",)] == 1
    assert all(both[key] == alone[key] for key in figures)


def told_of_the_portal(chance: random.Random, cases: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """Cases over two months, most confirmed at some time, some withdrawn or filled too late."""
    for number in range(cases):
        name, later = f"case {number}", False
        bodies = list(case_of(chance, name))
        for place, body in enumerate(bodies):
            later = later or chance.random() < 0.2
            robot = {"bu": 1} if body["k"] == "submission" and chance.random() < 0.1 else {}
            yield {**body, **robot, "h": hour_of(DECEMBER if later else NOVEMBER)}, later
            if place == len(bodies) - 1 and chance.random() < 0.8:
                for state in chance.choice(((2,), (2, 9, 10), (2, 7), (7,), (2, 2))):
                    later = later or chance.random() < 0.3
                    at = hour_of(DECEMBER if later else NOVEMBER)
                    pre = int(chance.random() < 0.9)
                    for part in chance.choice(((), PARTS[:1], PARTS)) if state == ACCEPTED else ():
                        yield sync(name, ten=body["ten"], h=at, pre=pre, proc=part, part=1), later
                    yield sync(name, state, ten=body["ten"], h=at, pre=pre), later


@pytest.mark.threat(54)
@pytest.mark.parametrize(("seed", "cases"), [(0, 150), (1, 150), (2, 300)])
def test_confirmed_months_recount_to_last_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, cases: int
) -> None:
    given = told_of_the_portal(random.Random(seed), cases)
    tallies = publish_two_months(tmp_path, monkeypatch, given, confirmed=True)
    lay_bodies_open(tmp_path)

    status, counted_again = run("audit", "recompute", str(tmp_path / "log" / "public"))

    assert status == 0, counted_again["finding"]
    dossiers = sum(leaf["sums"].get("dossiers", 0) for leaf in tallies)
    assert 0 < dossiers < cases
