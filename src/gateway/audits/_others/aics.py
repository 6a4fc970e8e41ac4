"""Verify logs with `aics-tlog`, under the Python of its own environment.

Reads names of folders from standard input and writes one line for each: "ok", or the error.
"""

import sys
from pathlib import Path

from aics_tlog import (
    FileSystemTileReader,
    audit_tiles,
    parse_note,
    parse_vkey,
    verify_checkpoint,
)


def check(folder: Path) -> None:
    """Verify one log; raises ValueError or OSError."""
    key = parse_vkey((folder / "key").read_text().strip())
    note = parse_note((folder / "checkpoint").read_bytes())
    result = verify_checkpoint(note, key, expected_origin=key.name)
    if not result.log_ok or result.size is None or result.root is None:
        raise ValueError(result.error or "no signature of the log")
    audit_tiles(FileSystemTileReader(folder), result.size, result.root)


for line in sys.stdin:
    try:
        check(Path(line.rstrip("\n")))
    except (ValueError, OSError) as error:
        print(f"{type(error).__name__}: {error}".replace("\n", " "))
    else:
        print("ok")
