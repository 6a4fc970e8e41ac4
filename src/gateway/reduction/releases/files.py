"""Where does a release appear for everybody?"""

from pathlib import Path

from gateway.storage.files import put_in_place


def put_release(folder: Path, month: str, document: bytes, jws: str) -> None:
    """Put `<month>.json` and `<month>.jws` there, each whole or not at all; raises OSError."""
    put_in_place(folder / f"{month}.jws", jws.encode())
    put_in_place(folder / f"{month}.json", document)
