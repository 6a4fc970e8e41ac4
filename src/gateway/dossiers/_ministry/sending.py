"""Hand the dossiers of a ministry's procedures to its own adapter.

Some procedures go to a ministry's adapter instead of the portal, by setting. Such a dossier is handed
over once (`NoiHoSo`; one that is there already answers with its names), then each row of progress
(`CapNhatTienTrinh`) and the state that it leads to (`CapNhatTrangThai`), with results and fees at 5, 6
and 9, the only states that take them. The gateway holds no file, so that components go without
theirs; a result that comes after the last of these states is not sent. What fails waits and is parked as with the portal, under a
breaker of its own. Nothing of this confirms a dossier: the portal has it from the ministry, if at all.
"""

import random
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from gateway.domain.errors import Busy, Conflict, SourceError
from gateway.dossiers._ministry.client import MinistryAdapter
from gateway.dossiers._ministry.wire import (
    STATES_WITH_RESULTS,
    ApplicantKind,
    Component,
    CopyKind,
    MinistryDossier,
    Named,
    StateChange,
    Step,
    Submitter,
)
from gateway.dossiers._portal.protocol import Protocol
from gateway.dossiers._portal.wire import fee_row, result_row
from gateway.dossiers._telling.confirming import give_up, put_off
from gateway.dossiers._telling.due import Job, due_codes, job_of
from gateway.dossiers._telling.outbox import DELIVERED
from gateway.dossiers.dossier import ENDS, NEW, Dossier
from gateway.dossiers.dossier import Step as Row
from gateway.dossiers.registry import Registry
from gateway.forms.bundles import BASE_CODE
from gateway.storage.database import Database
from gateway.storage.schema import dossier_steps, dossiers, ministry_dossiers
from gateway.upstream.breaker import Breaker

AT_A_TIME = 100
MOST_REFUSALS = 8
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 2.0, 900.0
_KINDS = {"citizen": ApplicantKind.CITIZEN, "enterprise": ApplicantKind.ENTERPRISE}
_OF_THIS_DOSSIER = frozenset({"refused", "not_permitted", "unreadable", "wrong_dossier"})
_KNOWN = select(ministry_dossiers).where(ministry_dossiers.c.code == bindparam("of"))


class _NotTold(Exception):
    """What the ministry's words cannot say; the reason, for people and programs."""


def of_procedures(codes: Collection[str]) -> ColumnElement[bool]:
    """Which dossiers are of these procedures, whatever unit's suffix theirs bear."""
    return func.substr(dossiers.c.procedure, 1, BASE_CODE).in_(sorted(codes))


@dataclass(frozen=True, slots=True)
class MinistryDesk:
    """Hands the dossiers of some procedures to a ministry's adapter (trục kết nối của bộ)."""

    database: Database = field(repr=False)
    adapter: MinistryAdapter = field(repr=False)
    registry: Registry = field(repr=False)
    procedures: frozenset[str]
    breaker: Breaker = field(repr=False)
    jitter: Callable[[float, float], float] = random.uniform

    async def drain(self, should_continue: Callable[[], bool] = lambda: True) -> int:
        """Hand over everything that is due; how many dossiers had a turn."""
        turns = 0
        while should_continue() and (codes := self._due()):
            for code in codes:
                if not should_continue() or not self.breaker.allows():
                    return turns
                turns += 1
                with suppress(Busy):
                    await self._turn(code)
        return turns

    def _due(self) -> list[str]:
        now = int(self.registry.clock().timestamp())
        own = of_procedures(self.procedures)
        return self.database.read(lambda c: due_codes(c, now, AT_A_TIME, own))

    async def _turn(self, code: str) -> None:
        job = self.database.read(lambda c: job_of(c, code, self.registry.index_key))
        try:
            await self._send(job)
        except SourceError as error:
            self.breaker.note(worked=error.cause in _OF_THIS_DOSSIER)
            await self._put_off(job, error.cause)
        except (Conflict, _NotTold) as lasting:
            reason = lasting.code if isinstance(lasting, Conflict) else str(lasting)
            await self.database.write(lambda c: give_up(c, code, reason))
        else:
            self.breaker.note(worked=True)

    async def _send(self, job: Job) -> None:
        """The dossier, then row by row; what was sent is noted at once."""
        row, seal = job.row, self.registry.seal
        dossier = seal.open_dossier(row.code, row.version, row.sealed)
        known = self.database.read(lambda c: c.execute(_KNOWN, {"of": row.code}).one_or_none())
        names = Named(known.id, row.code) if known else await self.adapter.create(_said(dossier))
        state = int(known.state) if known else NEW
        if state == NEW and row.first_state != NEW:
            await self.adapter.change_states([StateChange(names, row.first_state)])
            state = row.first_state
        await self._note(row.code, names, state, None)
        for one in job.steps:
            step = seal.open_step(row.code, one.seq, one.sealed)
            await self.adapter.add_progress([_step(names, step)])
            state = step.state
            await self.adapter.change_states([self._change(names, state, dossier)])
            await self._note(row.code, names, state, one.seq)
        if known and not job.steps and state in STATES_WITH_RESULTS:
            await self.adapter.change_states([self._change(names, state, dossier)])
        await self.database.write(lambda c: _delivered(c, row.code, row.version, state))

    def _change(self, names: Named, state: int, dossier: Dossier) -> StateChange:
        protocol: Protocol = self.registry.protocol
        if state not in STATES_WITH_RESULTS:
            return StateChange(names, state)
        fees = tuple(fee_row(one) for one in dossier.fees)
        results = tuple(result_row(one, protocol) for one in dossier.results)
        return StateChange(names, state, fees=fees, results=results)

    async def _note(self, code: str, names: Named, state: int, sent: int | None) -> None:
        """What the ministry has; a row of progress is erased with the word that says so."""

        def note(connection: Connection) -> None:
            connection.execute(delete(ministry_dossiers).where(ministry_dossiers.c.code == code))
            kept = {"code": code, "id": names.id, "state": state}
            connection.execute(insert(ministry_dossiers), kept)
            at = dossier_steps.c.code == code, dossier_steps.c.seq == sent
            connection.execute(update(dossier_steps).where(*at).values(sealed=None))

        await self.database.write(note)

    async def _put_off(self, job: Job, cause: str) -> None:
        row, counts = job.row, cause in _OF_THIS_DOSSIER
        if counts and row.refusals + 1 >= MOST_REFUSALS:
            await self.database.write(lambda c: give_up(c, row.code, f"ministry_{cause}"))
            return
        longest = min(FIRST_WAIT_SECONDS * 2**row.tries, LONGEST_WAIT_SECONDS)
        next_at = int(self.registry.clock().timestamp() + self.jitter(0.0, longest)) + 1
        await self.database.write(
            lambda c: put_off(c, row.code, cause, next_at, counts=counts, in_doubt=False)
        )


def _delivered(connection: Connection, code: str, version: int, state: int) -> None:
    """All that was read of it is sent; what came meanwhile keeps it queued."""
    one = dossiers.c
    waits = select(dossier_steps.c.seq).where(
        dossier_steps.c.code == code, dossier_steps.c.sealed.is_not(None)
    )
    values: dict[str, object] = {"told_version": version, "tries": 0, "refusals": 0, "reason": None}
    if connection.execute(waits.limit(1)).first() is None:
        values["sync"] = DELIVERED
        if state in ENDS:
            values["sealed"] = None
    connection.execute(
        update(dossiers).where(one.code == code, one.version == version).values(values)
    )


def _said(dossier: Dossier) -> MinistryDossier:
    """The dossier in the ministry's words; raises _NotTold for an owner whom they do not know."""
    owner = dossier.owner
    kind = _KINDS.get(owner.kind)
    number = owner.personal_id or owner.identity_card or owner.number
    if kind is None:
        raise _NotTold("ministry_malformed:LoaiDoiTuong")
    if not number:
        raise _NotTold("ministry_missing:SoDinhDanh")
    submitter = Submitter(kind, owner.name, number, phone=owner.phone, email=owner.email)
    return MinistryDossier(
        code=dossier.code,
        procedure=dossier.procedure,
        owner=owner.name,
        kind=kind,
        unit=dossier.code.partition("-")[0],
        submitted_at=_moment(dossier.submitted),
        received_at=None if dossier.received is None else _moment(dossier.received),
        submitter=submitter,
        components=tuple(
            Component(one.component, one.name, 1, CopyKind.ELECTRONIC, ())
            for one in dossier.attachments
            if one.file and not one.removed
        ),
    )


def _step(names: Named, step: Row) -> Step:
    return Step(
        names,
        step.actor,
        _moment(step.at),
        step.content,
        step.state,
        step.unit,
        None if step.began is None else _moment(step.began),
        None if step.due is None else _moment(step.due),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
