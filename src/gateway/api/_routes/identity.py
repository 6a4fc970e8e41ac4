"""POST /v1/identity/confirm: whether number, name and birth date belong to one person."""

from typing import Literal

from fastapi import Response
from sqlalchemy import Connection

from gateway.api._http import encode
from gateway.api._models.people import DossierText, OfficerText, ProcedureText, SubjectModel
from gateway.api._routes.prefills import LegalBasisModel, asker_for, with_allowance
from gateway.api._routing import (
    Context,
    MayPrefill,
    RequestModel,
    ResponseModel,
    new_router,
    respond,
)
from gateway.api.services import UseAccess, UseCases, UseForms
from gateway.domain.identifiers import DossierCode
from gateway.prefill.confirmation import Confirmation, ConfirmationRequest
from gateway.prefill.request import check_legal_basis
from gateway.reads.gate import PersonRead

router = new_router("identity")


class ConfirmationBody(RequestModel):
    """Who somebody says they are; a grant for named procedures needs `procedure`."""

    subject: SubjectModel
    legal_basis: LegalBasisModel
    procedure: ProcedureText | None = None
    dossier: DossierText | None = None
    officer: OfficerText | None = None

    def read(self) -> ConfirmationRequest:
        """The request as the workflow takes it."""
        return ConfirmationRequest(
            subject=self.subject.key(),
            legal_basis=self.legal_basis.kind,
            procedure=self.procedure,
            dossier=None if self.dossier is None else DossierCode(self.dossier),
            officer=self.officer,
        )


class ConfirmationResponse(ResponseModel):
    """`confirmed` is null where nobody could say; `leaf` is the log's leaf of this question."""

    confirmed: bool | None
    outcome: Literal["found", "no_record", "not_permitted", "unavailable"]
    leaf: str


@router.post("/v1/identity/confirm", response_model=ConfirmationResponse)
async def confirm_identity(
    body: ConfirmationBody,
    caller: MayPrefill,
    forms: UseForms,
    cases: UseCases,
    access: UseAccess,
    context: Context,
) -> Response:
    """Yes, no, or null where it could not be asked; no record is read."""
    request = body.read()
    procedure = request.procedure
    codes = frozenset() if procedure is None else frozenset({procedure, procedure[:8]})
    read = PersonRead(
        caller,
        "confirmation",
        request.channel,
        request.officer,
        request.dossier,
        request.subject.personal_id,
        of_applicant=False,
    )
    asker = asker_for(caller, codes)
    ground = body.legal_basis
    known = codes or forms.catalogue.grounds()
    check_legal_basis(ground.kind, ground.reference, known, cases.legal_acts)
    with context.reserve(caller) as replay:
        if replay.earlier is not None:
            return respond(replay.earlier.status, replay.earlier.answer)

        def keep(connection: Connection, confirmation: Confirmation) -> None:
            if context.idempotency_key is not None:
                replay.complete_in(connection, 200, _written(confirmation))

        allowance = await access.reads.check(read)
        written = _written(await cases.confirmations.run(asker, request, keep))
        return with_allowance(respond(200, written), allowance)


def _written(confirmation: Confirmation) -> bytes:
    return encode(
        ConfirmationResponse.model_validate(
            {
                "confirmed": confirmation.confirmed,
                "outcome": confirmation.outcome,
                "leaf": confirmation.leaf,
            }
        )
    )
