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


def test_breaker_opens_after_five_consecutive_failures(breaker: Breaker) -> None:
    calls(breaker, *[False] * 4, True, *[False] * 4)
    assert breaker.closed
    calls(breaker, False)
    assert not breaker.closed and not breaker.allows()


def test_breaker_opens_at_half_of_twenty(breaker: Breaker) -> None:
    calls(breaker, *[True, False] * 9, True)
    assert breaker.closed
    calls(breaker, False)
    assert not breaker.closed


def test_old_calls_do_not_count(breaker: Breaker, clock: Clock) -> None:
    calls(breaker, *[True, False] * 9, True)
    clock.now = 31.0
    calls(breaker, False)
    assert breaker.closed


@pytest.mark.threat(39)
def test_t39_probe_passes_later_waits_double(breaker: Breaker, clock: Clock) -> None:
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


def test_successful_probe_closes_and_resets_waits(breaker: Breaker, clock: Clock) -> None:
    calls(breaker, *[False] * 5)
    clock.now = 10.0
    calls(breaker, True)
    assert breaker.closed
    calls(breaker, *[False] * 5)
    assert breaker.opens_at == 20.0


def test_calls_from_before_opening_are_ignored(breaker: Breaker, clock: Clock) -> None:
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


def test_retries_are_limited_by_calls_and_time(clock: Clock) -> None:
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
