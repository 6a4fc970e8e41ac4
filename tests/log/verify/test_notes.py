import pytest

from gateway.log.verify.text.notes import (
    FalseSignature,
    MalformedNote,
    read_checkpoint,
    read_key,
    read_note,
    signers,
)
from tests.log.verify.building import LOG_KEY, ORIGIN, signer, text64

TEXT = f"{ORIGIN}\n3\n{text64(bytes(32))}\n"
WITNESS = signer("witness.example/w1", 4)
SIGNED = f"{TEXT}\n{LOG_KEY.line(TEXT)}{WITNESS.line(TEXT)}".encode()
KEYS = [read_key(LOG_KEY.vkey), read_key(WITNESS.vkey)]


def test_a_note_is_signed_by_the_log_and_cosigned_by_the_witness() -> None:
    assert signers(read_note(SIGNED), KEYS) == frozenset(KEYS)


def test_a_signature_of_a_key_that_nobody_asked_about_says_nothing() -> None:
    assert signers(read_note(SIGNED), KEYS[1:]) == frozenset(KEYS[1:])


def test_a_vector_of_the_specification_of_signed_notes_is_read() -> None:
    key = read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = read_note(
        (
            "If you think cryptography is the answer to your problem,\n"
            "then you don't know what your problem is.\n\n"
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfq"
            "dngotpRZb6KE6RyyBwJnAM=\n"
        ).encode()
    )
    assert signers(note, [key]) == {key}


@pytest.mark.parametrize("at", range(len(SIGNED)))
def test_no_byte_of_a_signed_checkpoint_can_be_changed(at: int) -> None:
    edited = SIGNED[:at] + bytes([SIGNED[at] ^ 1]) + SIGNED[at + 1 :]
    with pytest.raises((MalformedNote, FalseSignature, AssertionError)):
        assert signers(read_note(edited), KEYS) == frozenset(KEYS)


def test_base64_has_one_spelling() -> None:
    line = LOG_KEY.line(TEXT)
    last = line[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = line[:-3] + alphabet[alphabet.index(last) + 1] + line[-2:]
    with pytest.raises(MalformedNote, match="left over"):
        read_note(f"{TEXT}\n{other}".encode())


MALFORMED = {
    "not a text": b"\xff\n\n",
    "no signature": TEXT.encode(),
    "an empty line among the signatures": SIGNED + b"\n",
    "no newline at the end": SIGNED[:-1],
    "a tab": SIGNED.replace(b"3\n", b"3\t\n", 1),
    "a hyphen for the dash": SIGNED.replace("—".encode(), b"-"),
    "a signature of no bytes": f"{TEXT}\n— x {text64(b'abcd')}\n".encode(),
    "a hundred and one signatures": f"{TEXT}\n{LOG_KEY.line(TEXT) * 101}".encode(),
    "too much of it": b"a" * 1_000_001,
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedNote):
        read_note(raw)


NO_CHECKPOINT = {
    "two lines": f"{ORIGIN}\n3\n",
    "a size with a zero before": f"{ORIGIN}\n03\n{text64(bytes(32))}\n",
    "a negative size": f"{ORIGIN}\n-3\n{text64(bytes(32))}\n",
    "a size beyond 64 bits": f"{ORIGIN}\n{10**19}\n{text64(bytes(32))}\n",
    "a short root": f"{ORIGIN}\n3\n{text64(bytes(31))}\n",
    "a root that is no base64": f"{ORIGIN}\n3\n!\n",
    "no origin": f"\n3\n{text64(bytes(32))}\n",
}


@pytest.mark.parametrize("text", NO_CHECKPOINT.values(), ids=NO_CHECKPOINT)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        read_checkpoint(text.encode())


def test_extension_lines_are_kept() -> None:
    assert read_checkpoint(f"{TEXT}one\ntwo\n".encode()).extensions == ("one", "two")


NO_KEY = {
    "the hash of another key": LOG_KEY.vkey.replace(LOG_KEY.hash.hex(), "00000000"),
    "another algorithm": signer(algorithm=2).vkey,
    "no name": "+" + LOG_KEY.vkey.partition("+")[2],
    "a blank in the name": "a b" + LOG_KEY.vkey,
    "a short key": LOG_KEY.vkey[:-4],
}


@pytest.mark.parametrize("text", NO_KEY.values(), ids=NO_KEY)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        read_key(text)
