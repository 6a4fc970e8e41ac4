"""Who stands for a record beside the tenant that posted it?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from gateway.access.callers import Grant
from gateway.access.clients import read_grant, write_grant
from gateway.access.grants import register_tenant
from gateway.domain.errors import BadRequest
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.dossiers._evidence.results import confirmed_results
from gateway.receipts.cases import person_index, register_dossier
from gateway.records.kinds import Kinds
from gateway.records.store import RecordStore
from gateway.records.vault import Vault
from gateway.storage.database import Database
from gateway.storage.schema import case_persons, dossiers, leaves
from gateway_verify.leaves import read_leaf
from tests.databases import open_database
from tests.records.conftest import NOW

HERE, THERE = TenantId("h99"), TenantId("h98")
KEY = b"k" * 32
DOSSIER = "H99.01-20261122-0000001"
DONE = {"portal_state": 9, "confirmed_leaf": 4}


async def vouched(store: RecordStore, card: dict[str, Any], tenant: TenantId = HERE) -> bool:
    owner = PersonalId(card["owner"]["personal_id"])
    (found,) = await store.search(tenant, owner)
    (held,) = (await store.reusable(tenant, owner, [card["kind"]])).records
    assert (await store.get(tenant, found.id)).vouched is found.vouched is held.vouched
    return found.vouched


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (set(), False),
        ({("{issuer}", "identity_card")}, True),
        ({("  {ISSUER} ", "identity_card")}, True),
        ({("{issuer}", "passport")}, False),
        ({("Cơ quan khác", "identity_card")}, False),
    ],
    ids=["nothing", "both", "other writing", "another kind", "another issuer"],
)
async def test_grant_vouches_by_issuer_and_kind(
    store: RecordStore, card: dict[str, Any], pairs: set[tuple[str, str]], expected: bool
) -> None:
    issuer = card["issuer"]
    named = [
        (i.replace("{issuer}", issuer).replace("{ISSUER}", issuer.upper()), k) for i, k in pairs
    ]
    await store.put(HERE, card, named)
    assert await vouched(store, card) is expected


async def test_later_vouching_covers_a_typed_record(
    store: RecordStore, card: dict[str, Any]
) -> None:
    named = [(card["issuer"], card["kind"])]
    first, _ = await store.put(HERE, card)
    assert not await vouched(store, card)
    assert await store.put(HERE, card, named) == (first, False)
    assert await vouched(store, card)
    await store.put(HERE, card)
    assert await vouched(store, card), "typing it once more takes nothing away"


def test_grant_keeps_issuers_and_kinds() -> None:
    pairs = frozenset({("Bệnh viện Đa khoa tỉnh", "birth_notice"), ("Công an", "passport")})
    grant = Grant(frozenset(), None, None, pairs)
    assert read_grant(write_grant(grant, b"s" * 32)) == grant


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path)
    yield database
    database.close()


async def admitted(database: Database, *pairs: tuple[str, str]) -> bytes:
    grant = Grant(frozenset(), None, None, frozenset(pairs))
    await database.write(
        lambda c: register_tenant(c, "h97", "Tỉnh", "H97", grant, is_test=False, now=NOW)
    )
    entry: bytes = database.read(lambda c: c.execute(leaves.select()).one()).entry
    return entry


async def test_verifier_reads_a_grant_that_vouches(fresh: Database) -> None:
    entry = await admitted(fresh, ("Bệnh viện Đa khoa tỉnh", "birth_notice"))
    digest = sha256("bệnh viện đa khoa tỉnh".encode()).hexdigest()
    expected = [{"issuer": f"sha256:{digest}", "kind": "birth_notice"}]
    assert read_leaf(0, entry)["vouches"] == expected


@pytest.mark.parametrize(
    "pair",
    [("", "passport"), ("Công an 003090000123", "passport"), ("Công an", "Hộ chiếu"), ("a|b", "x")],
)
async def test_unusable_issuer_is_refused(fresh: Database, pair: tuple[str, str]) -> None:
    with pytest.raises(BadRequest) as refused:
        await admitted(fresh, pair)
    assert refused.value.code == "issuer_unusable"


@pytest.fixture
def settled(database: Database, empty_vault: Vault, kinds: Kinds) -> RecordStore:
    return RecordStore(
        database, empty_vault, kinds, KEY, lambda: NOW, is_confirmed_result=confirmed_results(KEY)
    )


def enter_dossier(connection: Connection, owner: str, *, applicant: bool = True, **at: Any) -> None:
    """A dossier that was filled for `owner`, as the portal has it."""
    moment = int((NOW - timedelta(days=9)).timestamp())
    known = {c.name: None for c in dossiers.c} | {
        **dict.fromkeys(("channel", "unit", "components", "sync"), ""),
        **dict.fromkeys(("registered_at", "submitted_at", "due_at", "next_at"), moment),
        **dict.fromkeys(("first_state", "stated", "version", "told_version"), 0),
        "code": DOSSIER,
        "tenant": HERE,
        "procedure": "1.004222",
        "fingerprint": b"",
        "refusals": 0,
        "tries": 0,
        "in_doubt": False,
    }
    connection.execute(insert(dossiers), known | at)
    case = register_dossier(connection, HERE, DOSSIER, datetime.fromtimestamp(moment, UTC), KEY)
    row = {"case_ref": case, "person_index": person_index(KEY, owner), "applicant": applicant}
    connection.execute(insert(case_persons), row)


RESULT = {"dossier": DOSSIER, "came_as": "result", "procedure": "1.004222"}


@pytest.mark.parametrize(
    ("said", "stands", "expected"),
    [
        (RESULT, DONE, True),
        (RESULT | {"procedure": "1.004222.000.00.00.H99"}, DONE, True),
        (RESULT | {"came_as": "component"}, DONE, False),
        (RESULT | {"dossier": "H99.01-20261122-0000002"}, DONE, False),
        (RESULT | {"procedure": "1.001193"}, DONE, False),
        (RESULT, DONE | {"portal_state": 4}, False),
        (RESULT, DONE | {"confirmed_leaf": None}, False),
        (RESULT, DONE | {"tenant": THERE}, False),
    ],
    ids=[
        "its result",
        "procedure with tail",
        "a component",
        "another dossier",
        "another procedure",
        "not finished",
        "not confirmed",
        "another tenant's",
    ],
)
async def test_confirmed_result_of_finished_dossier_is_vouched(
    settled: RecordStore,
    card: dict[str, Any],
    said: dict[str, Any],
    stands: dict[str, Any],
    expected: bool,
) -> None:
    owner = card["owner"]["personal_id"]
    await settled.database.write(lambda c: enter_dossier(c, owner, **stands))
    await settled.put(HERE, card | said)
    assert await vouched(settled, card) is expected


async def test_result_of_other_persons_dossier_is_unvouched(
    settled: RecordStore, card: dict[str, Any]
) -> None:
    await settled.database.write(lambda c: enter_dossier(c, "003190000001", **DONE))
    await settled.put(HERE, card | RESULT)
    assert not await vouched(settled, card)


async def test_result_of_relatives_dossier_is_unvouched(
    settled: RecordStore, card: dict[str, Any]
) -> None:
    owner = card["owner"]["personal_id"]
    await settled.database.write(lambda c: enter_dossier(c, owner, applicant=False, **DONE))
    await settled.put(HERE, card | RESULT)
    assert not await vouched(settled, card)
