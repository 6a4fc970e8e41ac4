"""What can be said of a piece of evidence that did not pass?

The first difference is all that is said: of which kind it is, and where it stands, as a path of the
log's layout, as the index of an entry, or both.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Which promise of the log was broken, or could not be looked at."""

    CHECKPOINT = "checkpoint"
    ORIGIN = "origin"
    KEY = "key"
    QUORUM = "quorum"
    POLICY = "policy"
    FORK = "fork"
    TRUNCATED = "truncated"
    TILE = "tile"
    ENTRY = "entry"
    ROOT = "root"
    PROOF = "proof"
    ORDER = "order"
    KEY_CHAIN = "key-chain"
    TALLY = "tally"
    RELEASE = "release"
    AUDIT = "audit"
    BODY = "body"
    TIME = "time"
    FORM = "form"
    MISSING = "missing"
    NETWORK = "network"
    VERIFIER = "verifier"


@dataclass(frozen=True, slots=True)
class Finding:
    """The first difference; no value of any entry is in it."""

    kind: Kind
    says: str
    path: str | None = None
    index: int | None = None

    def __str__(self) -> str:
        places = [self.path, None if self.index is None else f"entry {self.index}"]
        where = ", ".join(place for place in places if place)
        return f"{self.kind.value}: {where + ': ' if where else ''}{self.says}"


class Refuted(Exception):
    """The evidence contradicts itself or what it claims."""

    def __init__(
        self, kind: Kind, says: str, path: str | None = None, index: int | None = None
    ) -> None:
        self.finding = Finding(kind, says, path, index)
        super().__init__(str(self.finding))


class Unchecked(Exception):
    """Nothing is refuted, but what is needed to check could not be had."""

    def __init__(
        self, kind: Kind, says: str, path: str | None = None, index: int | None = None
    ) -> None:
        self.finding = Finding(kind, says, path, index)
        super().__init__(str(self.finding))
