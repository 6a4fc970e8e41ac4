"""What does the log's root prove, and how is one entry, or one growth, checked against it?

The Merkle tree of RFC 6962 section 2.1 over leaf hashes (`leaves.leaf_hash`):

    root of nothing      SHA-256("")
    root of one leaf     its leaf hash
    root of n leaves     SHA-256(0x01 || root of the first k || root of the rest),
                         k the largest power of two below n

An inclusion proof holds the siblings on the way from a leaf to the root, a consistency proof the
nodes by which an older root is seen to be the beginning of a newer one; both leaf-most first.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


class ProofRefused(ValueError):
    """The proof does not lead from what it is about to the root it is held against."""


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


def prove_inclusion(index: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH(index, hashes) of RFC 6962 section 2.1.1; raises IndexError where no leaf stands."""
    if not 0 <= index < len(hashes):
        raise IndexError("no leaf stands there")
    if len(hashes) == 1:
        return ()
    k = _split(len(hashes))
    if index < k:
        return (*prove_inclusion(index, hashes[:k]), root_of(hashes[k:]))
    return (*prove_inclusion(index - k, hashes[k:]), root_of(hashes[:k]))


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
            raise ProofRefused("the proof is longer than the way to the root")
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


def prove_consistency(old_size: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """PROOF(old_size, hashes) of RFC 6962 section 2.1.2, for an old tree of 1 to len(hashes) leaves."""
    if not 0 < old_size <= len(hashes):
        raise IndexError("the older tree is not a beginning of this one")
    return _grown(old_size, hashes, whole=True)


def _grown(old_size: int, hashes: Sequence[bytes], whole: bool) -> tuple[bytes, ...]:
    """SUBPROOF; `whole` while the old tree is still the one whose root the checker knows."""
    if old_size == len(hashes):
        return () if whole else (root_of(hashes),)
    k = _split(len(hashes))
    if old_size <= k:
        return (*_grown(old_size, hashes[:k], whole), root_of(hashes[k:]))
    return (*_grown(old_size - k, hashes[k:], whole=False), root_of(hashes[:k]))


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
            raise ProofRefused("the proof is longer than the way to the root")
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


def _split(size: int) -> int:
    """The largest power of two below `size` (which is at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)
