import pytest

from gateway_verify.text.notes import (
    FalseSignature,
    MalformedNote,
    cosigned_by,
    read_checkpoint,
    read_key,
    read_note,
    signers,
)
from tests.verify.building import LOG_KEY, ORIGIN, signer, text64

TEXT = f"{ORIGIN}\n3\n{text64(bytes(32))}\n"
WITNESS = signer("witness.example/w1", 4)
SIGNED = f"{TEXT}\n{LOG_KEY.line(TEXT)}{WITNESS.line(TEXT)}".encode()
KEYS = [read_key(LOG_KEY.vkey), read_key(WITNESS.vkey)]


def test_note_is_signed_and_cosigned() -> None:
    assert signers(read_note(SIGNED), KEYS) == frozenset(KEYS)


def test_signature_of_unknown_key_is_ignored() -> None:
    assert signers(read_note(SIGNED), KEYS[1:]) == frozenset(KEYS[1:])


def test_specification_vector_is_read() -> None:
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
def test_checkpoint_byte_cannot_change(at: int) -> None:
    edited = SIGNED[:at] + bytes([SIGNED[at] ^ 1]) + SIGNED[at + 1 :]
    with pytest.raises((MalformedNote, FalseSignature, AssertionError)):
        assert signers(read_note(edited), KEYS) == frozenset(KEYS)


def spare_bits(line: str) -> str:
    """The same line with a bit set behind its signature."""
    last = line[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return line[:-3] + alphabet[alphabet.index(last) + 1] + line[-2:]


def test_line_with_spare_bits_is_ignored() -> None:
    stranger = signer("stranger.example", seed=3)
    for line in (spare_bits(LOG_KEY.line(TEXT)), spare_bits(stranger.line(TEXT))):
        assert signers(read_note(f"{TEXT}\n{line}".encode()), KEYS) == frozenset()
    beside = f"{TEXT}\n{spare_bits(stranger.line(TEXT))}".encode() + SIGNED.partition(b"\n\n")[2]
    assert signers(read_note(beside), KEYS) == frozenset(KEYS)


@pytest.mark.parametrize(
    ("time", "counts"),
    [(0, False), (1, True), (2**63 - 1, True), (2**63, False), (2**64 - 1, False)],
)
def test_cosignature_of_impossible_time_is_ignored(time: int, counts: bool) -> None:
    note = read_note(f"{TEXT}\n{WITNESS.line(TEXT, time)}".encode())
    assert signers(note, KEYS) == (frozenset(KEYS[1:]) if counts else frozenset())
    assert cosigned_by(note, KEYS) == ({KEYS[1]: time} if counts else {})


def test_false_cosignature_at_time_0_is_refused() -> None:
    false = WITNESS.line(TEXT + "x", 0)
    with pytest.raises(FalseSignature):
        signers(read_note(f"{TEXT}\n{false}".encode()), KEYS)


SPACES = "\x85\xa0\u1680\u2000\u2007\u200a\u2028\u2029\u202f\u205f\u3000"


@pytest.mark.parametrize("sign", [*SPACES, "+"], ids=ascii)
def test_no_name_holds_space_or_plus(sign: str) -> None:
    named = signer(f"a{sign}b", seed=4)
    with pytest.raises(MalformedNote):
        read_note(f"{TEXT}\n{named.line(TEXT)}".encode())
    with pytest.raises(MalformedNote):
        read_key(named.vkey)


def test_other_letters_stand_in_a_name() -> None:
    named = signer("nhật-ký.example/\u200b\ufeff", seed=4)
    note = read_note(f"{TEXT}\n{named.line(TEXT)}".encode())
    assert signers(note, [read_key(named.vkey)]) == {read_key(named.vkey)}


MALFORMED = {
    "not a text": b"\xff\n\n",
    "no signature": TEXT.encode(),
    "an empty line among the signatures": SIGNED + b"\n",
    "no newline at the end": SIGNED[:-1],
    "a tab": SIGNED.replace(b"3\n", b"3\t\n", 1),
    "a hyphen for the dash": SIGNED.replace("—".encode(), b"-"),
    "a signature of no bytes": f"{TEXT}\n— x {text64(b'abcd')}\n".encode(),
    "a hundred and one signatures": f"{TEXT}\n{LOG_KEY.line(TEXT) * 101}".encode(),
    "a signature that lacks its padding": f"{TEXT}\n— x {'QUJDREVG' * 2}QQ\n".encode(),
    "padding within": f"{TEXT}\n— x QUJDRA==QUJDREVG\n".encode(),
    "a line separator for a newline": SIGNED[:-1] + "\u2028\n".encode(),
    "a surrogate": SIGNED.replace(b"\n", b"\n\xed\xa0\x80\n", 1),
    "an overlong form": SIGNED.replace(b"\n", b"\n\xc0\xaf\n", 1),
    "nothing below the text": f"{TEXT}\n".encode(),
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
def test_invalid_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        read_key(text)
