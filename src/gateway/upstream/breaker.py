"""Circuit breaker: stop calling a system that fails, and probe it later.

Closed while it works. It opens when half of at least twenty calls of the last thirty seconds failed,
or five in a row: then nothing is called for ten seconds, give or take a fifth, twice as long after
each probe that fails, five minutes at most. One call probes; its success closes it.

Retries draw on a budget: a tenth of the first attempts, and one a second.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a breaker; its waits follow a system's recovery, not a citizen's waiting time."""

    window_seconds: float = 30.0
    least_calls: int = 20
    failed_share: float = 0.5
    failed_in_a_row: int = 5
    first_wait_seconds: float = 10.0
    longest_wait_seconds: float = 300.0
    spread: float = 0.2


class Breaker:
    """Blocks calls to a failing system; `clock` is in seconds, `jitter` is from 0 to 1."""

    def __init__(
        self,
        clock: Callable[[], float],
        jitter: Callable[[float, float], float] = random.uniform,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._limits = limits
        self._calls: deque[tuple[float, bool]] = deque()
        self._in_a_row = 0
        self._wait = 0.0
        self._opens_at: float | None = None
        self._probing = False

    @property
    def closed(self) -> bool:
        """Whether the system is taken to work."""
        return self._opens_at is None

    @property
    def opens_at(self) -> float | None:
        """When a probe may be made; None while it is closed."""
        return self._opens_at

    def allows_soon(self) -> bool:
        """Whether a call would be allowed now; reserves nothing."""
        if self._opens_at is None:
            return True
        return not self._probing and self._clock() >= self._opens_at

    def allows(self) -> bool:
        """Whether a call may be made now; where the answer is a probe's, its outcome must be noted."""
        if not self.allows_soon():
            return False
        self._probing = self._opens_at is not None
        return True

    def note(self, *, worked: bool) -> None:
        """Record the outcome of a call that was allowed."""
        if self._opens_at is not None:
            if self._probing:
                self._probing = False
                self._close() if worked else self._open()
            return
        now = self._clock()
        self._calls.append((now, worked))
        while self._calls[0][0] < now - self._limits.window_seconds:
            self._calls.popleft()
        self._in_a_row = 0 if worked else self._in_a_row + 1
        failed = sum(not one for _, one in self._calls) if not worked else 0
        limits, made = self._limits, len(self._calls)
        if self._in_a_row >= limits.failed_in_a_row or (
            made >= limits.least_calls and failed >= limits.failed_share * made
        ):
            self._open()

    def _open(self) -> None:
        limits = self._limits
        self._wait = min(
            max(limits.first_wait_seconds, 2 * self._wait), limits.longest_wait_seconds
        )
        spread = self._jitter(1 - limits.spread, 1 + limits.spread)
        self._opens_at = self._clock() + self._wait * spread

    def _close(self) -> None:
        self._opens_at, self._wait, self._in_a_row = None, 0.0, 0
        self._calls.clear()


class RetryBudget:
    """Limits retries to `share` of the first attempts plus `per_second`, at most `most` at once."""

    def __init__(
        self,
        clock: Callable[[], float],
        share: float = 0.1,
        per_second: float = 1.0,
        most: float = 100.0,
    ) -> None:
        self._clock = clock
        self._share = share
        self._per_second = per_second
        self._most = most
        self._tokens = most
        self._at = clock()

    def first_try(self) -> None:
        """Record a first attempt."""
        self._tokens = min(self._most, self._tokens + self._share)

    def affords(self) -> int:
        """The number of retries available now."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return int(self._tokens)

    def pay(self) -> None:
        """Record a retry."""
        self._tokens -= 1
