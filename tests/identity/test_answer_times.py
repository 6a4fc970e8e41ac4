"""An answer that leaves somebody closed waits for a fixed time; one that opens everybody does not."""

import time
from collections.abc import Iterator

import pytest

from tests.identity.forms import KIN
from tests.identity.world import (
    EVERYTHING,
    OFFICER,
    STRANGE_NAME,
    Json,
    World,
    nobody_like,
    said_of,
    with_name,
)

QUANTUM_SECONDS = 3.0
CONFIRM, SEARCH = "/v1/identity/confirm", "/v1/records/search"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    quantum_ms = int(QUANTUM_SECONDS * 1000)
    world = World(tmp_path_factory.mktemp("slow"), closed_answer_quantum_ms=quantum_ms)
    yield world
    world.close()


def seconds(world: World, *calls: tuple[str, Json]) -> list[float]:
    """How long each of some calls made together took."""

    async def timed(path: str, body: Json) -> float:
        began = time.monotonic()
        answer = await world.house.call(path, body, EVERYTHING)
        assert answer.status_code == 200, answer.text
        return time.monotonic() - began

    return world.house.together(*(timed(path, body) for path, body in calls))


def confirmation(said: Json) -> Json:
    return {"subject": said, "legal_basis": {"kind": "consent", "reference": "phiếu 12"}}


def search(world: World, number: str, name: str) -> Json:
    owner = {"personal_id": number, "full_name": name}
    in_case = {"dossier": world.open_dossier(), "officer": OFFICER, "purpose": "reuse"}
    return {"owner": owner, **in_case}


@pytest.mark.threat(36)
@pytest.mark.threat(63)
def test_closed_answers_leave_at_quantum(slow: World) -> None:
    person, other = slow.somebody(), slow.somebody()
    slow.store(with_name(person))
    free = nobody_like(slow.people, person.personal_id)
    wrong, nobody = (
        said_of(person, full_name=STRANGE_NAME, personal_id=number)
        for number in (person.personal_id, free)
    )
    typed = {"soDinhDanhLa": other.personal_id, "hoTenLa": STRANGE_NAME}
    closed = [
        ("/v1/prefills", slow.question(KIN, wrong)),
        ("/v1/prefills", slow.question(KIN, nobody)),
        ("/v1/prefills", slow.question(KIN, said_of(person), data=typed)),
        (CONFIRM, confirmation(wrong)),
        (CONFIRM, confirmation(nobody)),
        (SEARCH, search(slow, person.personal_id, STRANGE_NAME)),
        (SEARCH, search(slow, free, STRANGE_NAME)),
    ]
    assert min(seconds(slow, *closed)) >= QUANTUM_SECONDS


def test_open_answers_wait_for_nothing(slow: World) -> None:
    person = slow.somebody()
    slow.store(with_name(person))
    opened = [
        ("/v1/prefills", slow.question(KIN, said_of(person))),
        (CONFIRM, confirmation(said_of(person))),
        (SEARCH, search(slow, person.personal_id, person.full_name)),
    ]
    assert max(seconds(slow, *opened)) < QUANTUM_SECONDS
