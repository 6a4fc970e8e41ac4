import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from gateway.access.callers import Grant
from gateway.access.grants import register_tenant
from gateway.domain.identifiers import POPULATION, RECORDS
from gateway.forms.catalogue import read_catalogue
from gateway.log.entries import CASE_KINDS, LARGEST_ENTRY_BYTES, PUBLIC_KINDS
from gateway.reduction.publishing import publish_definitions, read_measure
from gateway.sources.registry import registered
from gateway.storage.schema import leaves
from gateway_verify.leaves import OPTIONAL
from tests.databases import open_database

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHAPTERS = {
    heading: dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))
    for heading, text in re.findall(
        r"^## `([\w-]+)`\n(.*?)(?=^## |\Z)",
        (ROOT / "docs" / "log-leaves.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
}


def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / "leaves" / f"{kind}.schema.json").read_text())
    return schema


def test_kinds_and_chapters_match() -> None:
    assert CHAPTERS.keys() == PUBLIC_KINDS | CASE_KINDS


@pytest.mark.parametrize("kind", sorted(PUBLIC_KINDS))
def test_chapter_lists_members_of_schema(kind: str) -> None:
    schema = _schema(kind)
    Draft202012Validator.check_schema(schema)

    members = {*schema["required"], *OPTIONAL.get(kind, {})}
    assert CHAPTERS[kind].keys() == schema["properties"].keys() == members
    assert schema["additionalProperties"] is False


async def test_public_leaves_of_deployment_match_schema(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    catalogue = read_catalogue(SCHEMAS)
    measure = read_measure(SCHEMAS / "measure.json", mock=True)
    grants = [
        Grant(frozenset({POPULATION, RECORDS}), None, None),
        Grant(frozenset(), frozenset({"1.004222"}), frozenset({"H99.01.cb017"})),
        Grant(frozenset(), None, None, frozenset({("Bệnh viện Đa khoa tỉnh", "birth_notice")})),
    ]
    await database.write(
        lambda c: publish_definitions(c, catalogue, measure, NOW, registered().ids)
    )
    for number, grant in enumerate(grants):
        await database.write(
            lambda c, code=f"h{number}", grant=grant: register_tenant(
                c, code, "Tỉnh H", "H99.01", grant, is_test=False, now=NOW
            )
        )

    entries = database.read(lambda c: c.execute(select(leaves.c.entry)).scalars().all())
    database.close()

    kinds = {json.loads(entry)["kind"] for entry in entries}
    assert kinds == {"metric-definition", "form-version", "grant"}
    assert max(map(len, entries)) <= LARGEST_ENTRY_BYTES
    for entry in entries:
        leaf = json.loads(entry)
        problems = Draft202012Validator(_schema(leaf["kind"])).iter_errors(leaf)
        assert [f"{leaf['kind']}{problem.json_path}" for problem in problems] == []


NOT_PUBLIC = {
    "a name": {"name": "Tỉnh H"},
    "an officer in clear": {"officers": ["H99.01.cb017"]},
    "a free text": {"agency": "Sở Tư pháp, gặp chị Lan"},
    "a time of day": {"since": "2026-11-22T12:00:00Z"},
}


@pytest.mark.parametrize("change", NOT_PUBLIC.values(), ids=NOT_PUBLIC)
def test_t26_grant_leaf_has_no_free_text(change: dict[str, Any]) -> None:
    leaf = {
        "kind": "grant",
        "v": 2,
        "tenant": "h99",
        "agency": "H99.01",
        "is_test": False,
        "since": "2026-11-22",
        "sources": ["population"],
        "procedures": "*",
        "officers": "*",
        "connected": ["population"],
        "first": None,
    }
    grant = Draft202012Validator(_schema("grant"))

    assert grant.is_valid(leaf)
    assert not grant.is_valid({**leaf, **change})
