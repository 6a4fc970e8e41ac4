"""The case of a dossier that a submission names first: it becomes the case of the submitted chain.

Payloads that were sealed before keep the case that they name. What counts of the dossier is therefore
repeated in the chain's case, in the transaction of the submission: each state that the portal has had
it in (`sync`), and which components are on record (`reuse`).
"""

from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.domain.clock import hour_of
from gateway.log.append import append_case
from gateway.log.entries import ReusePayload, SyncPayload
from gateway.log.stored import payloads_of_case
from gateway.receipts.cases import case_tag, join_dossier
from gateway.storage.schema import chains, dossiers

_REPEATED = (SyncPayload.kind, ReusePayload.kind)


def join_case(
    connection: Connection,
    tenant: str,
    dossier: str,
    chain: str,
    index_key: bytes,
    now: datetime,
) -> str:
    """The one case of a chain and of the dossier that its submission names first.

    Raises Conflict as `join_dossier` does.
    """
    joined = join_dossier(connection, tenant, dossier, chain, index_key)
    if joined.before is not None:
        tag = case_tag(index_key, joined.case_ref)
        for payload in _latest(connection, joined.before):
            said = replace(payload, case=joined.case_ref, hour=hour_of(now))
            if isinstance(said, SyncPayload):
                said = replace(said, begun_before=_began_before(connection, said, tag))
            append_case(connection, said)
    return joined.case_ref


def _latest(connection: Connection, case_ref: str) -> list[SyncPayload | ReusePayload]:
    """The last payload of each thing that is said of a dossier, in the order of the log."""
    last: dict[Hashable, SyncPayload | ReusePayload] = {}
    for _, payload in payloads_of_case(connection, case_ref, _REPEATED):
        if isinstance(payload, SyncPayload | ReusePayload):
            which = _subject_of(payload)
            last.pop(which, None)
            last[which] = payload
    return list(last.values())


def _subject_of(payload: SyncPayload | ReusePayload) -> Hashable:
    if isinstance(payload, ReusePayload):
        return payload.procedure
    return payload.procedure, payload.part, payload.state


def _began_before(connection: Connection, said: SyncPayload, tag: bytes) -> bool:
    """Whether every chain of the case began before the dossier was submitted, as the portal knows it."""
    registered = select(dossiers.c.procedure, dossiers.c.submitted_at).where(
        dossiers.c.case_tag == tag
    )
    rows = connection.execute(registered).all()
    own = [row.submitted_at for row in rows if row.procedure == said.procedure]
    times = own or [row.submitted_at for row in rows]
    of_case = select(chains.c.first_at).where(chains.c.case_ref == said.case)
    began = connection.execute(of_case).scalars().all()
    return bool(times) and all(first_at < min(times) for first_at in began)
