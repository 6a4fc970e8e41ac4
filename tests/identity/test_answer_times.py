"""An answer that leaves somebody closed waits for a fixed time; one that opens everybody does not."""

import time
from collections.abc import Iterator

import pytest

from tests.identity.forms import KIN
from tests.identity.world import (
    EVERYTHING,
    STRANGE_NAME,
    Json,
    World,
    named,
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


@pytest.mark.threat(36)
@pytest.mark.threat(63)
def test_closed_answers_leave_at_the_quantum(slow: World) -> None:
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
        (SEARCH, {"owner": {"personal_id": person.personal_id, "full_name": STRANGE_NAME}}),
        (SEARCH, {"owner": {"personal_id": free, "full_name": STRANGE_NAME}}),
    ]
    assert min(seconds(slow, *closed)) >= QUANTUM_SECONDS


def test_open_answers_wait_for_nothing(slow: World) -> None:
    person = slow.somebody()
    slow.store(with_name(person))
    opened = [
        ("/v1/prefills", slow.question(KIN, said_of(person))),
        (CONFIRM, confirmation(said_of(person))),
        (SEARCH, {"owner": named(person)}),
    ]
    assert max(seconds(slow, *opened)) < QUANTUM_SECONDS
