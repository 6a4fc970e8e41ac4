"""Baselines outlive form versions, form codes and logs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.domain.errors import Conflict
from gateway.domain.identifiers import POPULATION, RECORDS, SESSION, SourceId
from gateway.forms._reading.bindings import read_bindings
from gateway.forms.attributes import read_dictionary
from gateway.forms.catalogue import Catalogue, RegisteredForm, version_of
from gateway.forms.definition import read_countable
from gateway.log.append import append_public
from gateway.log.entries import FormVersionLeaf, decode_leaf
from gateway.log.keys import announce_key
from gateway.log.notes import Checkpoint
from gateway.reduction.publishing import publish_definitions, read_measure
from gateway.retention.rotation import begin_next_log
from gateway.storage.database import Database
from gateway.storage.schema import form_versions, leaves, tenant_marks
from gateway_verify._claims.leaf_order import Story
from gateway_verify.leaves import read_leaf
from tests.databases import open_database
from tests.forms.building import text
from tests.reduction.test_publishing import MEASURE_FILE, NOW, SCHEMAS

OLD, NEW, LAST = (f"gateway.test/log/{year}" for year in (2026, 2027, 2028))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DICTIONARY = read_dictionary(SCHEMAS / "attributes.json")
CONNECTED = frozenset({SESSION, POPULATION})
ITEMS = {"a": "first", "b": "second", "c": "third"}


def form(code: str, *keys: str, procedure: str = "1.004222", **said: Any) -> RegisteredForm:
    """A form of required questions, each an item of its own."""
    components = [text(key, validate={"required": True}) for key in keys]
    definition = read_countable(json.dumps({"title": "T", "components": components}).encode())
    bindings = {
        "form": code,
        "title": "T",
        "procedures": [procedure],
        "declaration": "CT01",
        "roles": {"applicant": {"is": "subject"}},
        "ceiling": 0,
        "items": {key: ITEMS.get(key, key) for key in keys},
        "bindings": [],
        **said,
    }
    read = read_bindings(json.dumps(bindings).encode(), definition, DICTIONARY)
    return version_of(definition, read, DICTIONARY)


class Deployment:
    """A database that is started with forms, one after the other."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def start(
        self, *forms: RegisteredForm, connected: frozenset[SourceId] = CONNECTED
    ) -> None:
        catalogue = Catalogue({one.code: one for one in forms})
        measure = read_measure(MEASURE_FILE, mock=False)
        await self.database.write(
            lambda c: publish_definitions(c, catalogue, measure, NOW, connected)
        )

    async def admit(self, tenant: str, *, is_test: bool = False, at: datetime = NOW) -> None:
        grant = Grant(frozenset({POPULATION, RECORDS}), None, None)
        await self.database.write(
            lambda c: register_tenant(c, tenant, "Tỉnh H", "H99", grant, is_test=is_test, now=at)
        )

    async def roll(self, old: str = OLD, new: str = NEW) -> None:
        before = Checkpoint(old, 900, bytes(32))
        await self.database.write(lambda c: begin_next_log(c, old, new, KEY, before))

    def of(self, kind: str) -> list[tuple[int, dict[str, Any]]]:
        rows = self.database.read(
            lambda c: c.execute(select(leaves.c.idx, leaves.c.entry).order_by(leaves.c.idx)).all()
        )
        return [(r.idx, leaf) for r in rows if (leaf := json.loads(r.entry))["kind"] == kind]

    def check(self, origin: str) -> None:
        """Hold the public leaves against the verifier's rules."""
        rows = self.database.read(
            lambda c: c.execute(select(leaves.c.idx, leaves.c.entry).order_by(leaves.c.idx)).all()
        )
        story = Story(origin)
        story.leaves = {row.idx: read_leaf(row.idx, row.entry) for row in rows}
        story.check()


@pytest.fixture
async def deployment(tmp_path: Path) -> Any:
    database = open_database(tmp_path)
    await database.write(lambda c: announce_key(c, OLD, KEY))
    yield Deployment(database)
    database.close()


def _baselines(deployment: Deployment, form_code: str) -> Iterator[Any]:
    return (
        leaf["baselines"] for _, leaf in deployment.of("form-version") if leaf["form"] == form_code
    )


@pytest.mark.threat(68)
async def test_t68_next_log_repeats_dropped_baselines(deployment: Deployment) -> None:
    await deployment.start(form("one", "a", "b", "c"))
    ((first, _),) = deployment.of("form-version")
    await deployment.start(form("one", "a"))
    await deployment.roll()
    await deployment.start(form("one", "a"), form("two", "a"))

    said = {"procedure": "1.004222", "log": OLD, "leaf": first}
    items = [["first", 1], ["second", 1], ["third", 1]]
    assert list(_baselines(deployment, "one")) == [[{**said, "items": items}]]
    assert list(_baselines(deployment, "two")) == [[]]
    deployment.check(NEW)


@pytest.mark.threat(68)
async def test_t68_log_waits_for_baselines(deployment: Deployment) -> None:
    """A form version of the first edition names no declaration; the first start reads its baseline."""
    written = (Path(__file__).parents[1] / "log" / "entries.jsonl").read_bytes().splitlines()
    read = (decode_leaf(line) for line in written if b'"kind":"form-version"' in line)
    first = next(one for one in read if isinstance(one, FormVersionLeaf) and one.v == 1)

    def append(connection: Connection) -> None:
        at = append_public(connection, replace(first, form="one")).index
        row = {"version": "sha256:0", "form": "one", "leaf": at, "series": "", "registered_at": 0}
        connection.execute(insert(form_versions), row)

    await deployment.database.write(append)
    with pytest.raises(Conflict, match="baselines_not_kept"):
        await deployment.roll()
    await deployment.start(form("one", "a"))
    await deployment.roll()
    await deployment.start(form("one", "a"))
    ((repeated,),) = _baselines(deployment, "one")
    assert repeated["log"] == OLD and "signature" in dict(repeated["items"])


@pytest.mark.threat(68)
async def test_t68_later_log_names_the_first(deployment: Deployment) -> None:
    await deployment.start(form("one", "a", "b"))
    ((first, _),) = deployment.of("form-version")
    for old, new in ((OLD, NEW), (NEW, LAST)):
        await deployment.roll(old, new)
        await deployment.start(form("one", "a"))
    (baselines,) = _baselines(deployment, "one")
    assert [(one["log"], one["leaf"]) for one in baselines] == [(OLD, first)]


async def test_another_declaration_begins_its_own(deployment: Deployment) -> None:
    await deployment.start(form("one", "a", "b"))
    await deployment.roll()
    await deployment.start(form("two", "a", declaration="CT02"))
    assert list(_baselines(deployment, "two")) == [[]]


async def test_acts_of_items_stand_in_leaf(deployment: Deployment) -> None:
    acts = {"abolished": {"second": "07/2026/NĐ-CP"}, "added": {"first": "66.7/2025/NQ-CP"}}
    await deployment.start(form("one", "a", **acts))
    ((_, leaf),) = deployment.of("form-version")
    assert leaf["abolished"] == [["second", "07/2026/NĐ-CP"]]
    assert leaf["added"] == [["first", "66.7/2025/NQ-CP"]]
    deployment.check(OLD)


async def test_a_changed_connection_grants_again(deployment: Deployment) -> None:
    await deployment.admit("h99")
    for connected in (CONNECTED, CONNECTED, CONNECTED | {RECORDS}):
        await deployment.start(connected=connected)
    granted = [(leaf["connected"], leaf["first"]) for _, leaf in deployment.of("grant")]
    place = {"log": OLD, "leaf": 1}
    assert granted == [
        ([], None),
        (["population", "session"], place),
        (["population", "records", "session"], place),
    ]
    deployment.check(OLD)


@pytest.mark.threat(73)
async def test_t73_marks_are_repeated_at_head(deployment: Deployment) -> None:
    await deployment.start()
    await deployment.admit("h99")
    await deployment.admit("h98", is_test=True)
    before = {leaf["tenant"]: index for index, leaf in deployment.of("grant")}
    await deployment.roll()
    grants = {leaf["tenant"]: leaf for _, leaf in deployment.of("grant")}
    assert {name: leaf["is_test"] for name, leaf in grants.items()} == {"h99": False, "h98": True}
    for name, leaf in grants.items():
        assert leaf["first"] == {"log": OLD, "leaf": before[name]}
    deployment.check(NEW)


@pytest.mark.threat(73)
async def test_t73_a_new_mark_is_refused(deployment: Deployment) -> None:
    await deployment.start()
    await deployment.admit("h99")
    await deployment.database.write(
        lambda c: c.execute(tenant_marks.update().values(is_test=True, origin=OLD))
    )
    with pytest.raises(Conflict) as refused:
        await deployment.roll()
    assert refused.value.code == "test_mark_stands"
