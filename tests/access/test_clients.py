from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from sqlalchemy import select

from gateway.access.callers import Grant
from gateway.access.clients import ClientDirectory, NewClient
from gateway.access.grants import register_tenant
from gateway.domain.errors import NotFound
from gateway.domain.identifiers import POPULATION, TenantId
from gateway.storage.database import Database
from gateway.storage.schema import clients

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT = TenantId("h99")
GRANT = Grant(frozenset({POPULATION}), frozenset({"1.004222"}), None)


async def _admit(database: Database, directory: ClientDirectory) -> NewClient:
    await database.write(
        lambda c: register_tenant(c, TENANT, "Tỉnh H", "H99", GRANT, is_test=False, now=NOW)
    )
    return await directory.add(TENANT, NOW)


async def test_a_client_signs_in_with_its_own_secret_alone(
    database: Database, directory: ClientDirectory
) -> None:
    client = await _admit(database, directory)

    caller = await directory.sign_in(client.client_id, client.secret)

    assert caller is not None
    assert (caller.tenant, caller.agency, caller.grant) == (TENANT, "H99", GRANT)
    assert await directory.sign_in(client.client_id, client.secret + "x") is None
    assert await directory.sign_in("h99.00000000", client.secret) is None


async def test_no_secret_is_kept_or_shown(database: Database, directory: ClientDirectory) -> None:
    client = await _admit(database, directory)

    kept = database.read(lambda c: c.execute(select(clients)).one())
    assert client.secret.encode() not in b"".join([kept.secret_hash, kept.salt])
    assert client.secret not in repr(client) + repr(kept) + repr(directory.all())


async def test_a_revoked_client_is_nobody_at_once(
    database: Database, directory: ClientDirectory
) -> None:
    client = await _admit(database, directory)
    assert directory.caller(client.client_id) is not None

    await directory.revoke(client.client_id, NOW)

    assert directory.caller(client.client_id) is None
    assert await directory.sign_in(client.client_id, client.secret) is None
    assert [one.revoked_at for one in directory.all()] == [int(NOW.timestamp())]


async def test_a_revocation_by_another_process_holds_at_the_next_call(
    database: Database, directory: ClientDirectory, tmp_path: Path
) -> None:
    client = await _admit(database, directory)
    assert directory.caller(client.client_id) is not None

    await ClientDirectory(database, tmp_path / "clients.stamp").revoke(client.client_id, NOW)

    assert directory.caller(client.client_id) is None


async def test_there_is_no_client_without_a_tenant_and_no_second_revocation(
    database: Database, directory: ClientDirectory
) -> None:
    client = await _admit(database, directory)

    with pytest.raises(NotFound):
        await directory.add(TenantId("h98"), NOW)
    await directory.revoke(client.client_id, NOW)
    with pytest.raises(NotFound):
        await directory.revoke(client.client_id, NOW)


async def test_t36_an_unknown_client_takes_as_long_as_a_known_one(
    database: Database, directory: ClientDirectory
) -> None:
    client = await _admit(database, directory)
    times: dict[str, list[float]] = {client.client_id: [], "h99.00000000": []}

    for _ in range(5):
        for client_id, taken in times.items():
            began = process_time()
            await directory.sign_in(client_id, "wrong")
            taken.append(process_time() - began)

    known, unknown = (median(taken) for taken in times.values())
    assert 0.3 < known / unknown < 3
    assert unknown > 0.005
