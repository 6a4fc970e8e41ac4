"""What was the portal asked? Kept in memory for the life of the process, never written anywhere."""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One call. `service` is `login` for a sign-in; `rows` counts what stood in `data`.

    `outcome` is `done`, the name of the error under `answers` of the protocol, `malformed_body`,
    or `fault` where a fault kept the call from the portal; `faults` are the effects that struck.
    """

    at: float
    service: str
    outcome: str
    unit: str = ""
    dossiers: tuple[str, ...] = ()
    rows: int = 0
    faults: tuple[str, ...] = ()


class Journal:
    """The last calls, oldest first, and how many there were of all."""

    def __init__(self, entries: int) -> None:
        self._entries: deque[Asked] = deque(maxlen=entries)
        self.total = 0

    def __iter__(self) -> Iterator[Asked]:
        return iter(self._entries)

    def add(self, asked: Asked) -> None:
        """Remember one call; the oldest is forgotten when the journal is full."""
        self.total += 1
        self._entries.append(asked)

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
