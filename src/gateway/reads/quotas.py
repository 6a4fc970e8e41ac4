"""How many reads of people's data an officer may make in a day, and who reads far more than others.

Counted are the calls that the locks let pass, by officer and day of Việt Nam, in the database: every
process counts in one place, and a restart forgets nothing. Officers stand there by keyed digests. The
call beyond the quota is refused until midnight. An `alarm` leaf is written once a day and officer for the
first refusal, and once for an officer with more than ten times the median of the tenant's others.
Threat T-11.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, delete, insert, select, update

from gateway.storage.schema import officer_reads

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
TIMES_THE_MEDIAN = 10
LEAST_PEERS, LEAST_READS = 5, 50
"""Below so many other officers, and so many reads, a comparison says nothing."""
QUOTA, OUTLIER = "quota_of_officer", "outlier_of_officer"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an officer has left of today: `limit` reads a day, for `seconds` more until midnight."""

    limit: int
    remaining: int
    seconds: int
    reached: bool = False
    alarm: str | None = None


@dataclass(frozen=True, slots=True)
class Quotas:
    """The daily limit of every officer, and of some by name; `key` digests the names."""

    limit: int
    exceptions: Mapping[str, int]
    key: bytes = field(repr=False)

    def take(self, connection: Connection, tenant: str, officer: str, now: datetime) -> Allowance:
        """Count one read of an officer in, unless the quota is reached."""
        local = now.astimezone(_ZONE)
        day, limit = local.date().toordinal(), self.exceptions.get(officer, self.limit)
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), _ZONE)
        seconds = max(1, int((midnight - local).total_seconds()))
        connection.execute(delete(officer_reads).where(officer_reads.c.day != day))
        name = hmac.digest(self.key, f"officer|{tenant}|{officer}".encode(), "sha256")
        place = and_(officer_reads.c.tenant == tenant, officer_reads.c.officer == name)
        row = connection.execute(select(officer_reads).where(place)).first()
        if row is None:
            new = {"day": day, "tenant": tenant, "officer": name, "reads": 0, "alarms": 0}
            connection.execute(insert(officer_reads), new)
        reads, alarms = (0, 0) if row is None else (row.reads, row.alarms)
        reached = reads >= limit
        reads += not reached
        alarm, bit = None, 0
        if reached and not alarms & 1:
            alarm, bit = QUOTA, 1
        elif (
            not alarms & 2
            and reads >= LEAST_READS
            and self._is_outlier(connection, tenant, name, reads)
        ):
            alarm, bit = OUTLIER, 2
        changed = update(officer_reads).where(place)
        connection.execute(changed.values(reads=reads, alarms=alarms | bit))
        return Allowance(limit, limit - reads, seconds, reached, alarm)

    def _is_outlier(self, connection: Connection, tenant: str, name: bytes, reads: int) -> bool:
        others = select(officer_reads.c.reads).where(
            officer_reads.c.tenant == tenant, officer_reads.c.officer != name
        )
        counts = list(connection.execute(others).scalars())
        return len(counts) >= LEAST_PEERS and reads > TIMES_THE_MEDIAN * median(counts)
