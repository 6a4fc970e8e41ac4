"""Find the dossiers to send to the portal again, since the log says more of them than it was sent.

A leaf may raise a flag after its dossier was delivered: a prefill at the desk, a submission. Leaves are
searched in their order, a few thousand at a time, from where the last search ended; a dossier is found
from its case by a keyed digest. What raises nothing new is not sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from gateway.dossiers._evidence.flags import marks_of
from gateway.dossiers._evidence.serving import case_behind
from gateway.dossiers._stored import StoredDossier, stored_dossier
from gateway.dossiers._telling.confirming import read_sent
from gateway.dossiers._telling.outbox import DELIVERED, say_again
from gateway.dossiers.registry import Registry
from gateway.receipts.cases import case_tag
from gateway.storage.database import Database
from gateway.storage.schema import bodies, dossiers, leaves_followed

LEAVES_AT_A_TIME = 5_000
DOSSIERS_A_WRITE = 100
LEAVES_FORGIVEN = 1_000
"""So many leaves without any news are searched again after a start, at most."""

_SPEAKING = ("prefill", "confirmation", "submission", "reuse")
_CASES = (
    select(bodies.c.case_ref)
    .where(
        bodies.c.idx > bindparam("after"),
        bodies.c.idx <= bindparam("last"),
        bodies.c.kind.in_(_SPEAKING),
        bodies.c.case_ref.is_not(None),
    )
    .distinct()
)


def requeue_if_changed(connection: Connection, registry: Registry, code: str) -> bool:
    """Queue a dossier again whose leaves raise a flag that the portal does not have; whether they do."""
    row = stored_dossier(connection, code)
    sent = read_sent(row.told)
    if sent is None or row.sealed is None or row.sync != DELIVERED:
        return False
    known = {(mark.flag, mark.value, mark.file) for mark in sent.marks}
    if not _raised(connection, registry, row) - known:
        return False
    dossier = registry.seal.open_dossier(code, row.version, row.sealed)
    say_again(connection, registry.seal, row, dossier, registry.clock())
    return True


def _raised(
    connection: Connection, registry: Registry, row: StoredDossier
) -> set[tuple[str, str, str | None]]:
    """The flags that the log allows now, of the files that are there."""
    files = {None, *(one.file[0] for one in row.components if one.file)}
    events = case_behind(connection, row.tenant, row.code, registry.index_key).events
    marks = marks_of(row.channel, row.components, events, registry.population_code)
    return {(mark.flag, mark.value, mark.file) for mark in marks if mark.file in files}


@dataclass(slots=True)
class Follower:
    """Searches the log for more to tell; one in a deployment."""

    database: Database = field(repr=False)
    registry: Registry = field(repr=False)
    _seen: int | None = None
    _kept: int = -1

    async def follow(self) -> int:
        """Search what was written since the last time; how many dossiers are sent again."""
        queued = 0
        while True:
            seen, last = self.database.read(self._range)
            if seen == last:
                return queued
            codes = self.database.read(partial(self._codes, seen=seen, last=last))
            for first in range(0, len(codes), DOSSIERS_A_WRITE):
                some = codes[first : first + DOSSIERS_A_WRITE]
                queued += await self.database.write(partial(self._tell, codes=some))
            self._seen = last
            if queued or last - self._kept >= LEAVES_FORGIVEN:
                await self.database.write(partial(_keep, leaf=last))
                self._kept = last

    def _range(self, connection: Connection) -> tuple[int, int]:
        """The last leaf that was searched, and the one to search up to now."""
        if self._seen is None:
            kept = connection.execute(select(leaves_followed.c.leaf)).scalar_one_or_none()
            self._seen = self._kept = -1 if kept is None else kept
        end = connection.execute(select(func.max(bodies.c.idx))).scalar_one_or_none()
        end = -1 if end is None else end
        if end < self._seen:  # another log has begun, and its indices with it
            self._seen = self._kept = -1
        return self._seen, min(end, self._seen + LEAVES_AT_A_TIME)

    def _codes(self, connection: Connection, seen: int, last: int) -> Sequence[str]:
        """The delivered dossiers of which these leaves speak."""
        cases = connection.execute(_CASES, {"after": seen, "last": last}).scalars()
        tags = [case_tag(self.registry.index_key, case) for case in cases]
        one = dossiers.c
        found: list[str] = []
        for first in range(0, len(tags), DOSSIERS_A_WRITE):
            of_these = one.case_tag.in_(tags[first : first + DOSSIERS_A_WRITE])
            waiting = one.sync == DELIVERED, one.sealed.is_not(None), of_these
            found += connection.execute(select(one.code).where(*waiting)).scalars()
        return found

    def _tell(self, connection: Connection, codes: Sequence[str]) -> int:
        return sum(requeue_if_changed(connection, self.registry, code) for code in codes)


def _keep(connection: Connection, leaf: int) -> None:
    connection.execute(delete(leaves_followed))
    connection.execute(insert(leaves_followed), {"id": 1, "leaf": leaf})
