"""Record what the portal confirmed, in one transaction with its leaf.

A dossier's `sync` leaf comes the first time at 2, later at 7, 8, 9 and 10 (`synced.py`). What the
portal was sent of it stays known as far as it names nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import Connection, bindparam, update

from gateway.domain.json_texts import own_json
from gateway.dossiers._evidence.flags import Mark
from gateway.dossiers._evidence.serving import Case
from gateway.dossiers._portal.wire import received_at
from gateway.dossiers._stored import StoredDossier, stored_dossier
from gateway.dossiers._telling.outbox import DEAD, DELIVERED, steps_waiting
from gateway.dossiers._telling.synced import About, append_sync, record_bundle_state
from gateway.dossiers.dossier import (
    ACCEPTED,
    DONE,
    ENDS,
    NEW,
    REFUSED,
    RETURNED,
    STOPPED,
    WITHDRAWN,
    Dossier,
)
from gateway.log.entries import RaisedFlag
from gateway.storage.schema import dossier_steps, dossiers

# built once: to put a statement together costs more than to run it
_CHANGE = update(dossiers).where(dossiers.c.code == bindparam("of"))
_STEP = update(dossier_steps).where(
    dossier_steps.c.code == bindparam("of"), dossier_steps.c.seq == bindparam("number")
)

_PAID_ONLINE = frozenset({"portal", "province"})
TOLD_STATES = frozenset({WITHDRAWN, STOPPED, DONE, RETURNED})


@dataclass(frozen=True, slots=True)
class SentDossier:
    """What the portal was sent of a dossier, as far as it names nobody.

    `files` are the components by file id, `with_file` and `e_result` say whether a link to a file of
    a component, and to a result, went up, `paid` that it was paid online, `priced` that a fee was due.
    """

    marks: tuple[Mark, ...]
    received: int
    due: int
    files: dict[str, str]
    with_file: bool
    e_result: bool
    paid: bool = False
    priced: bool = False

    def written(self) -> str:
        """As the column `told` keeps it."""
        said = asdict(self) | {"marks": [[m.flag, m.value, m.leaf, m.file] for m in self.marks]}
        return orjson.dumps(said).decode()


_NOTHING = SentDossier((), 0, 0, {}, with_file=False, e_result=False)


def read_sent(written: str | None) -> SentDossier | None:
    """What was sent before; None where nothing was."""
    if written is None:
        return None
    said = own_json(written)
    return SentDossier(**{**said, "marks": tuple(Mark(*one) for one in said["marks"])})


def sent_of(dossier: Dossier, marks: Sequence[Mark], before: SentDossier | None) -> SentDossier:
    """What the portal knows once it has taken this dossier; silence takes nothing back."""
    before = before or _NOTHING
    files = {a.file.id: a for a in dossier.attachments if a.file and not a.removed}
    return SentDossier(
        marks=tuple(mark for mark in marks if mark.file is None or mark.file in files),
        received=received_at(dossier),
        due=dossier.due,
        files={id_: attachment.component for id_, attachment in files.items()},
        with_file=any(one.file and one.file.url for one in files.values()),
        e_result=any(r.url for r in dossier.results) if dossier.results else before.e_result,
        paid=dossier.payment in _PAID_ONLINE if dossier.payment else before.paid,
        priced=any(fee.amount for fee in dossier.fees) if dossier.fees else before.priced,
    )


def record_sent_dossier(
    connection: Connection,
    row: StoredDossier,
    case: Case,
    state: int,
    sent: SentDossier,
    now: datetime,
) -> None:
    """The portal has taken the dossier of `row`, at this state."""
    known = stored_dossier(connection, row.code)
    known = replace(known, told_version=row.version, told=sent.written(), in_doubt=False)
    _move(connection, known, case, (state,), now)


def record_sent_steps(
    connection: Connection, code: str, case: Case, steps: Sequence[tuple[int, int]], now: datetime
) -> None:
    """The portal has these rows of progress, by number and state: they are erased here."""
    rows = [{"of": code, "number": number, "sealed": None} for number, _ in steps]
    connection.execute(_STEP, rows)
    known = stored_dossier(connection, code)
    _move(connection, known, case, tuple(state for _, state in steps), now)


def _move(
    connection: Connection, row: StoredDossier, case: Case, states: Iterable[int], now: datetime
) -> None:
    """Write what was sent and the leaves of new states; what is sent in full to its end is erased."""
    state, confirmed = row.portal_state, row.confirmed_leaf
    for reached in states:
        if confirmed is None and _was_accepted(reached, state):
            confirmed = _append(connection, row, case, ACCEPTED, now)
        if reached in TOLD_STATES and reached != state:
            _append(connection, row, case, reached, now)
        state = reached
    values: dict[str, object] = {
        "of": row.code,
        "told_version": row.told_version,
        "told": row.told,
        "in_doubt": row.in_doubt,
        "portal_state": state,
        "confirmed_leaf": confirmed,
        "tries": 0,
        "refusals": 0,
        "reason": None,
    }
    if row.told_version == row.version and not steps_waiting(connection, row.code):
        values["sync"] = DELIVERED
        if state == row.stated and state in ENDS:
            values["sealed"] = None
    connection.execute(_CHANGE, values)
    if case.share is not None:
        record_bundle_state(connection, case, case.share, now)


def _was_accepted(state: int, before: int | None) -> bool:
    """Whether a dossier at this state has been at 2: a withdrawn one only where it was on its way."""
    return state not in (NEW, REFUSED, WITHDRAWN) or before not in (None, NEW, state)


def _append(
    connection: Connection, row: StoredDossier, case: Case, state: int, now: datetime
) -> int:
    sent = read_sent(row.told)
    raised = {
        RaisedFlag(mark.flag, mark.leaf) for mark in (sent.marks if sent else ()) if mark.leaf >= 0
    }
    about = About(row.tenant, row.procedure, row.submitted_at, part=case.share is not None)
    return append_sync(connection, case, about, state, sorted(raised), now)


def put_off(
    connection: Connection,
    code: str,
    reason: str,
    next_at: int,
    *,
    counts: bool,
    in_doubt: bool,
) -> None:
    """Try again later; `counts` says that the fault may lie with this dossier."""
    one = dossiers.c
    connection.execute(
        update(dossiers)
        .where(one.code == code)
        .values(
            tries=one.tries + 1,
            refusals=one.refusals + int(counts),
            reason=reason,
            next_at=next_at,
            in_doubt=one.in_doubt | in_doubt if in_doubt else one.in_doubt,
        )
    )


def give_up(connection: Connection, code: str, reason: str) -> None:
    """Park a dossier until somebody has looked at it; nothing of it is erased."""
    values = {"sync": DEAD, "reason": reason, "tries": dossiers.c.tries + 1}
    connection.execute(update(dossiers).where(dossiers.c.code == code).values(values))
