"""A note is read to the letter or refused by name; a key is found by its own id alone."""

from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.log.notes import (
    ED25519,
    Checkpoint,
    NoteUnreadable,
    SignedCheckpoint,
    VerifierKey,
    read_checkpoint,
    read_key,
    read_line,
    read_text,
    sign_checkpoint,
    signing_name,
)

NAME = "gateway.test/log/2026"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
CHECKPOINT = Checkpoint(NAME, 1027, sha256(b"root").digest())
SIGNED = sign_checkpoint(CHECKPOINT, PRIVATE)
ROOT = b64encode(CHECKPOINT.root).decode()
LINE = SIGNED.lines[0]


def material(public: bytes) -> str:
    return b64encode(b"\x01" + public).decode()


def key_id(name: str, public: bytes) -> str:
    return sha256(f"{name}\n\x01".encode() + public).digest()[:4].hex()


def test_checkpoint_matches_specification() -> None:
    text, line = SIGNED.note.decode().split("\n\n")
    assert text == f"{NAME}\n1027\n{ROOT}"
    signature = PRIVATE.sign(f"{NAME}\n1027\n{ROOT}\n".encode())
    said = b64encode(bytes.fromhex(key_id(NAME, PUBLIC)) + signature).decode()
    assert line == f"— {NAME} {said}\n"


def test_note_is_read_as_signed() -> None:
    assert read_checkpoint(SIGNED.note) == SIGNED
    both = SignedCheckpoint(CHECKPOINT, (LINE, LINE.replace(NAME, "witness.test")))
    assert read_checkpoint(both.note) == both


def test_signature_holds_for_name_id_and_text() -> None:
    key = signing_name(NAME, PRIVATE)
    signature = SIGNED.signature_of(key)
    assert signature is not None
    assert key.signed(CHECKPOINT.text.encode(), signature)
    assert not key.signed(CHECKPOINT.text.encode() + b"\n", signature)
    assert not key.signed(CHECKPOINT.text.encode(), signature[:-1])
    assert not VerifierKey(NAME, ED25519, PUBLIC[:-1]).signed(CHECKPOINT.text.encode(), signature)
    assert SIGNED.signature_of(VerifierKey("another.test", ED25519, PUBLIC)) is None
    assert SIGNED.signature_of(VerifierKey(NAME, ED25519, bytes(32))) is None
    assert SIGNED.signature_of(VerifierKey(NAME, 4, PUBLIC)) is None


def test_verifier_key_is_read_as_written() -> None:
    key = signing_name(NAME, PRIVATE)
    assert str(key) == f"{NAME}+{key_id(NAME, PUBLIC)}+{material(PUBLIC)}"
    assert read_key(f" {key}\n") == key


KEYS = {
    "empty": "",
    "a name alone": NAME,
    "no material": f"{NAME}+{key_id(NAME, PUBLIC)}+",
    "not base64": f"{NAME}+{key_id(NAME, PUBLIC)}+%%%%",
    "no name": f"+{key_id('', PUBLIC)}+{material(PUBLIC)}",
    "a blank in the name": f"a b+{key_id('a b', PUBLIC)}+{material(PUBLIC)}",
    "the id of another name": f"{NAME}+{key_id('x', PUBLIC)}+{material(PUBLIC)}",
    "the id of another key": f"{NAME}+{key_id(NAME, bytes(32))}+{material(PUBLIC)}",
    "a byte short": f"{NAME}+{key_id(NAME, PUBLIC[:31])}+{material(PUBLIC[:31])}",
    "a byte too long": f"{NAME}+{key_id(NAME, PUBLIC + b'x')}+{material(PUBLIC + b'x')}",
}


@pytest.mark.parametrize("text", KEYS.values(), ids=KEYS)
def test_malformed_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteUnreadable):
        read_key(text)


TEXTS = {
    "a size with a leading zero": f"{NAME}\n01\n{ROOT}\n",
    "a negative size": f"{NAME}\n-1\n{ROOT}\n",
    "no size": f"{NAME}\n\n{ROOT}\n",
    "no origin": f"\n1\n{ROOT}\n",
    "a short root": f"{NAME}\n1\n{ROOT[4:]}\n",
    "no line end": f"{NAME}\n1\n{ROOT}",
    "a fourth line": f"{NAME}\n1\n{ROOT}\nmore\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteUnreadable):
        read_text(text)
    with pytest.raises(NoteUnreadable):
        read_checkpoint(f"{text}\n{LINE}".encode())


TEXT = CHECKPOINT.text
NOTES = {
    "empty": b"",
    "unsigned": TEXT.encode(),
    "unsigned behind an empty line": f"{TEXT}\n".encode(),
    "cut within a signature": SIGNED.note[:-1],
    "a line that is no signature": f"{TEXT}\n{LINE}more\n".encode(),
    "not UTF-8": SIGNED.note + "—".encode()[:2],
    "a signature that is not base64": f"{TEXT}\n— {NAME} AAAAA\n".encode(),
    "a key id without a signature": f"{TEXT}\n— {NAME} {b64encode(bytes(4)).decode()}\n".encode(),
    "no name before the signature": f"{TEXT}\n—  {LINE.split()[2]}\n".encode(),
}


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_malformed_signed_note_is_refused(note: bytes) -> None:
    with pytest.raises(NoteUnreadable):
        read_checkpoint(note)


def test_largest_note_is_read_not_larger() -> None:
    spare = 64 * 1024 - len(SIGNED.note) - len("— x AAAA\n".encode()) - 4
    filled = SIGNED.note + f"— x{'x' * (spare % 4)} {'A' * (spare // 4 * 4 + 8)}\n".encode()
    assert len(filled) == 64 * 1024
    assert len(read_checkpoint(filled).lines) == 2
    with pytest.raises(NoteUnreadable, match="too long"):
        read_checkpoint(filled + b"\n")


def test_one_byte_signature_is_shortest() -> None:
    assert read_line(f"— x {b64encode(bytes(5)).decode()}\n") == ("x", bytes(5))
