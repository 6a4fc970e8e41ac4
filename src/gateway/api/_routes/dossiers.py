"""How does a province register its dossiers, report their progress, and learn what the portal knows?"""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import Response
from sqlalchemy import Connection

from gateway.access.callers import Caller
from gateway.api._models.dossiers import DossierBody, ProgressBody
from gateway.api._routes.papers import PapersShown, papers_shown
from gateway.api._routing import Context, ResponseModel, SignedIn, change_once, new_router
from gateway.api.services import AllServices, Services
from gateway.domain.errors import DossierRefused
from gateway.dossiers.bundling import (
    BundleStanding,
    bundle_standing,
    check_goes_on_alone,
    register_bundle,
)
from gateway.dossiers.evidence.flags import Mark
from gateway.dossiers.moments import check_happened, check_moments
from gateway.dossiers.standing import Standing
from gateway.forms.bundles import BASE_CODE

router = new_router("dossiers")


class Registered(ResponseModel):
    """The dossier's code; `created` is false for one that was registered before."""

    code: str
    created: bool


class ProgressTaken(ResponseModel):
    """How many rows are new; those that were sent before count once."""

    code: str
    taken: int


class Synchronisation(ResponseModel):
    """`queued`, `delivered`, or `dead` with a reason, until somebody lets it be tried again."""

    status: str
    reason: str | None
    tries: int
    next_try_at: str | None
    dossier_waits: bool
    progress_waits: int


class Flag(ResponseModel):
    """A raised flag: what it says, of which file, by which leaf, and whether the portal has it.

    `leaf` is null where it stands in a log that was closed.
    """

    flag: str
    value: str
    file: str | None
    leaf: str | None
    told: bool


class RequiredComponent(ResponseModel):
    """A component that must be asked on paper after all: its read did not come about."""

    component: str
    source: str
    reason: str


class DossierResponse(ResponseModel):
    """One dossier as it stands, by the portal's numbers of states."""

    code: str
    bundle: str | None
    procedure: str
    form: str | None
    registered_at: str
    due: str
    state: int
    portal_state: int | None
    confirmed_by: str | None
    synchronisation: Synchronisation
    flags: list[Flag]
    on_paper: list[RequiredComponent]
    unvouched: PapersShown


class BundleResponse(ResponseModel):
    """A bundle (hồ sơ liên thông): one declaration, and the dossiers that the portal has of it."""

    code: str
    procedure: str
    form: str | None
    registered_at: str
    confirmed_by: str | None
    parts: list[DossierResponse]


@router.post("/v1/dossiers", status_code=201, response_model=Registered)
async def register(
    body: DossierBody, caller: SignedIn, services: AllServices, context: Context
) -> Response:
    """Register a dossier, or say it anew: 201, or 200 where it was registered before.

    A procedure that serves others is registered with `parts`, one dossier for each of them.
    """

    def change(connection: Connection) -> tuple[int, object]:
        created = register_said(services, connection, caller, body)
        return 201 if created else 200, Registered(code=body.code, created=created)

    return await change_once(services, caller, context, change)


def register_said(
    services: Services, connection: Connection, caller: Caller, said: DossierBody
) -> bool:
    """Take in a dossier, or a bundle with its parts; whether it is new.

    Raises DossierRefused `dossier_not_granted`, `form_not_of_procedure`, for a moment that cannot be,
    and what the registry raises.
    """
    tenant = caller.tenant
    caller.check_dossier(said.code, "code")
    for place, part in enumerate(said.parts or ()):
        caller.check_dossier(part.code, f"parts[{place}].code")
    whole = said.read()
    check_moments(whole, services.clock())
    for place, part in enumerate(said.parts or ()):
        own = {name: at for name, at in part.read().own.items() if name in ("received", "due")}
        check_moments(replace(whole, **own), services.clock(), f"parts[{place}].")
    serves = services.catalogue.served_by(said.procedure)
    if not serves and said.parts is None:
        created = services.dossiers.register(connection, tenant, whole)
    else:
        parts = None if said.parts is None else [one.read() for one in said.parts]
        created = register_bundle(services.dossiers, connection, tenant, whole, parts, serves)
    _check_form(services, said)
    return created


def _check_form(services: Services, said: DossierBody) -> None:
    """Refuse a form that does not serve the dossier's procedure, as far as the catalogue can tell.

    A form that is not registered, or that names no procedure of its own, is taken only for a procedure
    that no registered form serves.
    """
    forms, base = services.catalogue.forms(), said.procedure[:BASE_CODE]
    serving = {
        form.code
        for form in forms
        if any(code[:BASE_CODE] == base for code in form.bindings.procedures)
    }
    bound = any(form.code == said.form and form.bindings.procedures for form in forms)
    if said.form is not None and (serving or bound) and said.form not in serving:
        raise DossierRefused("form_not_of_procedure", "the form serves other procedures", "form")


@router.post("/v1/dossiers/{code}/progress", response_model=ProgressTaken)
async def go_on(
    code: str, body: ProgressBody, caller: SignedIn, services: AllServices, context: Context
) -> Response:
    """Take rows of progress, all or none, and what came to the dossier with them.

    What was sent before is passed over.
    """
    steps = tuple(row.read() for row in body.rows)
    added = body.added()
    check_happened(steps, services.clock())

    caller.check_dossier(code, "code")

    def change(connection: Connection) -> tuple[int, object]:
        check_goes_on_alone(connection, caller.tenant, code)
        taken = services.dossiers.go_on(
            connection, caller.tenant, code, steps, added, in_order=True
        )
        return 200, ProgressTaken(code=code, taken=taken)

    return await change_once(services, caller, context, change)


@router.get("/v1/dossiers/{code}")
async def standing(
    code: str, caller: SignedIn, services: AllServices
) -> DossierResponse | BundleResponse:
    """What the portal knows of a dossier, which flags stand, and what must be asked on paper.

    For a bundle, the same of each of its parts.
    """

    caller.check_dossier(code, "code")

    def ask(connection: Connection) -> DossierResponse | BundleResponse:
        def shown(stands: Standing) -> DossierResponse:
            return _answer(stands, papers_shown(services, connection, caller.tenant, stands.case))

        found = bundle_standing(services.dossiers, connection, caller.tenant, code)
        if found is not None:
            return _bundle(found, [shown(part) for part in found.parts])
        return shown(services.dossiers.standing(connection, caller.tenant, code))

    return services.database.read(ask)


def _bundle(stands: BundleStanding, parts: list[DossierResponse]) -> BundleResponse:
    return BundleResponse(
        code=stands.code,
        procedure=stands.procedure,
        form=stands.form,
        registered_at=_moment(stands.registered_at),
        confirmed_by=stands.confirmed_by,
        parts=parts,
    )


def _answer(stands: Standing, unvouched: PapersShown) -> DossierResponse:
    row = stands.row
    waits = row.sync == "queued"
    leaf = row.confirmed_leaf
    return DossierResponse(
        code=row.code,
        bundle=None if stands.case.share is None else stands.case.share.bundle,
        procedure=row.procedure,
        form=row.form,
        registered_at=_moment(row.registered_at),
        due=_moment(row.due_at),
        state=row.stated,
        portal_state=row.portal_state,
        confirmed_by=None if leaf is None else stands.hashes[leaf],
        synchronisation=Synchronisation(
            status=row.sync,
            reason=row.reason,
            tries=row.tries,
            next_try_at=_moment(row.next_at) if waits else None,
            dossier_waits=stands.dossier_waits,
            progress_waits=stands.steps_wait,
        ),
        flags=[_flag(mark, stands) for mark in (*stands.told, *stands.raised)],
        on_paper=[
            RequiredComponent(component=one.component, source=one.source, reason=one.reason)
            for one in stands.paper
        ],
        unvouched=unvouched,
    )


def _flag(mark: Mark, stands: Standing) -> Flag:
    return Flag(
        flag=mark.flag,
        value=mark.value,
        file=mark.file,
        leaf=stands.hashes.get(mark.leaf),
        told=mark in stands.told,
    )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
