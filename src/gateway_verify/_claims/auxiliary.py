"""Is what lies in an evidence pack beside the log what it is said to be?

`forms/<64 hex digits>.json` is named by the SHA-256 of its bytes, and `proofs/<index>` is a proof under
the pack's own checkpoint that leads to the entry of that index. Programs and instructions are not evidence,
and an address is not asked for either.
"""

import re
from hashlib import sha256

from gateway_verify._inclusion import LARGEST_PROOF_BYTES
from gateway_verify._proofs import FalseProof, check_inclusion, read_proof
from gateway_verify._tree.tiles import TileTree
from gateway_verify.evidence import Proved
from gateway_verify.findings import Kind, Refuted
from gateway_verify.locations import Folder, Place
from gateway_verify.text.notes import LARGEST_NOTE_BYTES, MalformedNote

LARGEST_FORM_BYTES = 64 * 1024 * 1024
_PROOF = re.compile(r"proofs/(0|[1-9][0-9]{0,18})")


def check_beside(place: Place, proved: Proved) -> None:
    """Check both in a folder; raises Refuted with the path of the first that is something else."""
    if not isinstance(place, Folder):
        return
    for path in place.listed("forms"):
        name = sha256(place.read(path, LARGEST_FORM_BYTES)).hexdigest()
        if path != f"forms/{name}.json":
            raise Refuted(Kind.FORM, "its bytes have another digest than its name", path)
    checkpoint = place.read("checkpoint", LARGEST_NOTE_BYTES)
    for path in place.listed("proofs"):
        _check_proof(place, proved, path, checkpoint)


def _check_proof(place: Folder, proved: Proved, path: str, note: bytes) -> None:
    named, ours = _PROOF.fullmatch(path), proved.checkpoint
    try:
        proof = read_proof(place.read(path, LARGEST_PROOF_BYTES))
        if named is None or proof.index != int(named[1]) or proof.checkpoint != note:
            raise FalseProof("the proof is about another entry or checkpoint")
        if proof.index >= ours.size:
            raise FalseProof("the index lies outside the tree")
        leaf = TileTree(place, ours.size).leaf(proof.index)
        check_inclusion(proof.index, ours.size, leaf, proof.siblings, ours.root)
    except (MalformedNote, FalseProof) as refused:
        raise Refuted(Kind.PROOF, str(refused), path) from None
