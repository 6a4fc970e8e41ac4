"""Vectors: the reference tree of eight leaves of the Certificate Transparency project."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.log.tree import (
    ProofRefused,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    root_of,
)
from tests.log.proving import prove_consistency, prove_inclusion

ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


@pytest.mark.parametrize("size", range(9))
def test_root_matches_published_one(size: int) -> None:
    assert root_of(HASHES[:size]).hex() == ROOTS[size]


def test_inclusion_proof_matches_published_one() -> None:
    assert [node.hex() for node in prove_inclusion(5, HASHES)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_consistency_proof_matches_published_one() -> None:
    assert [node.hex() for node in prove_consistency(6, HASHES)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def _hashes(size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(2)) for number in range(size)]


@given(st.data(), st.integers(1, 130))
def test_only_entries_in_tree_are_provable(data: st.DataObject, size: int) -> None:
    hashes, index = _hashes(size), data.draw(st.integers(0, size - 1))
    proof, root = prove_inclusion(index, hashes), root_of(hashes)

    check_inclusion(index, size, hashes[index], proof, root)

    elsewhere = data.draw(st.integers(0, size - 1).filter(lambda i: i != index or size == 1))
    if size > 1:
        with pytest.raises(ProofRefused):
            check_inclusion(elsewhere, size, hashes[index], proof, root)
    with pytest.raises(ProofRefused):
        check_inclusion(index, size, sha256(b"another").digest(), proof, root)


@given(st.data(), st.integers(1, 130))
def test_only_growth_is_provable_not_rewriting(data: st.DataObject, size: int) -> None:
    hashes, old = _hashes(size), data.draw(st.integers(1, size))
    proof, root = prove_consistency(old, hashes), root_of(hashes)

    check_consistency(old, size, root_of(hashes[:old]), root, proof)

    rewritten = list(hashes[:old])
    rewritten[data.draw(st.integers(0, old - 1))] = sha256(b"rewritten").digest()
    with pytest.raises(ProofRefused):
        check_consistency(old, size, root_of(rewritten), root, proof)


REFUSED_INCLUSIONS = {
    "an index outside the tree": (8, 8, prove_inclusion(5, HASHES)),
    "a negative index": (-1, 8, prove_inclusion(5, HASHES)),
    "a proof cut short": (5, 8, prove_inclusion(5, HASHES)[:-1]),
    "a proof with a node too many": (5, 8, (*prove_inclusion(5, HASHES), HASHES[0])),
    "a proof in another order": (5, 8, prove_inclusion(5, HASHES)[::-1]),
    "a proof for another size": (5, 6, prove_inclusion(5, HASHES)),
}


@pytest.mark.parametrize("index, size, proof", REFUSED_INCLUSIONS.values(), ids=REFUSED_INCLUSIONS)
def test_defective_inclusion_proof_is_refused(
    index: int, size: int, proof: tuple[bytes, ...]
) -> None:
    with pytest.raises(ProofRefused):
        check_inclusion(index, size, HASHES[5], proof, root_of(HASHES))


REFUSED_GROWTHS = {
    "an empty older tree": (0, 8, ()),
    "an older tree that is larger": (9, 8, prove_consistency(6, HASHES)),
    "equal sizes with a proof": (8, 8, (HASHES[0],)),
    "equal sizes with different roots": (8, 8, ()),
    "a proof cut short": (6, 8, prove_consistency(6, HASHES)[:-1]),
    "a proof with a node too many": (6, 8, (*prove_consistency(6, HASHES), HASHES[0])),
    "no proof": (6, 8, ()),
}


@pytest.mark.parametrize("old, new, proof", REFUSED_GROWTHS.values(), ids=REFUSED_GROWTHS)
def test_defective_consistency_proof_is_refused(
    old: int, new: int, proof: tuple[bytes, ...]
) -> None:
    with pytest.raises(ProofRefused):
        check_consistency(old, new, root_of(HASHES[:6]), root_of(HASHES), proof)


def test_missing_leaf_proves_nothing() -> None:
    with pytest.raises(IndexError):
        prove_inclusion(8, HASHES)
    with pytest.raises(IndexError):
        prove_consistency(0, HASHES)


def test_node_cannot_pass_for_leaf() -> None:
    left, right = HASHES[:2]

    assert node_hash(left, right) != leaf_hash(left + right)
