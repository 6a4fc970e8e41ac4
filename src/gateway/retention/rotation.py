"""End one log and begin the next, each with its own part of the database.

At a year's end, or after an incident. In one transaction leaves and payloads are put aside under the old
log's name, and the new log begins: a `key` leaf that names the old log's last checkpoint, then every
grant; definitions and form versions follow at the next start. Indices begin at 0 again, so nothing
that a leaf index of the old log stands in may be taken for one of the new: chains, all of them ended
before, go with their receipts, tickets keep theirs as `-1 - index`, and dossiers keep which flags the
portal was sent, by leaf -1, since it has them still.
"""

from collections.abc import Iterator, Mapping

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from gateway.access.grants import grant_again
from gateway.domain.errors import Conflict
from gateway.domain.json_texts import own_json
from gateway.log.entries import decode_leaf
from gateway.log.keys import announce_key
from gateway.log.notes import Checkpoint
from gateway.storage.schema import (
    bodies,
    bundles,
    chain_leaves,
    chains,
    closed_bodies,
    closed_leaves,
    correction_tickets,
    dossiers,
    form_versions,
    leaves,
    leaves_followed,
    log_keys,
    metric_definitions,
    receipts,
    reconciliations,
    refused_fields,
    witnessed_times,
)

_ASIDE = {leaves: closed_leaves, bodies: closed_bodies}
_OF_THE_OLD_LOG = (
    log_keys,
    form_versions,
    metric_definitions,
    reconciliations,
    leaves_followed,
    witnessed_times,
)
_SENT = update(dossiers).where(dossiers.c.code == bindparam("of"))
_ENDED = (chain_leaves, receipts, refused_fields, chains)


def begin_next_log(
    connection: Connection,
    old: str,
    new: str,
    private: Ed25519PrivateKey,
    previous: Checkpoint | None,
) -> int:
    """Put the log `old` aside and begin `new`; gives how many leaves the database held of the old.

    Raises Conflict `chains_open` while a chain is open, and `baselines_not_kept` where form versions of
    the first edition have not been read for their baselines, which the first start does.
    """
    still = select(func.count()).select_from(chains).where(chains.c.state == "open")
    if connection.execute(still).scalar_one():
        raise Conflict("chains_open", "a chain is open; every chain ends in the log it began in")
    _check_baselines_kept(connection)
    held = connection.execute(select(func.count()).select_from(leaves)).scalar_one()
    for table, aside in _ASIDE.items():
        names = ["origin", *(column.name for column in table.columns)]
        rows = select(literal(old), *table.columns)
        connection.execute(insert(aside).from_select(names, rows))
        connection.execute(delete(table))
    for table in (*_OF_THE_OLD_LOG, *_ENDED):
        connection.execute(delete(table))
    tickets = correction_tickets.c
    connection.execute(
        update(correction_tickets)
        .where(tickets.leaf >= 0)
        .values(leaf=-1 - tickets.leaf, submission=-1 - tickets.submission)
    )
    connection.execute(update(dossiers).values(confirmed_leaf=None))
    for sent in _sent_by_no_leaf(connection):
        connection.execute(_SENT, sent)
    connection.execute(update(bundles).values(confirmed_leaf=None, withdrawn_leaf=None))
    announce_key(connection, new, private, previous=previous)
    grant_again(connection)
    return int(held)


def _check_baselines_kept(connection: Connection) -> None:
    known = select(leaves.c.entry).join(form_versions, form_versions.c.leaf == leaves.c.idx)
    editions = {decode_leaf(entry).v for entry in connection.execute(known).scalars()}
    if editions == {1}:
        raise Conflict("baselines_not_kept", "no start has read the forms' baselines yet")


def _sent_by_no_leaf(connection: Connection) -> Iterator[Mapping[str, str]]:
    """What the portal was sent of each dossier, without the leaves that raised it."""
    kept = select(dossiers.c.code, dossiers.c.told).where(dossiers.c.told.is_not(None))
    for row in connection.execute(kept).all():
        sent = own_json(row.told)
        sent["marks"] = [[flag, value, -1, file] for flag, value, _, file in sent["marks"]]
        yield {"of": row.code, "told": orjson.dumps(sent).decode()}
