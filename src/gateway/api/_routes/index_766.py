"""GET /v1/metrics/index-766: the indicators of Decision 766 over a tenant's own dossiers."""

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import Query, Request, Response

from gateway.api._encoding import encode
from gateway.api._http import one_header
from gateway.api._routing import new_router, respond
from gateway.api.services import UseAccess, UseDatabase, UseDossiers, UseMonitor
from gateway.domain.errors import BadRequest, SourceError
from gateway.dossiers.index_766 import Reported, index_766
from gateway.dossiers.sync import PortalSync
from gateway.reduction.notices import MOCK, UNCONFIRMED
from gateway.reduction.report import SERIES, question_of

router = new_router("metrics")

NO_REPORT = "Cổng không trả lời: 1.4 chỉ tính trên số hồ sơ đã gửi / the portal does not answer: 1.4 is counted without the national report"


@router.get("/v1/metrics/index-766")
async def index(
    access: UseAccess,
    database: UseDatabase,
    dossiers: UseDossiers,
    monitor: UseMonitor,
    request: Request,
    from_: Annotated[str | None, Query(alias="from", description="A day or month.")] = None,
    to: Annotated[str | None, Query(description="A day or month, inclusive.")] = None,
) -> Response:
    """Digitisation, on-time settlement and synchronised share (Decision 766/QĐ-TTg).

    With a token: over the caller's own dossiers that the portal was told of, received in the
    period, not for publication; both ends are needed. Without one: the published releases, which
    hold no such figure.
    """
    authorization = one_header(request, "authorization")
    if authorization is None:
        return respond(200, encode({"releases": []}))
    tenant = access.tokens.authenticate(authorization).tenant
    question = question_of(tenant, from_, to, SERIES)
    if question.first is None or question.last is None:
        raise BadRequest("parameter_missing", "a period has both ends", "to" if from_ else "from")
    period = question.first, question.last
    reported, notice = await _reported(dossiers.portal, period)
    counted: dict[str, Any] = await asyncio.to_thread(
        database.read,
        lambda c: index_766(
            c,
            dossiers.registry.protocol.index_766,
            tenant,
            period,
            reported,
            dossiers.registry.population_code,
        ),
    )
    about = {"from": period[0].isoformat(), "to": period[1].isoformat()}
    notices = [*([MOCK] if monitor.mock else []), *notice, "không công bố / not for publication"]
    return respond(200, encode({"notice": notices, **about, **counted}))


async def _reported(
    portal: PortalSync | None, period: tuple[date, date]
) -> tuple[Reported, list[str]]:
    """What the national report counts; nothing, and a notice, where nobody can say."""
    if portal is None:
        return {}, [UNCONFIRMED]
    first, last = (day.strftime("%Y%m") for day in period)
    try:
        return await portal.portal.reported(first, last), []
    except SourceError:
        return {}, [NO_REPORT]
