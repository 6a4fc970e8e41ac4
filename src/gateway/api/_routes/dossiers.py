"""Endpoints by which a province registers dossiers, reports progress and reads their state."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Response
from sqlalchemy import Connection

from gateway.access.callers import Caller
from gateway.api._models.dossiers import DossierBody, ProgressBody
from gateway.api._routing import Context, MayHandleDossiers, ResponseModel, new_router
from gateway.api.services import (
    DossierServices,
    FormServices,
    UseCases,
    UseClock,
    UseDatabase,
    UseDossiers,
    UseForms,
)
from gateway.domain.errors import DossierRefused, NotFound
from gateway.domain.identifiers import TenantId
from gateway.dossiers import Case, Mark, UnverifiedFields, template_of, unverified_fields_of
from gateway.dossiers.bundling import (
    BundleStanding,
    bundle_standing,
    check_goes_on_alone,
    register_bundle,
)
from gateway.dossiers.moments import check_happened, check_moments
from gateway.dossiers.status import DossierStatus
from gateway.forms.bundles import BASE_CODE
from gateway.forms.catalogue import Catalogue
from gateway.receipts.tickets import RESOLVED, Tickets
from gateway.sources.paper_path import PaperPath, UnverifiedField

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


class PaperNeeded(ResponseModel):
    """A paper to ask for, of whom and why: a read that did not come about, or `contested`, `override`."""

    paper: str
    title: str
    role: str
    why: str
    fields: list[str]


class CorrectionShown(ResponseModel):
    """A correction ticket of this dossier and where it stands with the register."""

    ticket: str
    state: str
    path: str
    why: str


class PapersShown(ResponseModel):
    """What no register vouches for (Resolution 66.7/2025/NQ-CP)."""

    papers: list[PaperNeeded]
    corrections: list[CorrectionShown]


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
    body: DossierBody,
    caller: MayHandleDossiers,
    forms: UseForms,
    dossiers: UseDossiers,
    clock: UseClock,
    context: Context,
) -> Response:
    """Register a dossier, or replace it: 201, or 200 where it was registered before.

    A procedure that serves others is registered with `parts`, one dossier for each of them.
    """

    def change(connection: Connection) -> tuple[int, object]:
        created = register_said(forms, dossiers, clock(), connection, caller, body)
        return 201 if created else 200, Registered(code=body.code, created=created)

    async def register() -> Response:
        return await context.change_once(caller, change)

    return await dossiers.records.with_keys(caller.tenant, register)


def register_said(
    forms: FormServices,
    dossiers: DossierServices,
    now: datetime,
    connection: Connection,
    caller: Caller,
    said: DossierBody,
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
    check_moments(whole, now)
    for place, part in enumerate(said.parts or ()):
        check_moments(part.read().within(whole), now, f"parts[{place}].")
    serves = forms.catalogue.served_by(said.procedure)
    if not serves and said.parts is None:
        created = dossiers.registry.register(connection, tenant, whole)
    else:
        parts = None if said.parts is None else [one.read() for one in said.parts]
        created = register_bundle(dossiers.registry, connection, tenant, whole, parts, serves)
    _check_form(forms.catalogue, said)
    return created


def _check_form(catalogue: Catalogue, said: DossierBody) -> None:
    """Refuse a form that does not serve the dossier's procedure, as far as the catalogue can tell.

    A form that is not registered, or that names no procedure of its own, is taken only for a procedure
    that no registered form serves.
    """
    forms, base = catalogue.forms(), said.procedure[:BASE_CODE]
    serving = {
        form.code
        for form in forms
        if any(code[:BASE_CODE] == base for code in form.bindings.procedures)
    }
    bound = any(form.code == said.form and form.bindings.procedures for form in forms)
    if said.form is not None and (serving or bound) and said.form not in serving:
        raise DossierRefused("form_not_of_procedure", "the form serves other procedures", "form")


@router.post("/v1/dossiers/{code}/progress", response_model=ProgressTaken)
async def add_progress(
    code: str,
    body: ProgressBody,
    caller: MayHandleDossiers,
    dossiers: UseDossiers,
    clock: UseClock,
    context: Context,
) -> Response:
    """Take rows of progress, all or none, and what came to the dossier with them.

    What was sent before is passed over.
    """
    steps = tuple(row.read() for row in body.rows)
    added = body.added()
    check_happened(steps, clock())

    caller.check_dossier(code, "code")

    def change(connection: Connection) -> tuple[int, object]:
        check_goes_on_alone(connection, caller.tenant, code)
        taken = dossiers.registry.go_on(
            connection, caller.tenant, code, steps, added, in_order=True
        )
        return 200, ProgressTaken(code=code, taken=taken)

    return await context.change_once(caller, change)


@router.get("/v1/dossiers/{code}")
async def show_dossier(
    code: str,
    caller: MayHandleDossiers,
    forms: UseForms,
    cases: UseCases,
    dossiers: UseDossiers,
    database: UseDatabase,
) -> DossierResponse | BundleResponse:
    """What the portal knows of a dossier, which flags stand, and what must be asked on paper.

    For a bundle, the same of each of its parts.
    """

    caller.check_dossier(code, "code")
    papers = _Papers(dossiers.tickets, forms.catalogue, cases.paper_path)

    def ask(connection: Connection) -> DossierResponse | BundleResponse:
        def shown(stands: DossierStatus) -> DossierResponse:
            return _dossier(stands, papers.of(connection, caller.tenant, stands.case))

        found = bundle_standing(dossiers.registry, connection, caller.tenant, code)
        if found is not None:
            return _bundle(found, [shown(part) for part in found.parts])
        return shown(dossiers.registry.status(connection, caller.tenant, code))

    return database.read(ask)


def _bundle(stands: BundleStanding, parts: list[DossierResponse]) -> BundleResponse:
    return BundleResponse(
        code=stands.code,
        procedure=stands.procedure,
        form=stands.form,
        registered_at=_moment(stands.registered_at),
        confirmed_by=stands.confirmed_by,
        parts=parts,
    )


def _dossier(stands: DossierStatus, unvouched: PapersShown) -> DossierResponse:
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
        flags=[_flag(mark, stands) for mark in (*stands.sent, *stands.raised)],
        on_paper=[
            RequiredComponent(component=one.component, source=one.source, reason=one.reason)
            for one in stands.paper
        ],
        unvouched=unvouched,
    )


def _flag(mark: Mark, stands: DossierStatus) -> Flag:
    return Flag(
        flag=mark.flag,
        value=mark.value,
        file=mark.file,
        leaf=stands.hashes.get(mark.leaf),
        told=mark in stands.sent,
    )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass(frozen=True, slots=True)
class _Papers:
    """Works out which papers a dossier needs, and which corrections were asked for."""

    tickets: Tickets
    catalogue: Catalogue
    paper_path: PaperPath

    def of(self, connection: Connection, tenant: TenantId, case: Case) -> PapersShown:
        """Of one dossier, or of one part of a bundle, by its latest prefill and its tickets."""
        unverified = unverified_fields_of(connection, case)
        found = self.tickets.of_tenant(connection, tenant, case.ref, None)
        tickets = [one for one in found if unverified.concerns(one.path)]
        open_tickets = (one for one in tickets if one.state != RESOLVED)
        contested = (
            UnverifiedField(one.path, one.role, one.attribute, one.why) for one in open_tickets
        )
        papers = self.paper_path.asked_for([*self._unread(unverified), *contested])
        return PapersShown(
            papers=[
                PaperNeeded(
                    paper=one.paper,
                    title=one.title,
                    role=one.role,
                    why=one.why,
                    fields=list(one.fields),
                )
                for one in papers
            ],
            corrections=[
                CorrectionShown(ticket=one.id, state=one.state, path=one.path, why=one.why)
                for one in tickets
            ],
        )

    def _unread(self, unverified: UnverifiedFields) -> Iterator[UnverifiedField]:
        """The fields that the prefill could not read, with their roles by the form's bindings."""
        for one in unverified.unvouched:
            try:
                bound = self.catalogue.form_for(one.form).bindings.by_field
            except NotFound:
                continue
            if (binding := bound.get(template_of(one.path))) is not None:
                yield UnverifiedField(one.path, binding.role, one.attribute, one.why.value)
