"""A dossier that only its submission names is one dossier to the gateway, to a stranger and to the portal."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select

from gateway.dossiers._evidence.serving import case_behind
from gateway.dossiers._telling.confirming import SentDossier, record_sent_dossier
from gateway.log.entries import SubmissionPayload
from gateway.retention.sweep import sweep
from gateway.settings import PortalAccess
from gateway.storage.schema import bodies, dossiers, leaves
from mocks.igate import Story, stories
from tests.conftest import House
from tests.databases import open_database
from tests.few_forms import ONE_FORM, schemas_with
from tests.journeys.audited import MONTH, Audited
from tests.reduction.closed_months import lay_bodies_open

Json = dict[str, Any]
ACCEPTED, WITHDRAWN, DONE = 2, 7, 9
PEOPLE = 13
SENT = SentDossier((), 0, 0, {}, with_file=False, e_result=False)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    password = SecretStr("mật khẩu")
    access = PortalAccess(url="http://portal.test", unit="H99", username="H99", password=password)
    schemas = schemas_with(tmp_path / "schemas", ONE_FORM)
    opened = House(tmp_path / "data", schemas=schemas, portal=access)
    yield opened
    opened.close()


def people(house: House) -> list[Story]:
    """Different people who come for the form."""
    rotated = {story.n: story for story in stories(house.population, ONE_FORM, 40, 5)}
    return list(rotated.values())[:PEOPLE]


def register(house: House, story: Story, code: str) -> None:
    """A dossier as a province registers it once the citizen has handed it in."""
    at = house.clock() + timedelta(seconds=1)
    who = {"name": story.subject["full_name"], "personal_id": story.subject["personal_id"]}
    rotated = {
        "code": code,
        "procedure": story.procedure,
        "channel": "online",
        "owner": {"kind": "citizen", **who},
        "abstract": "Hồ sơ thử",
        "submitted": at.isoformat(),
        "received": at.isoformat(),
        "due": (at + timedelta(days=5)).isoformat(),
        "unit": "Bộ phận Một cửa",
    }
    answer = house.post("/v1/dossiers", rotated)
    assert answer.status_code == 201, answer.text


def portal_has(house: House, code: str, *states: int) -> None:
    """What is written when the portal has taken a dossier at these states."""

    def write(connection: Connection) -> None:
        for state in states:
            row = connection.execute(select(dossiers).where(dossiers.c.code == code)).one()
            case = case_behind(connection, "h99", code, house.services.keys.index)
            record_sent_dossier(connection, row, case, state, SENT, house.clock())

    house.run(house.services.database.write(write))


def of_case(house: House, kind: str, case: str) -> list[Json]:
    return [body for body in house.bodies(kind) if body["case"] == case]


def close(house: House, data: Path) -> tuple[Json, Json]:
    """The sums of the closed month over all cells, and what a stranger counts of its bodies."""
    province = Audited(data.parent, data, clock=house.clock)
    house.close()
    province.done("metrics", "close", MONTH)
    province.done("log", "publish")
    lay_bodies_open(data)
    again = province.done("audit", "recompute", data / "log" / "public")
    with closing(open_database(data)) as database:
        entries = database.read(lambda c: list(c.execute(select(leaves.c.entry)).scalars()))
    sums: Json = {}
    for leaf in map(json.loads, entries):
        for key, number in leaf.get("sums", {}).items() if leaf["kind"] == "tally" else ():
            sums[key] = sums.get(key, 0) + number
    return sums, again


def test_dossier_confirmed_before_joining_counts_once(house: House, tmp_path: Path) -> None:
    for place, story in enumerate(people(house)):
        code, walk = house.dossier(), house.walk(story)
        house.clock.forward(minutes=5)
        register(house, story, code)
        portal_has(house, code, ACCEPTED, *((WITHDRAWN,) if place == 0 else (DONE,)))
        house.accepted(walk.submission(dossier=code))
        case = house.bodies("submission")[-1]["case"]
        rotated = [(one["st"], one["pre"]) for one in of_case(house, "sync", case)]
        assert rotated == [(ACCEPTED, 1), (WITHDRAWN if place == 0 else DONE, 1)]

    sums, _ = close(house, tmp_path / "data")

    assert sums["dossiers"] == PEOPLE - 1, "all but the withdrawn one, each once"
    assert not sums.get("instant")


def test_dossier_registered_before_filling_is_instant(house: House) -> None:
    (story, *_), code = people(house), house.dossier()
    register(house, story, code)
    portal_has(house, code, ACCEPTED)
    house.clock.forward(minutes=5)
    house.accepted(house.walk(story).submission(dossier=code))
    case = house.bodies("submission")[-1]["case"]
    assert [one["pre"] for one in of_case(house, "sync", case)] == [0]


def test_other_chains_of_joined_case_recount(house: House, tmp_path: Path) -> None:
    """One is refused and handed in as a supplement, one abandoned, one more joins what was submitted."""
    for story in people(house):
        code = house.dossier()
        supplement, given_up = house.walk(story, dossier=code), house.walk(story, dossier=code)
        first, last = house.walk(story), house.walk(story)
        assert given_up.receipt
        house.clock.forward(minutes=5)
        register(house, story, code)
        portal_has(house, code, ACCEPTED)
        house.accepted(first.submission(dossier=code))
        changed = supplement.submission()
        changed["data"][supplement.locked[0]] = "another"
        house.refused(changed)
        house.accepted(supplement.submission())
        house.accepted(last.submission(dossier=code))
        assert len({body["case"] for body in house.bodies("submission")[-3:]}) == 1
    house.clock.forward(days=4)
    house.run(sweep(house.services.database, house.clock))

    sums, _ = close(house, tmp_path / "data")

    assert (sums["dossiers"], sums["refusals"]) == (PEOPLE, PEOPLE)


def test_payloads_carry_their_case(house: House) -> None:
    (story, *_), code = people(house), house.dossier()
    house.walk(story, dossier=code)
    first, last = house.walk(story), house.walk(story)
    register(house, story, code)
    portal_has(house, code, ACCEPTED)
    for walk in (first, last):
        house.accepted(walk.submission(dossier=code))
    rows = house.services.database.read(lambda c: c.execute(select(bodies)).all())
    assert all(row.case_ref == json.loads(row.body)["case"] for row in rows)
    case = house.services.database.read(
        lambda c: case_behind(c, "h99", code, house.services.keys.index)
    )
    given = [one for _, one in case.events if isinstance(one, SubmissionPayload)]
    assert len(given) == 2
    assert {one.prefill for one in given} <= {leaf for leaf, _ in case.events}
    answer = house.get(f"/v1/dossiers/{code}", "h99")
    assert answer.status_code == 200, answer.text
    assert answer.json()["confirmed_by"] is not None
