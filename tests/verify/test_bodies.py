"""Bodies in any other spelling than their one are refuted in words, whatever a reader would make of them."""

from pathlib import Path
from typing import Any

import pytest

from gateway_verify.command import REFUTED, run_recompute
from gateway_verify.findings import Kind
from tests.verify.building import canonical, case_entry, sha
from tests.verify.closing import FIRST_CASE, closed_log, prefill, submission


def sync(case: str) -> dict[str, Any]:
    return {"k": "sync", "case": case, "ten": "h99", "h": 1, "pre": 1, "st": 1, "proc": "1.004222", "fl": [["x", 5]]}  # fmt: skip


PREFILL = canonical(prefill("c0") | {"or": {"x": ["pp"]}})
SUBMISSION = canonical(submission("c0"))
SPELLINGS = {
    "5,000 digits of seconds": (SUBMISSION, b'"sec":600', b'"sec":' + b"9" * 5_000),
    "17 digits of seconds": (SUBMISSION, b'"sec":600', b'"sec":10000000000000000'),
    "seconds with a zero before": (SUBMISSION, b'"sec":600', b'"sec":0600'),
    "5,000 digits of an hour": (SUBMISSION, b'"h":498000', b'"h":' + b"9" * 5_000),
    "5,000 digits of what nobody counts": (PREFILL, b'"gr":2', b'"gr":' + b"9" * 5_000),
    "5,000 digits of a number of fields": (PREFILL, b'"n":[4', b'"n":[' + b"9" * 5_000),
    "a number with a zero before": (PREFILL, b'"gr":2', b'"gr":02'),
    "a fraction": (SUBMISSION, b'"sec":600', b'"sec":6e2'),
    "white space in a list": (PREFILL, b'[["population"', b'[ ["population"'),
    "white space in counts": (SUBMISSION, b'{"auto":2', b'{ "auto":2'),
    "a count twice": (SUBMISSION, b'{"auto":2', b'{"auto":9,"auto":2'),
    "rows that are no JSON": (PREFILL, b'{"x":["pp"]}', b"{pp}"),
    "rows twice": (PREFILL, b'{"x":["pp"]}', b'{"x":[],"x":["pp"]}'),
    "a list that ends with a comma": (PREFILL, b"0]]", b"0],]"),
    "flags that are no JSON": (canonical(sync("c0")), b'["x",5]', b"[x]"),
    "a control character": (SUBMISSION, b'"cc":""', b'"cc":"\x01"'),
    "bytes that are no UTF-8": (SUBMISSION, b'"cc":""', b'"cc":"\xff"'),
    "nested without end": (SUBMISSION, b'"att":{}', b'"att":' + b"[" * 60_000),
    "a lone surrogate": (SUBMISSION, b'"cc":""', b'"cc":"\\ud800"'),
    "not a number": (SUBMISSION, b'"sec":600', b'"sec":NaN'),
}


@pytest.mark.threat(81)
@pytest.mark.parametrize("name", SPELLINGS)
def test_t81_body_in_other_encoding_is_refuted(name: str, tmp_path: Path) -> None:
    body, old, new = SPELLINGS[name]
    assert old in body
    log, salt = closed_log(), sha(b"salt")
    false = body.replace(old, new, 1)
    log.entries[FIRST_CASE + 1] = case_entry(salt, false)
    log.opened[FIRST_CASE + 1] = salt + false
    answer = run_recompute(str(log.write(tmp_path)), None)
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind) == (REFUTED, Kind.BODY)
    assert answer.finding.index == FIRST_CASE + 1


@pytest.mark.parametrize("kind", ["prefill", "sync"])
def test_the_true_spelling_is_counted(kind: str, tmp_path: Path) -> None:
    log, salt = closed_log(), sha(b"salt")
    body = PREFILL if kind == "prefill" else canonical(sync("c0"))
    log.entries[FIRST_CASE + 1] = case_entry(salt, body)
    log.opened[FIRST_CASE + 1] = salt + body
    answer = run_recompute(str(log.write(tmp_path)), None)
    assert answer.finding is None or answer.finding.kind is Kind.TALLY
