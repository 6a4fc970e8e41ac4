"""The case behind a dossier, and which of its leaves speak for it.

A dossier of its own has its own case, and every leaf of it speaks for it. The parts of a bundle share
the bundle's case: a read of a prefill speaks for a part only where the source that answered `found`
filled an item that serves the part, a confirmation only where it was made for the part's procedure,
and a `reuse` leaf only where it bears that procedure. Who signed in, and by which channel, holds for
every part; a read that failed failed for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, select

from gateway.domain.json_texts import own_json
from gateway.dossiers._evidence.declared import declaration_of
from gateway.dossiers._evidence.flags import events_of
from gateway.forms.bundles import BASE_CODE
from gateway.log.entries import ConfirmationPayload, OfChain, PrefillPayload, ReusePayload
from gateway.log.stored import StoredPayload
from gateway.receipts.cases import case_of
from gateway.sources.registry import registered
from gateway.storage.schema import bundle_parts, bundles


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A row of `bundles`: a linked declaration that went to the portal as several dossiers."""

    code: str
    tenant: str
    procedure: str
    form: str | None
    registered_at: int
    confirmed_leaf: int | None
    withdrawn_leaf: int | None


_BUNDLE = select(*(bundles.c[name] for name in StoredBundle.__dataclass_fields__)).where(
    bundles.c.code == bindparam("of")
)
_PART = select(bundle_parts).where(bundle_parts.c.code == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Share:
    """What makes a dossier a part: the bundle's code, its own procedure, the items that serve it."""

    bundle: str
    procedure: str
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class Case:
    """The case behind a dossier: its reference, and the leaves so far that speak for the dossier."""

    ref: str
    events: tuple[StoredPayload, ...]
    share: Share | None = None

    @property
    def chains(self) -> frozenset[str]:
        """Every chain of prefills that belongs to it."""
        return frozenset(one.chain for _, one in self.events if isinstance(one, OfChain))


def share_of(connection: Connection, code: str) -> Share | None:
    """How a dossier is part of a bundle; None for one of its own."""
    row = connection.execute(_PART, {"of": code}).one_or_none()
    if row is None:
        return None
    return Share(row.bundle, row.procedure, frozenset(own_json(row.items)))


def find_bundle(connection: Connection, code: str) -> StoredBundle | None:
    """The bundle of this code, whichever tenant registered it."""
    row = connection.execute(_BUNDLE, {"of": code}).one_or_none()
    return None if row is None else StoredBundle(*row)


def case_behind(connection: Connection, tenant: str, code: str, index_key: bytes) -> Case:
    """The case of a dossier, which for a part is that of its bundle."""
    share = share_of(connection, code)
    ref = case_of(connection, tenant, share.bundle if share else code, index_key) or ""
    events = events_of(connection, ref)
    if share is None:
        return Case(ref, events)
    return Case(ref, tuple(_speaking(connection, events, share)), share)


def _speaking(
    connection: Connection, events: tuple[StoredPayload, ...], share: Share
) -> Iterator[StoredPayload]:
    """The leaves as they speak for one part: reads that served others alone are left out."""
    for leaf, payload in events:
        if isinstance(payload, ReusePayload) and payload.procedure != share.procedure:
            continue
        if not isinstance(payload, PrefillPayload | ConfirmationPayload):
            yield leaf, payload
            continue
        served = _sources(connection, payload, share)
        reads = tuple(r for r in payload.reads if r.outcome != "found" or r.source in served)
        yield leaf, replace(payload, reads=reads)


def _sources(
    connection: Connection, payload: PrefillPayload | ConfirmationPayload, share: Share
) -> frozenset[str]:
    """The sources whose answers went into items of this part."""
    if isinstance(payload, ConfirmationPayload):
        same = (payload.procedure or "")[:BASE_CODE] == share.procedure[:BASE_CODE]
        return frozenset(registered().letters) if same else frozenset()
    declaration = declaration_of(connection, payload.form_version)
    read = declaration.read(payload.sources, payload.source_rows or {})
    letters = {letter for _, letter, one in read if one.item in share.items}
    return frozenset(source for source, letter in registered().letters.items() if letter in letters)
