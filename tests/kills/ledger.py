"""What must hold whenever a gateway came back: nothing lost, nothing doubled, nothing forked."""

import random
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path

import httpx
from sqlalchemy import func, select

from gateway.retention.consistency import differences
from gateway.storage.schema import bodies, leaves, records
from gateway_verify._proofs import check_consistency, check_inclusion, read_proof
from gateway_verify._tree.tiles import TileTree
from gateway_verify.evidence import Way, verify_log
from gateway_verify.locations import Folder
from gateway_verify.text.notes import Checkpoint, read_checkpoint, read_key, read_note, signers
from tests.databases import looking_into
from tests.kills.clerks import LEAVES_OF, Call, Desk


class Ledger:
    """The database and the published log of one deployment, held against what callers were told."""

    def __init__(self, data: Path, desk: Desk, chance: random.Random) -> None:
        self._data = data
        self._public = data / "log" / "public"
        self._desk = desk
        self._chance = chance
        self._found: set[str] = set()
        self.seen: list[Checkpoint] = []
        self.published = 0

    def check_database(self) -> None:
        """No leaf without its change, no change without its leaf, and every answer's leaf is there."""
        with looking_into(self._data) as connection:
            assert [str(one) for one in differences(connection)] == []
            told = [call.leaf for call in self._desk.answered if call.leaf]
            fresh = [leaf for leaf in told if leaf not in self._found]
            for leaf in fresh:
                asked = select(leaves.c.idx).where(leaves.c.hash == b64decode(leaf))
                found = connection.execute(asked).scalars().all()
                assert len(found) == 1, "an answer was given and its leaf is not in the log"
            self._found.update(fresh)

    def counted(self) -> dict[str, int]:
        """How many case leaves of the callers' kinds there are, and how many records."""
        kinds = select(bodies.c.kind, func.count().label("number")).group_by(bodies.c.kind)
        with looking_into(self._data) as connection:
            found: dict[str, int] = {row.kind: row.number for row in connection.execute(kinds)}
            kept = select(func.count()).select_from(records)
            return found | {"record": connection.execute(kept).scalar_one()}

    def check_once_each(self) -> None:
        """Every call that was answered took effect exactly once, and no other did."""
        assert not self._desk.unanswered
        counted = self.counted()
        for path, kind in LEAVES_OF.items():
            assert counted.get(kind, 0) == len(self._desk.asked(path)), kind
        stored = {call.told["id"] for call in self._desk.asked("/v1/records")}
        assert counted["record"] == len(stored)

    async def look_at_checkpoint(self, http: httpx.AsyncClient) -> None:
        """Keep the published checkpoint; it is signed and goes on from the one seen before."""
        answer = await http.get("/log/checkpoint")
        if answer.status_code == 404:
            assert not self.seen, "a checkpoint was there and is gone"
            return
        now = read_checkpoint(read_note(answer.content).text)
        if self.seen and now == self.seen[-1]:
            return
        key = read_key((self._public / "key").read_text().strip())
        assert key in signers(read_note(answer.content), [key])
        if self.seen:
            before = self.seen[-1]
            assert now.size > before.size, "the published log shrank, or changed at one size"
            self._check_growth(before, now, await self._consistency(http, before.size, now.size))
        self.seen.append(now)
        self.published = now.size

    async def redeem(self, http: httpx.AsyncClient, calls: Sequence[Call]) -> int:
        """Fetch proofs for some leaves; how many were published already."""
        redeemed = 0
        for call in calls:
            assert call.leaf is not None
            answer = await http.get("/v1/log/proof", params={"leaf": call.leaf})
            if answer.status_code == 404:
                assert answer.json()["code"] == "leaf_not_published"
                continue
            proof = read_proof(answer.content)
            under = read_checkpoint(read_note(proof.checkpoint).text)
            leaf = b64decode(call.leaf)
            check_inclusion(proof.index, under.size, leaf, proof.siblings, under.root)
            redeemed += 1
        return redeemed

    def check_published(self) -> int:
        """The verifier proves the log, every checkpoint ever seen is a beginning of it, and every
        answered leaf stands in it; gives its size."""
        place = Folder(self._public)
        last = verify_log(place, None, Way()).checkpoint
        for seen in self.seen:
            root, proof = TileTree(place, last.size).consistency(seen.size)
            assert root == seen.root
            self._check_growth(seen, last, proof)
        published = {
            b64decode(leaf) for leaf in (call.leaf for call in self._desk.answered) if leaf
        }
        below = select(leaves.c.hash).where(leaves.c.idx < last.size)
        with looking_into(self._data) as connection:
            assert published <= set(connection.execute(below).scalars())
        return last.size

    async def _consistency(self, http: httpx.AsyncClient, old: int, new: int) -> list[bytes]:
        answer = await http.get("/v1/log/consistency", params={"from": old, "to": new})
        assert answer.status_code == 200, answer.text
        head, _, _ = answer.text.partition("\n\n")
        lines = head.split("\n")
        assert lines[:2] == [f"old {old}", f"new {new}"]
        return [b64decode(line) for line in lines[2:]]

    def _check_growth(self, old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
        assert old.origin == new.origin
        check_consistency((old.size, old.root), (new.size, new.root), list(proof))
