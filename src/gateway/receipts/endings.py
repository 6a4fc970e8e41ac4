"""How does a chain end? Submitted, abandoned, or void; with each its K is erased."""

from sqlalchemy import Connection, func, insert, select, update

from gateway.storage.schema import bodies, chain_leaves, chains, receipts, refused_fields

MOST_REFUSALS = 5
"""As often may one field instance be refused; then its chain is void."""

_NEW_LEAF = insert(chain_leaves)
_CHAIN = update(chains)
_RECEIPT = update(receipts)


def end_chain(connection: Connection, chain: str, jti: str, leaf: int, content_salt: bytes) -> None:
    """The accepted submission: K is erased here, every receipt of the chain is closed."""
    connection.execute(
        _CHAIN.where(chains.c.chain == chain).values(
            state="submitted",
            wrapped_key=None,
            submission_leaf=leaf,
            content_salt=content_salt,
        )
    )
    connection.execute(_RECEIPT.where(receipts.c.chain == chain).values(state="closed"))
    connection.execute(_RECEIPT.where(receipts.c.jti == jti).values(state="used"))
    connection.execute(_NEW_LEAF, {"chain": chain, "idx": leaf})


def count_refusal(connection: Connection, chain: str, paths: frozenset[str], leaf: int) -> bool:
    """Remember which field instances were refused; True when one was for the fifth time.

    That voids the chain: reuse is closed and K erased, hand typing is not.
    """
    connection.execute(_NEW_LEAF, {"chain": chain, "idx": leaf})
    before = refused_before(connection, chain)
    for path in sorted(paths):
        if path in before:
            again = update(refused_fields).where(
                refused_fields.c.chain == chain, refused_fields.c.path == path
            )
            connection.execute(again.values(times=before[path] + 1))
        else:
            connection.execute(insert(refused_fields), {"chain": chain, "path": path, "times": 1})
    void = any(before.get(path, 0) + 1 >= MOST_REFUSALS for path in paths)
    if void:
        ended = _CHAIN.where(chains.c.chain == chain)
        connection.execute(ended.values(state="void", wrapped_key=None))
    return void


def refused_before(connection: Connection, chain: str) -> dict[str, int]:
    """How often each field instance of a chain was refused."""
    rows = connection.execute(
        select(refused_fields.c.path, refused_fields.c.times).where(refused_fields.c.chain == chain)
    )
    return {row.path: row.times for row in rows}


def expired_chains(connection: Connection, now: int, at_most: int) -> list[tuple[str, str, str]]:
    """Open chains whose last receipt has expired: chain, tenant, and the case of that receipt's leaf."""
    of_chain = receipts.c.chain == chains.c.chain
    last = select(func.max(receipts.c.leaf)).where(of_chain).correlate(chains).scalar_subquery()
    filled = select(bodies.c.case_ref).where(bodies.c.idx == last)
    case_ref = func.coalesce(filled.scalar_subquery(), chains.c.case_ref)
    rows = connection.execute(
        select(chains.c.chain, chains.c.tenant, case_ref.label("case_ref"))
        .where(chains.c.state == "open", chains.c.expires_at <= now)
        .limit(at_most)
    )
    return [(row.chain, row.tenant, row.case_ref) for row in rows]


def oldest_key(connection: Connection) -> bytes | None:
    """The wrapped key, of all open chains, that was wrapped on the earliest day."""
    wrapped = select(func.min(chains.c.wrapped_key)).where(chains.c.state == "open")
    oldest: bytes | None = connection.execute(wrapped).scalar_one()
    return oldest


def abandon(connection: Connection, chain: str, leaf: int) -> None:
    """End a chain that nobody submitted: K is erased and nobody has it."""
    ended = _CHAIN.where(chains.c.chain == chain)
    connection.execute(ended.values(state="abandoned", wrapped_key=None))
    connection.execute(_NEW_LEAF, {"chain": chain, "idx": leaf})


def void_open_chains(connection: Connection) -> int:
    """End every open chain whose end may have been lost in a restore; K is erased. How many."""
    ended = _CHAIN.where(chains.c.state == "open")
    return int(connection.execute(ended.values(state="void", wrapped_key=None)).rowcount)
