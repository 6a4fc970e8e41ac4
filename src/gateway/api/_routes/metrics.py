"""Endpoints for figures: published releases for anybody, a tenant's own figures and indicators with a token."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response

from gateway.api._http import encode, one_header
from gateway.api._routing import SIGNED_IN_FOR_METRICS, caller_of, new_router, respond
from gateway.api.services import UseDatabase, UseDossiers, UseMonitor
from gateway.domain.errors import BadRequest, SourceError
from gateway.dossiers.index_766 import Reported, index_766
from gateway.dossiers.sync import PortalSync
from gateway.reduction.exports import (
    Sheet,
    csv_of,
    parquet_of,
    sheet_by_source,
    sheet_of_release,
    sheet_of_report,
    xlsx_of,
)
from gateway.reduction.months import Month
from gateway.reduction.releases import (
    SERIES,
    SOURCE,
    check_grouping,
    listed,
    read_release,
    release_of_month,
    released_months,
    rows_by,
    tallies_of,
)
from gateway.reduction.report import MOCK, UNCONFIRMED, question_of, report_from_log
from gateway.storage.database import Database

router = new_router("metrics")

_FILES: Mapping[str, tuple[str, Callable[[Sheet], str | bytes]]] = {
    "csv": ("text/csv; charset=utf-8", csv_of),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_of),
    "parquet": ("application/vnd.apache.parquet", parquet_of),
}
_DAY = Query(description="A day or month, as 2026-11-22 or 2026-11; inclusive. Needs a token.")


@router.get(
    "/v1/metrics/field-reduction",
    dependencies=[SIGNED_IN_FOR_METRICS],
    openapi_extra={"security": [{}]},
)
async def field_reduction(
    database: UseDatabase,
    request: Request,
    month: Annotated[
        str | None, Query(description="The release of this month, as 2026-11. Needs no token.")
    ] = None,
    from_: Annotated[str | None, Query(alias="from", description=_DAY.description)] = None,
    to: Annotated[str | None, _DAY] = None,
    by: Annotated[
        str | None,
        Query(description="`series` (default), `form` or `procedure`; of a release also `source`"),
    ] = None,
    format: Annotated[
        str | None, Query(description="`json` (default), `csv`, `xlsx` or `parquet`")
    ] = None,
) -> Response:
    """The reduction of declared fields.

    Without a token: the published releases, or the one of `month` with its signature. With one: the
    caller's own dossiers of any period, not for publication.
    """
    if format is not None and format not in ("json", *_FILES):
        raise BadRequest("parameter_unusable", "a format is json, csv, xlsx or parquet", "format")
    authorization = one_header(request, "authorization")
    caller = None if authorization is None else await caller_of(request, "metrics")
    if month is not None or caller is None:
        _refuse_period(from_, to)
        return await asyncio.to_thread(_published, database, month, by, format)
    question = question_of(caller.tenant, from_, to, by or SERIES)
    document = await asyncio.to_thread(report_from_log, database, question)
    if format is not None and format in _FILES:
        return await asyncio.to_thread(_file, format, sheet_of_report(document), "own-figures")
    return respond(200, encode(document))


def _refuse_period(first: str | None, last: str | None) -> None:
    for member, given in (("from", first), ("to", last)):
        if given is not None:
            raise BadRequest("parameter_unusable", "a period needs a token and no month", member)


def _published(
    database: Database, month: str | None, by: str | None, format: str | None
) -> Response:
    if month is None:
        for member, given in (("by", by), ("format", format if format in _FILES else None)):
            if given is not None:
                raise BadRequest("parameter_unusable", "this needs a month", member)
        releases = database.read(released_months)
        return respond(200, encode({"releases": [listed(closed) for closed in releases]}))
    check_grouping(by or SERIES)
    wanted = Month.read(month)
    closed = database.read(lambda connection: release_of_month(connection, wanted))
    tallies = database.read(lambda connection: tallies_of(connection, closed))
    release = read_release(closed.document)
    rows = rows_by(by or SERIES, tallies, release["total"])
    if format is not None and format in _FILES:
        made = (sheet_by_source if by == SOURCE else sheet_of_release)(release, rows)
        return _file(format, made, f"field-reduction-{wanted}")
    answer = {"release": release, "jws": closed.jws, "by": by or SERIES, "rows": rows}
    return respond(200, encode(answer))


def _file(format: str, sheet: Sheet, name: str) -> Response:
    media_type, write = _FILES[format]
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}.{format}"',
    }
    return Response(write(sheet), 200, headers, media_type)


NO_REPORT = "Cổng không trả lời: 1.4 chỉ tính trên số hồ sơ đã gửi / the portal does not answer: 1.4 is counted without the national report"


@router.get(
    "/v1/metrics/index-766", dependencies=[SIGNED_IN_FOR_METRICS], openapi_extra={"security": [{}]}
)
async def index(
    database: UseDatabase,
    dossiers: UseDossiers,
    monitor: UseMonitor,
    request: Request,
    from_: Annotated[str | None, Query(alias="from", description="A day or month.")] = None,
    to: Annotated[str | None, Query(description="A day or month, inclusive.")] = None,
) -> Response:
    """Digitisation, on-time settlement and synchronised share (Decision 766/QĐ-TTg).

    With a token: over the caller's own dossiers that the portal has, received in the
    period, not for publication; both ends are needed. Without one: the published releases, which
    hold no such figure.
    """
    authorization = one_header(request, "authorization")
    if authorization is None:
        return respond(200, encode({"releases": []}))
    tenant = (await caller_of(request, "metrics")).tenant
    question = question_of(tenant, from_, to, SERIES)
    if question.first is None or question.last is None:
        raise BadRequest("parameter_missing", "a period has both ends", "to" if from_ else "from")
    period = question.first, question.last
    reported, notice = await _reported(dossiers.portal, period)
    counted = await asyncio.to_thread(
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
