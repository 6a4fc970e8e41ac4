"""How does a tenant read its own figures, and what may anybody read?"""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Request, Response

from gateway.api.door import new_router, one_header, respond
from gateway.api.encoding import encode
from gateway.api.rooms import House
from gateway.domain.errors import BadRequest
from gateway.reduction.reading import report_from_log
from gateway.reduction.report import SERIES, question_of
from gateway.reduction.table import csv_of

router = new_router("metrics")

_CSV = "text/csv; charset=utf-8"
_DAY = Query(description="A day or month, as 2026-11-22 or 2026-11; inclusive.")


@router.get("/v1/metrics/field-reduction")
async def field_reduction(
    house: House,
    request: Request,
    from_: Annotated[str | None, Query(alias="from", description=_DAY.description)] = None,
    to: Annotated[str | None, _DAY] = None,
    by: Annotated[
        str | None, Query(description="`series` (default), `form` or `procedure`")
    ] = None,
    format: Annotated[str | None, Query(description="`json` (default) or `csv`")] = None,
) -> Response:
    """The reduction of declared fields.

    With a token: the caller's own dossiers of any period, not for publication. Without one: the
    published releases, of which there are none yet.
    """
    authorization = one_header(request, "authorization")
    if authorization is None:
        return respond(200, encode({"releases": []}))
    caller = house.tokens.authenticate(authorization)
    question = question_of(caller.tenant, from_, to, by or SERIES)
    if format not in (None, "json", "csv"):
        raise BadRequest("parameter_unusable", "a format is json or csv", "format")
    document: dict[str, Any] = await asyncio.to_thread(report_from_log, house.database, question)
    if format == "csv":
        return Response(csv_of(document), 200, {"Cache-Control": "no-store"}, _CSV)
    return respond(200, encode(document))
