"""May the clock be believed, or did it jump?

Since the start of the process the clock has gone as far as the machine's monotonic one, give or take a
quarter of an hour; one that is further ahead has jumped. From then on no case leaf is written, over
restarts too, until an operator confirms the clock (`gateway log confirm-clock`): the hours in the log say
in which month a dossier counts. That the clock stopped things stands in a file of the log's folder.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gateway.domain.errors import Busy

CLOCK_GUARD = "gateway.log.clock_guard"
"""Under this name a connection of a database with a guard carries it in its `info`."""

LARGEST_JUMP = timedelta(minutes=15)
_FILE = "clock-in-doubt"


class ClockGuard:
    """Holds the clock against a monotonic one, which gives seconds from any beginning."""

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._file = folder / _FILE
        self._clock, self._monotonic = clock, monotonic
        self._begin = clock(), monotonic()
        self._stopped = self._file.exists()

    def check(self) -> None:
        """Raise Busy `clock_jumped` from the first jump on until the clock is confirmed."""
        if self._stopped and not self._file.exists():
            self._begin, self._stopped = (self._clock(), self._monotonic()), False
        begin, beat = self._begin
        passed = timedelta(seconds=self._monotonic() - beat)
        if not self._stopped and self._clock() - begin - passed > LARGEST_JUMP:
            self._file.touch()
            self._stopped = True
        if self._stopped:
            raise Busy("clock_jumped", "the clock jumped ahead; an operator has to confirm it")


def confirm_clock(folder: Path) -> bool:
    """Let case leaves be written again; whether the clock was in doubt."""
    file = folder / _FILE
    doubted = file.exists()
    file.unlink(missing_ok=True)
    return doubted
