import pytest

from gateway.upstream.breaker import Breaker, RetryBudget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def middle(low: float, high: float) -> float:
    return (low + high) / 2


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock, middle)


def calls(breaker: Breaker, *worked: bool) -> None:
    for one in worked:
        assert breaker.allows()
        breaker.note(worked=one)


def test_it_opens_after_five_failures_in_a_row(breaker: Breaker) -> None:
    calls(breaker, *[False] * 4, True, *[False] * 4)
    assert breaker.closed
    calls(breaker, False)
    assert not breaker.closed and not breaker.allows()


def test_it_opens_when_half_of_twenty_calls_failed(breaker: Breaker) -> None:
    calls(breaker, *[True, False] * 9, True)
    assert breaker.closed
    calls(breaker, False)
    assert not breaker.closed


def test_calls_of_long_ago_do_not_count(breaker: Breaker, clock: Clock) -> None:
    calls(breaker, *[True, False] * 9, True)
    clock.now = 31.0
    calls(breaker, False)
    assert breaker.closed


@pytest.mark.threat(39)
def test_t39_one_probe_is_let_through_and_later_ones_wait_twice_as_long(
    breaker: Breaker, clock: Clock
) -> None:
    calls(breaker, *[False] * 5)
    waits = []
    for _ in range(8):
        opens_at = breaker.opens_at
        assert opens_at is not None and not breaker.allows()
        waits.append(opens_at - clock.now)
        clock.now = opens_at
        assert breaker.allows() and not breaker.allows()
        breaker.note(worked=False)
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_probe_that_works_closes_it_and_waits_begin_anew(breaker: Breaker, clock: Clock) -> None:
    calls(breaker, *[False] * 5)
    clock.now = 10.0
    calls(breaker, True)
    assert breaker.closed
    calls(breaker, *[False] * 5)
    assert breaker.opens_at == 20.0


def test_what_began_before_it_opened_says_nothing_afterwards(
    breaker: Breaker, clock: Clock
) -> None:
    calls(breaker, *[False] * 5)
    breaker.note(worked=True)
    assert not breaker.closed


def test_waits_are_spread_by_a_fifth(clock: Clock) -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return high

    breaker = Breaker(clock, draw)
    calls(breaker, *[False] * 5)
    assert drawn == [(0.8, 1.2)] and breaker.opens_at == 12.0


def test_retries_are_paid_by_first_tries_and_by_time(clock: Clock) -> None:
    budget = RetryBudget(clock, share=0.1, per_second=1.0, most=3.0)
    assert budget.affords() == 3
    for _ in range(3):
        budget.pay()
    assert budget.affords() == 0
    for _ in range(11):
        budget.first_try()
    assert budget.affords() == 1
    clock.now = 1.5
    assert budget.affords() == 2
    clock.now = 100.0
    assert budget.affords() == 3
