"""Write into the log that the portal has a dossier, and when it has a whole bundle.

The `sync` case leaf says that the portal has the dossier at a state; with `part` it speaks of one part of
a bundle alone, in the bundle's one case under the procedure of its own. Of the whole bundle, under the bundle's procedure and without flags, two leaves speak: at 2 once the
portal has had every part accepted, those left out that were refused or withdrawn before; at 7 once
no part of it stands any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from gateway.domain.clock import hour_of
from gateway.dossiers._evidence.serving import Case, Share, find_bundle
from gateway.dossiers.dossier import ACCEPTED, REFUSED, WITHDRAWN
from gateway.log.append import append_case
from gateway.log.entries import RaisedFlag, SyncPayload
from gateway.storage.schema import bundle_parts, bundles, chains, dossiers

# built once: to put a statement together costs more than to run it
_BEGAN = select(chains.c.first_at).where(chains.c.chain.in_(bindparam("names", expanding=True)))
_PARTS = (
    select(dossiers.c.portal_state, dossiers.c.confirmed_leaf, dossiers.c.submitted_at)
    .join(bundle_parts, bundle_parts.c.code == dossiers.c.code)
    .where(bundle_parts.c.bundle == bindparam("of"))
)
_OVER = frozenset({REFUSED, WITHDRAWN})


@dataclass(frozen=True, slots=True)
class About:
    """Of what a leaf speaks: whose dossier, when the portal got its submission."""

    tenant: str
    procedure: str
    submitted_at: int
    part: bool


def append_sync(
    connection: Connection,
    case: Case,
    about: About,
    state: int,
    raised: Sequence[RaisedFlag],
    now: datetime,
) -> int:
    """Write one leaf; its index."""
    began = connection.execute(_BEGAN, {"names": sorted(case.chains)}).scalars().all()
    payload = SyncPayload(
        case=case.ref,
        tenant=about.tenant,
        procedure=about.procedure,
        hour=hour_of(now),
        state=state,
        begun_before=all(first_at < about.submitted_at for first_at in began),
        flags=tuple(raised),
        part=about.part,
    )
    return append_case(connection, payload).index


def record_bundle_state(connection: Connection, case: Case, share: Share, now: datetime) -> None:
    """Write what became true of a whole bundle, each once."""
    bundle = find_bundle(connection, share.bundle)
    parts = connection.execute(_PARTS, {"of": share.bundle}).all()
    if bundle is None or not any(one.confirmed_leaf is not None for one in parts):
        return
    ended = {one.portal_state in _OVER for one in parts}
    settled = {one.confirmed_leaf is not None or one.portal_state in _OVER for one in parts}
    submitted_at = min(one.submitted_at for one in parts)
    about = About(bundle.tenant, bundle.procedure, submitted_at, part=False)

    def say(state: int, column: str) -> None:
        leaf = append_sync(connection, case, about, state, (), now)
        of = bundles.c.code == share.bundle
        connection.execute(update(bundles).where(of).values({column: leaf}))

    if bundle.confirmed_leaf is None and all(settled):
        say(ACCEPTED, "confirmed_leaf")
    if bundle.withdrawn_leaf is None and all(ended):
        say(WITHDRAWN, "withdrawn_leaf")
