"""Read the log for a report in short transactions and constant memory.

The log only grows: its size is read first, and everything up to it in pages, each a short query of its
own, so that none delays a caller. Payloads are read case by case.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, select, union

from gateway.domain.errors import CannotMeasure
from gateway.log.entries import (
    CasePayload,
    EntryUnreadable,
    ReconcileLeaf,
    decode_leaf,
    decode_payload,
)
from gateway.log.stored import StoredPayload
from gateway.log.tree import root_of
from gateway.reduction._definitions import Definitions, read_definitions
from gateway.reduction._hours import Witnessed
from gateway.reduction._reconciliation import Supplied, read_supplied
from gateway.storage.database import Database
from gateway.storage.schema import (
    bodies,
    case_persons,
    form_versions,
    grant_leaves,
    leaves,
    metric_definitions,
    reconciliations,
    tenants,
    witnessed_times,
)

_PAGE = 1000
_CASES = 200


@dataclass(frozen=True, slots=True)
class StoredCase:
    """The payloads of one case, in the order of the log, and its applicants' blind indices."""

    reference: str
    payloads: Sequence[StoredPayload] = field(repr=False)
    persons: Sequence[bytes] = field(repr=False)


def definitions_of(connection: Connection, size: int) -> Definitions:
    """The definitions that the first `size` leaves of the log state."""
    known = union(
        select(metric_definitions.c.leaf),
        select(form_versions.c.leaf),
        select(tenants.c.grant_leaf),
        select(grant_leaves.c.leaf),
    )
    wanted = select(leaves.c.idx, leaves.c.entry).where(
        leaves.c.idx.in_(known), leaves.c.idx < size
    )
    return read_definitions((row.idx, decode_leaf(row.entry)) for row in connection.execute(wanted))


def witnessed_in(connection: Connection) -> list[Witnessed]:
    """The times at which witnesses saw the log, as its leaves state them so far, by size."""
    rows = connection.execute(select(witnessed_times).order_by(witnessed_times.c.leaf))
    return [Witnessed(row.leaf, row.size, row.earliest, row.latest) for row in rows]


def supplied_counts(connection: Connection, size: int) -> list[Supplied]:
    """The counts of other systems among the first `size` leaves."""
    known = select(reconciliations.c.leaf)
    wanted = select(leaves.c.idx, leaves.c.entry).where(
        leaves.c.idx.in_(known), leaves.c.idx < size
    )
    read = ((row.idx, decode_leaf(row.entry)) for row in connection.execute(wanted))
    return [read_supplied(at, leaf) for at, leaf in read if isinstance(leaf, ReconcileLeaf)]


def cases_of(database: Database, first: int, last: int) -> Iterator[StoredCase]:
    """Every case with a leaf from `first` to `last`, with all its payloads up to `last`.

    Raises CannotMeasure for a payload that cannot be read.
    """
    after = ""
    while rows := database.read(_some_cases(after, first, last)):
        until = rows[-1][0]
        persons: defaultdict[str, list[bytes]] = defaultdict(list)
        for reference, person in database.read(_their_persons(after, until)):
            persons[reference].append(person)
        for reference, its in groupby(rows, key=itemgetter(0)):
            payloads = [(leaf, _payload(leaf, text)) for _, leaf, text in its]
            yield StoredCase(reference, payloads, persons[reference])
        after = until


def _payload(leaf: int, text: bytes) -> CasePayload:
    try:
        return decode_payload(text)
    except EntryUnreadable as unreadable:
        raise CannotMeasure(leaf, str(unreadable)) from None


def _some_cases(
    after: str, first: int, last: int
) -> Callable[[Connection], Sequence[tuple[str, int, bytes]]]:
    """Case, leaf and payload of the next cases."""
    of = bodies.c
    some = (
        select(of.case_ref)
        .where(of.case_ref > after, of.idx.between(first, last))
        .distinct()
        .order_by(of.case_ref)
        .limit(_CASES)
    )
    whole = select(of.case_ref, of.idx, of.body).where(of.case_ref.in_(some), of.idx <= last)
    ordered = whole.order_by(of.case_ref, of.idx)
    return lambda connection: connection.execute(ordered).all()


def _their_persons(after: str, until: str) -> Callable[[Connection], Sequence[tuple[str, bytes]]]:
    """Case and blind index of the applicants of these cases."""
    of = case_persons.c
    theirs = select(of.case_ref, of.person_index).where(of.case_ref > after, of.case_ref <= until)
    applicants = theirs.where(of.applicant.is_(True))
    return lambda connection: connection.execute(applicants).all()


def root_at(database: Database, size: int) -> bytes:
    """The root over the first `size` leaves, RFC 6962 section 2.1."""
    return root_of(_hashes(database, size))


def _hashes(database: Database, size: int) -> Iterator[bytes]:
    after = -1
    while rows := database.read(_some_hashes(after, size)):
        yield from (hashed for _, hashed in rows)
        after = rows[-1][0]


def _some_hashes(after: int, size: int) -> Callable[[Connection], Sequence[tuple[int, bytes]]]:
    page = (
        select(leaves.c.idx, leaves.c.hash)
        .where(leaves.c.idx > after, leaves.c.idx < size)
        .order_by(leaves.c.idx)
        .limit(_PAGE)
    )
    return lambda connection: connection.execute(page).all()
