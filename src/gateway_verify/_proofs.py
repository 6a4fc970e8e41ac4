"""Does a proof lead from an entry, or from an older checkpoint, to a signed root? (RFC 6962, C2SP tlog-proof)

    hash of an entry     SHA-256(0x00 || entry)
    hash of a node       SHA-256(0x01 || left || right)

A **tlog-proof** is the line `c2sp.org/tlog-proof@v1`, possibly `extra <base64>`, `index <n>`, the
base64 siblings leaf-most first, a blank line, and the checkpoint as it was published.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from gateway_verify.text.notes import MalformedNote, decode_base64

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile("index (0|[1-9][0-9]{0,18})")


class FalseProof(ValueError):
    """The proof does not lead to the root that it is held against."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """Where an entry stands, its siblings on the way up, and the checkpoint's note."""

    index: int
    siblings: tuple[bytes, ...]
    checkpoint: bytes


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def read_proof(raw: bytes) -> InclusionProof:
    """Take a tlog-proof apart; raises MalformedNote."""
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise MalformedNote("a proof is ASCII above its checkpoint") from None
    if not blank or lines[0] != HEADER:
        raise MalformedNote("a proof begins with its header and ends with a checkpoint")
    extra = len(lines) > 1 and lines[1].startswith("extra ")
    if extra:
        decode_base64(lines[1].removeprefix("extra "))
    stated = _INDEX.fullmatch(lines[1 + extra]) if len(lines) > 1 + extra else None
    siblings = tuple(decode_base64(line) for line in lines[2 + extra :])
    if stated is None or len(siblings) > 64 or any(len(one) != 32 for one in siblings):
        raise MalformedNote("a proof states an index and its siblings")
    return InclusionProof(int(stated[1]), siblings, checkpoint)


def check_inclusion(
    index: int, size: int, leaf: bytes, siblings: Sequence[bytes], root: bytes
) -> None:
    """Raises FalseProof unless the leaf hash stands at `index` of the tree of `size` under `root`.

    The tree's shape alone says at which level a sibling is to the left or to the right: below the
    level at which the ways to the leaf and to the tree's end meet, by the index's bits; above it,
    only to the left. 1. The index lies within; 2. there are as many siblings as the shape asks for;
    3. they lead to the root.
    """
    if not 0 <= index < size:  # 1
        raise FalseProof("the index lies outside the tree")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(siblings) != inner + border:  # 2
        raise FalseProof("a proof for a tree of another size")
    node = leaf
    for level, sibling in enumerate(siblings[:inner]):
        left = index >> level & 1
        node = node_hash(sibling, node) if left else node_hash(node, sibling)
    for sibling in siblings[inner:]:
        node = node_hash(sibling, node)
    if node != root:  # 3
        raise FalseProof("the proof leads to another root")


def check_consistency(
    old: tuple[int, bytes], new: tuple[int, bytes], nodes: Sequence[bytes]
) -> None:
    """Raises FalseProof unless the tree `new` (size, root) begins with the tree `old`."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size <= new_size:
        raise FalseProof("the older tree is empty or larger")
    if old_size == new_size:
        if nodes or old_root != new_root:
            raise FalseProof("trees of one size have one root and need no proof")
        return
    shift = (old_size & -old_size).bit_length() - 1
    inner = (old_size - 1 ^ new_size - 1).bit_length() - shift
    border = (old_size - 1 >> shift + inner).bit_count()
    whole = old_size == 1 << shift
    if len(nodes) != inner + border + (not whole):
        raise FalseProof("a proof for trees of other sizes")
    seed, way = (old_root, nodes) if whole else (nodes[0], nodes[1:])
    before = after = seed
    for level, node in enumerate(way):
        left = level >= inner or (old_size - 1 >> shift + level) & 1
        if left:
            before, after = node_hash(node, before), node_hash(node, after)
        else:
            after = node_hash(after, node)
    if before != old_root or after != new_root:
        raise FalseProof("the proof leads to other roots")
