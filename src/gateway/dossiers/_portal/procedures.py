"""The procedures that the portal publishes, and what has changed since it was asked last.

The list is read whole, the tree of each procedure when it is new, when a form or a dossier needs it,
and otherwise in turn, some hundreds at a time. Kept is what dossiers and figures need, a digest of the
tree, and what changed last: `new`, `changed` or `abolished`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.dossiers._portal.client import Portal
from gateway.dossiers._portal.wire import PortalProcedure
from gateway.storage.database import Database
from gateway.storage.schema import portal_procedures

NEW, CHANGED, ABOLISHED, KNOWN = "new", "changed", "abolished", "known"
_FIND = select(portal_procedures).where(portal_procedures.c.code == bindparam("of"))
_LENGTH = 8
"""Characters of a code without the suffix of a unit, which stands for the same procedure."""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed last of a procedure, and when it was seen (seconds since 1970)."""

    code: str
    name: str
    change: str
    seen_at: int


@dataclass(frozen=True, slots=True)
class Procedures:
    """The portal's catalogue of procedures (danh mục thủ tục hành chính), kept in step."""

    database: Database = field(repr=False)
    portal: Portal = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    trees_at_a_time: int = 300

    def find(self, code: str) -> PortalProcedure | None:
        """A procedure as it was seen last; None where its tree was never read."""
        asked = {"of": code[:_LENGTH]}
        row = self.database.read(lambda c: c.execute(_FIND, asked).one_or_none())
        return None if row is None else PortalProcedure(**{n: getattr(row, n) for n in _MEMBERS})

    async def learn(self, code: str) -> PortalProcedure | None:
        """Read one procedure's tree now; None where the portal has none."""
        found = await self.portal.procedure(code[:_LENGTH])
        if found is None:
            return None
        procedure, tree = found
        await self._keep({procedure.code: (procedure, tree)}, None)
        return procedure

    async def refresh(self, needed: Collection[str] = ()) -> tuple[Change, ...]:
        """Read the list, and the trees that are due; gives what changed.

        `needed` are codes that forms are bound to. Raises SourceError where the portal does not
        answer; nothing is changed then.
        """
        listed = await self.portal.procedures()
        trees = {}
        for code in self._due(listed, {one[:_LENGTH] for one in needed}):
            found = await self.portal.procedure(code)
            if found is not None:
                trees[code] = found
        return await self._keep(trees, frozenset(listed))

    def _due(self, listed: Mapping[str, str], needed: Collection[str]) -> list[str]:
        """New ones first, then what forms need, then those whose tree was read longest ago."""
        asked = select(portal_procedures.c.code, portal_procedures.c.read_at)
        read_at = {
            row.code: row.read_at for row in self.database.read(lambda c: c.execute(asked).all())
        }
        order = sorted(
            listed,
            key=lambda code: (code in read_at, code not in needed, read_at.get(code, 0), code),
        )
        return order[: self.trees_at_a_time]

    async def _keep(
        self,
        trees: Mapping[str, tuple[PortalProcedure, object]],
        listed: frozenset[str] | None,
    ) -> tuple[Change, ...]:
        now = int(self.clock().timestamp())
        return await self.database.write(lambda c: _keep(c, trees, listed, now))


def changes(connection: Connection) -> tuple[Change, ...]:
    """What changed last of every procedure but those that were there from the first, newest first."""
    asked = (
        select(portal_procedures)
        .where(portal_procedures.c.change != KNOWN)
        .order_by(portal_procedures.c.changed_at.desc(), portal_procedures.c.code)
    )
    return tuple(
        Change(row.code, row.name, row.change, row.changed_at) for row in connection.execute(asked)
    )


def abolished(connection: Connection, codes: Collection[str]) -> frozenset[str]:
    """Which of these codes the portal has abolished."""
    gone = set(
        connection.execute(
            select(portal_procedures.c.code).where(portal_procedures.c.public.is_(False))
        ).scalars()
    )
    return frozenset(code for code in codes if code[:_LENGTH] in gone)


_MEMBERS = tuple(PortalProcedure.__dataclass_fields__)


def _keep(
    connection: Connection,
    trees: Mapping[str, tuple[PortalProcedure, object]],
    listed: frozenset[str] | None,
    now: int,
) -> tuple[Change, ...]:
    table = portal_procedures
    before = {row.code: row for row in connection.execute(select(table))}
    first = not any(row.listed for row in before.values())
    seen = []
    for code, (procedure, tree) in sorted(trees.items()):
        digest = sha256(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)).digest()
        known, values = before.get(code), {**asdict(procedure), "digest": digest, "read_at": now}
        if known is None:
            change = KNOWN if first else NEW
            said = {"change": change, "changed_at": now, "listed": False}
            connection.execute(insert(table), {**values, **said})
        else:
            change = KNOWN if known.digest == digest else CHANGED
            said = {} if change == KNOWN else {"change": change, "changed_at": now}
            connection.execute(update(table).where(table.c.code == code).values({**values, **said}))
        if change != KNOWN:
            seen.append(Change(code, procedure.name, change, now))
    if listed is None:
        return tuple(seen)
    connection.execute(update(table).where(table.c.code.in_(sorted(listed))).values(listed=True))
    gone = [row for code, row in before.items() if code not in listed and row.change != ABOLISHED]
    for row in gone:
        values = {"public": False, "change": ABOLISHED, "changed_at": now}
        connection.execute(update(table).where(table.c.code == row.code).values(values))
        seen.append(Change(row.code, row.name, ABOLISHED, now))
    return tuple(seen)
