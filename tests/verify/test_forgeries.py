"""Forged, spoilt and missing releases beside a true log: none of them is proved."""

from pathlib import Path

import pytest

from gateway_verify.command import PROVED, REFUTED, UNCHECKED, run_recompute, run_verify
from gateway_verify.findings import Kind
from tests.verify.building import LOG_KEY
from tests.verify.closing import (
    closed_log,
    key_leaf,
    open_log,
    outside,
    publish,
    release_text,
    tally,
    twice_closed_log,
)
from tests.verify.forgeries import SIGNATURES, SPELLINGS, STRANGER, signed_copy

JSON, JWS = "releases/2026-11.json", "releases/2026-11.jws"


@pytest.mark.threat(71)
@pytest.mark.parametrize("name", SPELLINGS)
def test_t71_another_spelling_is_refuted(name: str, tmp_path: Path) -> None:
    text = release_text(publish(closed_log(), tmp_path))
    false = SPELLINGS[name](text)
    assert false != text
    (tmp_path / JSON).write_bytes(false)
    (tmp_path / JWS).write_bytes(signed_copy(false))
    answer = run_verify(str(tmp_path), None)
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind) == (REFUTED, Kind.RELEASE)
    assert answer.finding.path == JSON
    assert run_recompute(str(tmp_path), None).status == REFUTED


@pytest.mark.threat(71)
@pytest.mark.parametrize("name", SIGNATURES)
def test_t71_a_false_signature_is_refuted(name: str, tmp_path: Path) -> None:
    text = release_text(publish(closed_log(), tmp_path))
    assert run_verify(str(tmp_path), None).status == PROVED
    (tmp_path / JWS).write_bytes(SIGNATURES[name](text))
    answer = run_verify(str(tmp_path), None)
    assert answer.finding is not None
    assert (answer.status, answer.finding.path) == (REFUTED, JWS)


@pytest.mark.threat(71)
@pytest.mark.parametrize("gone", [[JSON], [JWS], [JSON, JWS]])
def test_t71_missing_file_leaves_nothing_proved(gone: list[str], tmp_path: Path) -> None:
    publish(twice_closed_log(), tmp_path)
    for path in gone:
        (tmp_path / path).unlink()
    for answer in (run_verify(str(tmp_path), None), run_recompute(str(tmp_path), None)):
        assert answer.finding is not None
        assert (answer.status, answer.finding.path) == (UNCHECKED, gone[0])
        assert "2026-11" in answer.finding.says
        assert answer.proved["releases"] == ["2026-12"]
        assert len(answer.remarks) == 1 + len(gone)  # unwitnessed, key from the log


def test_false_release_outweighs_missing_one(tmp_path: Path) -> None:
    publish(twice_closed_log(), tmp_path)
    (tmp_path / JSON).unlink()
    (tmp_path / "releases/2026-12.jws").write_bytes(b"x")
    assert run_verify(str(tmp_path), None).status == REFUTED


def test_later_key_signs_earlier_release(tmp_path: Path) -> None:
    log = closed_log()
    log.public(key_leaf(STRANGER, LOG_KEY, since_size=len(log.entries)))
    log.signers = [STRANGER]
    text = release_text(publish(log, tmp_path))
    for by in (LOG_KEY, STRANGER):
        (tmp_path / JWS).write_bytes(signed_copy(text, by))
        assert run_verify(str(tmp_path), None).status == PROVED


def test_replaced_key_signs_no_later_release(tmp_path: Path) -> None:
    log = open_log()
    for leaf in (key_leaf(STRANGER, LOG_KEY), tally(), outside()):
        log.public(leaf)
    log.signers = [STRANGER]
    text = release_text(publish(log, tmp_path))
    assert run_verify(str(tmp_path), None).status == PROVED
    (tmp_path / JWS).write_bytes(signed_copy(text, LOG_KEY))
    answer = run_verify(str(tmp_path), None)
    assert answer.finding is not None
    assert (answer.status, answer.finding.path) == (REFUTED, JWS)
