"""Register dossiers, take their progress, and answer for their status.

Registering the same dossier again changes nothing; with other content it replaces what the portal was
told. What comes to it later (a result, a fee, a supplement) comes with its progress. Every change is
queued for the portal in the transaction that makes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from gateway.access.callers import not_granted
from gateway.domain.clock import hour_of
from gateway.domain.errors import DossierRefused, NotFound
from gateway.domain.identifiers import TenantId
from gateway.dossiers._checking import (
    check_file,
    check_procedure,
)
from gateway.dossiers._evidence.reuse import components_on_record, last_reuse
from gateway.dossiers._evidence.serving import case_behind, find_bundle, share_of
from gateway.dossiers._portal.protocol import Protocol
from gateway.dossiers._stored import StoredDossier, components_text, find_dossier
from gateway.dossiers._telling.outbox import QUEUED, Seal, queue, say_again
from gateway.dossiers.dossier import (
    NEW,
    Added,
    Dossier,
    Step,
)
from gateway.dossiers.moments import check_step, check_supplements, end_of
from gateway.dossiers.status import DossierStatus, status_of
from gateway.forms.values import LOCAL_ZONE
from gateway.log.append import append_case
from gateway.log.entries import ReusePayload
from gateway.receipts.cases import case_tag, opened_at, register_dossier
from gateway.records.store import RecordStore
from gateway.storage.schema import dossier_steps, dossiers

POPULATION_CODE = "POP-DB"
"""The portal's code of the population database where nothing else is set (ours)."""

NOTHING = Added()
MOST_STEPS = 1000
"""Rows of progress that one dossier may have."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The dossiers that were registered with a deployment; none is shown to another tenant.

    `population_code` is the portal's code of the population database (`MaCSDL`).
    """

    protocol: Protocol = field(repr=False)
    seal: Seal = field(repr=False)
    records: RecordStore = field(repr=False)
    index_key: bytes = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    population_code: str = POPULATION_CODE

    def register(self, connection: Connection, tenant: TenantId, dossier: Dossier) -> bool:
        """Take a dossier in and queue it; whether it is new.

        Raises DossierRefused (`unknown_procedure`, `procedure_abolished`, `procedure_changed`,
        `file_hash_mismatch`, `record_not_usable`, `part_of_bundle`, `dossier_not_granted`).
        """
        check_owner(connection, tenant, dossier.code)
        if share_of(connection, dossier.code) is not None:
            raise DossierRefused("part_of_bundle", "its bundle says what is to be said", "code")
        if find_bundle(connection, dossier.code) is not None:
            raise DossierRefused("procedure_changed", "a bundle is under this code", "procedure")
        if find_dossier(connection, dossier.code) is None:
            check_procedure(connection, dossier.procedure, must_be_known=True)
        return self.take(connection, tenant, dossier, dossier.code)

    def take(
        self, connection: Connection, tenant: TenantId, dossier: Dossier, case_code: str
    ) -> bool:
        """The same for a dossier whose procedure was looked at; `case_code` is its bundle's, or its own."""
        present = find_dossier(connection, dossier.code)
        if present is not None and present.tenant != tenant:
            raise not_granted("code")
        if present is not None and present.procedure != dossier.procedure:
            raise DossierRefused("procedure_changed", "a dossier keeps its procedure", "procedure")
        digests = dict(one.file for one in present.components if one.file) if present else {}
        now = self.clock()
        case_ref = register_dossier(connection, tenant, case_code, now, self.index_key)
        for place, attachment in enumerate(dossier.attachments):
            check_file(attachment, digests, f"attachments[{place}]")
        self._record_reuse(connection, tenant, dossier, case_code)
        fingerprint = self.seal.fingerprint(dossier.written())
        derived = {"fingerprint": fingerprint, "case_tag": case_tag(self.index_key, case_ref)}
        if present is None:
            self._add(connection, tenant, dossier, derived)
        elif present.fingerprint != fingerprint:
            self._replace(connection, dossier, derived, present)
        return present is None

    def go_on(
        self,
        connection: Connection,
        tenant: TenantId,
        code: str,
        steps: tuple[Step, ...],
        added: Added = NOTHING,
        *,
        in_order: bool = False,
    ) -> int:
        """Take rows of progress in, in order, and what came with them; how many rows are new.

        With `in_order` a new row before the dossier's receipt, or before the row before it, is refused.

        Raises NotFound `unknown_dossier`, DossierRefused `illegal_transition`, `impossible_time`,
        `too_many_steps`, `dossier_forgotten` (something is added to what is kept no longer).
        """
        row = self.row(connection, tenant, code)
        known = _rows_known(connection, code)
        since = _last_moment(connection, row)
        check_supplements(added.supplements, row.submitted_at, self.clock())
        state, taken = row.stated, []
        for place, step in enumerate(steps):
            fingerprint = self.seal.fingerprint(step.written())
            if fingerprint in known:
                continue
            self.protocol.check_step(state, step.state, f"rows[{place}].state")
            since = check_step(step, since if in_order else 0, f"rows[{place}]")
            number = len(known)
            if number >= MOST_STEPS:
                raise DossierRefused("too_many_steps", "a dossier has at most 1000 rows", "rows")
            known.add(fingerprint)
            self._add_step(connection, code, number, step, fingerprint)
            state = step.state
            taken.append(step)
        self._change(connection, row, taken, added)
        if taken:
            self._advance(connection, row, taken)
        return len(taken)

    def status(self, connection: Connection, tenant: TenantId, code: str) -> DossierStatus:
        """A tenant's dossier as it stands; raises NotFound `unknown_dossier`."""
        row = self.row(connection, tenant, code)
        case = case_behind(connection, tenant, code, self.index_key)
        return status_of(connection, row, case, self.population_code)

    def row(self, connection: Connection, tenant: TenantId, code: str) -> StoredDossier:
        """What is known of a tenant's dossier; raises NotFound `unknown_dossier`."""
        row = find_dossier(connection, code)
        if row is None or row.tenant != tenant:
            raise NotFound("unknown_dossier", "there is no such dossier")
        return row

    def _record_reuse(
        self, connection: Connection, tenant: TenantId, dossier: Dossier, case_code: str
    ) -> None:
        """Write which components are on record, when that is not what the log says already."""
        now = self.clock()
        opened = opened_at(connection, tenant, case_code, self.index_key) or 0
        today = now.astimezone(LOCAL_ZONE).date()
        components = components_on_record(dossier, case_code, tenant, self.records, opened, today)
        case = case_behind(connection, tenant, dossier.code, self.index_key)
        before = last_reuse(case.events)
        if components != (before[1] if before else ()):
            payload = ReusePayload(case.ref, tenant, dossier.procedure, hour_of(now), components)
            append_case(connection, payload)

    def _add(
        self,
        connection: Connection,
        tenant: TenantId,
        dossier: Dossier,
        derived: Mapping[str, bytes],
    ) -> None:
        now = int(self.clock().timestamp())
        row = {
            "code": dossier.code,
            "tenant": tenant,
            "registered_at": now,
            "first_state": dossier.state,
            "stated": dossier.state,
            "told_version": 0,
            "sync": QUEUED,
            "refusals": 0,
            "tries": 0,
            "next_at": now,
            "in_doubt": False,
            **self._said(dossier, 1),
            **derived,
        }
        connection.execute(insert(dossiers), row)

    def _replace(
        self,
        connection: Connection,
        dossier: Dossier,
        derived: Mapping[str, bytes],
        present: StoredDossier,
    ) -> None:
        said = {**self._said(dossier, present.version + 1), **derived, "added": None}
        if present.stated == NEW:
            said |= {"stated": dossier.state, "first_state": dossier.state}
        connection.execute(update(dossiers).where(dossiers.c.code == dossier.code).values(said))
        queue(connection, dossier.code, self.clock())

    def _said(self, dossier: Dossier, version: int) -> Mapping[str, object]:
        """What a registration writes, whether it is the first or replaces one."""
        return {
            "procedure": dossier.procedure,
            "form": dossier.form,
            "channel": dossier.channel,
            "unit": dossier.unit,
            "submitted_at": dossier.submitted,
            "received_at": dossier.received,
            "due_at": dossier.due,
            "components": components_text(dossier.attachments),
            "version": version,
            "sealed": self.seal.lock_dossier(dossier, version),
        }

    def _add_step(
        self, connection: Connection, code: str, number: int, step: Step, fingerprint: bytes
    ) -> None:
        row = {
            "code": code,
            "seq": number,
            "state": step.state,
            "at": step.at,
            "fingerprint": fingerprint,
            "sealed": self.seal.lock_step(code, number, step),
        }
        connection.execute(insert(dossier_steps), row)

    def _change(
        self, connection: Connection, row: StoredDossier, steps: Sequence[Step], added: Added
    ) -> None:
        """Say the dossier again with what came to it, and with its receipt when that is news."""
        fingerprint = self.seal.fingerprint(added.written())
        news = added != NOTHING and fingerprint != row.added
        received = steps[0].at if steps and row.stated == NEW and row.received_at is None else None
        if news and row.sealed is None:
            raise DossierRefused("dossier_forgotten", "say the whole dossier again", "")
        if row.sealed is None or not (news or received):
            return
        dossier = self.seal.open_dossier(row.code, row.version, row.sealed)
        dossier = replace(dossier, received=dossier.received or received).with_added(added)
        say_again(connection, self.seal, row, dossier, self.clock())
        if news:
            of = dossiers.c.code == row.code
            connection.execute(update(dossiers).where(of).values(added=fingerprint))

    def _advance(self, connection: Connection, row: StoredDossier, steps: list[Step]) -> None:
        """The dossier's new state."""
        values: dict[str, object] = {
            "stated": steps[-1].state,
            "ended_at": end_of(row.ended_at, steps),
        }
        if row.stated == NEW:
            values["received_at"] = row.received_at or steps[0].at
        connection.execute(update(dossiers).where(dossiers.c.code == row.code).values(values))
        queue(connection, row.code, self.clock())


def check_owner(connection: Connection, tenant: TenantId, code: str) -> None:
    """Refuse a code under which another tenant of the same agency has a dossier or a bundle.

    The answer is the one to every code of another agency.
    """
    held = (find_dossier(connection, code), find_bundle(connection, code))
    if any(one is not None and one.tenant != tenant for one in held):
        raise not_granted("code")


def _last_moment(connection: Connection, row: StoredDossier) -> int:
    """What a dossier's next row of progress cannot lie before: its receipt and the rows so far."""
    last = select(func.max(dossier_steps.c.at)).where(dossier_steps.c.code == row.code)
    known: int | None = connection.execute(last).scalar_one()
    return max(row.received_at or row.submitted_at, known or 0)


def _rows_known(connection: Connection, code: str) -> set[bytes]:
    """What tells each row of a dossier's progress from every other."""
    column = dossier_steps.c.fingerprint
    return set(connection.execute(select(column).where(dossier_steps.c.code == code)).scalars())
