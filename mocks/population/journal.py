"""What was the mock asked? Kept in memory for the life of the process, never written anywhere."""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to the database. `at` is seconds since 1970; `birth` is full, year or none.

    `outcome` is found, no_match, duplicate, under_verification, exists, exists_not, refused_004,
    refused_005, not_signed_in, malformed, unknown_service, or a fault's own word after `fault_`.
    """

    at: float
    outcome: str
    request_id: str | None = None
    service: str | None = None
    procedure: str | None = None
    agency: str | None = None
    officer: str | None = None
    number: str | None = field(default=None, repr=False)
    birth: str | None = None
    faults: tuple[str, ...] = ()


class Journal:
    """The last requests, oldest first."""

    def __init__(self, entries: int) -> None:
        self._entries: deque[Asked] = deque(maxlen=entries)
        self.total = 0

    def __iter__(self) -> Iterator[Asked]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, asked: Asked) -> None:
        """Remember one request; the oldest is forgotten when the journal is full."""
        self.total += 1
        self._entries.append(asked)

    def about(self, number: str) -> list[Asked]:
        """The requests that named this number."""
        return [asked for asked in self._entries if asked.number == number]

    def clear(self) -> None:
        """Forget everything."""
        self.total = 0
        self._entries.clear()

    def as_json(self) -> dict[str, object]:
        """The journal as `/_mock/journal` shows it."""
        entries = []
        for asked in self._entries:
            at = datetime.fromtimestamp(asked.at, UTC).isoformat(timespec="milliseconds")
            entries.append({**asdict(asked), "at": at})
        return {"total": self.total, "entries": entries}
