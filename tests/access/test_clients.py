from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from sqlalchemy import select

from gateway.access.callers import Grant
from gateway.access.clients import ClientDirectory, NewClient, Registration
from gateway.access.grants import register_tenant
from gateway.access.proofs import PinnedKey, read_public_key
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.identifiers import POPULATION, TenantId
from gateway.storage.database import Database
from gateway.storage.schema import clients
from tests.proving import Signer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TENANT = TenantId("h99")
GRANT = Grant(frozenset({POPULATION}), frozenset({"1.004222"}), None)


async def _admit(database: Database, directory: ClientDirectory) -> NewClient:
    await database.write(
        lambda c: register_tenant(c, TENANT, "Tỉnh H", "H99", GRANT, is_test=False, now=NOW)
    )
    return await directory.add(TENANT, NOW)


async def test_only_own_secret_signs_client_in(
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


async def test_revoked_client_is_refused_at_once(
    database: Database, directory: ClientDirectory
) -> None:
    client = await _admit(database, directory)
    assert directory.caller(client.client_id) is not None

    await directory.revoke(client.client_id, NOW)

    assert directory.caller(client.client_id) is None
    assert await directory.sign_in(client.client_id, client.secret) is None
    assert [one.revoked_at for one in directory.all()] == [int(NOW.timestamp())]


async def test_revocation_by_another_process_holds_at_once(
    database: Database, directory: ClientDirectory, tmp_path: Path
) -> None:
    client = await _admit(database, directory)
    assert directory.caller(client.client_id) is not None

    await ClientDirectory(database, tmp_path / "clients.stamp").revoke(client.client_id, NOW)

    assert directory.caller(client.client_id) is None


async def test_client_needs_tenant_and_is_revoked_once(
    database: Database, directory: ClientDirectory
) -> None:
    client = await _admit(database, directory)

    with pytest.raises(NotFound):
        await directory.add(TenantId("h98"), NOW)
    await directory.revoke(client.client_id, NOW)
    with pytest.raises(NotFound):
        await directory.revoke(client.client_id, NOW)


async def test_t36_unknown_client_takes_equally_long(
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


def _key() -> PinnedKey:
    return read_public_key(Signer().jwk)


async def test_client_has_at_most_two_keys(database: Database, directory: ClientDirectory) -> None:
    await _admit(database, directory)
    first, second, third = _key(), _key(), _key()
    client_id = (await directory.add(TENANT, NOW, Registration(first))).client_id
    await directory.add_key(client_id, second, NOW)

    with pytest.raises(Conflict, match="too_many_keys"):
        await directory.add_key(client_id, third, NOW)
    await directory.revoke_key(client_id, first.kid, NOW)
    await directory.add_key(client_id, third, NOW)

    client = directory.client(client_id)
    assert client is not None and {key.kid for key in client.keys} == {second.kid, third.kid}
    revoked = {one.kid for one in directory.keys_of(client_id) if one.revoked_at is not None}
    assert revoked == {first.kid}


async def test_no_key_is_registered_twice(database: Database, directory: ClientDirectory) -> None:
    other = await _admit(database, directory)
    key = _key()
    client_id = (await directory.add(TENANT, NOW, Registration(key))).client_id
    await directory.revoke_key(client_id, key.kid, NOW)

    for one in (client_id, other.client_id):
        with pytest.raises(Conflict, match="key_known"):
            await directory.add_key(one, key, NOW)
    with pytest.raises(NotFound, match="unknown_key"):
        await directory.revoke_key(client_id, key.kid, NOW)
    with pytest.raises(NotFound, match="unknown_client"):
        await directory.add_key("h99.00000000", _key(), NOW)
