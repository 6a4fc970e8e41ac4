"""Compare the leaves of the log with the rows that were written beside them.

Both were committed in one transaction, so neither can be missing by a fall; by an edit of the database
it can. One pass over the log in the order of its indices, in constant memory: 1. the indices have no gap;
2. the entry is the one that was hashed; 3. a case entry's seal opens with the payload and salt beside it,
unless a `shred` leaf says that they were destroyed; 4. the rows that name the leaf are those that its
kind asks for, no fewer and no more, and of the payload's chain; 5. no row names a leaf that is not there.
Then: 6. every chain and receipt that has ended was ended by a leaf.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, literal, null, or_, select, union_all

from gateway.log.entries import (
    CasePayload,
    CorrectionPayload,
    EntryUnreadable,
    OfChain,
    PublicLeaf,
    ShredLeaf,
    case_entry,
    decode_leaf,
    decode_payload,
    is_case_entry,
    seal_of,
)
from gateway.log.keys import latest_key
from gateway.log.tree import leaf_hash
from gateway.storage.schema import (
    bodies,
    bundles,
    chain_leaves,
    chains,
    correction_tickets,
    dossiers,
    form_versions,
    leaves,
    log_keys,
    metric_definitions,
    receipts,
    reconciliations,
    tenants,
    witnessed_times,
)

ROWS_AT_ONCE = 1_000
_CASE_BYTES = len(case_entry(bytes(32)))

_ASKED: Mapping[str, tuple[str, ...]] = {
    "prefill": ("receipt",),
    "submission": ("chain", "end"),
    "refusal": ("chain",),
    "abandoned": ("chain",),
    "correction": ("chain", "ticket"),
    "grant": ("tenant",),
    "form-version": ("form version",),
    "metric-definition": ("definition",),
    "key": ("key",),
    "reconcile": ("reconciliation",),
    "witnessed": ("witnesses' time",),
}
"""By kind of leaf: the rows that are written in its transaction and name it."""
_MAY_NAME: Mapping[str, str] = {"sync": "confirmed dossier"}
"""By kind of leaf: a row that names some leaves of the kind."""

_LEAVES = (
    select(leaves.c.idx, leaves.c.entry, leaves.c.hash, bodies.c.kind, bodies.c.salt, bodies.c.body)
    .join_from(leaves, bodies, leaves.c.idx == bodies.c.idx, isouter=True)
    .order_by(leaves.c.idx)
)


class _Leaf(NamedTuple):
    """A leaf, with the kind, salt and payload beside it where they are still there."""

    idx: int
    entry: bytes
    hash: bytes
    kind: str | None
    salt: bytes | None
    body: bytes | None


class _Claim(NamedTuple):
    """A row that names a leaf: what it is, of which chain."""

    leaf: int
    role: str
    chain: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not fit, at which leaf; `index` is None where a change names no leaf at all."""

    index: int | None
    reason: str

    def __str__(self) -> str:
        return self.reason if self.index is None else f"leaf {self.index}: {self.reason}"


def differences(
    connection: Connection, walked: Callable[[int], None] = lambda index: None
) -> Iterator[Difference]:
    """Every difference, in the order of the log; `walked` hears each index.

    The connection must show one moment throughout (`Database.read_snapshot`).
    """
    reading = connection.execution_options(yield_per=ROWS_AT_ONCE)
    claims = _Claims(reading)
    shredded = _shredded(reading)
    expected = 0
    for leaf in map(_Leaf._make, reading.execute(_LEAVES)):
        walked(leaf.idx)
        yield from _unmatched(claims.below(leaf.idx))  # 5
        if leaf.idx != expected:
            yield Difference(expected, "the log has no leaf there")  # 1
        expected = leaf.idx + 1
        yield from _of_leaf(leaf, claims.at(leaf.idx), shredded)
    yield from _unmatched(claims.below(None))
    yield from _ends_without_leaf(reading)  # 6


def _of_leaf(
    leaf: _Leaf, named_by: list[_Claim], shredded: list[tuple[int, int]]
) -> Iterator[Difference]:
    if leaf_hash(leaf.entry) != leaf.hash:
        yield Difference(leaf.idx, "the entry is not the one that was hashed")  # 2
        return
    entry: PublicLeaf | CasePayload
    try:
        if not is_case_entry(leaf.entry):
            if leaf.body is not None:
                yield Difference(leaf.idx, "a public leaf has a payload")
            entry = decode_leaf(leaf.entry)
        elif leaf.body is None:
            if not any(first <= leaf.idx <= last for first, last in shredded):
                yield Difference(leaf.idx, "its payload is gone and no shred leaf says so")
            return
        elif case_entry(seal_of(leaf.salt or b"", leaf.body)) != leaf.entry:
            yield Difference(leaf.idx, "its seal does not open with the payload beside it")  # 3
            return
        else:
            entry = decode_payload(leaf.body)
    except EntryUnreadable as unreadable:
        yield Difference(leaf.idx, str(unreadable))
        return
    yield from _of_rows(leaf.idx, entry, named_by)


def _of_rows(
    index: int, entry: PublicLeaf | CasePayload, named_by: list[_Claim]
) -> Iterator[Difference]:
    asked = list(_ASKED.get(entry.kind, ()))
    chain = entry.chain if isinstance(entry, OfChain) else None
    if isinstance(entry, CorrectionPayload) and entry.state != "open":
        asked = []  # a ticket's row names the leaf that opened it
    for claim in named_by:
        if claim.role == _MAY_NAME.get(entry.kind):
            continue
        if claim.role not in asked:
            yield Difference(index, f"a {claim.role} names it, which its kind does not ask for")
        elif None not in (claim.chain, chain) and claim.chain != chain:
            yield Difference(index, f"the {claim.role} that names it is of another chain")
        else:
            asked.remove(claim.role)
    for role in asked:
        yield Difference(index, f"no {role} stands behind it")


class _Claims:
    """The rows that name leaves, in the order of the log, read once."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(_every_claim())
        grouped = groupby(map(_Claim._make, rows), key=lambda claim: claim.leaf)
        self._groups = ((index, list(group)) for index, group in grouped)
        self._next = next(self._groups, None)

    def below(self, index: int | None) -> Iterator[_Claim]:
        """What names leaves before this one and was not asked for; None: all that is left."""
        while self._next is not None and (index is None or self._next[0] < index):
            yield from self._next[1]
            self._next = next(self._groups, None)

    def at(self, index: int) -> list[_Claim]:
        """What names this leaf."""
        if self._next is None or self._next[0] != index:
            return []
        found = self._next[1]
        self._next = next(self._groups, None)
        return found


def _every_claim() -> Select[tuple[int, str, str | None]]:
    nobody = null()
    claims = union_all(
        select(receipts.c.leaf.label("idx"), literal("receipt").label("role"), receipts.c.chain),
        select(chains.c.submission_leaf, literal("end"), chains.c.chain).where(
            chains.c.submission_leaf.is_not(None), chains.c.state == "submitted"
        ),
        select(chain_leaves.c.idx, literal("chain"), chain_leaves.c.chain),
        # a ticket of a log that was closed keeps its leaf as a negative number
        select(correction_tickets.c.leaf, literal("ticket"), nobody).where(
            correction_tickets.c.leaf >= 0
        ),
        select(dossiers.c.confirmed_leaf, literal("confirmed dossier"), nobody).where(
            dossiers.c.confirmed_leaf.is_not(None)
        ),
        select(bundles.c.confirmed_leaf, literal("confirmed dossier"), nobody).where(
            bundles.c.confirmed_leaf.is_not(None)
        ),
        select(bundles.c.withdrawn_leaf, literal("confirmed dossier"), nobody).where(
            bundles.c.withdrawn_leaf.is_not(None)
        ),
        select(reconciliations.c.leaf, literal("reconciliation"), nobody),
        select(tenants.c.grant_leaf, literal("tenant"), nobody),
        select(form_versions.c.leaf, literal("form version"), nobody),
        select(metric_definitions.c.leaf, literal("definition"), nobody),
        select(log_keys.c.leaf, literal("key"), nobody),
        select(witnessed_times.c.leaf, literal("witnesses' time"), nobody),
        select(bodies.c.idx, literal("body"), nobody).where(
            ~exists().where(leaves.c.idx == bodies.c.idx)
        ),
    ).subquery()
    return select(claims.c.idx, claims.c.role, claims.c.chain).order_by(claims.c.idx)


def _unmatched(claims: Iterator[_Claim]) -> Iterator[Difference]:
    for claim in claims:
        yield Difference(claim.leaf, f"a {claim.role} names it and the log has no such leaf")


def _ends_without_leaf(connection: Connection) -> Iterator[Difference]:
    ended = or_(
        and_(chains.c.state == "submitted", chains.c.submission_leaf.is_(None)),
        and_(
            chains.c.state == "abandoned",
            ~exists().where(chain_leaves.c.chain == chains.c.chain),
        ),
    )
    for row in connection.execute(select(chains.c.state).where(ended)):
        yield Difference(None, f"a chain is {row.state} and no leaf says so")
    used = select(receipts.c.leaf).where(
        receipts.c.state == "used",
        ~exists().where(chains.c.chain == receipts.c.chain, chains.c.state == "submitted"),
    )
    for row in connection.execute(used):
        yield Difference(row.leaf, "its receipt is used and its chain was not submitted")


def _shredded(connection: Connection) -> list[tuple[int, int]]:
    """The ranges whose bodies may be gone; public leaves are few, and of other lengths."""
    public = select(leaves.c.entry).where(func.length(leaves.c.entry) != _CASE_BYTES)
    entries = map(decode_leaf, connection.execute(public).scalars())
    own = (latest_key(connection) or "").partition("+")[0]
    shreds = (one for one in entries if isinstance(one, ShredLeaf) and one.origin == own)
    return [(one.first, one.last) for one in shreds]
