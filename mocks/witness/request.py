"""Parse the body of `add-checkpoint`.

`old <size>`, the hashes of a consistency proof, an empty line, the checkpoint: origin, size and root
a line each, an empty line, signature lines `— <name> base64(key id || signature)`.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_SIZE = re.compile("0|[1-9][0-9]{0,18}")
MOST_PROOF_LINES = 63


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """One request, taken apart."""

    old: int
    proof: tuple[bytes, ...]
    text: str
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.text.split("\n")[0]

    @property
    def size(self) -> int:
        """How many entries the log says it has."""
        return int(self.text.split("\n")[1])

    @property
    def root(self) -> bytes:
        """The root over them."""
        return b64decode(self.text.split("\n")[2])

    def signed_by(self, vkey: str) -> bool:
        """Whether the log's key, `name+id+base64(1 || public key)`, signed the checkpoint."""
        name, _, rest = vkey.partition("+")
        key = b64decode(rest.partition("+")[2])
        key_id = sha256(name.encode() + b"\n" + key).digest()[:4]
        for signer, said in self.signatures:
            if signer == name and said[:4] == key_id:
                try:
                    public = Ed25519PublicKey.from_public_bytes(key[1:])
                    public.verify(said[4:], self.text.encode())
                except InvalidSignature:
                    return False
                return True
        return False


def read_request(body: bytes) -> AddCheckpoint:
    """Take a body apart; raises ValueError."""
    head, blank, note = body.decode().partition("\n\n")
    first, *proof = head.split("\n")
    text, _, below = note.partition("\n\n")
    lines = text.split("\n")
    word, _, old = first.partition(" ")
    if not blank or word != "old" or not _SIZE.fullmatch(old) or len(proof) > MOST_PROOF_LINES:
        raise ValueError("the body is an old size, a proof, a checkpoint")
    if len(lines) < 3 or not _SIZE.fullmatch(lines[1]) or len(b64decode(lines[2])) != 32:
        raise ValueError("the checkpoint is an origin, a size, a root")
    signatures = []
    for line in below.split("\n")[:-1]:
        dash, name, said = line.split(" ")
        if dash != "—":
            raise ValueError("a signature line begins with a dash")
        signatures.append((name, b64decode(said)))
    hashes = tuple(b64decode(one, validate=True) for one in proof)
    return AddCheckpoint(int(old), hashes, text + "\n", tuple(signatures))
