"""Which filled values does a submission say are wrong, and who takes note of it?"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Disputed:
    """One filled value that a submission says is wrong, and what it says instead."""

    path: str
    role: str
    attribute: str
    source: str
    why: str
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as the province sees it; `value` is None when it has ended."""

    id: str
    state: str
    path: str
    role: str
    attribute: str
    source: str
    why: str
    opened_at: int
    changed_at: int
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Whose:
    """The submission that tickets belong to."""

    tenant: str
    case_ref: str
    chain: str
    submission: int
