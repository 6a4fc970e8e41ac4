"""Key files: who can read them, what they sign and wrap, and what a deleted one ends."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from gateway.domain.errors import Conflict
from gateway.keys import KeyFileUnsafe, Keys

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHAIN_KEY = sha256(b"an invented chain key").digest()


def test_second_start_reads_keys_of_first(tmp_path: Path) -> None:
    first, second = Keys(tmp_path), Keys(tmp_path)

    assert first.index == second.index
    assert first.idempotency == second.idempotency
    assert (first.token.kid, first.receipt.kid) == (second.token.kid, second.receipt.kid)
    assert len({first.index, first.idempotency}) == 2
    assert first.token.kid != first.receipt.kid


def test_key_files_are_their_owners_alone(tmp_path: Path) -> None:
    Keys(tmp_path / "keys").wrap("c1", CHAIN_KEY, NOON)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert set(modes) == {
        "token.key",
        "receipt.key",
        "log.key",
        "index.key",
        "idempotency.key",
        "ticket.key",
        "outbox.key",
        "day-2026-11-22.key",
    }
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_key_that_others_read_is_refused(tmp_path: Path) -> None:
    Keys(tmp_path)
    (tmp_path / "index.key").chmod(0o640)

    with pytest.raises(KeyFileUnsafe):
        Keys(tmp_path)


def test_key_of_other_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.key").touch(mode=0o600)

    with pytest.raises(KeyFileUnsafe):
        Keys(tmp_path)


def test_signature_verifies_under_published_key(tmp_path: Path) -> None:
    key = Keys(tmp_path).receipt

    key.private.public_key().verify(key.sign(b"message"), b"message")
    with pytest.raises(InvalidSignature):
        key.private.public_key().verify(key.sign(b"message"), b"another")
    assert key.public_jwk["kid"] == key.kid
    assert "d" not in key.public_jwk


def test_private_key_hides_from_repr(tmp_path: Path) -> None:
    assert "private" not in repr(Keys(tmp_path).token)


def test_wrapped_key_opens_after_restart(tmp_path: Path) -> None:
    wrapped = Keys(tmp_path).wrap("c1", CHAIN_KEY, NOON)

    assert Keys(tmp_path).unwrap("c1", wrapped) == CHAIN_KEY
    assert CHAIN_KEY not in wrapped


def test_t43_wrapped_key_opens_own_chain_only(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    wrapped = keys.wrap("c1", CHAIN_KEY, NOON)

    with pytest.raises(Conflict):
        keys.unwrap("c2", wrapped)


def test_altered_wrapped_key_is_refused(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    wrapped = keys.wrap("c1", CHAIN_KEY, NOON)

    for position in range(len(wrapped)):
        altered = bytearray(wrapped)
        altered[position] ^= 0x80
        with pytest.raises(Conflict):
            keys.unwrap("c1", bytes(altered))
    for length in range(len(wrapped)):
        with pytest.raises(Conflict):
            keys.unwrap("c1", wrapped[:length])


def test_deleted_day_key_ends_own_chains_only(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    old, new = keys.wrap("c1", CHAIN_KEY, NOON), keys.wrap("c2", CHAIN_KEY, NOON + timedelta(1))

    assert keys.erase_days_before(date(2026, 11, 23)) == 1

    for opened in (keys, Keys(tmp_path)):
        with pytest.raises(Conflict):
            opened.unwrap("c1", old)
        assert opened.unwrap("c2", new) == CHAIN_KEY
    assert list(keys.days()) == [date(2026, 11, 23)]
