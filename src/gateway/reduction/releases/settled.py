"""Up to which leaf is everything counted and the time for doubts over?

A body proves a tally. So it is kept until its month is closed, the release made, and six months more
have gone by: the life of a correction ticket, and the time in which an auditor recounts (ours).
"""

from sqlalchemy import Connection

from gateway.domain.errors import Conflict
from gateway.reduction.months import Month
from gateway.reduction.releases.shelf import closed_months

MONTHS_KEPT = 6


def check_kept(before: Month, running: Month) -> None:
    """Raise Conflict `kept_longer` when `before` is less than six months ago."""
    over = before
    for _ in range(MONTHS_KEPT):
        over = over.following
    if over > running:
        raise Conflict("kept_longer", f"bodies are kept for {MONTHS_KEPT} months after their own")


def last_settled(connection: Connection, origin: str, before: Month) -> int | None:
    """The last leaf of the latest month closed and released before `before`; None where there is none."""
    released = [
        one.last
        for one in closed_months(connection, origin)
        if one.month < before and one.document is not None
    ]
    return released[-1] if released else None
