"""What would a log of so many dossiers look like? Written fast, with bodies, tallies and a checkpoint.

The forms are the registered ones. Each has a dozen ways to be filled and two to be handed in; every
dossier is one of these, now and then filled twice, refused once or abandoned. Nobody is behind them.
"""

import os
import random
import re
from base64 import b64encode
from binascii import b2a_base64
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.domain.identifiers import POPULATION, RECORDS, SESSION
from gateway.domain.verdicts import encode_letters
from gateway.forms.catalogue import read_catalogue
from gateway.log.canonical import canonical
from gateway.log.entries import leaf_of, payload_of
from gateway.reduction._cases import Row
from gateway.reduction._definitions import Definitions, read_definitions
from gateway.reduction._reconciliation import reconcile
from gateway.reduction.publishing import form_version_leaf
from gateway.reduction.releases import (
    CellCounts,
    Cells,
    Closing,
    RangeCount,
    ReleaseBasis,
    ReleaseSigner,
    in_order,
    read_tally,
    release_of,
    released,
    tally_leaf,
    text_of,
)
from gateway_verify._claims.signatures import thumbprint
from gateway_verify._tree.tiles import HASH_BYTES, join, root_of
from gateway_verify.locations import WIDTH, path_of
from gateway_verify.text.notes import ED25519, VerifierKey, key_hash

SCHEMAS = Path(__file__).parents[1] / "schemas"
ORIGIN = "gateway.example/log/2026"
TENANT, TEST_TENANT = "h99", "h99-test"
MONTHS = ("2026-10", "2026-11")
HOURS = (498_000, 498_400)
"""An hour of each month."""

_DOMAIN = b"eform-gateway/case/v1"
_UNDER_WAY = 700
"""So many dossiers are being filled at any moment."""

Json = dict[str, Any]


def digest(text: str) -> str:
    """A digest as leaves write it."""
    return "sha256:" + sha256(text.encode()).hexdigest()


def definition(seconds: int = 20, per_field: int = 1) -> Json:
    """The first leaf of a log."""
    return {
        "kind": "metric-definition",
        "v": 2,
        "definition": "eform-gateway/measure/2",
        "digest": digest("measure"),
        "instant_seconds": seconds,
        "instant_seconds_per_field": per_field,
        "least_age_hours": 24,
        "mock": True,
        "month": MONTHS[0],
    }


def grant(tenant: str, is_test: bool) -> Json:
    """What a tenant may ask."""
    return {
        "kind": "grant",
        "v": 2,
        "tenant": tenant,
        "agency": "H99",
        "is_test": is_test,
        "since": "2026-10-01",
        "sources": ["population", "records"],
        "procedures": "*",
        "officers": "*",
        "connected": ["population", "records", "session"],
        "first": None,
    }


def form_leaves() -> list[Json]:
    """The form-version leaves of all registered forms."""
    connected = frozenset({SESSION, POPULATION, RECORDS})
    return [form_version_leaf(f, connected).members() for f in read_catalogue(SCHEMAS).forms()]


@dataclass(frozen=True, slots=True)
class Filled:
    """One way to fill a form: letters by path, and how many rows its groups have."""

    leaf: int
    form: Mapping[str, Any]
    states: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)


def fill(leaf: int, form: Mapping[str, Any], chance: random.Random) -> Filled:
    """Fill a form as a citizen's records happen to be."""
    states, sources = {}, {}
    rows = {path.rpartition("[]")[0] for path, *_ in form["fields"] if "[]" in path}
    numbers = {group: chance.choice((0, 1, 1, 2, 3)) for group in sorted(rows) if "[]" not in group}
    for template, _, _, item, attribute, _ in form["fields"]:
        for path in _instances(template, numbers):
            if attribute is not None and chance.random() < 0.8:
                states[path] = chance.choices("FKGDRCXS" if item else "XK", k=1)[0]
                if item and chance.random() < 0.8:
                    states[path] = "F"
                sources[path] = chance.choices("psrk", (80, 10, 8, 2))[0]
            else:
                states[path] = chance.choices("bhnrugw" if attribute else "bh")[0]
    return Filled(leaf, form, states, sources)


def _instances(template: str, numbers: Mapping[str, int]) -> list[str]:
    group, bracket, below = template.partition("[]")
    if not bracket:
        return [template]
    if "[]" in below:
        return []
    return [f"{group}[{row}]{below}" for row in range(numbers[group])]


def prefill(filled: Filled, chance: random.Random, **members: Any) -> Json:
    """The body of the prefill leaf; `case` and `chain` are for the caller to fill in."""
    paths = [path for path, *_ in filled.form["fields"]]
    state, rows = encode_letters(paths, filled.states)
    source, source_rows = encode_letters(paths, filled.sources)
    procedures = filled.form["procedures"]
    read = ["population", chance.choice(("found", "found", "found", "unavailable")), 1, 4]
    return {
        "k": "prefill",
        "case": "",
        "chain": "",
        "fv": filled.leaf,
        "gr": 1,
        "ten": TENANT,
        "proc": procedures[0] if procedures else None,
        "ch": chance.choices(("online", "desk", "post"), (7, 2, 1))[0],
        "h": 498_000,
        "prev": None,
        "rd": _some(chance),
        "kc": _some(chance),
        "vb": "vneid",
        "q": [read] * chance.choice((0, 1, 1, 2)),
        "st": state,
        "so": source,
        **({"sr": rows} if rows else {}),
        **({"or": source_rows} if source_rows else {}),
        "n": [len(filled.states), len(filled.sources)],
        **members,
    }


def _some(chance: random.Random) -> str:
    return b64encode(chance.randbytes(32)).decode()


def submission(filled: Filled, chance: random.Random, **members: Any) -> Json:
    """The body of a submission of what was filled, changed here and there; it balances."""
    paths = [path for path, *_ in filled.form["fields"]]
    verdicts = {p: v for p, s in filled.states.items() if (v := _verdict(s, chance))}
    kinds = {path: filled.states[path] for path in verdicts if path in filled.sources}
    sources = {path: filled.sources[path] for path in kinds}
    letters: Json = {}
    for (base, in_rows), said in {
        ("vd", "vr"): verdicts,
        ("cl", "cr"): kinds,
        ("so", "sr"): sources,
    }.items():
        letters[base], rows = encode_letters(paths, said)
        if rows:
            letters[in_rows] = rows
    procedures = filled.form["procedures"]
    return {
        "k": "submission",
        "case": "",
        "chain": "",
        "pf": 0,
        "fv": filled.leaf,
        "ten": TENANT,
        "proc": procedures[0] if procedures else None,
        "ch": chance.choices(("online", "desk", "post"), (7, 2, 1))[0],
        "h": 498_001,
        "sec": chance.choice((5, 400, 600, 900)),
        "cc": _some(chance),
        **letters,
        "att": {"uploaded": chance.randrange(3), "reused": chance.randrange(2)},
        "n": _counts(verdicts, kinds),
        **members,
    }


def _verdict(state: str, chance: random.Random) -> str | None:
    if state.isupper():
        if state == "S":
            return "F"
        return chance.choices("AOCFWH", (90, 4, 1, 1, 1, 1))[0]
    return None if state == "h" else chance.choices("MBX", (6, 3, 1))[0]


_NAMES = {
    "C": "contested",
    "F": "officer",
    "A": "auto",
    "O": "override",
    "X": "missing",
    "M": "manual",
    "B": "blank",
    "W": "withdrawn",
    "H": "hidden",
}


def _counts(verdicts: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, int]:
    found = Counter(verdicts.values())
    return {name: found[letter] for letter, name in _NAMES.items()} | {
        "filled": len(kinds),
        "visible": len(verdicts) - found["W"] - found["H"],
        "declared": sum(found[letter] for letter in "CFOXM"),
    }


class LogWriter:
    """Writes entries, bodies and hash tiles bundle by bundle, and a checkpoint at the end."""

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self.hashes: list[bytes] = []
        self._folder = folder
        self._levels: list[bytes] = [b""]
        self._entries, self._bodies = bytearray(), bytearray()

    def add(self, entry: bytes, opening: bytes = b"") -> int:
        """Take an entry, with salt and body where it is a case; gives its index."""
        self.hashes.append(sha256(b"\x00" + entry).digest())
        self._entries += len(entry).to_bytes(2, "big") + entry
        self._bodies += len(opening).to_bytes(2, "big") + opening
        self.size += 1
        if self.size % WIDTH == 0:
            self._write(self.size // WIDTH - 1, WIDTH)
        return self.size - 1

    def public(self, leaf: Mapping[str, object]) -> int:
        """Take a public leaf."""
        return self.add(canonical(leaf))

    def case(self, salt: bytes, body: bytes) -> int:
        """Take a case leaf."""
        seal = b2a_base64(sha256(_DOMAIN + salt + body).digest(), newline=False)
        return self.add(b'{"kind":"case","seal":"%s","v":1}' % seal, salt + body)

    def root(self) -> bytes:
        """The root over what has been taken so far."""
        return root_of([b"".join(self.hashes), *self._levels[1:]])

    def finish(self, secret: Ed25519PrivateKey) -> bytes:
        """Write what is partial, and the checkpoint; gives the root."""
        if self.size % WIDTH:
            self._write(self.size // WIDTH, self.size % WIDTH)
        for level, hashes in enumerate(self._levels):
            if level and hashes:
                self._put(f"tile/{level}", self.size >> 8 * (level + 1), hashes)
        root = root_of(self._levels)
        public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key = VerifierKey(ORIGIN, key_hash(ORIGIN, ED25519, public), ED25519, public)
        text = f"{ORIGIN}\n{self.size}\n{b64encode(root).decode()}\n"
        signature = b64encode(key.hash + secret.sign(text.encode())).decode()
        (self._folder / "checkpoint").write_text(f"{text}\n— {ORIGIN} {signature}\n")
        (self._folder / "key").write_text(f"{key}\n")
        return root

    def _write(self, number: int, width: int) -> None:
        hashes = b"".join(self.hashes)
        self.hashes.clear()
        self._file(path_of("tile/entries", number, width), self._entries)
        self._file(path_of("bodies", number, width), self._bodies)
        self._put("tile/0", number, hashes)
        self._entries, self._bodies, level = bytearray(), bytearray(), 0
        while True:
            if len(self._levels) == level:
                self._levels.append(b"")
            self._levels[level] += hashes
            if len(self._levels[level]) < WIDTH * HASH_BYTES:
                return
            whole, self._levels[level] = self._levels[level], b""
            if level:
                self._put(f"tile/{level}", (self.size >> 8 * (level + 1)) - 1, whole)
            hashes, level = join(whole), level + 1

    def _put(self, folder: str, number: int, hashes: bytes) -> None:
        self._file(path_of(folder, number, len(hashes) // HASH_BYTES), hashes)

    def _file(self, name: str, raw: bytes) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


@dataclass(frozen=True, slots=True)
class _Way:
    """A dossier as it can go: its bodies, each with a place for case and chain."""

    bodies: tuple[Json, ...]
    texts: tuple[bytes, ...] = field(repr=False)


def _way(bodies: Sequence[Json]) -> _Way:
    texts = []
    for body in bodies:
        text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        assert b"%" not in text
        texts.append(
            re.sub(rb'"h":[0-9]+', b'"h":%d', text)
            .replace(b'"case":""', b'"case":"%s"')
            .replace(b'"chain":""', b'"chain":"%s"')
        )
    return _Way(tuple(bodies), tuple(texts))


def _ways(form: Mapping[str, Any], leaf: int, chance: random.Random) -> Iterator[_Way]:
    for _ in range(12):
        filled = fill(leaf, form, chance)
        first = prefill(filled, chance)
        for _ in range(2):
            yield _way([first, submission(filled, chance)])
    yield _way([first, prefill(filled, chance, prev=7), submission(filled, chance)])
    path = form["fields"][0][0]
    refused = {
        "k": "refusal",
        "case": "",
        "chain": "",
        "pf": 7,
        "fv": leaf,
        "ten": TENANT,
        "h": 498_000,
        "f": [[path, "locked_value_changed"]],
    }
    yield _way([first, refused, submission(filled, chance)])
    yield _way([first, {"k": "abandoned", "case": "", "chain": "", "ten": TENANT, "h": 498_073}])


def write_log(folder: Path, dossiers: int, seed: int = 4) -> bytes:
    """A log of so many dossiers, closed in two months; gives its root."""
    chance = random.Random(seed)
    log, public = LogWriter(folder), {}
    for leaf in (definition(), grant(TENANT, False), *form_leaves()):
        public[log.public(leaf)] = leaf
    forms = {leaf: one for leaf, one in public.items() if one["kind"] == "form-version"}
    ways = [way for leaf, form in forms.items() for way in _ways(form, leaf, chance)]
    definitions = read_definitions((at, leaf_of(leaf)) for at, leaf in public.items())
    busy = _Busy(log, ways, chance)
    begins, ends = [0], []
    secret = Ed25519PrivateKey.from_private_bytes(sha256(b"bench").digest())
    signer = ReleaseSigner(secret, thumbprint(secret.public_key().public_bytes_raw()))
    shares = (dossiers // 2, dossiers - dossiers // 2)
    for month, hour, share in zip(MONTHS, HOURS, shares, strict=True):
        busy.open(share, hour, to_the_end=month == MONTHS[-1])
        ends.append(log.size - 1)
        cells = _count(ways, definitions, busy.known())
        closing = Closing(month, False, begins[-1], ends[-1], 0)
        tallies = []
        for cell, counts in in_order(cells):
            leaf = tally_leaf(closing, cell, counts)
            tallies.append(read_tally(log.public(leaf.members()), leaf))
        grounds = ReleaseBasis(
            ORIGIN, log.size, log.root(), definitions, reconcile([], [month], [])
        )
        (folder / "releases").mkdir(exist_ok=True)
        document = text_of(release_of(tallies, grounds))
        (folder / "releases" / f"{month}.json").write_bytes(document)
        (folder / "releases" / f"{month}.jws").write_text(signer.sign(document))
        begins.append(ends[-1] + 1)
    return log.finish(secret)


class _Busy:
    """Dossiers going their ways side by side; remembers how many bodies of each stand in which month."""

    def __init__(self, log: LogWriter, ways: Sequence[_Way], chance: random.Random) -> None:
        self._log, self._ways, self._chance = log, ways, chance
        self._under_way: deque[tuple[int, int, bytes, bytes]] = deque()
        self._fresh: Counter[int] = Counter()
        self._hour = 0
        self._carried: Counter[tuple[int, int]] = Counter()

    def open(self, dossiers: int, hour: int, to_the_end: bool) -> None:
        """Open so many dossiers more in an hour; leave some under way but at the end."""
        self._hour = hour
        self._fresh.clear()
        self._carried = Counter((way, step) for way, step, *_ in self._under_way)
        for begin in range(0, dossiers, 512):
            drawn = self._chance.choices(range(len(self._ways)), k=min(512, dossiers - begin))
            self._fresh.update(drawn)
            for way in drawn:
                token = os.urandom(22).hex().encode()
                self._under_way.append((way, 0, token[:22], token[22:]))
            while len(self._under_way) > _UNDER_WAY:
                self._step()
        while to_the_end and self._under_way:
            self._step()

    def _step(self) -> None:
        way, step, case, chain = self._under_way.popleft()
        texts = self._ways[way].texts
        self._log.case(os.urandom(32), texts[step] % (case, chain, self._hour))
        if step + 1 < len(texts):
            self._under_way.append((way, step + 1, case, chain))

    def known(self) -> Counter[tuple[int, int, int]]:
        """Dossiers by way, and by how many bodies stand before this month and up to its end."""
        left = Counter((way, step) for way, step, *_ in self._under_way)
        found: Counter[tuple[int, int, int]] = Counter()
        for (way, step), number in self._carried.items():
            found[way, step, len(self._ways[way].texts)] += number
        for way, number in self._fresh.items():
            found[way, 0, len(self._ways[way].texts)] += number
        for (way, step), number in left.items():
            found[way, 0, len(self._ways[way].texts)] -= number
            found[way, 0, step] += number
        return found


def _count(
    ways: Sequence[_Way],
    definitions: Definitions,
    known: Counter[tuple[int, int, int]],
) -> Cells:
    """The released cells of a month, by the gateway's own counting: each kind of dossier once."""
    finest: defaultdict[Row, CellCounts] = defaultdict(CellCounts)
    for (way, before, upto), number in (+known).items():
        count = RangeCount(definitions, 1000, 2000)
        at = [1000 - before + step for step in range(upto)]
        payloads = (payload_of(body) for body in ways[way].bodies)
        count.add_case(list(zip(at, payloads, strict=False)), [b""])
        for row, one in count.cells.items():
            _multiply(finest[row], one, number, b"%d %d" % (way, before))
    cells = released(finest)
    assert cells is not None
    return cells


def _multiply(into: CellCounts, one: CellCounts, number: int, name: bytes) -> None:
    into.leaves += one.leaves * number
    into.versions |= one.versions
    for key, value in one.sums.items():
        into.sums[key] += value * number
    for what, contributors in one.contributors.items():
        persons = [b"%s %d" % (name, person) for person in range(min(number, 10))]
        into.contributors[what].add(contributors.cases * number, persons)
