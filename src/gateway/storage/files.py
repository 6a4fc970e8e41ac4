"""Durable files: each is replaced as a whole or not at all, whatever happens meanwhile."""

import os
from pathlib import Path


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
