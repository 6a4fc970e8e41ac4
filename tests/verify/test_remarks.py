"""A month that nobody can count, or count again, is named with its numbers."""

from pathlib import Path

import pytest

from gateway_verify.command import Answer, run_recompute, run_verify
from gateway_verify.signing import new_auditor, sign_leaf
from gateway_verify.text.canonical import read
from tests.verify.building import (
    LOG_KEY,
    ORIGIN,
    BuiltLog,
    Json,
    definition,
    signer,
    text64,
)
from tests.verify.closing import (
    CASES,
    LAST,
    closed_log,
    key_leaf,
    open_log,
    outside,
    prefill,
    shred_leaf,
    submission,
    tally,
)

pytestmark = pytest.mark.threat(72)

WITNESS = signer("witness.example/w", 4)
"""It signs on 2023-11-14, as all witnesses of these logs do."""


def remarks(log: BuiltLog, folder: Path, policy: str | None = None) -> str:
    """The remarks of a log that is proved, as one text."""
    (folder / "policy.txt").write_text(policy or "quorum none\n")
    answer = run_verify(str(log.write(folder / "log")), folder / "policy.txt")
    assert answer.verdict == "proved"
    return "\n".join(answer.remarks)


def audit(log: BuiltLog, **members: object) -> Json:
    auditor = new_auditor("auditor.example")
    size = len(log.entries)
    leaf = {"kind": "audit", "v": 1, "month": "2026-11", "range": [0, LAST], "size": size, "root": text64(log.root), "auditor": str(auditor.key), "result": "recomputed", "differences": 0, "sample": None, **members}  # fmt: skip
    return dict(read(sign_leaf(auditor, leaf)))


def test_t72_fully_closed_log_has_no_remarks(tmp_path: Path) -> None:
    assert "/ " not in remarks(closed_log(), tmp_path).partition("not from a policy")[2]


def test_t72_cases_of_unclosed_months_are_counted(tmp_path: Path) -> None:
    log = closed_log()
    for number in range(7):
        log.case(prefill(f"x{number}"))
    said = remarks(log, tmp_path)
    assert f"7 sealed entries from entry {LAST + 1} on are in no closed month" in said
    (tmp_path / "other").mkdir()
    said = remarks(open_log(), tmp_path / "other")
    assert f"{2 * CASES + 1} sealed entries from entry 0 on" in said


def test_t72_past_unclosed_months_are_named(tmp_path: Path) -> None:
    log = open_log()
    log.public(tally(month="2023-08"))
    log.public(outside(month="2023-08"))
    log.case(prefill("late"))
    log.signers.append(WITNESS)
    policy = f"log {LOG_KEY.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n"
    assert remarks(log, tmp_path, policy).endswith("over and not closed: 2023-09, 2023-10")


def test_t72_months_counted_late_are_named(tmp_path: Path) -> None:
    log = closed_log(tally(month="2026-08"), outside(month="2026-08"))
    begin = len(log.entries)
    for number in range(CASES):
        log.case(prefill(f"d{number}"))
        log.case(submission(f"d{number}"))
    log.public(tally(month="2026-11", range=[LAST + 1, begin + 2 * CASES - 1]))
    said = remarks(log, tmp_path)
    assert "2026-09, 2026-10: " in said
    assert f"entries {LAST + 1} to {begin + 2 * CASES - 1} count in 2026-11" in said


def test_t72_bodies_destroyed_before_audit_are_counted(tmp_path: Path) -> None:
    log = closed_log()
    log.public(shred_leaf(4, LAST, count=20))
    said = remarks(log, tmp_path)
    assert f"2026-11: 20 nội dung (mục 4-{LAST})" in said
    assert "before an auditor counted again" in said
    answer = run_recompute(str(tmp_path / "log"), None)
    assert any("20 bodies" in remark for remark in answer.remarks) or answer.verdict != "proved"


def test_t72_bodies_destroyed_after_audit_are_ignored(tmp_path: Path) -> None:
    log = closed_log()
    log.public(audit(log))
    log.public(shred_leaf(4, LAST))
    assert "destroyed" not in remarks(log, tmp_path)


def test_t72_bodies_destroyed_before_close_are_counted(tmp_path: Path) -> None:
    log = open_log()
    log.public(shred_leaf(4, 13))
    log.public(tally())
    log.public(outside())
    assert "bodies among 10 sealed entries were destroyed before" in remarks(log, tmp_path)


def test_t72_month_refuted_by_auditor_is_named(tmp_path: Path) -> None:
    log = closed_log()
    log.public(audit(log, result="refuted", differences=3))
    assert "refuted by the auditor auditor.example, 3 differences" in remarks(log, tmp_path)


def test_t72_log_ending_with_open_cases_is_remarked(tmp_path: Path) -> None:
    log = closed_log()
    log.case(prefill("open"))
    later = BuiltLog()
    folder = log.write(tmp_path / "log")
    answer = recomputed_with(later, log, folder, tmp_path)
    assert any("the log has ended" in remark for remark in answer.remarks)


def recomputed_with(later: BuiltLog, log: BuiltLog, folder: Path, tmp_path: Path) -> Answer:
    name = signer("gateway.example/log/2027")
    later.origin, later.signers = name.name, [name]
    previous = {"origin": ORIGIN, "size": len(log.entries), "root": text64(log.root)}
    later.public(definition())
    later.public(key_leaf(name, origin=name.name, previous=previous))
    return run_recompute(str(folder), None, later=str(later.write(tmp_path / "later")))


def test_name_from_evidence_moves_no_cursor() -> None:
    answer = Answer("refuted", None, ["a\x1b[2J\u202eb\x9b"])
    assert answer.lines()[1] == "  lưu ý / remark: a\\u001b[2J\\u202eb\\u009b"
