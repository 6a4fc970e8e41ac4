"""The prefill and the submission in iGate's own dossier shape: where an eForm of iGate comes in.

A body is the dossier as iGate keeps it: `applicant` (its eForm's id and data), `eForm`, `procedure`,
`code` and what else belongs to it. Beside it stands one member of ours, `prefill`, with what iGate
has no place for: the receipt, the officer, the channel, marks on fields.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Response
from pydantic import Field, ValidationError

from gateway.api.door import Asked, SignedIn, Visit, new_router
from gateway.api.people_members import Channel, FormData, SubjectAsked
from gateway.api.prefills import LegalBasisAsked, OfficerText, PrefillAsked, fill_once, whole_answer
from gateway.api.problems import MembersRefused
from gateway.api.rooms import House, Rooms
from gateway.api.submissions import Path, SubmissionAsked, judge_once
from gateway.domain.errors import BadRequest
from gateway.domain.facts import PersonRef, Value
from gateway.domain.identifiers import AttributeName
from gateway.igate.choices import Choices
from gateway.igate.mapping import EFORM_ID, EForm
from gateway.igate.wrapper import Applicant, applicant_of, repeat
from gateway.prefill.asking.knowledge import Known
from gateway.prefill.filling.entries import Filled
from gateway.prefill.workflow import Prefilled

A = TypeVar("A", PrefillAsked, SubmissionAsked)

router = new_router("igate")

EFormId = Annotated[str, Field(pattern=EFORM_ID, examples=["64f0c0ffee00000000000007"])]
_PREFILL = ("officer", "channel", "without")


class ProcedureNamed(Asked):
    """The procedure as iGate keeps it; only its code is read."""

    code: str | None = None
    igate_id: Any = Field(default=None, alias="id")
    translate: Any = None
    sector: Any = None


class ApplicantPart(Asked):
    """The applicant's part of a dossier: its own eForm and that eForm's data."""

    eform_id: EFormId = Field(alias="eformId")
    data: FormData
    user_id: str | None = Field(default=None, alias="userId")


class EFormPart(Asked):
    """The procedure's own eForm and its data."""

    eform_id: EFormId = Field(alias="id")
    data: FormData = Field(default_factory=dict, repr=False)


class PrefillSaid(Asked):
    """What iGate's shape has no place for (ours): the receipt so far, who acts, and how."""

    receipt: Annotated[str, Field(max_length=400_000)] | None = None
    officer: OfficerText | None = None
    channel: Channel | None = None
    verified_by: str | None = None
    legal_basis: LegalBasisAsked | None = None
    without: list[Annotated[str, Field(max_length=300)]] | None = None
    contested: Annotated[list[Path], Field(max_length=500)] = Field(default_factory=list)
    entered_by: dict[Path, Literal["officer", "citizen"]] = Field(default_factory=dict)


class IGateDossier(Asked):
    """A dossier (hồ sơ) as iGate holds it; the members without a word of ours are taken unread."""

    applicant: ApplicantPart
    eform: EFormPart = Field(alias="eForm")
    procedure: ProcedureNamed | None = None
    code: str | None = None
    prefill: PrefillSaid = PrefillSaid()
    igate_id: Any = Field(default=None, alias="id")
    code_pattern: Any = Field(default=None, alias="codePattern")
    process: Any = Field(default=None, alias="procedureProcessDefinition")
    agency: Any = None
    files: Any = Field(default=None, alias="dossierFormFile")
    fees: Any = Field(default=None, alias="dossierFee")
    receiving_kind: Any = Field(default=None, alias="dossierReceivingKind")
    payment: Any = Field(default=None, alias="paymentMethod")
    agency_level: Any = Field(default=None, alias="agencyLevel")
    procedure_level: Any = Field(default=None, alias="procedureLevel")
    task_status: Any = Field(default=None, alias="dossierTaskStatus")
    reminder: Any = Field(default=None, alias="dossierMenuTaskRemind")
    status: Any = Field(default=None, alias="dossierStatus")


@router.post("/v1/igate/eforms/{eform}/prefill", summary="Fill an eForm of iGate")
async def prefill_eform(
    eform: str, body: IGateDossier, caller: SignedIn, house: House, visit: Visit
) -> Response:
    """The dossier's parts with what was filled in them, and under `prefill` all that was said."""
    if eform != body.eform.eform_id:
        raise BadRequest("eform_mismatch", "the address names another eForm", "eForm.id")
    known = house.igate.eform(eform)
    choices = choices_of(house, known)
    data, unmapped = choices.from_igate(body.eform.data)
    applicant = applicant_of(house.igate.wrapper(body.applicant.eform_id), body.applicant.data)
    request = _question(body, known, applicant, data).read(choices.can_send)

    def answer(house: Rooms, prefilled: Prefilled) -> dict[str, Any]:
        return _answer(house, body, choices, prefilled, unmapped)

    return await fill_once(house, caller, visit, request, answer)


@router.post("/v1/igate/dossiers", summary="Judge a dossier that iGate hands in")
async def submit_dossier(
    body: IGateDossier, caller: SignedIn, house: House, visit: Visit
) -> Response:
    """A verdict for every field, the counts, the dossier's evidence and the leaf."""
    if body.prefill.receipt is None:
        raise BadRequest(
            "receipt_missing", "nothing was filled for this dossier", "prefill.receipt"
        )
    eform = house.igate.eform(body.eform.eform_id)
    data, _ = choices_of(house, eform).from_igate(body.eform.data)
    applicant = applicant_of(house.igate.wrapper(body.applicant.eform_id), body.applicant.data)
    told = {
        "receipt": body.prefill.receipt,
        "data": data,
        "dossier": body.code,
        "subject": {"personal_id": applicant.stated["personal_id"]},
        "channel": body.prefill.channel,
        "entered_by": body.prefill.entered_by,
        "contested": body.prefill.contested,
    }
    return await judge_once(house, caller, visit, _validated(SubmissionAsked, told, applicant))


def choices_of(house: Rooms, eform: EForm) -> Choices:
    """How this eForm's choices are worded; NotFound for a form that is not registered."""
    form = house.catalogue.form_for(eform.form)
    return Choices(form, eform, house.igate, house.lists, house.options_at)


def _question(
    body: IGateDossier, eform: EForm, applicant: Applicant, data: dict[str, Any]
) -> PrefillAsked:
    """The plain question behind a dossier; raises MembersRefused with iGate's own keys."""
    said, stated = body.prefill, applicant.stated
    procedure = None if body.procedure is None else body.procedure.code
    ground = said.legal_basis or LegalBasisAsked(
        kind="procedure", reference=procedure or eform.form
    )
    told = {
        "form": eform.form,
        "procedure": procedure,
        "dossier": body.code,
        "subject": {name: stated[name] for name in SubjectAsked.model_fields},
        "account": {
            "verified_by": said.verified_by,
            "phone": stated["phone"],
            "email": stated["email"],
        },
        "legal_basis": ground,
        "data": data,
        "extends": said.receipt,
        **{name: value for name in _PREFILL if (value := getattr(said, name)) is not None},
    }
    return _validated(PrefillAsked, told, applicant)


def _validated(model: type[A], told: Mapping[str, Any], applicant: Applicant) -> A:
    """A model from members that iGate sent; refused under the keys under which it sent them."""
    named = applicant.keys
    places: dict[tuple[int | str, ...], tuple[str, ...]] = {
        ("subject", "personal_id"): ("applicant", "data", named.personal_id),
        ("subject", "full_name"): ("applicant", "data", named.full_name),
        ("subject", "birth_date"): ("applicant", "data", named.birth_date or "birth_date"),
        ("account", "phone"): ("applicant", "data", named.phone or "phone"),
        ("account", "email"): ("applicant", "data", named.email or "email"),
        ("procedure",): ("procedure", "code"),
        ("dossier",): ("code",),
        ("data",): ("eForm", "data"),
    }
    try:
        return model.model_validate(_present(told))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        for one in errors:
            one["loc"] = places.get(one["loc"][:2]) or places.get(one["loc"][:1]) or one["loc"]
        raise MembersRefused(errors) from None


def _present(told: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say something, in objects too."""
    return {
        name: _present(value) if name in ("subject", "account") else value
        for name, value in told.items()
        if value is not None
    }


def _answer(
    house: Rooms,
    body: IGateDossier,
    choices: Choices,
    prefilled: Prefilled,
    unmapped: tuple[str, ...],
) -> dict[str, Any]:
    """The dossier's two parts, and the plain answer beside them under `prefill`."""
    said = whole_answer(house, prefilled)
    wrapper = house.igate.wrapper(body.applicant.eform_id)
    repeated = repeat(wrapper, body.applicant.data, _facts_of(prefilled), house.igate)
    return {
        "applicant": {"eformId": body.applicant.eform_id, "data": dict(repeated.data)},
        "eForm": {"id": body.eform.eform_id, "data": choices.to_igate(said.pop("data"))},
        "prefill": {
            **said,
            "unmapped": list(unmapped),
            "applicant": [
                {"key": key, "reason": reason.value} for key, reason in repeated.reasons.items()
            ],
        },
    }


def _facts_of(prefilled: Prefilled) -> Callable[[str], Value | None]:
    """What the form was filled with of the person that it is about, by attribute."""
    people = prefilled.sheet.people
    filled = {
        entry.attribute
        for entry in prefilled.sheet.entries
        if isinstance(entry, Filled) and people.behind(entry.role) == (people.subject,)
    }

    def value_of(attribute: str) -> Value | None:
        name = AttributeName(attribute)
        state = people.knowledge.state_of(people.subject, name) if name in filled else None
        held = state.fact.value if isinstance(state, Known) else None
        return None if isinstance(held, PersonRef | tuple) else held

    return value_of
