"""Where does a release appear for everybody?"""

from pathlib import Path

from gateway.storage.files import write_atomically


def put_release(folder: Path, month: str, document: bytes, jws: str) -> None:
    """Put `<month>.json` and `<month>.jws` there, each whole or not at all; raises OSError."""
    write_atomically(folder / f"{month}.jws", jws.encode())
    write_atomically(folder / f"{month}.json", document)
