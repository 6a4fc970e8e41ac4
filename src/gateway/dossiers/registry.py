"""How does a dossier come in, how does it go on, and what is asked of it later?

Registering the same dossier again changes nothing; with other content it replaces what the portal was
told. Every change is queued for the portal in the transaction that makes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select, update

from gateway.domain.errors import Conflict, DossierRefused, NotFound
from gateway.domain.identifiers import TenantId
from gateway.dossiers.dossier import (
    DONE,
    NEW,
    REFUSED,
    RETURNED,
    STOPPED,
    WITHDRAWN,
    Attachment,
    Dossier,
    Step,
)
from gateway.dossiers.evidence.reuse import last_ways, reuse_body, ways_of
from gateway.dossiers.evidence.serving import case_behind, find_bundle, share_of
from gateway.dossiers.portal.protocol import Protocol
from gateway.dossiers.standing import Standing, standing_of
from gateway.dossiers.telling.outbox import QUEUED, Seal, queue
from gateway.forms.values import LOCAL_ZONE
from gateway.log.append import append_case
from gateway.receipts.chains import opened_at, register_dossier
from gateway.records.store import RecordStore
from gateway.storage.portal_tables import dossier_steps, dossiers, portal_procedures

POPULATION_CODE = "POP-DB"
"""The portal's code of the population database where nothing else is set (ours)."""

MOST_STEPS = 1000
"""Rows of progress that one dossier may have."""

_ENDS = frozenset({DONE, RETURNED, STOPPED, REFUSED, WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Registry:
    """The dossiers that a deployment was told of; none is shown to another tenant.

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
        `file_hash_mismatch`, `record_not_usable`, `part_of_bundle`), Conflict
        `dossier_of_another_system`.
        """
        if share_of(connection, dossier.code) is not None:
            raise DossierRefused("part_of_bundle", "its bundle says what is to be said", "code")
        if find_bundle(connection, dossier.code) is not None:
            raise DossierRefused("procedure_changed", "a bundle is under this code", "procedure")
        if _row(connection, dossier.code) is None:
            check_procedure(connection, dossier.procedure, must_be_known=True)
        return self.take(connection, tenant, dossier, dossier.code)

    def take(
        self, connection: Connection, tenant: TenantId, dossier: Dossier, case_code: str
    ) -> bool:
        """The same for a dossier whose procedure was looked at; `case_code` is its bundle's, or its own."""
        standing = _row(connection, dossier.code)
        if standing is not None and standing.tenant != tenant:
            raise Conflict("dossier_of_another_system", "another system registered this dossier")
        if standing is not None and standing.procedure != dossier.procedure:
            raise DossierRefused("procedure_changed", "a dossier keeps its procedure", "procedure")
        told = {} if standing is None else _digests(standing.components)
        now = self.clock()
        register_dossier(connection, tenant, case_code, now, self.index_key)
        for place, attachment in enumerate(dossier.attachments):
            _check_file(attachment, told, f"attachments[{place}]")
        self._record_reuse(connection, tenant, dossier, case_code)
        fingerprint = self.seal.fingerprint(dossier.written())
        if standing is None:
            self._add(connection, tenant, dossier, fingerprint)
        elif standing.fingerprint != fingerprint:
            self._replace(connection, dossier, fingerprint, standing)
        return standing is None

    def go_on(
        self, connection: Connection, tenant: TenantId, code: str, steps: tuple[Step, ...]
    ) -> int:
        """Take rows of progress in, in order; how many of them are new.

        Raises NotFound `unknown_dossier`, DossierRefused `illegal_transition`, `too_many_steps`.
        """
        row = self.row(connection, tenant, code)
        known = _rows_known(connection, code)
        state, taken = row.stated, []
        for place, step in enumerate(steps):
            fingerprint = self.seal.fingerprint(step.written())
            if fingerprint in known:
                continue
            self.protocol.check_step(state, step.state, f"rows[{place}].state")
            number = len(known)
            if number >= MOST_STEPS:
                raise DossierRefused("too_many_steps", "a dossier has at most 1000 rows", "rows")
            known.add(fingerprint)
            self._add_step(connection, code, number, step, fingerprint)
            state = step.state
            taken.append(step)
        if taken:
            self._advance(connection, row, taken)
        return len(taken)

    def standing(self, connection: Connection, tenant: TenantId, code: str) -> Standing:
        """A tenant's dossier as it stands; raises NotFound `unknown_dossier`."""
        row = self.row(connection, tenant, code)
        case = case_behind(connection, tenant, code, self.index_key)
        return standing_of(connection, row, case, self.population_code)

    def row(self, connection: Connection, tenant: TenantId, code: str) -> Row[Any]:
        """What is known of a tenant's dossier; raises NotFound `unknown_dossier`."""
        row = _row(connection, code)
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
        ways = ways_of(dossier, case_code, tenant, self.records, opened, today)
        case = case_behind(connection, tenant, dossier.code, self.index_key)
        before = last_ways(case.events)
        if ways != (before[1] if before else ()):
            body = reuse_body(case.ref, tenant, dossier.procedure, ways, now)
            append_case(connection, "reuse", tenant, body, now)

    def _add(
        self, connection: Connection, tenant: TenantId, dossier: Dossier, fingerprint: bytes
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
            **self._said(dossier, 1, fingerprint),
        }
        connection.execute(insert(dossiers), row)

    def _replace(
        self, connection: Connection, dossier: Dossier, fingerprint: bytes, standing: Row[Any]
    ) -> None:
        said = {**self._said(dossier, standing.version + 1, fingerprint)}
        if standing.stated == NEW:
            said |= {"stated": dossier.state, "first_state": dossier.state}
        connection.execute(update(dossiers).where(dossiers.c.code == dossier.code).values(said))
        queue(connection, dossier.code, self.clock())

    def _said(self, dossier: Dossier, version: int, fingerprint: bytes) -> Mapping[str, object]:
        """What a registration writes, whether it is the first or replaces one."""
        return {
            "procedure": dossier.procedure,
            "form": dossier.form,
            "channel": dossier.channel,
            "unit": dossier.unit,
            "submitted_at": dossier.submitted,
            "received_at": dossier.received,
            "due_at": dossier.due,
            "components": orjson.dumps([_component(a) for a in dossier.attachments]).decode(),
            "fingerprint": fingerprint,
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

    def _advance(self, connection: Connection, row: Row[Any], steps: list[Step]) -> None:
        """The dossier's new state; one that was only newly registered is told once more."""
        values: dict[str, object] = {"stated": steps[-1].state, "ended_at": _end(row, steps)}
        if row.stated == NEW:
            received = row.received_at or steps[0].at
            values["received_at"] = received
            if row.sealed is not None:
                dossier = self.seal.open_dossier(row.code, row.version, row.sealed)
                version = row.version + 1
                values["version"] = version
                values["sealed"] = self.seal.lock_dossier(
                    replace(dossier, received=received), version
                )
        connection.execute(update(dossiers).where(dossiers.c.code == row.code).values(values))
        queue(connection, row.code, self.clock())


def _end(row: Row[Any], steps: list[Step]) -> int | None:
    """When the dossier's processing ended; the hand-over of a result is no later end."""
    ended: int | None = row.ended_at
    for step in steps:
        if step.state not in _ENDS:
            ended = None
        elif step.state != RETURNED or ended is None:
            ended = step.at
    return ended


def _row(connection: Connection, code: str) -> Row[Any] | None:
    return connection.execute(select(dossiers).where(dossiers.c.code == code)).one_or_none()


def _rows_known(connection: Connection, code: str) -> set[bytes]:
    """What tells each row of a dossier's progress from every other."""
    column = dossier_steps.c.fingerprint
    return set(connection.execute(select(column).where(dossier_steps.c.code == code)).scalars())


def check_procedure(connection: Connection, code: str, *, must_be_known: bool) -> None:
    """Where the portal's catalogue is known, a procedure must be in force, or stand in it at all.

    Raises DossierRefused `unknown_procedure`, `procedure_abolished`.
    """
    known = connection.execute(
        select(portal_procedures.c.public).where(portal_procedures.c.code == code[:8])
    ).scalar_one_or_none()
    listed = select(portal_procedures.c.code).where(portal_procedures.c.listed.is_(True)).limit(1)
    if must_be_known and known is None and connection.execute(listed).first():
        raise DossierRefused("unknown_procedure", "the portal has no such procedure", "procedure")
    if known is False:
        raise DossierRefused(
            "procedure_abolished", "the procedure takes no new dossiers", "procedure"
        )


def _component(attachment: Attachment) -> dict[str, object]:
    """What stays known of a component: no name of a file, which may name a person."""
    file = attachment.file
    return {
        "component": attachment.component,
        "file": None if file is None or attachment.removed else [file.id, file.sha256],
        "result": attachment.result,
        "from_store": attachment.from_store,
        "replaced_by": attachment.replaced_by,
    }


def _digests(components: str) -> dict[str, str]:
    files = [one["file"] for one in orjson.loads(components)]
    return dict(filter(None, files))


def _check_file(attachment: Attachment, told: dict[str, str], member: str) -> None:
    """One id is one file: with another digest it is not the file that it says it is."""
    file = attachment.file
    if file is not None and told.setdefault(file.id, file.sha256) != file.sha256:
        raise DossierRefused(
            "file_hash_mismatch", "the digest is not that of this file", f"{member}.file.sha256"
        )
