"""POST /v1/identity/confirm: do number, name and birth date, as typed, belong together?"""

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field
from sqlalchemy import Connection

from gateway.access.callers import Caller
from gateway.api._encoding import encode
from gateway.api._models.people import DossierText, ProcedureText, SubjectModel
from gateway.api._routes.prefills import LegalBasisModel
from gateway.api._routing import Context, RequestModel, ResponseModel, SignedIn, new_router, respond
from gateway.api.services import AllServices
from gateway.domain.errors import BadRequest, NotAllowed
from gateway.domain.identifiers import DossierCode, SourceId
from gateway.prefill.confirmation import Confirmation, ConfirmationRequest
from gateway.prefill.legal_basis import check_legal_basis
from gateway.prefill.request import Asker

router = new_router("identity")


class ConfirmationBody(RequestModel):
    """Who somebody says they are; a grant for named procedures needs `procedure`."""

    subject: SubjectModel
    legal_basis: LegalBasisModel
    procedure: ProcedureText | None = None
    dossier: DossierText | None = None
    officer: Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,20}$")] | None = None

    def read(self) -> ConfirmationRequest:
        """The request as the workflow takes it; raises BadRequest for an officer without a case."""
        if self.officer is not None and self.dossier is None:
            raise BadRequest("dossier_missing", "an officer acts in a dossier", "dossier")
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
    body: ConfirmationBody, caller: SignedIn, services: AllServices, context: Context
) -> Response:
    """Yes, no, or null where it could not be asked; no record is read."""
    request = body.read()
    asker = _asker(caller, request)
    named = frozenset(filter(None, (request.procedure, (request.procedure or "")[:8])))
    ground = body.legal_basis
    known = named or services.catalogue.grounds()
    check_legal_basis(ground.kind, ground.reference, known, services.legal_acts)
    with context.reserve(services, caller) as replay:
        if replay.earlier is not None:
            return respond(replay.earlier.status, replay.earlier.answer)

        def keep(connection: Connection, confirmation: Confirmation) -> None:
            if context.idempotency_key is not None:
                replay.complete_in(connection, 200, _written(confirmation))

        return respond(200, _written(await services.confirmations.run(asker, request, keep)))


def _asker(caller: Caller, request: ConfirmationRequest) -> Asker:
    """The caller with what its grant opens for this procedure; refuses an unknown officer."""
    caller.check_dossier(None if request.dossier is None else request.dossier.text, "dossier")
    if request.officer is not None and not caller.grant.allows_officer(request.officer):
        raise NotAllowed("officer_not_granted", "the grant does not name this officer", "officer")
    named = request.procedure or ""
    allowed = any(map(caller.grant.allows_procedure, {named, named[:8]}))
    granted = caller.grant.sources if allowed else frozenset[SourceId]()
    return Asker(caller.tenant, caller.agency, caller.grant_leaf, granted, caller.client_id)


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
