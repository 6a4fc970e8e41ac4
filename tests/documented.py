"""The command lines that the documents give."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def blocks_of(document: Path) -> list[str]:
    """The fenced blocks of a document that hold commands: without a language, or of a shell."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [text for language, text in found if language in ("", "sh")]


def lines_of(block: str) -> Iterator[str]:
    """The lines of a block as a shell reads them: without comments, continued ones joined."""
    for line in block.replace("\\\n", " ").splitlines():
        command_line = re.sub(r"(^|\s)#.*", "", line).strip()
        if command_line:
            yield " ".join(command_line.split())


def spans_of(document: Path) -> list[str]:
    """What a document says as code within its sentences."""
    return _SPAN.findall(_BLOCK.sub("", document.read_text(encoding="utf-8")))
