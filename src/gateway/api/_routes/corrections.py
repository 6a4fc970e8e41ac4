"""Endpoints for correction tickets: values that citizens contest, and their state at the register."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import Response
from sqlalchemy import Connection

from gateway.api._models.people import DossierText
from gateway.api._routing import (
    Context,
    MayCorrect,
    RequestModel,
    ResponseModel,
    new_router,
)
from gateway.api.services import UseClock, UseDatabase, UseDossiers, UseKeys
from gateway.domain.errors import BadRequest
from gateway.receipts.cases import case_of
from gateway.receipts.tickets import Ticket

router = new_router("corrections")


class TicketSearchBody(RequestModel):
    """Of which dossier, or in which state; one of them has to be named."""

    dossier: DossierText | None = None
    state: Literal["open", "sent", "resolved", "rejected", "expired"] | None = None


class TicketShown(ResponseModel):
    """One correction ticket; `value` is what the citizen says, null once the ticket has ended."""

    id: str
    state: str
    path: str
    role: str
    attribute: str
    source: str
    why: str
    opened_at: str
    changed_at: str
    value: object


class TicketsResponse(ResponseModel):
    """The tickets, oldest first."""

    tickets: list[TicketShown]


class TicketStateBody(RequestModel):
    """Where the ticket stands with the owner of the register."""

    becomes: Literal["sent", "resolved", "rejected"]


@router.post("/v1/corrections/search")
async def search_tickets(
    body: TicketSearchBody,
    caller: MayCorrect,
    database: UseDatabase,
    keys: UseKeys,
    dossiers: UseDossiers,
) -> TicketsResponse:
    """Correction tickets of the calling tenant (phiếu đề nghị chỉnh sửa dữ liệu)."""

    if body.dossier is None and body.state is None:
        raise BadRequest("dossier_or_state", "name a dossier or a state", "dossier")

    caller.check_dossier(body.dossier, "dossier")

    def ask(connection: Connection) -> tuple[Ticket, ...]:
        case_ref = None
        if body.dossier is not None:
            case_ref = case_of(connection, caller.tenant, body.dossier, keys.index)
            if case_ref is None:
                return ()
        return dossiers.tickets.of_tenant(connection, caller.tenant, case_ref, body.state)

    found = database.read(ask)
    return TicketsResponse(tickets=[_shown(one) for one in found])


@router.post("/v1/corrections/{ticket}/state", response_model=TicketShown)
async def move_ticket(
    ticket: str,
    body: TicketStateBody,
    caller: MayCorrect,
    dossiers: UseDossiers,
    clock: UseClock,
    context: Context,
) -> Response:
    """Say that a ticket was sent to its register, or how it ended; an end erases the value."""

    def change(connection: Connection) -> tuple[int, object]:
        moved = dossiers.tickets.go_on(connection, caller.tenant, ticket, body.becomes, clock())
        return 200, _shown(moved)

    return await context.change_once(caller, change)


def _shown(ticket: Ticket) -> TicketShown:
    return TicketShown(
        id=ticket.id,
        state=ticket.state,
        path=ticket.path,
        role=ticket.role,
        attribute=ticket.attribute,
        source=ticket.source,
        why=ticket.why,
        opened_at=_time(ticket.opened_at),
        changed_at=_time(ticket.changed_at),
        value=ticket.value,
    )


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
