"""Which month would never be released, if the log ended now?

Cases are counted from the leaves of the running log alone: a month that is not closed when its log
is put aside stays without figures for ever.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from gateway.domain.errors import Conflict
from gateway.reduction.months import Month
from gateway.reduction.releases.shelf import closed_months
from gateway.storage.schema import bodies


def check_all_closed(connection: Connection, origin: str, running: Month) -> None:
    """Refuse while a case leaf of a month that is over was counted by no close.

    Raises Conflict `month_open`, which names the last such month: closing it closes those before it.
    Leaves of the running month are no reason; no close could take them yet.
    """
    closed = closed_months(connection, origin)
    behind, counted = (closed[-1].last, closed[-1].month.last_hour) if closed else (-1, -1)
    open_hour = select(func.max(bodies.c.hour)).where(
        bodies.c.idx > behind, bodies.c.hour > counted, bodies.c.hour < running.first_hour
    )
    hour = connection.execute(open_hour).scalar_one()
    if hour is not None:
        month = Month.at(datetime.fromtimestamp(hour * 3600, UTC))
        raise Conflict("month_open", f"{month} is not closed, and could not be closed afterwards")
