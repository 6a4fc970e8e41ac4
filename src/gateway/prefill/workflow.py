"""Filling one form for one person: plan, ask, merge, seal, record, and only then answer."""

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import Connection

from gateway.access.typed import TypedBy, TypedPersons
from gateway.domain.identifiers import POPULATION
from gateway.forms.catalogue import PublishedForms, RegisteredForm
from gateway.log.append import append_case
from gateway.prefill._asking.knowledge import Answer, Identities, Knowledge, Meant, Person, Reads
from gateway.prefill._asking.matching import Matching, Terms
from gateway.prefill._asking.reads import (
    ask_all,
    asker_of,
    limited,
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
from gateway.prefill.form import FilledForm
from gateway.prefill.request import Asker, PrefillRequest, ReadPolicy, check_declined, procedure_of
from gateway.receipts.cases import opened_at
from gateway.receipts.chains import NewReceipt, add_receipt, enter_chain
from gateway.receipts.receipt import Receipt, ReceiptStore
from gateway.receipts.tickets import Whose
from gateway.sources.session import session_facts

_MOST_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A filled form, its receipt, and the leaf that says it was recorded first."""

    form: RegisteredForm
    filled_form: FilledForm = field(repr=False)
    answers: tuple[Answer, ...]
    receipt: Receipt = field(repr=False)
    leaf: bytes

    @property
    def id(self) -> str:
        """The number of the prefill: its receipt's."""
        return "pf_" + self.receipt.claims.jti

    @property
    def expires_at(self) -> datetime:
        """Until when the receipt may be used."""
        return datetime.fromtimestamp(self.receipt.claims.expires_at, UTC)

    @property
    def leaf_text(self) -> str:
        """The leaf hash as answers carry it, in base64."""
        return b64encode(self.leaf).decode()


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A prefill that is signed and not yet recorded."""

    case: Case
    form: FilledForm
    answers: tuple[Answer, ...]
    receipt: Receipt


class PrefillWorkflow:
    """Fills forms (điền sẵn biểu mẫu) from the connected sources, one receipt per call."""

    def __init__(
        self,
        forms: PublishedForms,
        reading: ReadPolicy,
        receipts: ReceiptStore,
        clock: Callable[[], datetime],
        least_age: timedelta = timedelta(hours=24),
    ) -> None:
        self._forms = forms
        self._reading = reading
        self._sources = limited(reading)
        self._receipts = receipts
        self._database = receipts.database
        self._keys = receipts.keys
        self._typed = TypedPersons(receipts.database, receipts.keys.index, clock)
        self._clock = clock
        self._least_age = least_age
        self._wanted = {form.version: wanted_by(form) for form in forms.catalogue.forms()}
        self._bound = {form.version: bound_fields(form) for form in forms.catalogue.forms()}

    async def run(
        self,
        asker: Asker,
        request: PrefillRequest,
        on_commit: Callable[[Connection, Prefilled], None] | None = None,
    ) -> Prefilled:
        """Fill, sign and record; `on_commit` is written in the same transaction as the leaf.

        Where a person stayed closed it takes as long for any number (`access/pacing.py`).
        Raises NotFound for an unknown form, BadRequest for a procedure that the form does not serve
        or for something declined that is not there, ReceiptRefused or Conflict for a receipt that
        cannot be extended.
        """
        began = self._reading.pace.began()
        case = self._begin(asker, request)
        with self._typed.by(asker.tenant, request.subject.personal_id) as typed:
            filled_form, reads = await self._fill(case, typed)
            receipt = self._receipts.signer.seal(claims_of(case, filled_form, reads))
            sealed = _Sealed(case, filled_form, reads.answers, receipt)
            prefilled = await self._record(sealed, typed, on_commit)
        if reads.closed:
            await self._reading.pace.wait(began)
        return prefilled

    def _begin(self, asker: Asker, request: PrefillRequest) -> Case:
        """The form's registered version, and the chain that begins or is extended."""
        now = self._clock()
        form = self._forms.catalogue.form_for(request.form)
        procedure = procedure_of(form, request.procedure)
        check_declined(form, request.without)
        if request.extends is None:
            chain = new_chain(asker, form)
        else:
            claims = self._receipts.open(request.extends, asker.tenant, now).claims
            state = self._receipts.chain_of(claims)
            chain = extended_chain(claims, asker, request, form, state, self._keys)
        return Case(asker, request, form, procedure, chain, now)

    async def _fill(self, case: Case, typed: TypedBy) -> tuple[FilledForm, Reads]:
        """Merge, ask for what is missing, merge again, until nobody is left to be asked."""
        request, form, purpose = case.request, case.form, purpose_of(case)
        deadline = time.monotonic() + self._reading.timeout_seconds
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
            self._reading.limiter.miss(asker_of(purpose))
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
            options_at=self._forms.remote_lists,
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
                lambda c: opened_at(c, case.asker.tenant, dossier, self._keys.index)
            )
        return case.now if known is None else datetime.fromtimestamp(known, UTC)

    async def _record(
        self,
        sealed: _Sealed,
        typed: TypedBy,
        on_commit: Callable[[Connection, Prefilled], None] | None,
    ) -> Prefilled:
        """Chain, leaf and receipt number in one transaction; no leaf, no answer."""
        case, filled_form, answers = sealed.case, sealed.form, sealed.answers
        new, receipt = self._new_receipt(sealed), sealed.receipt
        form_leaf = self._forms.leaves[case.form.version]

        def record(connection: Connection) -> Prefilled:
            case_ref = enter_chain(connection, new, self._keys.index)
            payload = prefill_payload(case, case_ref, form_leaf, filled_form, answers, receipt)
            leaf = append_case(connection, payload)
            record_alarms(connection, due, "prefill", case.now)
            typed.record(connection)
            add_receipt(connection, new, leaf.index)
            whose = Whose(case.asker.tenant, case_ref, case.chain.id, leaf.index)
            disputed = others_papers(filled_form, answers)
            self._receipts.tickets.open_in(connection, whose, disputed, case.now)
            prefilled = Prefilled(case.form, filled_form, answers, receipt, leaf.hash)
            if on_commit is not None:
                on_commit(connection, prefilled)
            return prefilled

        with self._reading.limiter.recording() as due:
            return await self._database.write(record)

    def _new_receipt(self, sealed: _Sealed) -> NewReceipt:
        case, claims = sealed.case, sealed.receipt.claims
        chain = case.chain
        concerned = concerned_people(sealed.form, case.form, sealed.answers)
        return NewReceipt(
            tenant=case.asker.tenant,
            chain=chain.id,
            jti=claims.jti,
            version=case.form.version,
            wrapped_key=b"" if chain.state else self._keys.wrap(chain.id, chain.key, case.now),
            at=case.now,
            expires_at=claims.expires_at,
            dossier=case.dossier,
            persons=tuple(one.number for one in concerned),
            applicant=case.request.subject.personal_id.digits,
            extends=claims.previous,
        )
