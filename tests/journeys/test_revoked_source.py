"""A source that is granted no more lowers reach and leaves connected reach as it was, for everybody who counts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway_verify.command import run_recompute, run_verify
from mocks.igate import Story, stories
from tests.conftest import House
from tests.journeys.audited import Audited
from tests.reduction.closed_months import lay_bodies_open

Json = dict[str, Any]
FORM = "tk01-passport"
BEFORE, AFTER = "2026-11", "2026-12"
PEOPLE = 10


def is_held(house: House, story: Story) -> bool:
    """Whether the register leaves nothing empty that the form asks of somebody."""
    one = house.population.person(story.n)
    return story.persona != "foreign_spouse" and not one.wire.nationality_empty


def hand_in(house: House, people: list[Story]) -> None:
    for story in people:
        walk = house.walk(story, dossier=house.dossier())
        house.clock.forward(minutes=20)
        house.accepted(walk.submission())


def released(province: Audited, month: str) -> Json:
    """The figures of a month's release: all dossiers came online."""
    document = (province.data / "log" / "public" / "releases" / f"{month}.json").read_bytes()
    figures: Json = json.loads(document)["total"]["online"]
    return figures


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    """The same people come in November with both sources, and in December without the records."""
    folder = tmp_path_factory.mktemp("revoked")
    house = House(folder / "data")
    province = Audited(folder, folder / "data", clock=house.clock)
    try:
        people = [one for one in stories(house.population, FORM, 20, 2026) if is_held(house, one)]
        people = people[:PEOPLE]
        house.file_records_of(*(n for story in people for n in story.owners))
        hand_in(house, people)
        province.done("clients", "grant", "h99", "--source", "population")
        house.clock.forward(days=14)
        hand_in(house, people)
    finally:
        house.close()
    for month in (BEFORE, AFTER):
        province.done("metrics", "close", month)
    province.done("log", "publish")
    yield province


def test_reach_falls_and_connected_reach_stays(province: Audited) -> None:
    before, after = released(province, BEFORE), released(province, AFTER)
    assert before["dossiers"] == after["dossiers"] == PEOPLE
    assert before["connected_reach"] == before["reach"]
    assert before["connected_reach"]["value"] == after["connected_reach"]["value"] == 1.0
    assert before["reach"]["denominator"] == after["reach"]["denominator"]
    assert after["reach"]["value"] < 0.8
    assert after["reach"]["numerator"] == after["connected_reach"]["numerator"] > 0


@pytest.mark.parametrize("month", [BEFORE, AFTER])
def test_report_says_what_release_says(province: Audited, month: str) -> None:
    reported = province.done("metrics", "report", "--from", month, "--to", month)
    figures = reported["total"]["online"]
    for name in ("core", "reach", "connected_reach"):
        assert figures[name] == released(province, month)[name]


def test_verifier_counts_both_months_alike(province: Audited) -> None:
    log = province.data / "log" / "public"
    assert run_verify(str(log), None).status == 0
    lay_bodies_open(province.data)
    recounted = run_recompute(str(log), None)
    assert (recounted.status, recounted.finding) == (0, None)
    assert recounted.proved["recomputed"] == [BEFORE, AFTER]
