"""Let outside witnesses sign that the log only grows.

C2SP tlog-witness: `POST <url>/add-checkpoint` with `old <size>`, the hashes of
the consistency proof from that size, an empty line, the checkpoint. 200 brings cosignature lines,
409 the size that the witness knows, from which the proof is then made; anything else is a witness
that did not sign. What comes back counts only under a key of the deployment's policy (C2SP
tlog-policy, GATEWAY_LOG_POLICY).

A witness that says it has seen more leaves, or another log of this size, **disputes** the checkpoint; it
proves nothing, and it may be right. The quorum decides: reached without it, the checkpoint appears and
operators are warned; out of reach without it, the log stops; otherwise nothing appears until others have
signed.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import NoReturn, Protocol

from gateway.domain.errors import Busy, SourceError
from gateway.log.notes import SignedCheckpoint
from gateway.log.publishing._folder import LogForked
from gateway.log.publishing._proofs import PublishedTree
from gateway_verify.text.notes import (
    COSIGNATURE,
    FalseSignature,
    MalformedNote,
    VerifierKey,
    read_note,
    signers,
)
from gateway_verify.text.policy import Policy, read_policy

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


@dataclass(frozen=True, slots=True)
class _Reply:
    """What one witness brought: lines of the note, or why it disputes the checkpoint."""

    name: str
    lines: tuple[str, ...] = ()
    disputes: str | None = None


class Witnesses:
    """The witnesses of one log; without a policy nobody is asked and nobody is missed."""

    def __init__(self, configured: WitnessPolicy | None, post: Post) -> None:
        self.configured = configured
        self._post = post
        self._sizes: dict[str, int] = {}
        self.disputing: tuple[str, ...] = ()
        """Names of the witnesses that disputed the last checkpoint they were asked about."""

    def satisfied(self, signed: SignedCheckpoint) -> bool:
        """Whether the cosignatures under a checkpoint make the quorum of the policy."""
        if self.configured is None:
            return True
        policy = self.configured.policy
        return policy.reached(self._signers(signed.note, list(policy.witnesses.values())))

    async def cosign(self, signed: SignedCheckpoint, tree: PublishedTree) -> SignedCheckpoint:
        """Ask every witness that has not signed yet; gives the checkpoint with what they sent.

        Where witnesses dispute it and the quorum is not there: raises LogForked when it cannot come without
        them, since what is about to be published would be a second history; Busy `log_disputed` when it can.
        """
        if self.configured is None:
            return signed
        asked = [
            self._ask(name, address, signed, tree)
            for name, address in self.configured.addresses.items()
            if not self._signers(signed.note, [self.configured.policy.witnesses[name]])
        ]
        answers = await asyncio.gather(*asked)
        lines = [line for one in answers for line in one.lines]
        disputes = {one.name: one.disputes for one in answers if one.disputes is not None}
        self.disputing = tuple(sorted(disputes))
        whole = SignedCheckpoint(signed.checkpoint, (*signed.lines, *lines))
        if disputes and not self.satisfied(whole):
            self._refuse(self.configured.policy, disputes)
        return whole

    def _refuse(self, policy: Policy, disputes: Mapping[str, str]) -> NoReturn:
        reasons = "; ".join(f"{name} {why}" for name, why in sorted(disputes.items()))
        others = [
            key
            for name, key in policy.witnesses.items()
            if name not in disputes and key.algorithm == COSIGNATURE
        ]
        if not policy.reached(others):
            raise LogForked(reasons)
        raise Busy("log_disputed", "a witness disputes the checkpoint and too few others sign it")

    async def _ask(
        self, name: str, address: str, signed: SignedCheckpoint, tree: PublishedTree
    ) -> _Reply:
        size = signed.checkpoint.size
        old = min(self._sizes.get(address, 0), size)
        try:
            answer = await self._add(address, old, signed, tree)
            if answer.status == HTTPStatus.CONFLICT:
                old = _known_size(answer.content)
                if old > size:
                    return _Reply(name, disputes=f"knows {old} leaves of this log")
                answer = await self._add(address, old, signed, tree)
        except SourceError:
            return _Reply(name)
        if answer.status == HTTPStatus.CONFLICT and old == size:
            return _Reply(name, disputes=f"knows another log of {old} leaves")
        if answer.status != HTTPStatus.OK or self.configured is None:
            return _Reply(name)
        lines = self._lines_of(answer.content, self.configured.policy.witnesses[name], signed)
        if lines:
            self._sizes[address] = size
        return _Reply(name, lines)

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


def _known_size(content: bytes) -> int:
    """The size in a conflict; 0 when it cannot be read."""
    matched = _SIZE.fullmatch(content)
    return 0 if matched is None else int(matched[1])
