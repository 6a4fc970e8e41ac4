"""What has a process used of the machine? Read from /proc, its children included."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
BYTES_PER_PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> Iterator[int]:
    """A process and everything that it started and that still runs."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and their descendants, ended ones included."""
    return sum(_ticks(one) for pid in pids for one in family(pid)) / TICKS_PER_SECOND


def thread_seconds(pid: int) -> list[float]:
    """User and system time of each thread of one process, the first thread first."""
    stats = (Path(f"/proc/{pid}/task/{thread}/stat") for thread in _threads(pid))
    return [sum(map(int, _after_name(path)[11:13])) / TICKS_PER_SECOND for path in stats]


def resident_bytes(pid: int) -> int:
    """Memory of one process that stands in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * BYTES_PER_PAGE


def _threads(pid: int) -> list[int]:
    return sorted(int(path.name) for path in Path(f"/proc/{pid}/task").iterdir())


def _ticks(pid: int) -> int:
    # utime, stime, and cutime, cstime: what children used that were waited for
    return sum(map(int, _after_name(Path(f"/proc/{pid}/stat"))[11:15]))


def _after_name(stat: Path) -> list[str]:
    """The fields of proc(5) from the third on; a name may hold blanks and brackets."""
    return stat.read_text().rpartition(")")[2].split()
