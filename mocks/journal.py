"""What a mock was asked. Kept in memory for the life of the process, never written anywhere."""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class Noted:
    """One call; each mock notes more of it. `at` is seconds since 1970 by the mock's clock."""

    at: float


Entry = TypeVar("Entry", bound=Noted)


class Journal(Generic[Entry]):
    """The last calls, oldest first, and how many there were of all."""

    def __init__(self, entries: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=entries)
        self.total = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Remember one call; the oldest is forgotten when the journal is full."""
        self.total += 1
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget everything."""
        self.total = 0
        self._entries.clear()

    def as_json(self) -> dict[str, object]:
        """The journal as `/_mock/journal` shows it."""
        entries = []
        for entry in self._entries:
            at = datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
            entries.append({**asdict(entry), "at": at})
        return {"total": self.total, "entries": entries}
