"""Request models of iGate's dossier, and the plain requests that they are equivalent to.

A body is the dossier as iGate keeps it: `applicant` (its eForm's id and data), `eForm`, `procedure`,
`code` and what else belongs to it. Beside it stands one member of ours, `prefill`, with what iGate
has no place for: the receipt, the officer, the channel, marks on fields.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import Field, ValidationError

from gateway.api._models.dossiers import MOST_PARTS, DossierBody, MomentText, PartModel
from gateway.api._models.people import Channel, FormData, OfficerText, SubjectModel
from gateway.api._problems import MembersRefused
from gateway.api._routes.prefills import LegalBasisModel, PrefillBody
from gateway.api._routes.submissions import Path, SubmissionBody
from gateway.api._routing import RequestModel
from gateway.forms.catalogue import RegisteredForm
from gateway.igate.mapping import EFORM_ID, EForm
from gateway.igate.wrapper import Applicant

A = TypeVar("A", PrefillBody, SubmissionBody, DossierBody)

EFormId = Annotated[str, Field(pattern=EFORM_ID, examples=["64f0c0ffee00000000000007"])]
_PREFILL = ("officer", "channel", "without")


class ProcedureNamed(RequestModel):
    """The procedure as iGate keeps it; only its code is read."""

    code: str | None = None
    igate_id: object = Field(default=None, alias="id")
    translate: object = None
    sector: object = None


class ApplicantPart(RequestModel):
    """The applicant's part of a dossier: its own eForm and that eForm's data."""

    eform_id: EFormId = Field(alias="eformId")
    data: FormData
    user_id: str | None = Field(default=None, alias="userId")


class EFormPart(RequestModel):
    """The procedure's own eForm and its data."""

    eform_id: EFormId = Field(alias="id")
    data: FormData = Field(default_factory=dict, repr=False)


class PrefillSaid(RequestModel):
    """What iGate's shape has no place for (ours): the receipt so far, who acts, and how."""

    receipt: Annotated[str, Field(max_length=400_000)] | None = None
    officer: OfficerText | None = None
    channel: Channel | None = None
    verified_by: str | None = None
    legal_basis: LegalBasisModel | None = None
    without: list[Annotated[str, Field(max_length=300)]] | None = None
    contested: Annotated[list[Path], Field(max_length=500)] = Field(default_factory=list)
    entered_by: dict[Path, Literal["officer", "citizen"]] = Field(default_factory=dict)
    parts: Annotated[list[PartModel], Field(max_length=MOST_PARTS)] | None = None


class IGateDossier(RequestModel):
    """A dossier (hồ sơ) as iGate holds it; the members without a word of ours are taken unread."""

    free_text: ClassVar[tuple[str, ...]] = ("applicant.data", "eForm.data")

    applicant: ApplicantPart
    eform: EFormPart = Field(alias="eForm")
    procedure: ProcedureNamed | None = None
    code: str | None = None
    prefill: PrefillSaid = PrefillSaid()
    igate_id: object = Field(default=None, alias="id")
    code_pattern: object = Field(default=None, alias="codePattern")
    process: object = Field(default=None, alias="procedureProcessDefinition")
    agency: object = None
    files: object = Field(default=None, alias="dossierFormFile")
    fees: object = Field(default=None, alias="dossierFee")
    receiving_kind: object = Field(default=None, alias="dossierReceivingKind")
    payment: object = Field(default=None, alias="paymentMethod")
    agency_level: object = Field(default=None, alias="agencyLevel")
    procedure_level: object = Field(default=None, alias="procedureLevel")
    task_status: object = Field(default=None, alias="dossierTaskStatus")
    reminder: object = Field(default=None, alias="dossierMenuTaskRemind")
    status: object = Field(default=None, alias="dossierStatus")
    applied: MomentText | None = Field(default=None, alias="appliedDate")
    accepted: MomentText | None = Field(default=None, alias="acceptedDate")
    promised: MomentText | None = Field(default=None, alias="appointmentDate")


def question_of(
    body: IGateDossier, eform: EForm, applicant: Applicant, data: dict[str, object]
) -> PrefillBody:
    """The plain question behind a dossier; raises MembersRefused with iGate's own keys."""
    said = body.prefill
    procedure = None if body.procedure is None else body.procedure.code
    ground = said.legal_basis or LegalBasisModel(
        kind="procedure", reference=procedure or eform.form
    )
    mapped = {
        "form": eform.form,
        "procedure": procedure,
        "dossier": body.code,
        "subject": {name: getattr(applicant, name) for name in SubjectModel.model_fields},
        "account": {"verified_by": said.verified_by, **applicant.account},
        "legal_basis": ground,
        "data": data,
        "extends": said.receipt,
        **{name: value for name in _PREFILL if (value := getattr(said, name)) is not None},
    }
    return validated(PrefillBody, mapped, applicant)


def submission_of(
    body: IGateDossier, applicant: Applicant, data: dict[str, object]
) -> SubmissionBody:
    """The plain submission behind a dossier; raises MembersRefused with iGate's own keys."""
    said = body.prefill
    mapped = {
        "receipt": said.receipt,
        "data": data,
        "dossier": body.code,
        "subject": {"personal_id": applicant.personal_id},
        "channel": said.channel,
        "entered_by": said.entered_by,
        "contested": said.contested,
    }
    return validated(SubmissionBody, mapped, applicant)


def registration_of(
    body: IGateDossier, form: RegisteredForm, applicant: Applicant, now: datetime
) -> DossierBody | None:
    """What the portal is to be sent of a dossier; None while no date is promised for its result."""
    if body.promised is None:
        return None
    said = body.prefill
    mapped = {
        "code": body.code,
        "procedure": None if body.procedure is None else body.procedure.code,
        "form": form.code,
        "channel": said.channel or ("desk" if said.officer else "online"),
        "owner": {
            "kind": "citizen",
            "name": applicant.full_name,
            "personal_id": applicant.personal_id,
            **applicant.account,
        },
        "abstract": body.applicant.data.get("noidungyeucaugiaiquyet") or form.title,
        "submitted": body.applied or now.isoformat(),
        "received": body.accepted,
        "due": body.promised,
        "unit": _name_of(body.agency),
        "parts": None if said.parts is None else [one.model_dump() for one in said.parts],
    }
    return validated(DossierBody, mapped, applicant)


def _name_of(agency: object) -> object:
    """An agency's Vietnamese name; iGate keeps names as a list by language, or flattens them."""
    name = agency.get("name") if isinstance(agency, dict) else None
    if isinstance(name, list):
        named = [one for one in name if isinstance(one, dict)]
        spoken = [one for one in named if one.get("languageId") == _VIETNAMESE]
        name = next(iter(spoken + named), None)
    return name.get("name") if isinstance(name, dict) else name


_VIETNAMESE = 228


def validated(model: type[A], mapped: Mapping[str, object], applicant: Applicant) -> A:
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
        ("submitted",): ("appliedDate",),
        ("received",): ("acceptedDate",),
        ("due",): ("appointmentDate",),
        ("unit",): ("agency", "name"),
        ("owner", "personal_id"): ("applicant", "data", named.personal_id),
        ("owner", "name"): ("applicant", "data", named.full_name),
        ("data",): ("eForm", "data"),
    }
    try:
        return model.model_validate(_present(mapped))
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        for one in errors:
            one["loc"] = places.get(one["loc"][:2]) or places.get(one["loc"][:1]) or one["loc"]
        raise MembersRefused(errors) from None


_OBJECTS = ("subject", "account", "owner")


def _present(mapped: Mapping[str, object]) -> dict[str, object]:
    """The members that say something, in objects too."""
    return {
        name: _present(value) if name in _OBJECTS and isinstance(value, dict) else value
        for name, value in mapped.items()
        if value is not None
    }
