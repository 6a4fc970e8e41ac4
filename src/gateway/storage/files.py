"""Durable files, each replaced as a whole or not at all; and files that their owner alone can read."""

import os
import stat
from pathlib import Path

from gateway.storage.url import DatabaseUnusable

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_file(path: Path) -> None:
    """Make an empty file (0600) where there is none, whatever the umask; raises OSError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    os.close(descriptor)


def make_private_folder(path: Path) -> None:
    """Make a folder (0700) where there is none; raises DatabaseUnusable for one that others can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(path)


def check_private(path: Path) -> None:
    """Refuse a file or folder on which others have any right; one that is not there is none.

    Raises DatabaseUnusable, which names it and the command that corrects it.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if mode & _OTHERS:
        right = "700" if stat.S_ISDIR(mode) else "600"
        raise DatabaseUnusable(
            f"others have rights on {path}; take them away: chmod {right} {path}"
        )


def write_atomically(path: Path, content: bytes) -> None:
    """Write a draft beside `path`, sync it, rename it, sync the folder; raises OSError.

    A reader sees the old file or the new one. The draft has one fixed name, so that the next call
    replaces what a kill left behind. One process writes at a time.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the file names in a folder durable; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
