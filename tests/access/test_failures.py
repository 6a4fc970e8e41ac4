"""Questions that find nobody are counted; above the limit nobody is asked any more."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.access.failures import Alarm, Asker, FailureLimiter, Limits
from gateway.domain.errors import TooManyTries
from gateway.domain.identifiers import TenantId
from tests.clock import Clock

HERE, THERE = Asker(TenantId("h99"), "h99.1"), Asker(TenantId("h98"), "h98.1")
ELSEWHERE = Asker(TenantId("h97"), "h97.1")


def ask(tries: FailureLimiter, asker: Asker, *, missed: bool) -> None:
    tries.begin(asker)
    tries.end(asker, missed=missed)


def refused(tries: FailureLimiter, asker: Asker) -> int | None:
    try:
        ask(tries, asker, missed=False)
    except TooManyTries as refusal:
        return refusal.seconds
    return None


def test_question_that_found_person_is_no_miss(clock: Clock) -> None:
    tries = FailureLimiter(Limits(2, 3), clock)
    for _ in range(100):
        ask(tries, HERE, missed=False)
    assert (refused(tries, HERE), tries.alarms()) == (None, ())


def test_last_allowed_miss_alarms_and_closes_hour(clock: Clock) -> None:
    tries = FailureLimiter(Limits(2, 10), clock)
    ask(tries, HERE, missed=True)
    clock.now += timedelta(minutes=20)
    assert tries.alarms() == ()
    ask(tries, HERE, missed=True)
    assert tries.alarms() == (Alarm(HERE.tenant, "tenant", 2),)
    assert tries.alarms() == ()
    assert refused(tries, HERE) == 40 * 60, "until the first miss is an hour old"
    assert refused(tries, THERE) is None
    clock.now += timedelta(minutes=40)
    assert refused(tries, HERE) is None
    ask(tries, HERE, missed=True)
    assert tries.alarms() == (Alarm(HERE.tenant, "tenant", 2),), "the next hour is full as well"


def test_tenants_below_limit_reach_common_limit(clock: Clock) -> None:
    tries = FailureLimiter(Limits(2, 3), clock)
    for tenant in (HERE, THERE, ELSEWHERE):
        ask(tries, tenant, missed=True)
    assert tries.alarms() == (Alarm(ELSEWHERE.tenant, "all", 3),)
    assert refused(tries, HERE) == refused(tries, Asker(TenantId("h96"), "h96.1")) == 3600


def test_running_questions_count_until_answered(clock: Clock) -> None:
    tries = FailureLimiter(Limits(2, 10), clock)
    tries.begin(HERE)
    tries.begin(HERE)
    assert refused(tries, HERE) == 1, "a thousand at once are not a thousand tries"
    tries.end(HERE, missed=False)
    assert refused(tries, HERE) is None


@given(st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=60))
def test_no_hour_exceeds_limit_of_misses(steps: list[tuple[int, bool]]) -> None:
    clock = Clock()
    tries, missed = FailureLimiter(Limits(4, 100), clock), list[datetime]()
    for seconds, is_miss in steps:
        clock.now += timedelta(seconds=seconds)
        try:
            ask(tries, HERE, missed=is_miss)
        except TooManyTries as refusal:
            assert 0 < refusal.seconds <= 3600
            continue
        if is_miss:
            missed.append(clock.now)
        recent = [at for at in missed if at > clock.now - timedelta(hours=1)]
        assert len(recent) <= 4
