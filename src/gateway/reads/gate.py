"""The locks on a read of a person's data: tenant, officer and case must each allow it.

1. The dossier lies at or below the tenant's agencies.
2. A read at a desk or by post names its officer.
3. The grant names the officer.
4. An officer's read names a dossier of the tenant that was registered before, by a registration or by
   the citizen's own first prefill, and has not ended.
5. The person is the applicant of that case, where the case has one.

6. The officer's reads of the day are below the quota (`quotas.py`).

A citizen's own read, online and without an officer, needs the first lock alone. Whatever is refused
leaves an `access` leaf with the code of the refusal, so that attempts are counted too; the answer never
says which dossiers exist. Threats T-11, T-12 and T-75.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from gateway.access.callers import Caller
from gateway.access.grants import committed_officer
from gateway.domain.clock import hour_of
from gateway.domain.errors import DossierRefused, NotAllowed, QuotaReached
from gateway.domain.identifiers import DossierCode, PersonalId
from gateway.log.append import append_case
from gateway.log.entries import AccessPayload, AlarmPayload
from gateway.reads.quotas import Allowance, Quotas
from gateway.receipts.cases import case_of, new_reference, person_index
from gateway.storage.database import Database
from gateway.storage.schema import case_persons, dossiers

ONLINE, RECORDS = "online", "records"
_OF_A_PAPER = frozenset(
    {"kind", "owner", "number", "issuer", "issued_on", "valid_until", "dossier"}
)
MEMBERS_FOR = {
    "reuse": _OF_A_PAPER
    | {"content", "file", "procedure", "came_as", "result_code", "qr", "issuer_signature"},
    "verification": _OF_A_PAPER,
    "record_keeping": _OF_A_PAPER | {"file", "procedure", "came_as", "result_code"},
}
"""The purposes of a search of records, and which members of a record each shows (threat T-42)."""


@dataclass(frozen=True, slots=True)
class PersonRead:
    """One call that reads a person's data: `call` is `prefill`, `confirmation` or `records`.

    `of_applicant` says that the person is the one whom the case is about. `member` is where the dossier's
    code stands in the body.
    """

    caller: Caller
    call: str
    channel: str
    officer: str | None
    dossier: DossierCode | None
    person: PersonalId = field(repr=False)
    purpose: str | None = None
    of_applicant: bool = True
    member: str = "dossier"


@dataclass(frozen=True, slots=True)
class ReadGate:
    """Lets a read pass, or refuses it and records that."""

    database: Database = field(repr=False)
    index_key: bytes = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    quotas: Quotas

    async def check(self, read: PersonRead) -> Allowance | None:
        """Raise DossierRefused `dossier_not_granted`, or NotAllowed `officer_required`,
        `officer_not_granted`, `dossier_missing`, `case_not_open` or `case_of_another_person`; and
        QuotaReached. Gives what the officer has left of today, None for a citizen's own read.
        """
        try:
            self._check(read)
        except (DossierRefused, NotAllowed) as refusal:
            code = refusal.code
            await self.database.write(lambda connection: self.record(connection, read, 0, code))
            raise
        if read.officer is None:
            return None
        officer = read.officer
        allowance = await self.database.write(lambda c: self._take(c, read, officer))  # 6
        if allowance.reached:
            raise QuotaReached(allowance.seconds, allowance.limit)
        return allowance

    def _take(self, connection: Connection, read: PersonRead, officer: str) -> Allowance:
        now = self.clock()
        allowance = self.quotas.take(connection, read.caller.tenant, officer, now)
        if allowance.reached:
            self.record(connection, read, 0, QuotaReached.CODE)
        if allowance.alarm is not None:
            reads = allowance.limit - allowance.remaining
            alarm = AlarmPayload(
                new_reference(), read.caller.tenant, hour_of(now), allowance.alarm, read.call, reads
            )
            append_case(connection, alarm)
        return allowance

    def record(
        self, connection: Connection, read: PersonRead, records: int, refused: str | None = None
    ) -> None:
        """Append the `access` leaf of a read that handed out so many records, or was refused."""
        caller, known = read.caller, None
        if read.dossier is not None and refused is None:
            known = case_of(connection, caller.tenant, read.dossier.text, self.index_key)
        payload = AccessPayload(
            case=known or new_reference(),
            tenant=caller.tenant,
            hour=hour_of(self.clock()),
            call=read.call,
            channel=read.channel,
            officer=self._commitment(connection, read),
            purpose=read.purpose,
            records=records,
            refused=refused,
        )
        append_case(connection, payload)

    def _check(self, read: PersonRead) -> None:
        caller, dossier = read.caller, read.dossier
        caller.check_dossier(None if dossier is None else dossier.text, read.member)  # 1
        if read.officer is None:
            if read.channel != ONLINE:  # 2
                raise NotAllowed("officer_required", "this channel names its officer", "officer")
            return
        caller.check_officer(read.officer)  # 3
        if dossier is None:  # 4
            raise NotAllowed("dossier_missing", "an officer reads in a dossier", read.member)
        if read.call == RECORDS and read.purpose not in MEMBERS_FOR:
            raise NotAllowed("purpose_required", "a search of records has a purpose", "purpose")
        text = dossier.text
        self.database.read(lambda connection: self._check_case(connection, read, text))

    def _check_case(self, connection: Connection, read: PersonRead, dossier: str) -> None:
        tenant = read.caller.tenant
        case_ref = case_of(connection, tenant, dossier, self.index_key)
        ended = select(dossiers.c.ended_at).where(
            dossiers.c.code == dossier, dossiers.c.tenant == tenant
        )
        if case_ref is None or connection.execute(ended).scalar() is not None:
            raise NotAllowed(
                "case_not_open", "no open dossier of this code was registered before", read.member
            )
        if not read.of_applicant:
            return
        applicants = select(case_persons.c.person_index).where(  # 5
            case_persons.c.case_ref == case_ref, case_persons.c.applicant
        )
        known = set(connection.execute(applicants).scalars())
        if known and person_index(self.index_key, read.person.digits) not in known:
            raise NotAllowed(
                "case_of_another_person", "the dossier is another applicant's", read.member
            )

    def _commitment(self, connection: Connection, read: PersonRead) -> str | None:
        """The officer as the tenant's `grant` leaf commits to them."""
        if read.officer is None:
            return None
        return committed_officer(connection, read.caller.tenant, read.officer)
