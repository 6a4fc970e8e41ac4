import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.access.callers import Grant
from gateway.access.clients import read_grant
from gateway.access.grants import change_grant, officer_commitment, register_tenant
from gateway.domain.errors import BadRequest, Conflict, NotFound
from gateway.domain.identifiers import POPULATION, RECORDS
from gateway.log.append import Appended
from gateway.storage.database import Database
from gateway.storage.schema import leaves, tenants

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
GRANT = Grant(
    frozenset({RECORDS, POPULATION}),
    frozenset({"2.000635", "1.004222"}),
    frozenset({"H99.01.cb017"}),
)


async def _register(database: Database, code: str = "h99", grant: Grant = GRANT) -> Appended:
    return await database.write(
        lambda c: register_tenant(c, code, "Tỉnh H", "H99", grant, is_test=True, now=NOW)
    )


def _leaf(database: Database) -> dict[str, Any]:
    entry: bytes = database.read(lambda c: c.execute(select(leaves.c.entry)).scalar_one())
    leaf: dict[str, Any] = json.loads(entry)
    return leaf


async def test_grant_leaf_is_public_with_row(database: Database) -> None:
    appended = await _register(database)

    row = database.read(lambda c: c.execute(select(tenants)).one())
    assert row.grant_leaf == appended.index
    assert read_grant(row.grant_json) == GRANT
    leaf = _leaf(database)
    assert leaf.pop("officers") != ["H99.01.cb017"]
    assert leaf == {
        "kind": "grant",
        "v": 2,
        "tenant": "h99",
        "agency": "H99",
        "is_test": True,
        "since": "2026-11-22",
        "sources": ["population", "records"],
        "procedures": ["1.004222", "2.000635"],
        "connected": [],
        "first": None,
    }


async def test_leaf_commits_to_officer_by_salt(
    database: Database,
) -> None:
    await _register(database)

    row = database.read(lambda c: c.execute(select(tenants)).one())
    salt = bytes.fromhex(json.loads(row.grant_json)["salt"])
    assert _leaf(database)["officers"] == [officer_commitment(salt, "H99.01.cb017")]
    assert officer_commitment(salt, "H99.01.cb018") not in _leaf(database)["officers"]


async def test_star_grants_everything(database: Database) -> None:
    grant = Grant(frozenset({POPULATION}), None, None)

    await _register(database, grant=grant)

    assert (_leaf(database)["procedures"], _leaf(database)["officers"]) == ("*", "*")
    row = database.read(lambda c: c.execute(select(tenants)).one())
    assert read_grant(row.grant_json) == grant
    assert grant.sources_for({"9.999999"}) == {POPULATION} == grant.sources_for(())
    assert GRANT.sources_for({"9.999999"}) == frozenset()


async def test_tenant_is_admitted_once(database: Database) -> None:
    await _register(database)

    with pytest.raises(Conflict):
        await _register(database)
    assert database.read(lambda c: len(c.execute(select(leaves)).all())) == 1


@pytest.mark.parametrize("code", ["", "H99", "h 99", "h99|x", "-h", "h" * 64])
async def test_ambiguous_code_is_refused(database: Database, code: str) -> None:
    with pytest.raises(BadRequest):
        await _register(database, code)


@pytest.mark.parametrize("agency", ["", "h99", "H99.", "Sở Tư pháp", "H99\n", "H" * 41])
async def test_agency_is_named_by_code_alone(database: Database, agency: str) -> None:
    with pytest.raises(BadRequest):
        await database.write(
            lambda c: register_tenant(c, "h99", "Tỉnh H", agency, GRANT, is_test=True, now=NOW)
        )


async def test_changed_grant_is_further_leaf(database: Database) -> None:
    await _register(database)
    less = Grant(frozenset({RECORDS}), None, GRANT.officers)

    appended = await database.write(lambda c: change_grant(c, "h99", less))

    row = database.read(lambda c: c.execute(select(tenants)).one())
    assert (row.grant_leaf, read_grant(row.grant_json)) == (appended.index, less)
    first, second = (
        json.loads(entry)
        for entry in database.read(lambda c: c.execute(select(leaves.c.entry)).scalars().all())
    )
    assert second == first | {
        "sources": ["records"],
        "procedures": "*",
        "first": {"log": second["first"]["log"], "leaf": 0},
    }


async def test_only_known_tenant_gets_another_grant(database: Database) -> None:
    with pytest.raises(NotFound) as refused:
        await database.write(lambda c: change_grant(c, "h98", GRANT))
    assert refused.value.code == "unknown_tenant"


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        (Grant(GRANT.sources, frozenset({"1.004222 "}), None), "procedure_code_unusable"),
        (Grant(GRANT.sources, frozenset({"003090000123"}), None), "procedure_code_unusable"),
        (Grant(GRANT.sources, None, None, agencies=frozenset({"x"})), "agency_code_unusable"),
    ],
    ids=["a procedure with a blank", "a person's number", "an agency"],
)
async def test_misspelt_grant_never_becomes_leaf(
    database: Database, grant: Grant, code: str
) -> None:
    await _register(database)
    with pytest.raises(BadRequest) as changed:
        await database.write(lambda c: change_grant(c, "h99", grant))
    with pytest.raises(BadRequest) as registered:
        await _register(database, "h98", grant)
    assert changed.value.code == registered.value.code == code
    count = select(func.count()).select_from(leaves)
    assert database.read(lambda c: c.execute(count).scalar_one()) == 1
