"""Find the dossiers that are due to be sent, and what waits of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, bindparam, select

from gateway.dossiers._evidence.serving import Case, case_behind
from gateway.dossiers._stored import StoredDossier, WaitingStep, stored_dossier
from gateway.dossiers._telling.outbox import QUEUED
from gateway.storage.schema import dossier_steps, dossiers

# built once: to put a statement together costs more than to run it
_STEPS = (
    select(dossier_steps.c.seq, dossier_steps.c.state, dossier_steps.c.sealed)
    .where(dossier_steps.c.code == bindparam("code"), dossier_steps.c.sealed.is_not(None))
    .order_by(dossier_steps.c.seq)
)


@dataclass(frozen=True, slots=True)
class Job:
    """One dossier with its case and the rows of progress that wait."""

    row: StoredDossier
    case: Case
    steps: Sequence[WaitingStep] = field(repr=False)


def job_of(connection: Connection, code: str, index_key: bytes) -> Job:
    """What waits of a dossier now."""
    row = stored_dossier(connection, code)
    steps = [WaitingStep(*one) for one in connection.execute(_STEPS, {"code": code})]
    return Job(row, case_behind(connection, row.tenant, code, index_key), steps)


def due_codes(
    connection: Connection, now: int, at_most: int, *which: ColumnElement[bool]
) -> list[str]:
    """Codes of dossiers that are due, the longest waiting first."""
    asked = (
        select(dossiers.c.code)
        .where(dossiers.c.sync == QUEUED, dossiers.c.next_at <= now, *which)
        .order_by(dossiers.c.next_at, dossiers.c.code)
        .limit(at_most)
    )
    return list(connection.execute(asked).scalars())


def next_due(connection: Connection) -> int | None:
    """When the next dossier is due, in seconds since 1970; None when nothing waits."""
    asked = select(dossiers.c.next_at).where(dossiers.c.sync == QUEUED)
    found: int | None = connection.execute(
        asked.order_by(dossiers.c.next_at).limit(1)
    ).scalar_one_or_none()
    return found
