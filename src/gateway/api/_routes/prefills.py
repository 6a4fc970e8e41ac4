"""POST /v1/prefills: fill one form for one person."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from fastapi import Response
from pydantic import Field
from sqlalchemy import Connection

from gateway.access.callers import Caller
from gateway.api._http import encode
from gateway.api._models.answers import EmptyField, FilledField, PrefillAnswer, Visible
from gateway.api._models.people import (
    AccountModel,
    Channel,
    DossierText,
    FormData,
    OfficerText,
    ProcedureText,
    SubjectModel,
)
from gateway.api._problems import rate_limit
from gateway.api._routing import (
    Context,
    MayPrefill,
    RequestContext,
    RequestModel,
    new_router,
    respond,
)
from gateway.api.services import (
    AccessServices,
    CaseServices,
    FormServices,
    UseAccess,
    UseCases,
    UseForms,
)
from gateway.domain.identifiers import DossierCode
from gateway.domain.replies import outcome_of
from gateway.domain.verdicts import Reason
from gateway.forms.fields import Decision, put_value
from gateway.prefill.form import (
    Carried,
    Empty,
    Entry,
    Filled,
    FilledForm,
    instant,
    retry_at,
    summary_of,
)
from gateway.prefill.request import (
    Asker,
    CanSend,
    PrefillRequest,
    check_legal_basis,
    procedure_of,
    sends_all,
)
from gateway.prefill.workflow import Prefilled
from gateway.reads.gate import PersonRead
from gateway.reads.quotas import Allowance
from gateway.receipts.claims import FilledClaim
from gateway.sources.paper_path import UnverifiedField

router = new_router("prefill")

_ON_PAPER = (Reason.SOURCE_UNAVAILABLE, Reason.NOT_PERMITTED, Reason.CONFLICT, Reason.STALE)
_SHOWN: Mapping[Decision, Visible] = {
    Decision.VISIBLE: True,
    Decision.HIDDEN: False,
    Decision.OPEN: "open",
}


class LegalBasisModel(RequestModel):
    """On what ground the data is read (căn cứ pháp lý)."""

    kind: Literal["procedure", "consent", "law"]
    reference: Annotated[str, Field(min_length=1, max_length=100)]


class PrefillBody(RequestModel):
    """One form to fill for one person."""

    free_text: ClassVar[tuple[str, ...]] = ("data",)

    form: Annotated[str, Field(max_length=100)]
    subject: SubjectModel
    legal_basis: LegalBasisModel
    procedure: ProcedureText | None = None
    dossier: DossierText | None = None
    channel: Channel | None = None
    account: AccountModel = AccountModel()
    officer: OfficerText | None = None
    data: FormData = Field(default_factory=dict, repr=False)
    without: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=500)] = Field(
        default_factory=list
    )
    extends: Annotated[str, Field(max_length=400_000)] | None = None

    def read(self, can_send: CanSend = sends_all) -> PrefillRequest:
        """The request as the workflow takes it.

        `can_send` says which values the caller's screen has words for.
        """
        return PrefillRequest(
            form=self.form,
            procedure=self.procedure,
            dossier=None if self.dossier is None else DossierCode(self.dossier),
            channel=self.channel or ("desk" if self.officer else "online"),
            subject=self.subject.key(),
            account=self.account.vouched(),
            officer=self.officer,
            legal_basis={"kind": self.legal_basis.kind, "reference": self.legal_basis.reference},
            data=self.data,
            without=frozenset(self.without),
            extends=self.extends,
            can_send=can_send,
        )


@router.post(
    "/v1/prefills",
    summary="Fill a form from the records that the State already holds",
    response_model=PrefillAnswer,
)
async def prefill(
    body: PrefillBody,
    caller: MayPrefill,
    forms: UseForms,
    cases: UseCases,
    access: UseAccess,
    context: Context,
) -> Response:
    """Values with their origins, a signed receipt, and the leaf that says it was recorded."""
    request = body.read()
    read = read_of(caller, request, "dossier")
    return await fill_once(forms, cases, access, context, read, request, answer_of)


def read_of(caller: Caller, request: PrefillRequest, dossier_member: str) -> PersonRead:
    """The read that a prefill makes, for the locks; the code stands under `dossier_member`."""
    return PersonRead(
        caller,
        "prefill",
        request.channel,
        request.officer,
        request.dossier,
        request.subject.personal_id,
        member=dossier_member,
    )


async def fill_once(
    forms: FormServices,
    cases: CaseServices,
    access: AccessServices,
    context: RequestContext,
    read: PersonRead,
    request: PrefillRequest,
    answer: Callable[[CaseServices, Prefilled], Mapping[str, object]],
) -> Response:
    """Fill where the locks let the read pass, and answer as `answer` words it, once per Idempotency-Key."""
    procedure = procedure_of(forms.catalogue.form_for(request.form), request.procedure)
    codes = {request.form} if procedure is None else {request.form, procedure, procedure[:8]}
    asker = asker_for(read.caller, codes)
    ground = request.legal_basis
    check_legal_basis(ground["kind"], ground["reference"], frozenset(codes), cases.legal_acts)
    with context.reserve(read.caller) as replay:
        if replay.earlier is not None:
            return respond(replay.earlier.status, replay.earlier.answer)

        written = b""

        def keep(connection: Connection, prefilled: Prefilled) -> None:
            nonlocal written
            written = encode(answer(cases, prefilled))
            if context.idempotency_key is not None:
                replay.complete_in(connection, 200, written)

        allowance = await access.reads.check(read)
        await cases.prefills.run(asker, request, keep)
        return with_allowance(respond(200, written), allowance)


def with_allowance(answer: Response, allowance: Allowance | None) -> Response:
    """The answer with what the officer has left of today."""
    if allowance is not None:
        left = rate_limit(allowance.limit, allowance.remaining, allowance.seconds)
        answer.headers.update(left)
    return answer


def asker_for(caller: Caller, codes: Collection[str]) -> Asker:
    """The caller with the sources that its grant opens for one of `codes`, a procedure's or a form's."""
    granted = caller.grant.sources_for(codes)
    return Asker(caller.tenant, caller.agency, caller.grant_leaf, granted, caller.client_id)


def answer_of(cases: CaseServices, prefilled: Prefilled) -> PrefillAnswer:
    """The answer to one prefill (design 5.1)."""
    filled_form, summary = prefilled.filled_form, summary_of(prefilled.filled_form)
    data: dict[str, object] = {}
    for path, value in filled_form.sets.items():
        put_value(data, path, value)
    for entry in filled_form.entries:
        if isinstance(entry, Filled):
            put_value(data, entry.instance.path, entry.value)
    return {
        "id": prefilled.id,
        "form": {"code": prefilled.form.code, "version": prefilled.form.version},
        "expires_at": instant(prefilled.expires_at),
        "data": data,
        "fields": [_field(filled_form, entry) for entry in filled_form.entries],
        "sources": [
            {
                "source": answer.source,
                "role": answer.role,
                "outcome": outcome_of(answer.reply),
                "ms": answer.ms,
                "attempts": answer.reply.attempts,
            }
            for answer in prefilled.answers
        ],
        "summary": {
            "declarable": summary.declarable,
            "filled": summary.filled,
            "to_declare": summary.to_declare,
            "offered": summary.offered,
        },
        "receipt": prefilled.receipt.text,
        "leaf": prefilled.leaf_text,
        "paper": cases.paper_path.asked_for(_unverified(filled_form)),
    }


def _unverified(filled_form: FilledForm) -> Iterator[UnverifiedField]:
    """Fields for which a paper is asked, since a register could not answer (Resolution 66.7/2025/NQ-CP)."""
    for entry in filled_form.entries:
        if not isinstance(entry, Empty) or entry.reason not in _ON_PAPER:
            continue
        if entry.instance.template.required and entry.role and entry.attribute:
            path = entry.instance.path
            yield UnverifiedField(path, entry.role, entry.attribute, entry.reason.value)


def _field(filled_form: FilledForm, entry: Entry) -> FilledField | EmptyField:
    path, visible = entry.instance.path, _SHOWN[entry.instance.decision]
    if isinstance(entry, Empty):
        empty: EmptyField = {
            "path": path,
            "visible": visible,
            "state": "empty",
            "reason": entry.reason,
        }
        later = retry_at(filled_form, entry) if entry.reason is Reason.DEFERRED else None
        if later is not None:
            empty["retry_at"] = instant(later)
        return empty
    said: FilledClaim | Filled
    if isinstance(entry, Carried):
        said, as_of, record = entry.claim, entry.claim.as_of, entry.claim.record
    else:
        said, as_of = entry, instant(entry.as_of)
        record = None if entry.record is None else entry.record.id
    return {
        "path": path,
        "visible": visible,
        "state": "filled",
        "class": said.field_class,
        "edit": said.edit,
        "attribute": said.attribute,
        "source": said.source,
        "confirmed_by": said.confirmed_by,
        "as_of": as_of,
        "record": record,
    }
