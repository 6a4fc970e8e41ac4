"""Fixed answer times: an answer that opens nobody takes as long whatever was read for it.

Whether somebody's papers lie here costs milliseconds to find out, also where nothing of them is told:
a number that somebody has would be answered later than one that nobody has. Such an answer waits, with
everything done, for the next whole multiple of a quantum since its call began. The difference shows
only where it reaches over such a multiple: the quantum is many times as long. Who is matched waits
for nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import floor


@dataclass(frozen=True, slots=True)
class Pace:
    """The fixed times; `clock` counts seconds and never goes back."""

    quantum_seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def began(self) -> float:
        """When a call begins; to be handed back to `wait`."""
        return self.clock()

    async def wait(self, began: float) -> None:
        """Wait for the next multiple of the quantum since then."""
        passed = self.clock() - began
        due = (floor(passed / self.quantum_seconds) + 1) * self.quantum_seconds
        await self.sleep(due - passed)
