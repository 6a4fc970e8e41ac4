"""Sign-in (a): the published vector, and everything that must not open the door."""

import base64

import pytest

from mocks.population import PopulationMockSettings, sign_in_hash, sign_in_headers
from mocks.population.sign_in import refusal
from tests.mocks.asking import NOW, Caller, citizens, fault

VECTOR = PopulationMockSettings(
    username="gw-mock", secret_key="not-a-real-secret", clock=lambda: 1_750_000_000.0
)


def basic(username: str, hashed: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{hashed}".encode()).decode()


def test_the_published_vector() -> None:
    hashed = sign_in_hash(VECTOR.service_url, "gw-mock", "1750000000000", "not-a-real-secret")
    assert hashed == "b0a0e3a8cab82c7792905a0d56421b85e1751a6c0457a2475601fbef987dbb2c"
    assert sign_in_headers(VECTOR, "1750000000000")["Authorization"] == (
        "Basic Z3ctbW9jazpiMGEwZTNhOGNhYjgyYzc3OTI5MDVhMGQ1NjQyMWI4NWUxNzUxYTZjMDQ1N2Ey"
        "NDc1NjAxZmJlZjk4N2RiYjJj"
    )


@pytest.mark.parametrize(
    "timestamp", ["1750000000000", "1750000000", "1750000299", "1749999701000"]
)
def test_milliseconds_and_seconds_are_both_accepted(timestamp: str) -> None:
    assert refusal(VECTOR, timestamp, sign_in_headers(VECTOR, timestamp)["Authorization"]) is None


@pytest.mark.parametrize("timestamp", ["1750000301", "1749999699", "1749999699000", "0"])
def test_stale_or_early_timestamp_is_refused(timestamp: str) -> None:
    sent = sign_in_headers(VECTOR, timestamp)["Authorization"]
    assert refusal(VECTOR, timestamp, sent) == "timestamp_stale"


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1.75e9", "١٧٥٠٠٠٠٠٠٠", "9" * 20])
def test_timestamp_other_than_number_is_refused(timestamp: str) -> None:
    sent = sign_in_headers(VECTOR, timestamp)["Authorization"]
    assert refusal(VECTOR, timestamp, sent) == "timestamp_missing"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer abc",
        "Basic",
        "Basic !!!",
        basic("gw-mock", "0" * 64),
        basic("else", sign_in_hash(VECTOR.service_url, "else", "1750000000", "not-a-real-secret")),
        basic(
            "gw-mock",
            sign_in_hash("http://posted/to", "gw-mock", "1750000000", "not-a-real-secret"),
        ),
        basic(
            "gw-mock",
            sign_in_hash(VECTOR.service_url, "gw-mock", "1750000001", "not-a-real-secret"),
        ),
        basic("gw-mock", sign_in_hash(VECTOR.service_url, "gw-mock", "1750000000", "guessed")),
        basic(
            "gw-mock",
            sign_in_hash(VECTOR.service_url, "gw-mock", "1750000000", "not-a-real-secret").upper(),
        ),
    ],
)
def test_any_other_hash_is_refused(authorization: str) -> None:
    assert refusal(VECTOR, "1750000000", authorization) is not None


def test_secrets_are_fresh_and_hidden() -> None:
    first, second = PopulationMockSettings(), PopulationMockSettings()
    assert first.secret_key != second.secret_key
    assert len(first.secret_key) >= 32
    assert first.secret_key not in repr(first)


async def test_wrong_hash_gets_401_without_data(caller: Caller) -> None:
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    response = await caller.post(body, Authorization="Basic bm9ib2R5Om5vdGhpbmc=")
    status, words = fault(response)
    assert status == 401
    assert "hash_wrong" in words
    assert caller.people.persona("ordinary").personal_id not in response.text


async def test_reused_timestamp_is_refused_after_window(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    body = caller.envelope(caller.fields(person))
    response = await caller.post(body, **caller.headers(NOW - 301))
    assert response.status_code == 401
    assert len(citizens(await caller.ask(person))) == 1
