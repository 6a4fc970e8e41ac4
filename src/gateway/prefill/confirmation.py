"""Confirming a person's identity: a source is asked, the question recorded, and only then answered.

For a tenant that needs no record, only a yes to what the citizen typed (xác nhận số định danh).
What was not asked, or not answered, is neither yes nor no.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from gateway.access.failures import Asker as Tried
from gateway.domain.clock import hour_of
from gateway.domain.errors import SourceError
from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import POPULATION, DossierCode
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable, outcome_of
from gateway.log.append import append_case
from gateway.log.entries import ConfirmationPayload, Read
from gateway.log.tree import leaf_text
from gateway.prefill._asking.reads import record_alarms
from gateway.prefill.request import Asker, ReadPolicy
from gateway.receipts.cases import new_reference, register_dossier
from gateway.sources.source import IdentitySource, Purpose, Question
from gateway.storage.database import Database

NOT_CONNECTED = "not_connected"
NOT_GRANTED = "not_granted"


@dataclass(frozen=True, slots=True)
class ConfirmationRequest:
    """Whom to confirm, by number, name and birth date as typed, and on what ground."""

    subject: PersonKey = field(repr=False)
    legal_basis: str
    procedure: str | None
    dossier: DossierCode | None
    officer: str | None

    @property
    def channel(self) -> str:
        """`desk` where an officer asks, else `online`."""
        return "desk" if self.officer else "online"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the source said, and the leaf that says it was recorded first."""

    reply: Reply
    leaf: str

    @property
    def confirmed(self) -> bool | None:
        """Yes, no, or None where nobody could say: that is never a no."""
        match self.reply:
            case Found():
                return True
            case NoRecord():
                return False
            case NotPermitted() | Unavailable():
                return None

    @property
    def outcome(self) -> str:
        """The same in the words of every read."""
        return outcome_of(self.reply)


class ConfirmationWorkflow:
    """Confirms identities at the population database, one leaf per question."""

    def __init__(
        self,
        reading: ReadPolicy,
        database: Database,
        index_key: bytes,
        clock: Callable[[], datetime],
        check_reads_open: Callable[[], None],
    ) -> None:
        register = reading.sources.get(POPULATION)
        self._register = register if isinstance(register, IdentitySource) else None
        self._reading = reading
        self._database = database
        self._index_key = index_key
        self._clock = clock
        self._check_reads_open = check_reads_open

    async def run(
        self,
        asker: Asker,
        request: ConfirmationRequest,
        on_commit: Callable[[Connection, Confirmation], None] | None = None,
    ) -> Confirmation:
        """Ask and record; `on_commit` is written in the same transaction as the leaf.

        Whatever is no yes takes as long for any number (`access/pacing.py`). Raises Busy, and before anybody is asked TooManyTries or whatever the check of the gate to
        all reads raises.
        """
        began = self._reading.pace.began()
        self._check_reads_open()
        ref = f"GW-{secrets.token_hex(12)}"
        reply, now = await self._try(asker, request, ref), self._clock()

        def record(connection: Connection) -> Confirmation:
            case = self._case_of(connection, asker, request, now)
            payload = confirmation_payload(asker, request, case, now, ref, reply)
            leaf = append_case(connection, payload)
            record_alarms(connection, due, "confirmation", now)
            confirmation = Confirmation(reply, leaf_text(leaf.hash))
            if on_commit is not None:
                on_commit(connection, confirmation)
            return confirmation

        with self._reading.limiter.recording() as due:
            confirmation = await self._database.write(record)
        if confirmation.confirmed is not True:
            await self._reading.pace.wait(began)
        return confirmation

    async def _try(self, asker: Asker, request: ConfirmationRequest, ref: str) -> Reply:
        """Ask, unless too many questions found nobody: the limit is the same for every number."""
        who = Tried(asker.tenant, asker.client, request.officer)
        self._reading.limiter.begin(who)
        missed = False
        try:
            reply = await self._ask(asker, request, ref)
            missed = isinstance(reply, NoRecord)
            return reply
        finally:
            self._reading.limiter.end(who, missed=missed)

    async def _ask(self, asker: Asker, request: ConfirmationRequest, ref: str) -> Reply:
        if POPULATION not in asker.granted:
            return NotPermitted(NOT_GRANTED, attempts=0)
        if self._register is None:
            return Unavailable(NOT_CONNECTED, attempts=0)
        dossier = None if request.dossier is None else request.dossier.text
        purpose = Purpose(
            asker.tenant, asker.agency, request.procedure, request.officer, dossier, asker.client
        )
        question = Question(request.subject, frozenset(), purpose, ref)
        try:
            async with asyncio.timeout(self._reading.timeout_seconds):
                return await self._register.confirm(question)
        except SourceError as error:
            return Unavailable(error.cause, error.attempts)
        except TimeoutError:
            return Unavailable("timeout")

    def _case_of(
        self, connection: Connection, asker: Asker, request: ConfirmationRequest, now: datetime
    ) -> str:
        """The dossier's case reference; without a dossier the question is a case of its own."""
        if request.dossier is None:
            return new_reference()
        return register_dossier(
            connection, asker.tenant, request.dossier.text, now, self._index_key
        )


def confirmation_payload(
    asker: Asker, request: ConfirmationRequest, case: str, now: datetime, ref: str, reply: Reply
) -> ConfirmationPayload:
    """What the `confirmation` case leaf seals."""
    return ConfirmationPayload(
        case=case,
        grant=asker.grant_leaf,
        tenant=asker.tenant,
        procedure=request.procedure,
        legal_basis=request.legal_basis,
        channel=request.channel,
        hour=hour_of(now),
        reference=ref,
        reads=(Read(POPULATION, outcome_of(reply), reply.attempts, 0),),
    )
