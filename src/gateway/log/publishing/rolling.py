"""How do the files of a closed log make room for those of the next, whatever happens meanwhile?

`rolling` names the old log and the new one before the database changes. Once the database's last
`key` leaf is the new log's, the files follow; until then nothing has happened.
"""

import shutil

from gateway.log.publishing.folder import LogFolder
from gateway.storage.files import sync_folder, write_atomically


def next_origin(folder: LogFolder, host: str, year: int, old: str) -> str:
    """The name of the next log: `<host>/log/<year>`, `…-2` where that one is taken."""
    names = [str(year), *(f"{year}-{number}" for number in range(2, 1000))]
    return next(
        origin
        for name in names
        if (origin := f"{host}/log/{name}") != old and not (folder.closed / name).exists()
    )


def announce_roll(folder: LogFolder, old: str, new: str) -> None:
    """Say what is about to happen; raises OSError."""
    write_atomically(folder.root / "rolling", f"{old}\n{new}\n".encode())


def finish_roll(folder: LogFolder, in_force: str | None) -> None:
    """Bring the files where the database is, by the verifier key of its last `key` leaf.

    Raises OSError; may be begun again at any point.
    """
    marker = folder.root / "rolling"
    if not marker.exists():
        return
    old, new = marker.read_text().split()
    if in_force is not None and in_force.startswith(new + "+"):
        closed = folder.closed / old.rpartition("/")[2]
        if not closed.exists():
            folder.closed.mkdir(mode=0o700, exist_ok=True)
            folder.public.rename(closed)
            sync_folder(folder.closed)
        folder.public.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(folder.signer, ignore_errors=True)
        for name in ("waiting", "incident"):
            (folder.root / name).unlink(missing_ok=True)
        write_atomically(folder.root / "origin", f"{new}\n".encode())
    marker.unlink()
