"""Read the files of a `multipart/form-data` body."""

import re

_BOUNDARY = re.compile(r'boundary="?([^";]{1,70})"?')
_NAME = re.compile(rb'content-disposition:\s*form-data;[^\r\n]*\bname="files"', re.IGNORECASE)


def files_in(content_type: str, body: bytes) -> list[bytes]:
    """The contents of every part named `files`, in order; empty where there is none."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return []
    parts = (b"\r\n" + body).split(b"\r\n--" + found.group(1).encode())
    contents = []
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        if _NAME.search(head):
            contents.append(content)
    return contents
