"""What an `audit` leaf may say of a sample: numbers that agree, once for each commitment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway_verify.command import run_verify
from gateway_verify.findings import Kind
from gateway_verify.sampling.bound import PARTS, upper_bound
from tests.verify.building import Json, canonical, signer, text64
from tests.verify.closing import GRANT_LEAF, LAST, closed_log

BOUND = upper_bound(25, 0)
SAMPLE: Json = {
    "frame": "records",
    "units": 40,
    "drawn": 25,
    "wrong": 0,
    "bound": [BOUND, PARTS],
}


def audited(folder: Path, *changes: Callable[[Json], None]) -> tuple[Path, list[int]]:
    """A log with one `audit` leaf for each change, and the indices of these."""
    log, auditor = closed_log(), signer("auditor.example")
    root, size = text64(log.root), len(log.entries)
    log.public(GRANT_LEAF)
    entered = log.case({"k": "sample", "case": None, "h": 498_000})
    log.case({"k": "sample", "case": None, "h": 498_000})
    at = []
    for change in changes:
        leaf: Json = {
            "kind": "audit",
            "v": 1,
            "month": "2026-11",
            "range": [0, LAST],
            "size": size,
            "root": root,
            "auditor": auditor.vkey,
            "result": "sampled",
            "differences": 0,
            "sample": {**SAMPLE, "entered": entered},
        }
        change(leaf)
        at.append(log.public({**leaf, "signature": text64(auditor.secret.sign(canonical(leaf)))}))
    return log.write(folder), at


def nothing(leaf: Json) -> None:
    """The leaf as it is."""


def next_commitment(leaf: Json) -> None:
    leaf["sample"]["entered"] += 1


def test_samples_of_several_commitments_are_proved(tmp_path: Path) -> None:
    folder, _ = audited(tmp_path, nothing, next_commitment)
    assert run_verify(str(folder), None).verdict == "proved"


def test_sample_without_frames_is_proved(tmp_path: Path) -> None:
    def earlier(leaf: Json) -> None:
        leaf["sample"] = {k: v for k, v in leaf["sample"].items() if k not in ("frame", "units")}

    folder, _ = audited(tmp_path, earlier)
    assert run_verify(str(folder), None).verdict == "proved"


FALSE: dict[str, Callable[[Json], None]] = {
    "a kinder bound": lambda leaf: leaf["sample"].update(bound=[9_970, 1_000_000]),
    "a bound as if all were drawn": lambda leaf: leaf["sample"].update(bound=[0, 1_000_000]),
    "more drawn than there is": lambda leaf: leaf["sample"].update(units=24),
    "wrong ones that are no differences": lambda leaf: leaf.update(differences=1),
    "another result": lambda leaf: leaf.update(result="recomputed"),
    "another frame": lambda leaf: leaf["sample"].update(frame="people"),
    "a frame without its units": lambda leaf: leaf["sample"].pop("units"),
}


@pytest.mark.parametrize("case", FALSE)
def test_sample_that_contradicts_itself_is_refuted(case: str, tmp_path: Path) -> None:
    folder, (at,) = audited(tmp_path, FALSE[case])
    answer = run_verify(str(folder), None)
    assert answer.verdict == "refuted"
    assert answer.finding is not None
    assert answer.finding.index == at


def test_commitment_has_one_outcome(tmp_path: Path) -> None:
    folder, (_, second) = audited(tmp_path, nothing, nothing)
    answer = run_verify(str(folder), None)
    assert answer.finding is not None
    assert (answer.verdict, answer.finding.kind, answer.finding.index) == (
        "refuted",
        Kind.AUDIT,
        second,
    )
