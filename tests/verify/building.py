"""A log made by other means than the gateway's, true or defective: what the verifier is tried on.

Every tree is computed here by the definition (RFC 6962 section 2.1), recursively and slowly.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway_verify._claims.definitions import DIGESTS

ORIGIN = "gateway.example/log/2026"
CASE_DOMAIN = b"eform-gateway/case/v1"

Json = dict[str, Any]


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def text64(raw: bytes) -> str:
    return b64encode(raw).decode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Signer:
    """A key with its name; `algorithm` 1 signs notes, 4 cosigns."""

    name: str
    secret: Ed25519PrivateKey
    algorithm: int = 1

    @property
    def public(self) -> bytes:
        return self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def hash(self) -> bytes:
        return sha(self.name.encode(), b"\n", bytes([self.algorithm]), self.public)[:4]

    @property
    def vkey(self) -> str:
        raw = bytes([self.algorithm]) + self.public
        return f"{self.name}+{self.hash.hex()}+{text64(raw)}"

    def line(self, text: str, time: int = 1_700_000_000) -> str:
        if self.algorithm == 4:
            said = f"cosignature/v1\ntime {time}\n{text}".encode()
            signature = time.to_bytes(8, "big") + self.secret.sign(said)
        else:
            signature = self.secret.sign(text.encode())
        return f"— {self.name} {text64(self.hash + signature)}\n"


def signer(name: str = ORIGIN, algorithm: int = 1, seed: int = 1) -> Signer:
    secret = Ed25519PrivateKey.from_private_bytes(sha(f"{name} {seed}".encode()))
    return Signer(name, secret, algorithm)


LOG_KEY = signer()


def root(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return sha()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha(b"\x01", root(hashes[:half]), root(hashes[half:]))


def tile_name(number: int) -> str:
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def case_entry(salt: bytes, body: bytes) -> bytes:
    return canonical({"kind": "case", "seal": text64(sha(CASE_DOMAIN, salt, body)), "v": 1})


@dataclass
class BuiltLog:
    """Entries and, for the sealed ones, salt and body; written as the layout asks for."""

    signers: list[Signer] = field(default_factory=lambda: [LOG_KEY])
    origin: str = ORIGIN
    entries: list[bytes] = field(default_factory=list)
    opened: dict[int, bytes] = field(default_factory=dict)
    policy: str | None = None

    def public(self, leaf: Json) -> int:
        self.entries.append(canonical(leaf))
        return len(self.entries) - 1

    def case(self, body: Json) -> int:
        index, content = len(self.entries), canonical(body)
        salt = sha(f"salt {index}".encode())
        self.entries.append(case_entry(salt, content))
        self.opened[index] = salt + content
        return index

    @property
    def hashes(self) -> list[bytes]:
        return [sha(b"\x00", entry) for entry in self.entries]

    @property
    def root(self) -> bytes:
        return root(self.hashes)

    def checkpoint(self, size: int | None = None, root_said: bytes | None = None) -> str:
        size = len(self.entries) if size is None else size
        said = root(self.hashes[:size]) if root_said is None else root_said
        text = f"{self.origin}\n{size}\n{text64(said)}\n"
        return f"{text}\n{''.join(one.line(text) for one in self.signers)}"

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "checkpoint").write_text(self.checkpoint())
        (folder / "key").write_text(self.signers[0].vkey + "\n")
        if self.policy is not None:
            (folder / "policy").write_text(self.policy)
        level, hashes = 0, self.hashes
        while hashes:
            put_in_tiles(folder, f"tile/{level}", hashes, b"".join)
            whole = len(hashes) // 256 * 256
            hashes = [root(hashes[at : at + 256]) for at in range(0, whole, 256)]
            level += 1
        put_in_tiles(folder, "tile/entries", self.entries, framed)
        if self.opened:
            bodies = [self.opened.get(index, b"") for index in range(len(self.entries))]
            put_in_tiles(folder, "bodies", bodies, framed)
        return folder


def framed(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(one).to_bytes(2, "big") + one for one in entries)


def put_in_tiles(
    folder: Path, name: str, pieces: Sequence[bytes], join: Callable[[Sequence[bytes]], bytes]
) -> None:
    for number, first in enumerate(range(0, len(pieces), 256)):
        held = pieces[first : first + 256]
        path = folder / name / tile_name(number)
        if len(held) < 256:
            path = path.with_name(path.name + ".p") / str(len(held))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(join(held))


def definition(**members: Any) -> Json:
    return {
        "kind": "metric-definition",
        "v": 1,
        "definition": "eform-gateway/measure/1",
        "digest": DIGESTS[1],
        "instant_seconds": 20,
        "instant_seconds_per_field": 1,
        "mock": False,
        **members,
    }


def small_log(cases: int) -> BuiltLog:
    """A definition and so many case entries whose bodies say nothing."""
    log = BuiltLog()
    log.public(definition())
    for number in range(cases):
        log.case({"k": "confirmation", "case": f"c{number}", "ten": "h99", "h": 498_000})
    return log
