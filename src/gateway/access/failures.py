"""A limit on requests that match nobody, per officer, client, tenant and deployment.

Whoever tries personal numbers finds nobody nearly every time; whoever asks for citizens at the
counter finds somebody nearly every time. So a question counts from the moment it is asked until it
found somebody, or until nobody could say: what is left are misses, counted per officer, per client,
per tenant and over all tenants for an hour; who sits at one screen is stopped before the province. Once so many are in that hour, nothing more is asked, for the right and the wrong
number alike. One person is one miss a call, however many sources were asked. What a tenant finds in between changes nothing. The counts begin anew with the process.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Literal

from gateway.domain.errors import TooManyTries
from gateway.domain.identifiers import TenantId

WINDOW_SECONDS = 3600.0
_UNTIL_ANSWERED_SECONDS = 1

Reach = Literal["officer", "client", "tenant", "all"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the tenant, by one of its clients, for an officer where one is named."""

    tenant: TenantId
    client: str
    officer: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """So many misses of an hour close it; a reach without a limit of its own is None."""

    of_tenant: int
    of_all: int
    of_client: int | None = None
    of_officer: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """So many questions in an hour found nobody: within the tenant, or of all with its last one."""

    tenant: TenantId
    reach: Reach
    misses: int


@dataclass(slots=True)
class _Misses:
    """Of one reach: the times of misses within the hour, oldest first, and how many are asked just now."""

    reach: Reach
    limit: int
    times: deque[float] = field(default_factory=deque)
    asking: int = 0

    def check(self, now: float) -> None:
        while self.times and self.times[0] <= now - WINDOW_SECONDS:
            self.times.popleft()
        if len(self.times) >= self.limit:
            raise TooManyTries(ceil(self.times[0] + WINDOW_SECONDS - now))
        if len(self.times) + self.asking >= self.limit:
            raise TooManyTries(_UNTIL_ANSWERED_SECONDS)


class FailureLimiter:
    """Questions for persons that found nobody, over the last hour."""

    def __init__(self, limits: Limits, clock: Callable[[], datetime]) -> None:
        self._limits = limits
        self._clock = clock
        self._within: dict[tuple[Reach, str], _Misses] = {}
        self._all = _Misses("all", limits.of_all)
        self._alarms: list[Alarm] = []

    def begin(self, asker: Asker) -> None:
        """A question is about to be asked; raises TooManyTries, and then it must not be."""
        now, counts = self._clock().timestamp(), self._counts(asker)
        for count in counts:
            count.check(now)
        for count in counts:
            count.asking += 1

    def end(self, asker: Asker, *, missed: bool) -> None:
        """What came of a question that was begun: it found nobody, or that cannot be said of it."""
        for count in self._counts(asker):
            count.asking -= 1
        if missed:
            self.miss(asker)

    def miss(self, asker: Asker) -> None:
        """Count one person who was not matched, though no question was begun for them."""
        now = self._clock().timestamp()
        for count in self._counts(asker):
            count.times.append(now)
            if len(count.times) == count.limit:
                self._alarms.append(Alarm(asker.tenant, count.reach, count.limit))

    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms that nobody has recorded yet; they are the caller's to record now."""
        due, self._alarms = tuple(self._alarms), []
        return due

    @contextmanager
    def recording(self) -> Iterator[tuple[Alarm, ...]]:
        """The alarms to be written by the change that runs within; they come again where it fails.

        Taken before the change and not within it: a change may run more than once before it stands.
        """
        due = self.alarms()
        try:
            yield due
        except BaseException:
            self._alarms[:0] = due
            raise

    def _counts(self, asker: Asker) -> list[_Misses]:
        """What a question of this asker counts in, the narrowest first."""
        limits = self._limits
        counts = []
        if asker.officer is not None:
            named = f"{asker.tenant}|{asker.officer}"
            counts += self._of("officer", named, limits.of_officer)
        counts += self._of("client", asker.client, limits.of_client)
        counts += self._of("tenant", asker.tenant, limits.of_tenant)
        return [*counts, self._all]

    def _of(self, reach: Reach, named: str, limit: int | None) -> list[_Misses]:
        """The count of one reach; one that is as wide as the tenant's is the tenant's."""
        if limit is None or (reach != "tenant" and limit >= self._limits.of_tenant):
            return []
        return [self._within.setdefault((reach, named), _Misses(reach, limit))]
