"""Check a signed audit and enter it into the log, whatever it finds.

1. It is an `audit` leaf in canonical form, and its signature is that of the key that it names. 2. The key
is that of an accredited auditor. 3. Its root is the one that this log had at its size. 4. Its range is the
closed one of its month, and its size holds all of that month's tallies. 5. Its numbers agree with each
other and with its result, the bound of a sample included. 6. A sample was entered before its draw
(`_samples.py`). A finding against the operator is entered like any other.
"""

from base64 import b64encode
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.audits._auditors import auditor_of
from gateway.audits._samples import note_outcome
from gateway.domain.errors import BadRequest, Conflict
from gateway.log.append import Appended, append_public
from gateway.log.entries import leaf_of
from gateway.log.publishing import PublishedTree
from gateway.log.tree import leaf_hash
from gateway.storage.schema import leaves, month_closes
from gateway_verify.findings import Refuted
from gateway_verify.leaves import Leaf, check_signed, read_leaf
from gateway_verify.sampling.bound import PARTS, bound_of


def read_audit(raw: bytes) -> Leaf:
    """Read an audit (step 1); raises BadRequest `audit_unreadable` or `audit_forged`."""
    try:
        leaf = read_leaf(0, raw.removesuffix(b"\n"))
    except Refuted as refused:
        raise BadRequest("audit_unreadable", refused.finding.says) from None
    if leaf["kind"] != "audit":
        raise BadRequest("audit_unreadable", "a leaf of another kind", "kind")
    try:
        check_signed(leaf, "signature", leaf["auditor"], leaf["signature"], 0)
    except Refuted:
        raise BadRequest(
            "audit_forged", "the signature is not that of its auditor", "signature"
        ) from None
    return leaf


def accept_audit(
    connection: Connection, tree: PublishedTree, origin: str, leaf: Leaf, now: datetime
) -> tuple[Appended, bool]:
    """Check steps 2 to 6 and append the leaf; gives its place, and whether this call added it.

    Raises NotFound `unknown_auditor`, Conflict `audit_of_another_log`, `audit_contradicts_itself` or
    `sample_not_entered`.
    """
    auditor_of(connection, leaf["auditor"])  # 2
    check_root(tree, leaf)  # 3
    check_close(connection, origin, leaf)  # 4
    _check_numbers(leaf)  # 5
    entry = leaf_of(leaf)
    before = connection.execute(
        select(leaves.c.idx, leaves.c.hash).where(leaves.c.hash == leaf_hash(entry.encode()))
    ).first()
    if before is not None:
        return Appended(before.idx, before.hash), False
    if leaf["sample"] is not None:
        note_outcome(connection, leaf, now)  # 6
    return append_public(connection, entry), True


def check_root(tree: PublishedTree, leaf: Leaf) -> None:
    """Raise Conflict `audit_of_another_log` unless this log had the leaf's root at its size."""
    size = leaf["size"]
    if not 0 < size <= tree.size or b64encode(tree.root(0, size)).decode() != leaf["root"]:
        raise Conflict("audit_of_another_log", "this log never had that root at that size", "root")


def check_close(connection: Connection, origin: str, leaf: Leaf) -> None:
    """Raise Conflict `audit_of_another_log` unless its month was closed over its range, below its size."""
    close = connection.execute(
        select(month_closes).where(
            month_closes.c.origin == origin, month_closes.c.month == leaf["month"]
        )
    ).first()
    if close is None or [close.first, close.last] != leaf["range"]:
        raise Conflict("audit_of_another_log", "no month was closed over this range", "range")
    if leaf["size"] <= close.last_tally:
        raise Conflict("audit_of_another_log", "a tree without that month's tallies", "size")


def _check_numbers(leaf: Leaf) -> None:
    sample, found = leaf["sample"], leaf["differences"]
    if leaf["result"] == "sampled":
        agree = sample is not None and found == sample["wrong"] and _bound_holds(sample)
    else:
        agree = sample is None and (found > 0) == (leaf["result"] == "refuted")
    if not agree:
        raise Conflict(
            "audit_contradicts_itself", "its numbers do not give its result", "differences"
        )


def _bound_holds(sample: Leaf) -> bool:
    try:
        bound = bound_of(sample.get("units"), sample["drawn"], sample["wrong"])
        return bool(sample["bound"] == [bound, PARTS])
    except ValueError:
        return False
