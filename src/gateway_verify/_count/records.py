"""How do the bodies of one case come together, in memory that does not grow with the log?

Each body becomes a record of 36 bytes (case, index, chain, pattern, hour) in one of several
temporary files, chosen by the case, so that a case lies whole in one file and a file fits in memory.

Case and chain stand in a record by Python's hash of their text (64 bits, keyed anew for each run);
that two cases of a log meet in one has a chance of one in a million for six million cases.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from struct import Struct
from typing import TypeAlias

from gateway_verify._count.forms import Form, Misspelt
from gateway_verify._count.parts import take_apart
from gateway_verify._count.patterns import (
    CONFIRMED,
    CONNECTED,
    INSTANT,
    SUBMISSION,
    Patterns,
)
from gateway_verify.findings import Kind, Refuted

_RECORD = Struct("<qQqQI")
_LATEST_HOUR = 2**32 - 1
_RECORDS_A_FILE = 32_768
_RECORDS_HELD = 65_536
_MOST_FILES = 4096
"""For 134 million entries; what a checkpoint states before any entry was seen is only its word."""
SALT_BYTES = 32

Record: TypeAlias = tuple[int, int, int, int, int]
"""Case, index, chain, pattern, hour."""

Limit: TypeAlias = tuple[int, int, bool]
"""A submission is instant below so many seconds, and so many more per declared field; whether only
confirmed dossiers count."""


class Records:
    """The bodies of a log as records in files, ready to be put together case by case."""

    def __init__(self, entries: int, forms: Mapping[int, Form]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="recount-")
        wanted = 1 << max(0, (entries // _RECORDS_A_FILE).bit_length())
        self._files = min(wanted, _MOST_FILES)
        self._held = [bytearray() for _ in range(self._files)]
        self._number = 0
        self._connected: dict[str, int] = {}
        self.bits: dict[str, int] = {}
        self.patterns = Patterns(forms)

    def close(self) -> None:
        """Let all files go."""
        self.patterns.close()
        self._folder.cleanup()

    def grant(self, tenant: str, sources: Iterable[str], strict: bool) -> None:
        """From here on these sources are connected and granted to a tenant.

        `strict`: from here on a case of a tenant without any grant is refused.
        """
        self._connected[tenant] = sum(self._bit_of(one) for one in {*sources} - {"session"})
        if strict:
            self.patterns.granted = self._connected.keys()

    def _bit_of(self, source: str) -> int:
        if source not in self.bits:
            if len(self.bits) == len(CONNECTED):
                raise Refuted(Kind.ENTRY, "grants name more sources than can have letters")
            self.bits[source] = CONNECTED[len(self.bits)]
        return self.bits[source]

    def take(self, bodies: Iterable[tuple[int, bytes]], limit: Limit) -> int:
        """Take salted bodies by index, all under one definition; gives how many there were.

        Raises Refuted for a body that says what cannot be.
        """
        held, mask, pack, number = self._held, self._files - 1, _RECORD.pack, self.patterns.number
        index, taken = -1, 0
        seconds_at_least, per_field, confirmed = limit
        connected = self._connected
        try:
            for index, body in bodies:
                text, kind, case, chain, seconds, hour = take_apart(body, SALT_BYTES)
                pattern, declared, tenant = number(text, kind)
                if kind == SUBMISSION:
                    pattern |= connected.get(tenant, 0)
                    if seconds < seconds_at_least + per_field * declared:
                        pattern |= INSTANT
                    if confirmed:
                        pattern |= CONFIRMED
                if hour > _LATEST_HOUR:
                    hour = _LATEST_HOUR
                whose = hash(case)
                held[whose & mask] += pack(whose, index, hash(chain), pattern, hour)
                taken += 1
        except Misspelt as refused:
            raise Refuted(Kind.BODY, str(refused), index=index) from None
        before, self._number = self._number, self._number + taken
        if self._number // _RECORDS_HELD > before // _RECORDS_HELD:
            self._flush()
        return taken

    def _flush(self) -> None:
        for number, held in enumerate(self._held):
            with self._path(number).open("ab") as file:
                file.write(held)
            held.clear()

    def _path(self, number: int) -> Path:
        return Path(self._folder.name) / f"{number:04x}"

    def cases(self, progress: Callable[[int, int], None]) -> Iterator[list[Record]]:
        """The records of one case after the other, each in the order of the log."""
        self._flush()
        for number in range(self._files):
            cases: defaultdict[int, list[Record]] = defaultdict(list)
            for record in _RECORD.iter_unpack(self._path(number).read_bytes()):
                cases[record[0]].append(record)
            yield from cases.values()
            progress(number + 1, self._files)
