"""Filling one form for one person: plan, ask, merge, seal, record, and only then answer."""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import Connection

from gateway.access.failures import FailureLimiter
from gateway.access.pacing import Pace
from gateway.access.typed import TypedBy, TypedPersons
from gateway.domain.identifiers import POPULATION, SourceId
from gateway.forms.catalogue import Catalogue, RegisteredForm
from gateway.forms.remote import RemoteLists
from gateway.keys import Keys
from gateway.log.append import append_case
from gateway.prefill._asking.knowledge import Answer, Identities, Knowledge, Meant, Person, Reads
from gateway.prefill._asking.matching import Matching, Terms
from gateway.prefill._asking.reads import (
    TriedRegister,
    ask_all,
    asker_of,
    plan_reads,
    record_alarms,
    wanted_by,
)
from gateway.prefill._case import (
    Case,
    earlier_matches,
    earlier_of,
    extended_chain,
    new_chain,
    purpose_of,
)
from gateway.prefill._filling.context import FillContext, bound_fields
from gateway.prefill._filling.merge import Filling
from gateway.prefill._recording import others_papers, prefill_payload
from gateway.prefill._sealing import claims_of, concerned_people
from gateway.prefill.form import FilledForm, receipt_life
from gateway.prefill.request import Asker, PrefillRequest, check_declined, procedure_of
from gateway.receipts.cases import opened_at
from gateway.receipts.chains import ChainState, NewReceipt, add_receipt, enter_chain, open_chain
from gateway.receipts.claims import ReceiptClaims
from gateway.receipts.receipt import Receipt, ReceiptSigner
from gateway.receipts.tickets import Tickets, Whose
from gateway.sources.session import session_facts
from gateway.sources.source import Source
from gateway.storage.database import Database

_MOST_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A filled form, its receipt, and the leaf that says it was recorded first."""

    id: str
    form: RegisteredForm
    filled_form: FilledForm = field(repr=False)
    answers: tuple[Answer, ...]
    receipt: Receipt = field(repr=False)
    expires_at: datetime
    leaf: bytes

    @property
    def leaf_text(self) -> str:
        """The leaf hash as answers carry it, in base64."""
        return b64encode(self.leaf).decode()


class PrefillWorkflow:
    """Fills forms (điền sẵn biểu mẫu) from the connected sources, one receipt per call."""

    def __init__(
        self,
        catalogue: Catalogue,
        form_leaves: Mapping[str, int],
        sources: Mapping[SourceId, Source],
        database: Database,
        keys: Keys,
        index_key: bytes,
        signer: ReceiptSigner,
        options_at: RemoteLists,
        timeout_seconds: float,
        clock: Callable[[], datetime],
        tries: FailureLimiter,
        tickets: Tickets,
        pace: Pace,
        least_age: timedelta = timedelta(hours=24),
    ) -> None:
        self._catalogue = catalogue
        self._form_leaves = form_leaves
        self._tries = tries
        self._typed = TypedPersons(database, index_key, clock)
        self._tickets = tickets
        self._pace = pace
        self._least_age = least_age
        self._sources = {
            id_: TriedRegister(source, tries) if id_ == POPULATION else source
            for id_, source in sources.items()
        }
        self._database = database
        self._keys = keys
        self._index_key = index_key
        self._signer = signer
        self._options_at = options_at
        self._timeout_seconds = timeout_seconds
        self._clock = clock
        self._wanted = {form.version: wanted_by(form) for form in catalogue.forms()}
        self._bound = {form.version: bound_fields(form) for form in catalogue.forms()}

    async def run(
        self,
        asker: Asker,
        request: PrefillRequest,
        on_commit: Callable[[Connection, Prefilled], None] | None = None,
    ) -> Prefilled:
        """Fill, sign and record; `on_commit` is written in the same transaction as the leaf.

        Where a person stayed closed it takes as long for any number (`access/pacing.py`).
        Raises NotFound for an unknown form, BadRequest for a procedure that the form does not
        serve or for something declined that is not there, ReceiptRefused or Conflict for a receipt that cannot be extended.
        """
        began = self._pace.began()
        case = self._begin(asker, request)
        with self._typed.by(asker.tenant, request.subject.personal_id) as typed:
            filled_form, reads = await self._fill(case, typed)
            life = receipt_life(filled_form, case.now)
            receipt = self._signer.seal(claims_of(case, filled_form, reads, life))
            prefilled = await self._record(
                case, filled_form, reads.answers, receipt, typed, on_commit
            )
        if reads.closed:
            await self._pace.wait(began)
        return prefilled

    def _begin(self, asker: Asker, request: PrefillRequest) -> Case:
        """The form's registered version, and the chain that begins or goes on."""
        now = self._clock()
        form = self._catalogue.form_for(request.form)
        procedure = procedure_of(form, request.procedure)
        check_declined(form, request.without)
        if request.extends is None:
            chain = new_chain(asker, form)
        else:
            receipt = self._signer.open(request.extends, asker.tenant, int(now.timestamp()))
            state = self._state_of(receipt.claims)
            chain = extended_chain(receipt.claims, asker, request, form, state, self._keys)
        return Case(asker, request, form, procedure, chain, now)

    def _state_of(self, claims: ReceiptClaims) -> ChainState:
        return self._database.read(lambda c: open_chain(c, claims.chain, claims.jti))

    async def _fill(self, case: Case, typed: TypedBy) -> tuple[FilledForm, Reads]:
        """Merge, ask for what is missing, merge again, until nobody is left to be asked."""
        request, form, purpose = case.request, case.form, purpose_of(case)
        deadline = time.monotonic() + self._timeout_seconds
        filling, identities = Filling(self._context(case)), Identities()
        matching = self._matching(case, identities, typed)
        wanted = self._wanted[form.version]
        if request.without:
            wanted = wanted_by(form, request.without)
        for _ in range(_MOST_ROUNDS):
            filled_form = filling.merge(self._knowledge(case, matching, identities))
            reads = plan_reads(filled_form.needs, wanted, matching, identities)
            if not reads:
                break
            matching.learn(await ask_all(reads, self._sources, purpose, deadline))
        for _ in range(matching.missed()):
            self._tries.miss(asker_of(purpose))
        return filled_form, matching.reads()

    def _matching(self, case: Case, identities: Identities, typed: TypedBy) -> Matching:
        """By what this call's persons are matched; what the chain found out before still holds."""
        asker, request = case.asker, case.request
        subject = request.subject
        earlier = earlier_matches(case.chain)
        terms = Terms(
            may_ask=POPULATION in self._sources and POPULATION in asker.granted,
            declined=POPULATION in request.without,
            is_vouched_for=bool(request.account.verified_by or request.officer),
            at_desk=request.channel == "desk" and request.officer is not None,
            matched_before=cache(earlier.is_matched),
            tied_before=cache(earlier.is_tied),
            head_before=cache(earlier.is_head),
            may_open=typed.may_open,
        )
        return Matching(terms, Meant(identities[subject], subject))

    def _context(self, case: Case) -> FillContext:
        request = case.request
        return FillContext(
            form=case.form,
            bound=self._bound[case.form.version],
            data=request.data,
            subject=Person(
                request.subject, session_facts(request.subject, request.account, case.now)
            ),
            without=request.without,
            dossier=case.dossier,
            opened_at=self._opened_at(case),
            youngest=case.now - self._least_age,
            now=case.now,
            earlier=earlier_of(case.chain, case.form),
            options_at=self._options_at,
            can_send=request.can_send,
        )

    def _knowledge(self, case: Case, matching: Matching, identities: Identities) -> Knowledge:
        return Knowledge(
            dictionary=case.form.dictionary,
            connected=frozenset(self._sources),
            granted=case.asker.granted,
            declined=case.request.without,
            now=case.now,
            answers=matching.answers(),
            identities=identities,
            may_be_undated=matching.may_be_undated,
        )

    def _opened_at(self, case: Case) -> datetime:
        """When the case began: the dossier, or without one the chain."""
        known = None if case.chain.state is None else case.chain.state.first_at
        if (dossier := case.dossier) is not None:
            known = self._database.read(
                lambda c: opened_at(c, case.asker.tenant, dossier, self._index_key)
            )
        return case.now if known is None else datetime.fromtimestamp(known, UTC)

    async def _record(
        self,
        case: Case,
        filled_form: FilledForm,
        answers: tuple[Answer, ...],
        receipt: Receipt,
        typed: TypedBy,
        on_commit: Callable[[Connection, Prefilled], None] | None,
    ) -> Prefilled:
        """Chain, leaf and receipt number in one transaction; no leaf, no answer."""
        new = self._new_receipt(case, filled_form, answers, receipt)
        form_leaf = self._form_leaves[case.form.version]

        def record(connection: Connection) -> Prefilled:
            case_ref = enter_chain(connection, new, self._index_key)
            payload = prefill_payload(case, case_ref, form_leaf, filled_form, answers, receipt)
            leaf = append_case(connection, payload)
            record_alarms(connection, due, "prefill", case.now)
            typed.record(connection)
            add_receipt(connection, new, leaf.index)
            whose = Whose(case.asker.tenant, case_ref, case.chain.id, leaf.index)
            self._tickets.open_in(connection, whose, others_papers(filled_form, answers), case.now)
            prefilled = Prefilled(
                "pf_" + receipt.claims.jti,
                case.form,
                filled_form,
                answers,
                receipt,
                datetime.fromtimestamp(receipt.claims.expires_at, UTC),
                leaf.hash,
            )
            if on_commit is not None:
                on_commit(connection, prefilled)
            return prefilled

        with self._tries.recording() as due:
            return await self._database.write(record)

    def _new_receipt(
        self, case: Case, filled_form: FilledForm, answers: tuple[Answer, ...], receipt: Receipt
    ) -> NewReceipt:
        chain = case.chain
        concerned = concerned_people(filled_form, case.form, answers)
        return NewReceipt(
            tenant=case.asker.tenant,
            chain=chain.id,
            jti=receipt.claims.jti,
            version=case.form.version,
            wrapped_key=b"" if chain.state else self._keys.wrap(chain.id, chain.key, case.now),
            at=case.now,
            expires_at=receipt.claims.expires_at,
            dossier=case.dossier,
            persons=tuple(one.number for one in concerned),
            applicant=case.request.subject.personal_id.digits,
            extends=None if chain.earlier is None else chain.earlier.jti,
        )
