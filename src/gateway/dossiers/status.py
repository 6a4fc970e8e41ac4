"""The status of one dossier: what the portal has, what waits, what was reused."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.domain.json_texts import own_json
from gateway.dossiers._evidence.flags import Mark, OnPaper, marks_of, on_paper
from gateway.dossiers._evidence.serving import Case
from gateway.dossiers._stored import StoredDossier
from gateway.dossiers._telling.outbox import steps_waiting
from gateway.log.tree import leaf_text
from gateway.storage.schema import leaves


@dataclass(frozen=True, slots=True)
class DossierStatus:
    """One dossier as it stands (tình trạng đồng bộ hồ sơ).

    `sent` are the flags that the portal has, `raised` those that the log allows now and that the
    portal has not; `hashes` are the leaf hashes behind both, by index, in base64; none of a log that was closed.
    """

    row: StoredDossier
    case: Case
    dossier_waits: bool
    steps_wait: int
    raised: tuple[Mark, ...]
    sent: tuple[Mark, ...]
    paper: tuple[OnPaper, ...]
    hashes: dict[int, str]


def status_of(
    connection: Connection, row: StoredDossier, case: Case, population_code: str
) -> DossierStatus:
    """Everything that is known of a registered dossier."""
    sent = sent_flags(row.told)
    known = {(mark.flag, mark.value, mark.file) for mark in sent}
    raised = tuple(
        mark
        for mark in marks_of(row.channel, row.components, case.events, population_code)
        if (mark.flag, mark.value, mark.file) not in known
    )
    indices = {mark.leaf for mark in (*raised, *sent)} | {row.confirmed_leaf or 0}
    return DossierStatus(
        row,
        case,
        dossier_waits=row.told_version < row.version,
        steps_wait=steps_waiting(connection, row.code),
        raised=raised,
        sent=sent,
        paper=on_paper(row.components, case.events),
        hashes=_hashes(connection, indices),
    )


def sent_flags(sent: str | None) -> tuple[Mark, ...]:
    """The flags that the portal has, from the column that keeps them."""
    return () if sent is None else tuple(Mark(*one) for one in own_json(sent)["marks"])


def hash_of(connection: Connection, leaf: int) -> str:
    """The hash of one leaf, in base64."""
    return _hashes(connection, [leaf])[leaf]


def _hashes(connection: Connection, indices: Sequence[int] | set[int]) -> dict[int, str]:
    rows = connection.execute(
        select(leaves.c.idx, leaves.c.hash).where(leaves.c.idx.in_(sorted(indices)))
    )
    return {row.idx: leaf_text(row.hash) for row in rows}
