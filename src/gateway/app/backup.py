"""A backup of one deployment: database, keys and log in a new folder, with a list of digests.

    gateway.db          one moment of the database
    vault.db            a moment of the vault that is not before it
    keys/               the keys that a restored deployment goes on with
    apart/              the key of the blind indices, and the one that opens the vault where no key
                        service does; keep them in another place than the databases, since with both
                        personal numbers can be tried and records be read
    log/                what was published and signed, and what the signer remembers
    SHA256SUMS          the digest of every file, as `sha256sum -c` reads it; written last

Day keys are in no backup: deleting one erases the chain keys of its day in every copy of the
database. The log is copied before the database, so that the database holds every leaf that the copied
log has published; the database's moment is taken before the vault's, since a content is in the vault
before a record names it. A gateway may run meanwhile.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from hashlib import file_digest
from pathlib import Path

from gateway.keys import BACKED_UP, BACKED_UP_APART
from gateway.settings import Settings
from gateway.storage.database import copy_databases
from gateway.storage.url import DatabaseUrl

Progress = Callable[[str, int, int], None]
"""Called with what is copied, how much of it is done and how much there is."""

MANIFEST = "SHA256SUMS"
_FIRST_OF_LOG = ("public/checkpoint", "signer/last")
_NOT_OF_LOG = ("lock", "publish")


def back_up(settings: Settings, target: Path, progress: Progress) -> dict[str, str]:
    """Write the backup into the new folder `target` (0700); gives the digest of every file in it.

    Raises FileExistsError where `target` exists, OSError, and DatabaseUnusable; nothing is left then.
    """
    target.mkdir(mode=0o700)
    try:
        _copy_log(settings.data / "log", target / "log", progress)
        copy = DatabaseUrl.in_folder(target)
        copies = {settings.database: copy.path, settings.vault: copy.vault.path}
        copy_databases(copies, _part(progress, copy.path.name))
        for folder, names in (("keys", BACKED_UP), ("apart", BACKED_UP_APART)):
            for name in names:
                _copy(settings.data / "keys" / name, target / folder / name)
        return _write_manifest(target, progress)
    except BaseException:
        shutil.rmtree(target)
        raise


def _copy_log(log: Path, target: Path, progress: Progress) -> None:
    """Copy the log's files; the checkpoint first, since the files that it needs are there by then."""
    files = [path for path in sorted(log.rglob("*")) if path.is_file()]
    first = [log / name for name in _FIRST_OF_LOG]
    rest = [
        path
        for path in files
        if path not in first and path.name not in _NOT_OF_LOG and path.suffix != ".draft"
    ]
    for done, path in enumerate([*first, *rest]):
        _copy(path, target / path.relative_to(log))
        progress("log", done, len(files))


def _copy(path: Path, target: Path) -> None:
    """Copy a file if it is there: a log that never published has no checkpoint, and partial tiles go."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    for folder in reversed(target.parents):  # `parents=True` would leave those above open to all
        folder.mkdir(mode=0o700, exist_ok=True)
    _write(target, content)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _write_manifest(target: Path, progress: Progress) -> dict[str, str]:
    digests = dict(_digests(target, progress))
    lines = (f"{digest}  {name}\n" for name, digest in digests.items())
    _write(target / MANIFEST, "".join(lines).encode())
    return digests


def _digests(target: Path, progress: Progress) -> Iterator[tuple[str, str]]:
    files = [path for path in sorted(target.rglob("*")) if path.is_file()]
    for done, path in enumerate(files):
        progress(MANIFEST, done, len(files))
        with path.open("rb") as file:
            yield path.relative_to(target).as_posix(), file_digest(file, "sha256").hexdigest()


def _part(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(name, done, total)
