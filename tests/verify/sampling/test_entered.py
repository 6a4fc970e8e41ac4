"""A commitment to a sample that the log held before the draw, and every other one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway_verify._tree.tiles import TileTree
from gateway_verify.evidence import Way, verify_log
from gateway_verify.findings import Refuted, Unchecked
from gateway_verify.locations import Folder
from gateway_verify.sampling.entered import (
    UNTIMED,
    check_before,
    digest_of_key,
    read_entered,
)
from gateway_verify.sampling.requests import make_request, read_request
from gateway_verify.signing import new_auditor
from gateway_verify.text import canonical
from gateway_verify.text.policy import Policy, read_policy
from tests.verify.building import LOG_KEY, Json, signer, text64
from tests.verify.closing import closed_log

SEEN_AT = 1_700_000_000
"""When the witnesses of `building.py` sign."""

WITNESS = signer("witness.example/w", 4)
POLICY = f"log {LOG_KEY.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n"


@dataclass
class Told:
    """A pack of the day of the request, the request, and what the province gave for it."""

    place: Folder
    request: Json
    said: Json

    def before(self, drawn_at: int = SEEN_AT + 1, policy: str | None = POLICY) -> list[str]:
        """What a draw at this time is told of the commitment."""
        known: Policy | None = read_policy(policy.encode()) if policy else None
        entered = read_entered(self.place, known, self.said, self.request)
        return check_before(
            entered, self.place, verify_log(self.place, known, Way()), known, drawn_at
        )


@pytest.fixture
def told(tmp_path: Path) -> Told:
    log = closed_log()
    log.signers.append(WITNESS)
    place = Folder(log.write(tmp_path / "pack"))
    proved = verify_log(place, None, Way())
    auditor = new_auditor("auditor.example")
    raw = make_request(proved, "2026-11", 10, auditor, bytes(32))
    request = dict(read_request(canonical.read(raw)))
    body = {
        "k": "sample",
        "case": None,
        "by": digest_of_key(request["auditor"]),
        "month": "2026-11",
        "rg": request["range"],
        "size": request["size"],
        "root": request["root"],
        "h": SEEN_AT // 3600,
        "st": "asked",
        "n": 10,
        "cm": request["commitment"],
        "wr": None,
        "rq": None,
    }
    return Told(place, request, given(log, body, request["size"], tmp_path / "later"))


def given(log: Any, body: Json, old: int, folder: Path) -> Json:
    """The file that a province makes of a log in which it enters this body."""
    index = log.case(body)
    tree = TileTree(Folder(log.write(folder)), index + 1)
    siblings = "".join(f"{text64(one)}\n" for one in tree.inclusion(index))
    head = f"c2sp.org/tlog-proof@v1\nindex {index}\n"
    return {
        "kind": "sample-entered",
        "v": 1,
        "index": index,
        "salt": text64(log.opened[index][:32]),
        "body": body,
        "proof": f"{head}{siblings}\n{log.checkpoint()}",
        "grown": [text64(one) for one in tree.consistency(old)[1]],
    }


def test_commitment_witnessed_before_draw_is_accepted(told: Told) -> None:
    assert told.before() == []


def test_without_witnesses_nobody_else_says_when(told: Told) -> None:
    assert told.before(policy=None) == [UNTIMED]


@pytest.mark.parametrize("drawn_at", [SEEN_AT, SEEN_AT - 7200])
def test_draw_before_witnesses_is_refused(drawn_at: int, told: Told) -> None:
    with pytest.raises(Refuted, match="entered after the public draw"):
        told.before(drawn_at)


def test_body_later_than_draw_is_refused(told: Told) -> None:
    with pytest.raises(Refuted, match="entered after the public draw"):
        told.before(SEEN_AT - 7200, policy=None)


def test_unwitnessed_proof_is_refused_on_request(told: Told) -> None:
    told.said["proof"] = "\n".join(told.said["proof"].split("\n")[:-2]) + "\n"
    with pytest.raises(Refuted, match="quorum"):
        told.before()


FALSE: dict[str, Callable[[Json], Any]] = {
    "another commitment": lambda said: said["body"].update(cm=text64(bytes(32))),
    "another count": lambda said: said["body"].update(n=9),
    "an outcome": lambda said: said["body"].update(st="opened"),
    "another auditor": lambda said: said["body"].update(by="sha256:" + "0" * 64),
    "another salt": lambda said: said.update(salt=text64(bytes(32))),
    "another hour": lambda said: said["body"].update(h=1),
    "another index": lambda said: said.update(index=3),
    "a fork of the log": lambda said: said.update(grown=[text64(bytes(32))] * len(said["grown"])),
    "no proof that it goes on": lambda said: said.update(grown=[]),
}


@pytest.mark.parametrize("name", FALSE)
def test_it_is_refused_for(name: str, told: Told) -> None:
    FALSE[name](told.said)
    with pytest.raises(Refuted):
        told.before()


@pytest.mark.parametrize("said", [None, [], {}, {"index": 1}, {"index": 1, "body": {"h": "x"}}])
def test_unrelated_evidence_cannot_be_checked(said: Any, told: Told) -> None:
    told.said = said
    with pytest.raises(Unchecked):
        told.before()


def cosigned_at(told: Told, time: int) -> None:
    """Let the witness have signed the commitment's checkpoint at another time, and nothing else."""
    *rest, _, _ = told.said["proof"].split("\n")
    text = "\n".join(rest[-5:-2]) + "\n"
    told.said["proof"] = "\n".join([*rest, WITNESS.line(text, time)])


@pytest.mark.parametrize("time", [0, 2**63, 2**64 - 1])
def test_cosignature_without_valid_time_is_ignored(time: int, told: Told) -> None:
    cosigned_at(told, time)
    with pytest.raises(Refuted, match="quorum"):
        told.before()


@pytest.mark.parametrize(("time", "counts"), [(SEEN_AT, True), (SEEN_AT - 1, False), (1, False)])
def test_time_counts_unless_before_smaller_tree(time: int, counts: bool, told: Told) -> None:
    cosigned_at(told, time)
    if counts:
        assert told.before() == []
        return
    with pytest.raises(Refuted, match="entered after the public draw"):
        told.before()
