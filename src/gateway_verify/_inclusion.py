"""Does a proof in somebody's hand show that a leaf they were promised stands in the log?

The proof is a C2SP tlog-proof, as `GET /v1/log/proof` gives it; the leaf hash is the one that an answer
of the gateway bore. 1. The proof's checkpoint is signed as the policy asks; 2. the leaf stands at the
stated index under its root.
"""

from gateway_verify._proofs import FalseProof, check_inclusion, read_proof
from gateway_verify.evidence import Signed, open_checkpoint
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.text.notes import MalformedNote, decode_base64
from gateway_verify.text.policy import Policy

LARGEST_PROOF_BYTES = 64 * 1024


class _InHand:
    """A place with nothing but a checkpoint."""

    def __init__(self, checkpoint: bytes) -> None:
        self._checkpoint = checkpoint

    def read(self, path: str, most: int) -> bytes:
        if path != "checkpoint":
            raise Unchecked(Kind.MISSING, "a proof brings nothing but its checkpoint", path)
        return self._checkpoint[: most + 1]


def redeem(raw: bytes, leaf: str, policy: Policy | None) -> tuple[Signed, int]:
    """The checkpoint and index that the proof leads to; raises Refuted, or Unchecked without a key."""
    try:
        proof, hashed = read_proof(raw[:LARGEST_PROOF_BYTES]), decode_base64(leaf)
        signed = open_checkpoint(_InHand(proof.checkpoint), policy)
        checkpoint = signed.checkpoint
        check_inclusion(proof.index, checkpoint.size, hashed, proof.siblings, checkpoint.root)
    except (MalformedNote, FalseProof) as refused:
        raise Refuted(Kind.PROOF, str(refused)) from None
    return signed, proof.index
