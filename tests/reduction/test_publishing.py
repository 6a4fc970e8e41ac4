import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.domain.clock import hour_of
from gateway.domain.identifiers import POPULATION
from gateway.forms.catalogue import Catalogue, read_catalogue
from gateway.log.append import append_case
from gateway.log.canonical import canonical
from gateway.reduction.publishing import Measure, publish_definitions, read_measure
from gateway.sources.registry import registered
from gateway.storage.database import Database
from gateway.storage.schema import form_versions, leaves
from gateway_verify._claims.definitions import DIGESTS
from tests.log.writing import an_end

SCHEMAS = Path(__file__).parents[2] / "schemas"
MEASURE_FILE = SCHEMAS / "measure.json"
NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue(SCHEMAS)


def _measure(mock: bool = False, instant_seconds: int = 20) -> Measure:
    return read_measure(MEASURE_FILE, mock=mock, instant_seconds=instant_seconds)


async def _publish(
    database: Database, catalogue: Catalogue, measure: Measure | None = None
) -> dict[str, int]:
    return await database.write(
        lambda c: publish_definitions(c, catalogue, measure or _measure(), NOW, registered().ids)
    )


def _kinds(database: Database) -> list[str]:
    rows = database.read(
        lambda c: c.execute(select(leaves.c.entry).order_by(leaves.c.idx)).fetchall()
    )
    return [json.loads(row.entry)["kind"] for row in rows]


def _leaf(database: Database, index: int) -> dict[str, Any]:
    entry = database.read(
        lambda c: c.execute(select(leaves.c.entry).where(leaves.c.idx == index)).scalar_one()
    )
    leaf: dict[str, Any] = json.loads(entry)
    return leaf


@pytest.mark.threat(20)
async def test_measure_definition_is_the_first_leaf(
    database: Database, catalogue: Catalogue
) -> None:
    await _publish(database, catalogue)

    assert _leaf(database, 0) == {
        "kind": "metric-definition",
        "v": 2,
        "definition": "eform-gateway/measure/2",
        "digest": "sha256:" + hashlib.sha256(MEASURE_FILE.read_bytes()).hexdigest(),
        "instant_seconds": 20,
        "instant_seconds_per_field": 1,
        "least_age_hours": 24,
        "mock": False,
        "month": "2026-11",
    }
    assert _kinds(database)[1:] == ["form-version"] * len(catalogue.forms())


async def test_form_version_lists_fields_in_letter_order(
    database: Database, catalogue: Catalogue
) -> None:
    indices = await _publish(database, catalogue)

    for form in catalogue.forms():
        leaf = _leaf(database, indices[form.version])
        assert leaf["version"] == form.version
        assert [path for path, *_ in leaf["fields"]] == [t.path for t in form.declarable]
        assert leaf["potential"] == list(form.potential(registered().ids))
        assert len(canonical(leaf)) < 64 * 1024


async def test_leaf_field_names_item_attribute_and_holder(
    database: Database, catalogue: Catalogue
) -> None:
    indices = await _publish(database, catalogue)
    form = catalogue.form_for("ct01-permanent-residence")
    fields = {field[0]: field for field in _leaf(database, indices[form.version])["fields"]}

    path, _, required, item, attribute, sources = fields["hoTen"]
    assert (path, required, item, attribute) == ("hoTen", 1, "applicant_name", "person.full_name")
    assert POPULATION in sources
    assert fields["tinhNoiDangKy"][3:] == ["new_province", None, []]


async def test_restart_writes_nothing_again(database: Database, catalogue: Catalogue) -> None:
    first = await _publish(database, catalogue)
    before = _kinds(database)

    assert await _publish(database, catalogue) == first
    assert _kinds(database) == before
    versions = database.read(
        lambda c: {row.version: row.leaf for row in c.execute(select(form_versions)).fetchall()}
    )
    assert versions == first


async def test_restored_definition_is_written_again(
    database: Database, catalogue: Catalogue
) -> None:
    ordinary, mock = _measure(), _measure(mock=True, instant_seconds=0)
    for measure in (ordinary, mock, mock, ordinary):
        await _publish(database, catalogue, measure)

    index = [i for i, kind in enumerate(_kinds(database)) if kind == "metric-definition"]
    assert [_leaf(database, i)["mock"] for i in index] == [False, True, False]
    assert _kinds(database).count("form-version") == len(catalogue.forms())


def test_only_mock_counts_instant_dossiers() -> None:
    with pytest.raises(ValueError, match="mock"):
        _measure(mock=False, instant_seconds=0)
    assert _measure(mock=True, instant_seconds=0).instant_seconds == 0


BELOW = {"instant_seconds": 19, "instant_seconds_per_field": 0, "least_age_hours": 23}


@pytest.mark.parametrize("name", BELOW)
def test_number_below_its_bound_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        read_measure(MEASURE_FILE, mock=False, **{name: BELOW[name]})


async def test_new_edition_starts_with_free_month(database: Database, catalogue: Catalogue) -> None:
    measure = _measure()
    older = replace(measure, name="eform-gateway/measure/1")
    await _publish(database, catalogue, older)
    await database.write(lambda c: append_case(c, an_end(hour=hour_of(NOW))))
    await _publish(database, catalogue, measure)
    await _publish(database, catalogue, measure)
    months = [
        _leaf(database, index)["month"]
        for index, kind in enumerate(_kinds(database))
        if kind == "metric-definition"
    ]
    assert months == ["2026-11", "2026-12"]


def test_the_verifier_knows_this_definition() -> None:
    digest = "sha256:" + hashlib.sha256(MEASURE_FILE.read_bytes()).hexdigest()
    assert DIGESTS[2] == digest
