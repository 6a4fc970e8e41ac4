"""How long does an outsider take to prove a large log, and how much memory?

    python -m bench.audit [DOSSIERS]

The log is made first and not counted (`made_log.py`); each measured run is a process of its own that
reads it from a folder as an auditor would. Peak memory is that of the process.
"""

import json
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

from rich.console import Console

from bench.made_log import write_log
from bench.results import Budget, Figure, table_of
from gateway_verify._tree.tiles import TileTree
from gateway_verify.locations import Folder

LARGE = 2_000_000
KILOBYTES_A_MEGABYTE = 1024


def audited(dossiers: int = LARGE) -> list[Figure]:
    """Verify and recompute a log of so many dossiers, and one of a tenth for its memory."""
    with tempfile.TemporaryDirectory(prefix="bench-log-") as root:
        small, large = Path(root) / "small", Path(root) / "large"
        for folder, size in ((small, dossiers // 10), (large, dossiers)):
            folder.mkdir()
            write_log(folder, size)
        little = _run("recompute", small)
        proved, counted = _run("verify", large), _run("recompute", large)
        proof = _proof_bytes(large)
    name = f"{dossiers / 1e6:g}m"
    both = f"a log of {proved['entries']:,} entries in a folder, one process, one core"
    return [
        Figure(
            f"audit_verify_{name}_seconds",
            "s",
            [proved["seconds"]],
            says=f"{both}; processor {proved['processor']:.1f} s",
        ),
        Figure(
            f"audit_recompute_{name}_seconds",
            "s",
            [counted["seconds"]],
            says=f"the same with every body opened and counted; processor {counted['processor']:.1f} s",
        ),
        Figure(
            f"audit_verify_and_recompute_{name}_seconds",
            "s",
            [proved["seconds"] + counted["seconds"]],
            budget=Budget(60.0),
            says="one after the other",
        ),
        Figure(
            "audit_peak_rss_200k_mb",
            "MB",
            [little["rss"]],
            says="recompute, a tenth of the dossiers",
        ),
        Figure(
            "audit_peak_rss_2m_mb",
            "MB",
            [counted["rss"]],
            [little["rss"]],
            Budget(1.2, of_ratio=True),
            "recompute; the peer is a tenth of the dossiers",
        ),
        Figure(
            "log_proof_bytes_4m",
            "B",
            [float(proof)],
            budget=Budget(1536.0),
            says="the longest inclusion proof with its checkpoint, as text",
        ),
    ]


_CHILD = """
import resource, sys
from pathlib import Path
from gateway_verify.command import main
status = main()
used = resource.getrusage(resource.RUSAGE_SELF)
# what `ru_maxrss` holds may be this process's before it began to be a verifier
peak = next(l for l in Path("/proc/self/status").read_text().splitlines() if l.startswith("VmHWM"))
print(used.ru_utime + used.ru_stime, peak.split()[1], file=sys.stderr)
raise SystemExit(status)
"""


def _run(command: str, folder: Path) -> dict[str, float]:
    """One run of the verifier in a process of its own; refuses a log that was not proved."""
    before = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, command, str(folder), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - before
    processor, peak = done.stderr.splitlines()[-1].split()
    return {
        "seconds": seconds,
        "processor": float(processor),
        "rss": int(peak) / KILOBYTES_A_MEGABYTE,
        "entries": json.loads(done.stdout)["proved"]["entries"],
    }


def _proof_bytes(folder: Path) -> int:
    """Bytes of the longest tlog-proof of the log."""
    checkpoint = (folder / "checkpoint").read_bytes()
    size = int(checkpoint.split(b"\n")[1])
    tree = TileTree(Folder(folder), size)
    longest = 0
    for index in (0, size // 2, size - 1):
        lines = ["c2sp.org/tlog-proof@v1", f"index {index}"]
        lines += [b64encode(sibling).decode() for sibling in tree.inclusion(index)]
        longest = max(longest, len("\n".join(lines)) + 2 + len(checkpoint))
    return longest


if __name__ == "__main__":
    found = audited(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE)
    Console(width=180).print(table_of(found))
