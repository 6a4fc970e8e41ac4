from pathlib import Path

import pytest

from gateway_verify.command import run_verify
from gateway_verify.text.policy import MalformedPolicy, read_policy
from tests.verify.building import LOG_KEY, sha, signer, text64
from tests.verify.closing import closed_log

W = [signer(f"witness.example/w{number}", 4) for number in range(5)]
LINES = [f"witness w{number} {one.vkey}" for number, one in enumerate(W)]
TWO_LEVELS = "\n".join(
    [
        "# two of three, and one of two",
        f" log {LOG_KEY.vkey} https://gateway.example/log",
        *LINES,
        "",
        "group X 2 w0 w1 w2",
        "group Y\tany w3 w4",
        "group all-of-them all X Y",
        "quorum all-of-them",
    ]
)


@pytest.mark.parametrize(
    ("signed", "reached"),
    [((0, 1, 3), True), ((0, 2, 4), True), ((0, 1, 2), False), ((0, 3, 4), False), ((), False)],
)
def test_two_level_quorum_is_counted(signed: tuple[int, ...], reached: bool) -> None:
    policy = read_policy(TWO_LEVELS.encode())
    keys = [policy.witnesses[f"w{number}"] for number in signed]
    assert policy.reached(keys) is reached


def test_policy_without_quorum_needs_nobody() -> None:
    policy = read_policy(f"log {LOG_KEY.vkey}\nquorum none\n".encode())
    assert policy.reached([]) and not policy.asks_for_witnesses


def test_one_witness_can_be_the_quorum() -> None:
    policy = read_policy(f"{LINES[0]}\n{LINES[1]}\nquorum w1".encode())
    assert policy.reached([policy.witnesses["w1"]])
    assert not policy.reached([policy.witnesses["w0"]])


REFUSED = {
    "impossible quorum: the group needs more": f"{LINES[0]}\ngroup g 2 w0\nquorum g",
    "a group needs a number": f"{LINES[0]}\ngroup g 0 w0\nquorum g",
    "defined above its line": f"quorum w0\n{LINES[0]}",
    "defined above it": f"group g any w0\n{LINES[0]}\nquorum g",
    "a member once": f"{LINES[0]}\ngroup g any w0\ngroup h any w0\nquorum g",
    "the name is taken": f"{LINES[0]}\n{LINES[1].replace('w1', 'w0', 1)}\nquorum w0",
    "the same key": f"{LINES[0]}\n{LINES[0].replace('w0', 'w9', 1)}\nquorum w0",
    "one quorum": "quorum none\nquorum none",
    "names its quorum": LINES[0],
    "no such line": "quorums none",
    "logs sign with Ed25519": f"log {W[0].vkey}\nquorum none",
    "name+hash+base64": "witness w0 nothing\nquorum w0",
    "without control characters": "quorum\0none",
    "not so many words": "group g any\nquorum none",
}


@pytest.mark.parametrize("says", REFUSED)
def test_unsatisfiable_policy_is_refused(says: str) -> None:
    with pytest.raises(MalformedPolicy, match=says.replace("+", r"\+")):
        read_policy(REFUSED[says].encode())


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(MalformedPolicy, match="line 3:"):
        read_policy(f"# a policy\n{LINES[0]}\ngroup g 2 w0\nquorum g".encode())


OTHER = signer("witness.example/ml-dsa", 6)
"""A witness whose signatures are of a kind that is not checked here, as those by ML-DSA-44 are."""


def of_1312_bytes() -> str:
    """A verifier key as long as one of ML-DSA-44."""
    public = bytes(1312)
    hashed = sha(b"witness.example/long\n\x06", public)[:4].hex()
    return f"witness.example/long+{hashed}+{text64(bytes([6]) + public)}"


@pytest.mark.parametrize("key", [OTHER.vkey, of_1312_bytes()])
def test_witness_of_other_algorithm_is_allowed(key: str) -> None:
    named = f"{LINES[0]}\nwitness other {key}\ngroup g any w0 other\nquorum g"
    policy = read_policy(named.encode())
    assert policy.reached([policy.witnesses["w0"]])
    assert not policy.reached([])
    assert policy.within_reach([])


def test_its_quorum_could_not_be_checked(tmp_path: Path) -> None:
    log = closed_log()
    log.signers += [W[0], OTHER]
    folder = log.write(tmp_path / "log")
    head = f"log {LOG_KEY.vkey}\n{LINES[0]}\nwitness other {OTHER.vkey}\n"
    for quorum, verdict in (("any w0 other", "proved"), ("all w0 other", "unchecked")):
        (tmp_path / "policy").write_text(f"{head}group g {quorum}\nquorum g\n")
        assert run_verify(str(folder), tmp_path / "policy").verdict == verdict
    log.signers.remove(W[0])
    log.write(folder)
    assert run_verify(str(folder), tmp_path / "policy").verdict == "refuted"


@pytest.mark.parametrize("algorithm", [1, 6])
def test_only_ed25519_signs_a_log(algorithm: int) -> None:
    wrong = signer(algorithm=algorithm)
    line = f"log {wrong.vkey}" if algorithm == 6 else f"witness w {wrong.vkey}"
    with pytest.raises(MalformedPolicy):
        read_policy(f"{line}\nquorum none".encode())
