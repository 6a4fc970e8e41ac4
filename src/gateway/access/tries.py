"""How often may a province ask for somebody who is not there, before it has to wait?

Whoever tries personal numbers finds nobody nearly every time; whoever asks for citizens at the
counter finds somebody nearly every time. So a question counts from the moment it is asked until it
found somebody, or until nobody could say: what is left are misses, counted per tenant and over all
tenants for an hour. Once so many are in that hour, nothing more is asked, for the right and the wrong
number alike. What a tenant finds in between changes nothing. The counts begin anew with the process.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Literal

from gateway.domain.errors import TooManyTries
from gateway.domain.identifiers import TenantId

WINDOW_SECONDS = 3600.0
_UNTIL_ANSWERED_SECONDS = 1

Reach = Literal["tenant", "all"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """So many questions in an hour found nobody: of the tenant, or of all tenants with its last one."""

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


class Tries:
    """Questions for persons that found nobody, over the last hour."""

    def __init__(self, of_tenant: int, of_all: int, clock: Callable[[], datetime]) -> None:
        self._of_tenant = of_tenant
        self._clock = clock
        self._tenants: dict[TenantId, _Misses] = {}
        self._all = _Misses("all", of_all)
        self._alarms: list[Alarm] = []

    def begin(self, tenant: TenantId) -> None:
        """A question is about to be asked; raises TooManyTries, and then it must not be."""
        now, counts = self._clock().timestamp(), self._counts(tenant)
        for count in counts:
            count.check(now)
        for count in counts:
            count.asking += 1

    def end(self, tenant: TenantId, *, missed: bool) -> None:
        """What came of a question that was begun: it found nobody, or that cannot be said of it."""
        now = self._clock().timestamp()
        for count in self._counts(tenant):
            count.asking -= 1
            if missed:
                count.times.append(now)
                if len(count.times) == count.limit:
                    self._alarms.append(Alarm(tenant, count.reach, count.limit))

    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms that nobody has recorded yet; they are the caller's to record now."""
        due, self._alarms = tuple(self._alarms), []
        return due

    def _counts(self, tenant: TenantId) -> tuple[_Misses, _Misses]:
        of_tenant = self._tenants.setdefault(tenant, _Misses("tenant", self._of_tenant))
        return of_tenant, self._all
