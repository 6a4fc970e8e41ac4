"""Who else has seen that the log only grows?

Outside witnesses, by C2SP tlog-witness: `POST <url>/add-checkpoint` with `old <size>`, the hashes of
the consistency proof from that size, an empty line, the checkpoint. 200 brings cosignature lines,
409 the size that the witness knows, from which the proof is then made; anything else is a witness
that did not sign. What comes back counts only under a key of the deployment's policy (C2SP
tlog-policy, GATEWAY_LOG_POLICY).
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from gateway.domain.errors import SourceError
from gateway.log.notes import SignedCheckpoint
from gateway.log.proofs import PublishedTree
from gateway.log.publishing.refusals import LogForked
from gateway.log.verify.text.notes import (
    FalseSignature,
    MalformedNote,
    VerifierKey,
    read_note,
    signers,
)
from gateway.log.verify.text.policy import Policy, read_policy

MOST_LINES = 8
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Answer(Protocol):
    """What a witness answered."""

    @property
    def status(self) -> int: ...

    @property
    def content(self) -> bytes: ...


Post = Callable[[str, bytes], Awaitable[Answer]]
"""Hand a body to an address; raises SourceError where nobody answers."""


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A policy as the operator wrote it, and where its witnesses are reached."""

    text: str
    policy: Policy
    addresses: Mapping[str, str]
    """By the name of the witness."""


def read_witness_policy(raw: bytes) -> WitnessPolicy:
    """Read a policy with the addresses in it; raises MalformedPolicy, which names the line."""
    policy = read_policy(raw)
    text = raw.decode("utf-8", errors="replace")
    lines = (line.split() for line in raw.decode("latin-1").split("\n"))
    placed = {w[1]: w[3].rstrip("/") for w in lines if w[:1] == ["witness"] and len(w) == 4}
    return WitnessPolicy(text, policy, placed)


class Witnesses:
    """The witnesses of one log; without a policy nobody is asked and nobody is missed."""

    def __init__(self, told: WitnessPolicy | None, post: Post) -> None:
        self.told = told
        self._post = post
        self._sizes: dict[str, int] = {}

    def satisfied(self, signed: SignedCheckpoint) -> bool:
        """Whether the cosignatures under a checkpoint make the quorum of the policy."""
        if self.told is None:
            return True
        policy = self.told.policy
        return policy.reached(self._signers(signed.note, list(policy.witnesses.values())))

    async def cosign(self, signed: SignedCheckpoint, tree: PublishedTree) -> SignedCheckpoint:
        """Ask every witness that has not signed yet; gives the checkpoint with what they sent.

        Raises LogForked when a witness has seen a larger log, or another one of this size: what is
        about to be published would be a second history.
        """
        if self.told is None:
            return signed
        asked = [
            self._ask(address, self.told.policy.witnesses[name], signed, tree)
            for name, address in self.told.addresses.items()
            if not self._signers(signed.note, [self.told.policy.witnesses[name]])
        ]
        lines = [line for told in await asyncio.gather(*asked) for line in told]
        return SignedCheckpoint(signed.checkpoint, (*signed.lines, *lines))

    async def _ask(
        self, address: str, key: VerifierKey, signed: SignedCheckpoint, tree: PublishedTree
    ) -> tuple[str, ...]:
        old = min(self._sizes.get(address, 0), signed.checkpoint.size)
        try:
            answer = await self._add(address, old, signed, tree)
            if answer.status == HTTPStatus.CONFLICT:
                old = _known_size(answer.content, signed.checkpoint.size)
                answer = await self._add(address, old, signed, tree)
        except SourceError:
            return ()
        if answer.status == HTTPStatus.CONFLICT and old == signed.checkpoint.size:
            raise LogForked(f"a witness knows another log of {old} leaves")
        if answer.status != HTTPStatus.OK:
            return ()
        lines = self._lines_of(answer.content, key, signed)
        if lines:
            self._sizes[address] = signed.checkpoint.size
        return lines

    async def _add(
        self, address: str, old: int, signed: SignedCheckpoint, tree: PublishedTree
    ) -> Answer:
        proof = tree.consistency(old) if old else ()
        head = [f"old {old}", *(b64encode(one).decode() for one in proof), "", ""]
        return await self._post(f"{address}/add-checkpoint", "\n".join(head).encode() + signed.note)

    def _lines_of(
        self, content: bytes, key: VerifierKey, signed: SignedCheckpoint
    ) -> tuple[str, ...]:
        """The first lines of an answer that hold a true signature of the witness."""
        for line in content.decode("utf-8", errors="replace").split("\n")[:MOST_LINES]:
            note = signed.checkpoint.text.encode() + b"\n" + line.encode() + b"\n"
            if self._signers(note, [key]):
                return (line + "\n",)
        return ()

    def _signers(self, note: bytes, keys: list[VerifierKey]) -> frozenset[VerifierKey]:
        try:
            return signers(read_note(note), keys)
        except (MalformedNote, FalseSignature):
            return frozenset()


def _known_size(content: bytes, size: int) -> int:
    """The size in a conflict; 0 when it cannot be read. Raises LogForked for a larger one."""
    told = _SIZE.fullmatch(content)
    known = 0 if told is None else int(told[1])
    if known > size:
        raise LogForked(f"a witness knows {known} leaves of this log")
    return known
