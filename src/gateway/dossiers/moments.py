"""Which moments of a dossier can be? By the gateway's own clock, which is handed in.

No dossier was submitted later than five minutes from now: clocks differ by so much at most. What its
office reports lies no later than the end of tomorrow in Vietnam: offices write down working days. A dossier is
received, and falls due, no earlier than it was submitted, and falls due within ten years. Its progress
and its supplements come after its receipt (before there is one: after its submission), one row no
earlier than the row before it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.domain.errors import DossierRefused
from gateway.dossiers.dossier import (
    DONE,
    REFUSED,
    RETURNED,
    STOPPED,
    WITHDRAWN,
    Dossier,
    Step,
    Supplement,
)
from gateway.forms.values import LOCAL_ZONE

_ENDS = frozenset({DONE, RETURNED, STOPPED, REFUSED, WITHDRAWN})
CLOCKS_DIFFER_SECONDS = 5 * 60
LONGEST_SECONDS = 10 * 366 * 24 * 60 * 60
"""From submission to the promised day; no procedure takes ten years."""


def check_moments(dossier: Dossier, now: datetime, member: str = "") -> None:
    """Raises DossierRefused `impossible_time`; `member` stands before the member's name."""
    if dossier.submitted > now.timestamp() + CLOCKS_DIFFER_SECONDS:
        raise _impossible(f"{member}submitted", "it lies more than five minutes in the future")
    if dossier.received is not None:
        _check_after(dossier.received, dossier.submitted, f"{member}received", "submission")
        _check_past(dossier.received, now, f"{member}received")
    _check_due(dossier.due, dossier.submitted, f"{member}due")
    check_supplements(dossier.supplements, dossier.submitted, now)


def check_happened(steps: Sequence[Step], now: datetime) -> None:
    """Rows of progress that lie in the past; raises DossierRefused `impossible_time`."""
    for place, step in enumerate(steps):
        _check_past(step.at, now, f"rows[{place}].at")


def check_step(step: Step, since: int, member: str) -> int:
    """The time of a row of progress, which is not before `since`; raises DossierRefused `impossible_time`."""
    _check_after(step.at, since, f"{member}.at", "receipt or the row before")
    if step.began is not None and step.began > step.at:
        raise _impossible(f"{member}.began", "it lies after the row's own time")
    if step.due is not None:
        _check_due(step.due, step.began or min(step.at, step.due), f"{member}.due")
    return step.at


def check_supplements(supplements: Sequence[Supplement], submitted: int, now: datetime) -> None:
    """Requests for more papers and their answers; raises DossierRefused `impossible_time`."""
    for place, one in enumerate(supplements):
        _check_after(one.asked, submitted, f"supplements[{place}].asked", "submission")
        _check_past(one.asked, now, f"supplements[{place}].asked")
        if one.received is not None:
            _check_after(one.received, one.asked, f"supplements[{place}].received", "request")
            _check_past(one.received, now, f"supplements[{place}].received")


def _check_past(moment: int, now: datetime, member: str) -> None:
    today = now.astimezone(LOCAL_ZONE)
    over = (today + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    if moment >= over.timestamp():
        raise _impossible(member, "it lies in the future, after the end of tomorrow")


def _check_after(moment: int, since: int, member: str, named: str) -> None:
    if moment < since:
        raise _impossible(member, f"it lies before the {named}")


def _check_due(due: int, since: int, member: str) -> None:
    if not since <= due <= since + LONGEST_SECONDS:
        raise _impossible(member, "it lies before the submission, or more than ten years after it")


def _impossible(member: str, why: str) -> DossierRefused:
    return DossierRefused("impossible_time", why, member)


def end_of(ended: int | None, steps: Sequence[Step]) -> int | None:
    """When the dossier's processing ended; the hand-over of a result is no later end."""
    for step in steps:
        if step.state not in _ENDS:
            ended = None
        elif step.state != RETURNED or ended is None:
            ended = step.at
    return ended
