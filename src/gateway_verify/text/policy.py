"""Whose word makes a checkpoint good? (C2SP tlog-policy)

A policy is lines of words between blanks or tabs; empty lines and lines that begin with `#` say nothing:

    log <verifier key> [<url>]
    witness <name> <verifier key> [<url>]
    group <name> <k | any | all> <member> …       members are witnesses or groups defined above
    quorum <name | none>                          exactly once

A checkpoint is good when one of the logs signed it and the quorum saw it: a witness sees by its
cosignature, a group when k of its members see. A name is a member once at most, so that nobody counts
twice. A group that asks for more members than it has is an impossible quorum and no policy. A witness whose key is
of an algorithm that is not checked here never sees; where the quorum hangs on it, nothing can be said.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from gateway_verify.text.notes import (
    COSIGNATURE,
    ED25519,
    MalformedNote,
    VerifierKey,
    read_key,
)

LARGEST_POLICY_BYTES = 64 * 1024
NONE = "none"

_ALLOWED = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_NUMBER = re.compile("[1-9][0-9]{0,3}")


class MalformedPolicy(ValueError):
    """The text is no policy; the line is named."""

    def __init__(self, line: int, says: str) -> None:
        super().__init__(f"line {line}: {says}")


@dataclass(frozen=True, slots=True)
class Policy:
    """The logs that are known, and whom the quorum asks for."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, tuple[int, tuple[str, ...]]]
    quorum: str

    @property
    def asks_for_witnesses(self) -> bool:
        """Whether a checkpoint without cosignatures can be good at all."""
        return self.quorum != NONE

    def reached(self, signed: Collection[VerifierKey]) -> bool:
        """Whether the quorum is there when these keys have signed."""
        if self.quorum == NONE:
            return True
        sees = {name: key in signed for name, key in self.witnesses.items()}
        for name, (needed, members) in self.groups.items():  # members stand above their group
            sees[name] = sum(sees[member] for member in members) >= needed
        return sees[self.quorum]

    def within_reach(self, signed: Collection[VerifierKey]) -> bool:
        """Whether the quorum could be there if witnesses that cannot be checked here had signed too."""
        unknown = [key for key in self.witnesses.values() if key.algorithm != COSIGNATURE]
        return self.reached([*signed, *unknown])


@dataclass(slots=True)
class _Reading:
    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    quorum: str | None = None


def read_policy(raw: bytes) -> Policy:
    """Read a policy; raises MalformedPolicy, which names the line."""
    if len(raw) > LARGEST_POLICY_BYTES or not _ALLOWED.fullmatch(raw):
        raise MalformedPolicy(1, "a policy is text of at most 64 KB without control characters")
    reading = _Reading()
    lines = raw.decode("latin-1").split("\n")
    for number, line in enumerate(lines, 1):
        words = re.findall(r"[^ \t]+", line)
        if words and not words[0].startswith("#"):
            try:
                _take(reading, words)
            except ValueError as refused:
                raise MalformedPolicy(number, str(refused)) from None
    if reading.quorum is None:
        raise MalformedPolicy(len(lines), "a policy names its quorum")
    return Policy(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)


def _take(reading: _Reading, words: list[str]) -> None:
    match words:
        case ["log", key] | ["log", key, _]:
            reading.logs.append(_new_key(key, ED25519, reading.logs))
        case ["witness", name, key] | ["witness", name, key, _]:
            known = reading.witnesses.values()
            reading.witnesses[_new_name(reading, name)] = _new_key(key, COSIGNATURE, known)
        case ["group", name, needed, *members] if members:
            members_of = _members(reading, members)
            reading.groups[_new_name(reading, name)] = (_threshold(needed, members), members_of)
        case ["quorum", name] if reading.quorum is None:
            if name != NONE and name not in reading.witnesses and name not in reading.groups:
                raise ValueError("the quorum is defined above its line")
            reading.quorum = name
        case ["quorum", _]:
            raise ValueError("a policy has one quorum")
        case _:
            raise ValueError("no such line, or not so many words in it")


def _new_key(text: str, algorithm: int, known: Collection[VerifierKey]) -> VerifierKey:
    try:
        key = read_key(text.encode("latin-1").decode(), others=algorithm == COSIGNATURE)
    except UnicodeDecodeError:
        raise MalformedNote("a verifier key is UTF-8") from None
    if key.algorithm != algorithm and (algorithm == ED25519 or key.algorithm == ED25519):
        raise ValueError("logs sign with Ed25519 (1), witnesses with cosignature/v1 (4)")
    if any(key.public == other.public for other in known):
        raise ValueError("the same key stands above")
    return key


def _new_name(reading: _Reading, name: str) -> str:
    if name == NONE or name in reading.witnesses or name in reading.groups:
        raise ValueError("the name is taken")
    return name


def _members(reading: _Reading, members: list[str]) -> tuple[str, ...]:
    for member in members:
        if member not in reading.witnesses and member not in reading.groups:
            raise ValueError("a member of a group is defined above it")
        if member in reading.placed:
            raise ValueError("a name is a member once at most")
        reading.placed.add(member)
    return tuple(members)


def _threshold(needed: str, members: list[str]) -> int:
    if needed in ("any", "all"):
        return 1 if needed == "any" else len(members)
    if not _NUMBER.fullmatch(needed):
        raise ValueError("a group needs a number of its members, any or all")
    if int(needed) > len(members):
        raise ValueError("impossible quorum: the group needs more members than it has")
    return int(needed)
