"""Keys that a service wraps come back for what they were wrapped about, and for nothing else."""

import pytest

from gateway.domain.errors import VaultClosed
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transit import TransitKeys
from gateway.upstream.transport import Transport
from mocks.transit import TransitMock
from tests.dossiers.world import Straight

URL = "https://keys.example"
KEY = bytes(range(32))


@pytest.fixture
def service() -> TransitMock:
    return TransitMock()


def keys(service: TransitMock, **other: str) -> TransitKeys:
    exchange = Exchange(Transport([URL], Straight(service)), Timeouts(1.0, 0.5, attempts=1))
    told = {"key": service.key, "token": service.token} | other
    return TransitKeys(URL + "/", told["key"], told["token"], exchange)


async def test_key_comes_back(service: TransitMock) -> None:
    wrapped = await keys(service).wrap(KEY, b"h99|1")

    assert KEY not in wrapped and wrapped.startswith(b"vault:v1:")
    assert await keys(service).unwrap(wrapped, b"h99|1") == KEY
    assert [one["what"] for one in service.journal] == ["encrypt", "decrypt"]
    assert keys(service).name == "transit:records"


async def test_key_wrapped_about_another_is_refused(service: TransitMock) -> None:
    wrapped = await keys(service).wrap(KEY, b"h99|1")

    for about in (b"h98|1", b"h99|2", b""):
        with pytest.raises(VaultClosed):
            await keys(service).unwrap(wrapped, about)


@pytest.mark.parametrize("other", [{"token": "x"}, {"key": "another"}], ids=["token", "key"])
async def test_stranger_gets_no_key(service: TransitMock, other: dict[str, str]) -> None:
    wrapped = await keys(service).wrap(KEY, b"a")

    with pytest.raises(VaultClosed):
        await keys(service, **other).wrap(KEY, b"a")
    with pytest.raises(VaultClosed):
        await keys(service, **other).unwrap(wrapped, b"a")


async def test_service_that_is_sealed_closes_vault(service: TransitMock) -> None:
    service.down = True

    with pytest.raises(VaultClosed):
        await keys(service).wrap(KEY, b"a")
