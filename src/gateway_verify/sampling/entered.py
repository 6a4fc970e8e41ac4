"""Did the log hold the auditor's commitment before the public draw was known?

entered   {"kind":"sample-entered","v":1,"index","salt","body":{…},"proof","grown"}: where the `sample` case
          leaf of the request stands, salt (base64) and body that open its seal, its C2SP tlog-proof as text,
          taken while the draw was still to come, and the consistency proof (base64 each) from the request's
          tree to that of the proof. The province gives it for a request.

1. The body says what the request says. 2. With the salt it opens the seal of an entry that stands at
the index under the proof's checkpoint, which is signed as the policy asks. 3. That log begins with the one of
the request, and the proved log with it, where that is as long. 4. Neither the body's hour nor a cosignature that the policy's quorum needs is later than the
draw; a time that is none, or that contradicts the order of the checkpoints, is nobody's. Without witnesses step 4 rests on the log's own word.
"""

from binascii import b2a_base64
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateway_verify._proofs import (
    FalseProof,
    check_consistency,
    check_inclusion,
    leaf_hash,
    read_proof,
)
from gateway_verify.evidence import Proved, open_checkpoint, root_at
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.leaves import Leaf
from gateway_verify.locations import Place
from gateway_verify.sampling.draw import frame_of
from gateway_verify.text import canonical
from gateway_verify.text.notes import (
    LARGEST_NOTE_BYTES,
    Checkpoint,
    MalformedNote,
    VerifierKey,
    cosigned_by,
    decode_base64,
    read_note,
)
from gateway_verify.text.policy import Policy

UNTIMED = "không nhân chứng nào cho biết khi nào / no witness of the policy says when the sample was entered"
_DOMAIN = b"eform-gateway/case/v1"
_HOUR = 3600
_SAME = {"month": "month", "rg": "range", "size": "size", "root": "root", "n": "count"}


def digest_of_key(vkey: str) -> str:
    """By what a case body names an auditor: the digest of the verifier key's text."""
    return f"sha256:{sha256(vkey.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Entered:
    """A commitment that stands in a log: the leaf, its hour, and the note that proves it."""

    said: Leaf = field(repr=False)
    index: int
    hour: int
    note: bytes = field(repr=False)
    checkpoint: Checkpoint


class _Earlier:
    """The pack as it was under an earlier checkpoint; its key only where no policy knows one."""

    def __init__(self, place: Place, checkpoint: bytes, with_key: bool) -> None:
        self._place, self._checkpoint, self._with_key = place, checkpoint, with_key

    def read(self, path: str, most: int) -> bytes:
        if path == "checkpoint":
            return self._checkpoint[: most + 1]
        if path == "key" and self._with_key:
            return self._place.read(path, most)
        raise Unchecked(Kind.MISSING, "a proof brings nothing but its checkpoint", path)


def read_entered(place: Place, policy: Policy | None, said: Any, request: Leaf) -> Entered:
    """Steps 1 to 3 but for the proved log; raises Unchecked for no such file, Refuted where a step fails."""
    try:
        index, hour = said["index"], said["body"]["h"]
        salt, body = decode_base64(said["salt"]), canonical.write(said["body"])
        raw, grown = said["proof"].encode(), [decode_base64(one) for one in said["grown"]]
        shaped = type(index) is int and type(hour) is int and len(salt) == 32
    except (KeyError, TypeError, ValueError, AttributeError):
        shaped = False
    if not shaped:
        raise Unchecked(Kind.AUDIT, "this does not say where a sample was entered")
    _check_same(said["body"], request)  # 1
    seal = b2a_base64(sha256(_DOMAIN + salt + body).digest(), newline=False)
    entry = b'{"kind":"case","seal":"' + seal + b'","v":1}'
    try:
        proof = read_proof(raw)
        earlier = _Earlier(place, proof.checkpoint, policy is None or not policy.logs)
        checkpoint = open_checkpoint(earlier, policy).checkpoint
        if proof.index != index or checkpoint.origin != request["origin"]:
            raise FalseProof("the proof is about another leaf or log")
        siblings = proof.siblings
        check_inclusion(index, checkpoint.size, leaf_hash(entry), siblings, checkpoint.root)  # 2
        before = request["size"], decode_base64(request["root"])
        check_consistency(before, (checkpoint.size, checkpoint.root), grown)  # 3
    except (MalformedNote, FalseProof) as refused:
        raise Refuted(Kind.PROOF, str(refused), index=index) from None
    return Entered(said, index, hour, proof.checkpoint, checkpoint)


def _check_same(body: Any, request: Leaf) -> None:
    same = all(body.get(short) == request[name] for short, name in _SAME.items())
    same &= frame_of(body, "fr") == frame_of(request)
    same &= body.get("yu") == request.get("year_units")
    same &= (body.get("cm"), body.get("by")) == (
        request["commitment"],
        digest_of_key(request["auditor"]),
    )
    if not same or (body.get("k"), body.get("st")) != ("sample", "asked"):
        raise Refuted(Kind.AUDIT, "what was entered is another request")


def _in_order(
    entered: Entered, place: Place, proved: Proved, known: Collection[VerifierKey]
) -> dict[VerifierKey, int]:
    """When the witnesses signed the commitment's checkpoint, by those clocks that agree with its place.

    Who signed the larger of two trees of the log earlier than the smaller has a clock that says nothing.
    """
    times = cosigned_by(read_note(entered.note), known)
    shown = cosigned_by(read_note(place.read("checkpoint", LARGEST_NOTE_BYTES)), known)
    grown = proved.checkpoint.size - entered.checkpoint.size
    return {
        key: time
        for key, time in times.items()
        if key not in shown or (shown[key] - time) * grown >= 0
    }


def check_before(
    entered: Entered, place: Place, proved: Proved, policy: Policy | None, drawn_at: int
) -> list[str]:
    """The rest, for a draw at `drawn_at` (seconds since 1970); gives remarks. Raises Refuted."""
    size, root = entered.checkpoint.size, entered.checkpoint.root
    if size <= proved.checkpoint.size and root_at(place, proved.checkpoint, size) != root:
        raise Refuted(Kind.FORK, "this log never had the checkpoint of the commitment", None, size)
    late = Refuted(Kind.AUDIT, "the sample was entered after the public draw", None, entered.index)
    if entered.hour * _HOUR > drawn_at:
        raise late
    if policy is None or not policy.asks_for_witnesses:
        return [UNTIMED]
    known = policy.witnesses.values()
    times = _in_order(entered, place, proved, known)
    if not policy.reached([key for key, time in times.items() if time < drawn_at]):
        raise late
    return []
