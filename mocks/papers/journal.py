"""What was the store asked? Kept in memory for the life of the process, never written anywhere."""

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """One call. `call` is login, search or file; `at` is seconds since 1970.

    `outcome` is ok, found, no_paper, malformed, or refused_N for error code -N.
    """

    at: float
    call: str
    outcome: str
    request_id: str | None = None
    procedure: str | None = None
    dossier: str | None = None
    owner: str | None = field(default=None, repr=False)
    kinds: tuple[str, ...] = ()


class Journal:
    """The last calls, oldest first."""

    def __init__(self, entries: int) -> None:
        self._entries: deque[Asked] = deque(maxlen=entries)

    def __iter__(self) -> Iterator[Asked]:
        return iter(self._entries)

    def add(self, asked: Asked) -> None:
        """Remember one call; the oldest is forgotten when the journal is full."""
        self._entries.append(asked)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def as_json(self) -> dict[str, object]:
        """The journal as `/_mock/journal` shows it."""
        return {"total": len(self._entries), "entries": [asdict(asked) for asked in self._entries]}
