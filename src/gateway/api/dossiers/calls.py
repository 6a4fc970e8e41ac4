"""How does a province register its dossiers, report their progress, and learn what the portal knows?"""

from dataclasses import replace
from datetime import UTC, datetime

from fastapi import Response
from sqlalchemy import Connection

from gateway.access.callers import Caller
from gateway.api.door import Answered, SignedIn, Visit, change_once, new_router
from gateway.api.dossiers.members import DossierAsked, ProgressAsked
from gateway.api.dossiers.papers import PapersShown, papers_shown
from gateway.api.rooms import House, Rooms
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


class Registered(Answered):
    """The dossier's code; `created` is false for one that was registered before."""

    code: str
    created: bool


class ProgressTaken(Answered):
    """How many rows are new; those that were sent before count once."""

    code: str
    taken: int


class Synchronisation(Answered):
    """`queued`, `delivered`, or `dead` with a reason, until somebody lets it be tried again."""

    status: str
    reason: str | None
    tries: int
    next_try_at: str | None
    dossier_waits: bool
    progress_waits: int


class Flag(Answered):
    """A raised flag: what it says, of which file, by which leaf, and whether the portal has it.

    `leaf` is null where it stands in a log that was closed.
    """

    flag: str
    value: str
    file: str | None
    leaf: str | None
    told: bool


class PaperAsked(Answered):
    """A component that must be asked on paper after all: its read did not come about."""

    component: str
    source: str
    reason: str


class DossierAnswer(Answered):
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
    on_paper: list[PaperAsked]
    unvouched: PapersShown


class BundleAnswer(Answered):
    """A bundle (hồ sơ liên thông): one declaration, and the dossiers that the portal has of it."""

    code: str
    procedure: str
    form: str | None
    registered_at: str
    confirmed_by: str | None
    parts: list[DossierAnswer]


@router.post("/v1/dossiers", status_code=201, response_model=Registered)
async def register(body: DossierAsked, caller: SignedIn, house: House, visit: Visit) -> Response:
    """Register a dossier, or say it anew: 201, or 200 where it was registered before.

    A procedure that serves others is registered with `parts`, one dossier for each of them.
    """

    def change(connection: Connection) -> tuple[int, object]:
        created = register_said(house, connection, caller, body)
        return 201 if created else 200, Registered(code=body.code, created=created)

    return await change_once(house, caller, visit, change)


def register_said(house: Rooms, connection: Connection, caller: Caller, said: DossierAsked) -> bool:
    """Take in a dossier, or a bundle with its parts; whether it is new.

    Raises DossierRefused `dossier_not_granted`, `form_not_of_procedure`, for a moment that cannot be,
    and what the registry raises.
    """
    tenant = caller.tenant
    caller.check_dossier(said.code, "code")
    for place, part in enumerate(said.parts or ()):
        caller.check_dossier(part.code, f"parts[{place}].code")
    whole = said.read()
    check_moments(whole, house.clock())
    for place, part in enumerate(said.parts or ()):
        own = {name: at for name, at in part.read().own.items() if name in ("received", "due")}
        check_moments(replace(whole, **own), house.clock(), f"parts[{place}].")
    serves = house.catalogue.served_by(said.procedure)
    if not serves and said.parts is None:
        created = house.dossiers.register(connection, tenant, whole)
    else:
        parts = None if said.parts is None else [one.read() for one in said.parts]
        created = register_bundle(house.dossiers, connection, tenant, whole, parts, serves)
    _check_form(house, said)
    return created


def _check_form(house: Rooms, said: DossierAsked) -> None:
    """Refuse a form that does not serve the dossier's procedure, as far as the catalogue can tell.

    A form that is not registered, or that names no procedure of its own, is taken only for a procedure
    that no registered form serves.
    """
    forms, base = house.catalogue.forms(), said.procedure[:BASE_CODE]
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
    code: str, body: ProgressAsked, caller: SignedIn, house: House, visit: Visit
) -> Response:
    """Take rows of progress, all or none, and what came to the dossier with them.

    What was sent before is passed over.
    """
    steps = tuple(row.read() for row in body.rows)
    added = body.added()
    check_happened(steps, house.clock())

    caller.check_dossier(code, "code")

    def change(connection: Connection) -> tuple[int, object]:
        check_goes_on_alone(connection, caller.tenant, code)
        taken = house.dossiers.go_on(connection, caller.tenant, code, steps, added, in_order=True)
        return 200, ProgressTaken(code=code, taken=taken)

    return await change_once(house, caller, visit, change)


@router.get("/v1/dossiers/{code}")
async def standing(code: str, caller: SignedIn, house: House) -> DossierAnswer | BundleAnswer:
    """What the portal knows of a dossier, which flags stand, and what must be asked on paper.

    For a bundle, the same of each of its parts.
    """

    caller.check_dossier(code, "code")

    def ask(connection: Connection) -> DossierAnswer | BundleAnswer:
        def shown(stands: Standing) -> DossierAnswer:
            return _answer(stands, papers_shown(house, connection, caller.tenant, stands.case))

        found = bundle_standing(house.dossiers, connection, caller.tenant, code)
        if found is not None:
            return _bundle(found, [shown(part) for part in found.parts])
        return shown(house.dossiers.standing(connection, caller.tenant, code))

    return house.database.read(ask)


def _bundle(stands: BundleStanding, parts: list[DossierAnswer]) -> BundleAnswer:
    return BundleAnswer(
        code=stands.code,
        procedure=stands.procedure,
        form=stands.form,
        registered_at=_moment(stands.registered_at),
        confirmed_by=stands.confirmed_by,
        parts=parts,
    )


def _answer(stands: Standing, unvouched: PapersShown) -> DossierAnswer:
    row = stands.row
    waits = row.sync == "queued"
    leaf = row.confirmed_leaf
    return DossierAnswer(
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
            PaperAsked(component=one.component, source=one.source, reason=one.reason)
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
