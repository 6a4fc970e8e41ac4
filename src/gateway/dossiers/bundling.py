"""How does a bundle come in, and how do its parts stand?

The bundle has the one case, with its prefills and its submission, under the code of its own; each of
its parts is registered, sent and parked as any dossier is. A part whose procedure the
portal does not list is taken all the same, since nobody would hear of the others otherwise: it
is parked with `unknown_procedure` when its turn comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, insert, select

from gateway.domain.errors import DossierRefused
from gateway.domain.identifiers import TenantId
from gateway.dossiers._checking import check_procedure
from gateway.dossiers._evidence.serving import find_bundle, share_of
from gateway.dossiers.bundle import Part, PartDossier, part_dossiers
from gateway.dossiers.dossier import Dossier
from gateway.dossiers.registry import Registry, check_owner
from gateway.dossiers.status import DossierStatus, hash_of
from gateway.forms.bundles import Served
from gateway.receipts.cases import register_dossier
from gateway.storage.schema import bundle_parts, bundles, dossiers


@dataclass(frozen=True, slots=True)
class BundleStanding:
    """A bundle (hồ sơ liên thông) and its parts as they stand, in the order of their procedures.

    `confirmed_by` is the hash of the leaf that says that the portal has had the whole of it accepted.
    """

    code: str
    procedure: str
    form: str | None
    registered_at: int
    confirmed_by: str | None
    parts: tuple[DossierStatus, ...]


def register_bundle(
    registry: Registry,
    connection: Connection,
    tenant: TenantId,
    whole: Dossier,
    parts: Sequence[Part] | None,
    serves: Sequence[Served],
) -> bool:
    """Take in a bundle with a dossier for every chosen part; whether it is new.

    Raises what `part_dossiers` and `Registry.register` raise, and DossierRefused `part_code_taken`,
    `part_changed`; `member` says where it stood.
    """
    dossiers_of_parts = part_dossiers(whole, parts, serves)
    created = _add_bundle(registry, connection, tenant, whole)
    _check_kept(connection, whole.code, dossiers_of_parts)
    for part in dossiers_of_parts:
        try:
            _take_part(registry, connection, tenant, whole.code, part)
        except DossierRefused as refusal:
            member = part.member(refusal.member)
            raise DossierRefused(refusal.code, refusal.detail, member) from None
    return created


def bundle_standing(
    registry: Registry, connection: Connection, tenant: TenantId, code: str
) -> BundleStanding | None:
    """A tenant's bundle with its parts; None where the code is no bundle of the tenant's."""
    row = find_bundle(connection, code)
    if row is None or row.tenant != tenant:
        return None
    parts = tuple(
        registry.status(connection, tenant, part)
        for part in connection.execute(
            select(bundle_parts.c.code)
            .where(bundle_parts.c.bundle == code)
            .order_by(bundle_parts.c.procedure)
        ).scalars()
    )
    confirmed_by = None if row.confirmed_leaf is None else hash_of(connection, row.confirmed_leaf)
    about = (row.code, row.procedure, row.form, row.registered_at)
    return BundleStanding(*about, confirmed_by, parts)


def check_goes_on_alone(connection: Connection, tenant: TenantId, code: str) -> None:
    """Refuse progress of a bundle (`bundle_of_parts`): each of its parts goes its own way."""
    row = find_bundle(connection, code)
    if row is not None and row.tenant == tenant:
        raise DossierRefused("bundle_of_parts", "each part of a bundle goes its own way", "code")


def _add_bundle(
    registry: Registry, connection: Connection, tenant: TenantId, whole: Dossier
) -> bool:
    """The bundle itself, which the portal never hears of."""
    check_owner(connection, tenant, whole.code)
    known = find_bundle(connection, whole.code)
    if known is not None:
        if known.procedure != whole.procedure:
            raise DossierRefused("procedure_changed", "a dossier keeps its procedure", "procedure")
        return False
    _check_free(connection, whole.code, "code")
    check_procedure(connection, whole.procedure, must_be_known=False)
    now = registry.clock()
    register_dossier(connection, tenant, whole.code, now, registry.index_key)
    row = {
        "code": whole.code,
        "tenant": tenant,
        "procedure": whole.procedure,
        "form": whole.form,
        "registered_at": int(now.timestamp()),
    }
    connection.execute(insert(bundles), row)
    return True


def _check_kept(
    connection: Connection, bundle: str, dossiers_of_parts: Sequence[PartDossier]
) -> None:
    """A part that was registered stays, under its code: the portal may have it."""
    said = {part.dossier.code: part.dossier.procedure for part in dossiers_of_parts}
    columns = select(bundle_parts.c.code, bundle_parts.c.procedure)
    for row in connection.execute(columns.where(bundle_parts.c.bundle == bundle)):
        if said.get(row.code) != row.procedure:
            raise DossierRefused("part_changed", "a part keeps its procedure and code", "parts")


def _check_free(connection: Connection, code: str, member: str) -> None:
    """One code is one dossier, one part or one bundle."""
    known = (
        select(dossiers.c.code).where(dossiers.c.code == code),
        select(bundles.c.code).where(bundles.c.code == code),
        select(bundle_parts.c.code).where(bundle_parts.c.code == code),
    )
    if any(connection.execute(asked).first() for asked in known):
        raise DossierRefused("part_code_taken", "the code is that of another dossier", member)


def _take_part(
    registry: Registry, connection: Connection, tenant: TenantId, bundle: str, part: PartDossier
) -> None:
    dossier = part.dossier
    check_owner(connection, tenant, dossier.code)
    share = share_of(connection, dossier.code)
    if share is None:
        _check_free(connection, dossier.code, "code")
        check_procedure(connection, dossier.procedure, must_be_known=False)
        row = {
            "code": dossier.code,
            "bundle": bundle,
            "procedure": dossier.procedure,
            "items": orjson.dumps(sorted(part.items)).decode(),
        }
        connection.execute(insert(bundle_parts), row)
    elif share.bundle != bundle:
        raise DossierRefused("part_code_taken", "the code is that of another dossier", "code")
    registry.take(connection, tenant, dossier, bundle)
