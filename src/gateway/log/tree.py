"""The Merkle tree of RFC 6962 section 2.1: hashes, roots, and the checks of proofs.

    leaf hash            SHA-256(0x00 || entry); in answers in base64
    root of nothing      SHA-256("")
    root of one leaf     its leaf hash
    root of n leaves     SHA-256(0x01 || root of the first k || root of the rest),
                         k the largest power of two below n

An inclusion proof holds the siblings on the path from a leaf to the root, a consistency proof the
nodes from which both an older and a newer root are computed; both begin at the leaves.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


class ProofRefused(ValueError):
    """The proof does not lead to the expected root."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf: SHA-256(0x00 || entry), RFC 6962 section 2.1.

    Leaves and nodes carry different prefixes so that no node can pass for an entry.
    """
    return sha256(b"\x00" + entry).digest()


def leaf_text(hash_: bytes) -> str:
    """A leaf hash as answers give it: base64."""
    return b64encode(hash_).decode()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in one pass and with memory for one node a level."""
    complete: list[tuple[int, bytes]] = []
    for one in hashes:
        size, node = 1, one
        while complete and complete[-1][0] == size:
            node = node_hash(complete.pop()[1], node)
            size *= 2
        complete.append((size, node))
    if not complete:
        return EMPTY_ROOT
    root = complete.pop()[1]
    while complete:
        root = node_hash(complete.pop()[1], root)
    return root


def check_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that `leaf` stands at `index` in the tree of `size` leaves under `root`.

    RFC 9162 section 2.1.3.2: 1. the index lies within the tree; 2. every node of the proof is a left
    or a right sibling by the bits of index and last index; 3. the proof ends where the tree does;
    4. it arrives at the root. Raises ProofRefused.
    """
    if not 0 <= index < size:  # 1
        raise ProofRefused("the index lies outside the tree")
    at, last, node = index, size - 1, leaf
    for sibling in proof:  # 2
        if last == 0:
            raise ProofRefused("the proof is longer than the path to the root")
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    if last:  # 3
        raise ProofRefused("the proof ends before the root")
    if node != root:  # 4
        raise ProofRefused("the proof leads to another root")


def check_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree under `new_root` begins with the tree under `old_root`.

    RFC 9162 section 2.1.4.2: 1. the old tree is no larger, and not empty; 2. equal sizes want equal
    roots and no proof; 3. a complete old tree is its own first node; 4. both roots are rebuilt side
    by side; 5. the proof ends where the tree does; 6. both roots are met. Raises ProofRefused.
    """
    if not 0 < old_size <= new_size:  # 1
        raise ProofRefused("the older tree is empty or larger")
    if old_size == new_size:  # 2
        if proof or old_root != new_root:
            raise ProofRefused("trees of one size have one root and need no proof")
        return
    nodes = list(proof)
    if old_size & (old_size - 1) == 0:  # 3
        nodes.insert(0, old_root)
    if not nodes:
        raise ProofRefused("the proof is empty")
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:  # 4
        if last == 0:
            raise ProofRefused("the proof is longer than the path to the root")
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    if last:  # 5
        raise ProofRefused("the proof ends before the root")
    if old != old_root or new != new_root:  # 6
        raise ProofRefused("the proof leads to other roots")


def split_of(size: int) -> int:
    """Where RFC 6962 splits a tree: the largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
