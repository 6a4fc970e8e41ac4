"""How many calls came since the start, on which route, and how did they end?"""

from collections import Counter
from dataclasses import dataclass, field

_NO_ROUTE = "none"


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counts by route as it is declared, method and status; no address as it was sent."""

    calls: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def note(self, route: str, method: str, status: int) -> None:
        """A call that a route answered, or refused."""
        self.calls[route, method, status] += 1

    def note_unrouted(self, status: int) -> None:
        """A call that no route took: its address and method are the caller's own words."""
        self.calls[_NO_ROUTE, _NO_ROUTE, status] += 1
