"""Proofs as RFC 6962 defines them, over all leaf hashes: what the published tree must prove too."""

from collections.abc import Sequence

from gateway.log.tree import root_of, split_of


def prove_inclusion(index: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """PATH(index, hashes) of RFC 6962 section 2.1.1; raises IndexError where no leaf stands."""
    if not 0 <= index < len(hashes):
        raise IndexError("no leaf stands there")
    if len(hashes) == 1:
        return ()
    k = split_of(len(hashes))
    if index < k:
        return (*prove_inclusion(index, hashes[:k]), root_of(hashes[k:]))
    return (*prove_inclusion(index - k, hashes[k:]), root_of(hashes[:k]))


def prove_consistency(old_size: int, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
    """PROOF(old_size, hashes) of RFC 6962 section 2.1.2, for an old tree of 1 to len(hashes) leaves."""
    if not 0 < old_size <= len(hashes):
        raise IndexError("the older tree is not a beginning of this one")
    return _grown(old_size, hashes, whole=True)


def _grown(old_size: int, hashes: Sequence[bytes], whole: bool) -> tuple[bytes, ...]:
    """SUBPROOF; `whole` while the old tree is still the one whose root the checker knows."""
    if old_size == len(hashes):
        return () if whole else (root_of(hashes),)
    k = split_of(len(hashes))
    if old_size <= k:
        return (*_grown(old_size, hashes[:k], whole), root_of(hashes[k:]))
    return (*_grown(old_size - k, hashes[k:], whole=False), root_of(hashes[:k]))
