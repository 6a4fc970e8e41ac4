"""Proofs are good for once: which `jti` and nonces clients have used (RFC 9449 section 11.1).

What is kept is a digest of the kind, the client and its `jti` or nonce, never of the proof's text: the
same proof written differently is the same. It is durable before the call goes on, for every process on
the database, and outlives the minute in which the proof would hold tenfold, so that a clock that is
set back brings nothing to life again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeAlias

from sqlalchemy import Connection, bindparam, delete, select

from gateway.domain.errors import NotSignedIn
from gateway.storage.database import Database, Statement, new_row
from gateway.storage.schema import used_proofs

KEPT_SECONDS = 600
Kind: TypeAlias = Literal["assertion", "dpop", "signature"]
_SEEN = Statement(select(used_proofs.c.digest).where(used_proofs.c.digest == bindparam("digest")))
_NEW = new_row(used_proofs)


@dataclass(frozen=True, slots=True)
class Used:
    """One proof of a client; `identifier` is its `jti` or nonce."""

    kind: Kind
    client_id: str
    identifier: str

    def digest(self) -> bytes:
        """By what the proof is known again."""
        parts = (part.encode() for part in (self.kind, self.client_id, self.identifier))
        return sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()


class UsedProofs:
    """The proofs that the clients of one deployment have used."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def use(self, proofs: Sequence[Used]) -> None:
        """Use proofs up, all of them or none; raises NotSignedIn `proof_used`, Busy."""
        expires = int(self._clock().timestamp()) + KEPT_SECONDS
        rows = [{"digest": proof.digest(), "expires_at": expires} for proof in proofs]

        def use_up(connection: Connection) -> bool:
            # a refusal that is raised here would make the others of the group run again
            if any(_SEEN.first(connection, row) is not None for row in rows):
                return False
            for row in rows:
                _NEW.run(connection, row)
            return True

        if not await self._database.write(use_up):
            raise NotSignedIn("proof_used", "this proof was used before")


def purge_used(connection: Connection, now: datetime) -> int:
    """Delete what no proof could still be; how many went."""
    over = used_proofs.c.expires_at <= int(now.timestamp())
    return connection.execute(delete(used_proofs).where(over)).rowcount
