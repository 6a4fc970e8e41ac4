"""The case of a dossier that a submission names first: it becomes the case of the submitted chain.

Payloads that were sealed before keep the case that they name. What counts of the dossier is therefore
repeated in the chain's case, in the transaction of the submission: each state that the portal has had
it in (`sync`), and which components are on record (`reuse`).
"""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from gateway.log.append import append_case
from gateway.receipts.cases import case_tag, join_dossier
from gateway.storage.schema import bodies, chains, dossiers

_REPEATED = ("sync", "reuse")
_WHICH = ("k", "proc", "part", "st")


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
        for body in _standing(connection, joined.before):
            hour = int(now.timestamp()) // 3600
            said = {**body, "case": joined.case_ref, "h": hour}
            if body["k"] == "sync":
                said["pre"] = _began_before(connection, said, tag)
            append_case(connection, body["k"], tenant, said, now)
    return joined.case_ref


def _standing(connection: Connection, case_ref: str) -> list[dict[str, Any]]:
    """The last body of each thing that is said of a dossier, in the order of the log."""
    of_case = bodies.c.case_ref == case_ref, bodies.c.kind.in_(_REPEATED)
    texts = connection.execute(select(bodies.c.body).where(*of_case).order_by(bodies.c.idx))
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for body in map(orjson.loads, texts.scalars()):
        which = tuple(body.get(name) for name in _WHICH)
        last.pop(which, None)
        last[which] = body
    return list(last.values())


def _began_before(connection: Connection, said: dict[str, Any], tag: bytes) -> int:
    """Whether every chain of the case began before the dossier was submitted, as the portal knows it."""
    told = select(dossiers.c.procedure, dossiers.c.submitted_at).where(dossiers.c.case_tag == tag)
    rows: list[Row[Any]] = list(connection.execute(told))
    own = [row.submitted_at for row in rows if row.procedure == said["proc"]]
    times = own or [row.submitted_at for row in rows]
    of_case = select(chains.c.first_at).where(chains.c.case_ref == said["case"])
    began = connection.execute(of_case).scalars().all()
    return int(bool(times) and all(first_at < min(times) for first_at in began))
