import pytest

from gateway_verify._proofs import (
    FalseProof,
    check_consistency,
    check_inclusion,
    read_proof,
)
from gateway_verify.text.notes import MalformedNote
from tests.log.proving import prove_consistency, prove_inclusion
from tests.verify.building import root, sha, text64

HASHES = [sha(b"\x00", bytes([number])) for number in range(40)]
ROOTS = [root(HASHES[:size]) for size in range(len(HASHES) + 1)]


def test_small_trees_prove_exactly_their_entries() -> None:
    for size in range(1, 24):
        for index in range(size):
            proof = prove_inclusion(index, HASHES[:size])
            check_inclusion(index, size, HASHES[index], proof, ROOTS[size])
            for other in range(size):
                if other != index:
                    with pytest.raises(FalseProof):
                        check_inclusion(other, size, HASHES[index], proof, ROOTS[size])


def test_exactly_true_growth_is_proved() -> None:
    for new in range(1, 24):
        for old in range(1, new + 1):
            proof = prove_consistency(old, HASHES[:new])
            check_consistency((old, ROOTS[old]), (new, ROOTS[new]), proof)
            with pytest.raises(FalseProof):
                check_consistency((old, ROOTS[old - 1]), (new, ROOTS[new]), proof)
            if old > 1:
                with pytest.raises(FalseProof):
                    check_consistency(
                        (old - 1, ROOTS[old - 1]), (new, ROOTS[new]), [*proof, ROOTS[0]]
                    )


@pytest.mark.parametrize("size", [20, 22, 40])
def test_proof_for_another_size_is_refused(size: int) -> None:
    proof = prove_inclusion(20, HASHES[:21])
    with pytest.raises(FalseProof):
        check_inclusion(20, size, HASHES[20], proof, ROOTS[21])


def test_textual_proof_is_parsed() -> None:
    proof = prove_inclusion(3, HASHES[:7])
    lines = ["c2sp.org/tlog-proof@v1", "extra YQ==", "index 3", *map(text64, proof)]
    read = read_proof("\n".join([*lines, "", "origin", "7", ""]).encode())
    assert (read.index, read.siblings, read.checkpoint) == (3, proof, b"origin\n7\n")


REFUSED = {
    "another header": "c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint",
    "no index": "c2sp.org/tlog-proof@v1\n\ncheckpoint",
    "an index with a zero before": "c2sp.org/tlog-proof@v1\nindex 01\n\ncheckpoint",
    "a sibling of 31 bytes": f"c2sp.org/tlog-proof@v1\nindex 0\n{text64(bytes(31))}\n\ncheckpoint",
    "no checkpoint": "c2sp.org/tlog-proof@v1\nindex 0",
    "extra that is no base64": "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\ncheckpoint",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        read_proof(text.encode())
