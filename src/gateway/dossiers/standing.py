"""What is known of one dossier now: what the portal was told, what waits, what was reused?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from gateway.dossiers._evidence.flags import Mark, OnPaper, marks_of, on_paper
from gateway.dossiers._evidence.serving import Case
from gateway.dossiers._telling.outbox import steps_waiting
from gateway.log.tree import leaf_text
from gateway.storage.schema import leaves


@dataclass(frozen=True, slots=True)
class Standing:
    """One dossier as it stands (tình trạng đồng bộ hồ sơ).

    `told` are the flags that the portal has, `raised` those that the log allows now and that the
    portal has not; `hashes` are the leaf hashes behind both, by index, in base64; none of a log that was closed.
    """

    row: Row[Any]
    case: Case
    dossier_waits: bool
    steps_wait: int
    raised: tuple[Mark, ...]
    told: tuple[Mark, ...]
    paper: tuple[OnPaper, ...]
    hashes: dict[int, str]


def standing_of(
    connection: Connection, row: Row[Any], case: Case, population_code: str
) -> Standing:
    """Everything that is known of a registered dossier."""
    components = orjson.loads(row.components)
    told = told_marks(row.told)
    known = {(mark.flag, mark.value, mark.file) for mark in told}
    raised = tuple(
        mark
        for mark in marks_of(row.channel, components, case.events, population_code)
        if (mark.flag, mark.value, mark.file) not in known
    )
    indices = {mark.leaf for mark in (*raised, *told)} | {row.confirmed_leaf or 0}
    return Standing(
        row,
        case,
        dossier_waits=row.told_version < row.version,
        steps_wait=steps_waiting(connection, row.code),
        raised=raised,
        told=told,
        paper=on_paper(components, case.events),
        hashes=_hashes(connection, indices),
    )


def told_marks(told: str | None) -> tuple[Mark, ...]:
    """The flags that the portal was told, from the column that keeps them."""
    return () if told is None else tuple(Mark(*one) for one in orjson.loads(told)["marks"])


def hash_of(connection: Connection, leaf: int) -> str:
    """The hash of one leaf, in base64."""
    return _hashes(connection, [leaf])[leaf]


def _hashes(connection: Connection, indices: Sequence[int] | set[int]) -> dict[int, str]:
    rows = connection.execute(
        select(leaves.c.idx, leaves.c.hash).where(leaves.c.idx.in_(sorted(indices)))
    )
    return {row.idx: leaf_text(row.hash) for row in rows}
