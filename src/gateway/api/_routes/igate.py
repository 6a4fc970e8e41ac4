"""Prefill and submission in iGate's own dossier format."""

from collections.abc import Callable

from fastapi import Response
from sqlalchemy import Connection

from gateway.api._models.answers import IGatePrefillAnswer, SubmissionAnswer
from gateway.api._models.igate import (
    IGateDossier,
    question_of,
    registration_of,
    submission_of,
)
from gateway.api._routes.dossiers import register_said
from gateway.api._routes.prefills import answer_of, fill_once, read_of
from gateway.api._routes.submissions import judge_once
from gateway.api._routing import Context, MayPrefill, MaySubmit, new_router
from gateway.api.services import (
    CaseServices,
    FormServices,
    UseAccess,
    UseCases,
    UseClock,
    UseDossiers,
    UseForms,
)
from gateway.domain.errors import BadRequest, DossierRefused
from gateway.domain.facts import Value
from gateway.domain.identifiers import AttributeName
from gateway.igate.choices import Choices
from gateway.igate.mapping import EForm
from gateway.igate.wrapper import applicant_of, repeat
from gateway.prefill.workflow import Prefilled

router = new_router("igate")
_IGATE_MEMBERS = {
    "submitted": "appliedDate",
    "received": "acceptedDate",
    "due": "appointmentDate",
    "form": "eForm.id",
    "procedure": "procedure.code",
}


@router.post(
    "/v1/igate/eforms/{eform}/prefill",
    summary="Fill an eForm of iGate",
    response_model=IGatePrefillAnswer,
)
async def prefill_eform(
    eform: str,
    body: IGateDossier,
    caller: MayPrefill,
    forms: UseForms,
    cases: UseCases,
    access: UseAccess,
    context: Context,
) -> Response:
    """The dossier's parts with what was filled in them, and under `prefill` all that was said."""
    if eform != body.eform.eform_id:
        raise BadRequest("eform_mismatch", "the address names another eForm", "eForm.id")
    known = forms.igate.eform(eform)
    choices = choices_of(forms, known)
    data, unmapped = choices.from_igate(body.eform.data)
    applicant = applicant_of(forms.igate.wrapper(body.applicant.eform_id), body.applicant.data)
    request = question_of(body, known, applicant, data).read(choices.can_send)

    def answer(cases: CaseServices, prefilled: Prefilled) -> IGatePrefillAnswer:
        return _answer(forms, cases, body, choices, prefilled, unmapped)

    read = read_of(caller, request, "code")
    return await fill_once(forms, cases, access, context, read, request, answer)


@router.post(
    "/v1/igate/dossiers",
    summary="Judge a dossier that iGate hands in",
    response_model=SubmissionAnswer,
)
async def submit_dossier(
    body: IGateDossier,
    caller: MaySubmit,
    forms: UseForms,
    cases: UseCases,
    dossiers: UseDossiers,
    clock: UseClock,
    context: Context,
) -> Response:
    """A verdict for every field, the counts, the dossier's evidence and the leaf.

    A dossier with a promised date is registered for the portal in the same transaction.
    """
    if body.prefill.receipt is None:
        raise BadRequest(
            "receipt_missing", "nothing was filled for this dossier", "prefill.receipt"
        )
    eform = forms.igate.eform(body.eform.eform_id)
    data, untold = choices_of(forms, eform).from_igate(body.eform.data)
    applicant = applicant_of(forms.igate.wrapper(body.applicant.eform_id), body.applicant.data)
    submission = submission_of(body, applicant, data)
    form = forms.catalogue.form_for(eform.form)
    dossier = registration_of(body, form, applicant, clock())

    def register(connection: Connection) -> None:
        if dossier is None:
            return
        try:
            register_said(forms, dossiers, clock(), connection, caller, dossier)
        except DossierRefused as refusal:
            member = _IGATE_MEMBERS.get(refusal.member or "", refusal.member)
            raise DossierRefused(refusal.code, refusal.detail, member) from None

    request = submission.read(caller, frozenset(untold), "code")

    async def judge() -> Response:
        return await judge_once(cases, caller, context, request, register)

    return await dossiers.records.with_keys(caller.tenant, judge)


def choices_of(forms: FormServices, eform: EForm) -> Choices:
    """How this eForm's choices are worded; NotFound for a form that is not registered."""
    form = forms.catalogue.form_for(eform.form)
    return Choices(form, eform, forms.igate, forms.code_lists, forms.remote_lists)


def _answer(
    forms: FormServices,
    cases: CaseServices,
    body: IGateDossier,
    choices: Choices,
    prefilled: Prefilled,
    unmapped: tuple[str, ...],
) -> IGatePrefillAnswer:
    """The dossier's two parts, and the plain answer beside them under `prefill`."""
    plain = answer_of(cases, prefilled)
    wrapper = forms.igate.wrapper(body.applicant.eform_id)
    repeated = repeat(wrapper, body.applicant.data, _facts_of(prefilled), forms.igate)
    return {
        "applicant": {"eformId": body.applicant.eform_id, "data": repeated.data},
        "eForm": {"id": body.eform.eform_id, "data": choices.to_igate(plain["data"])},
        "prefill": {
            "id": plain["id"],
            "form": plain["form"],
            "expires_at": plain["expires_at"],
            "fields": plain["fields"],
            "sources": plain["sources"],
            "summary": plain["summary"],
            "receipt": plain["receipt"],
            "leaf": plain["leaf"],
            "paper": plain["paper"],
            "unmapped": unmapped,
            "applicant": [
                {"key": key, "reason": reason} for key, reason in repeated.reasons.items()
            ],
        },
    }


def _facts_of(prefilled: Prefilled) -> Callable[[str], Value | None]:
    """What the form was filled with of the person that it is about, by attribute."""
    return lambda attribute: prefilled.filled_form.subject_value(AttributeName(attribute))
