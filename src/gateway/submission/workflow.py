"""Taking one submission: open the receipt, check what is locked, judge the rest, record, answer."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.domain.clock import hour_of
from gateway.domain.errors import (
    FieldProblem,
    ReceiptRefused,
)
from gateway.forms.catalogue import Catalogue, RegisteredForm
from gateway.forms.remote import RemoteLists
from gateway.judging.encoding import commitment, content_of, in_form_order, letters_of
from gateway.judging.fitting import NOT_AN_OPTION, NOT_OF_TYPE, unfit
from gateway.judging.judge import Judgement, balances, judge
from gateway.judging.locked import check_locked, with_switches
from gateway.judging.opened import Marks, OpenedReceipt
from gateway.keys import Keys
from gateway.log.append import AppendedCase, append_case
from gateway.log.entries import Offence, RefusalPayload, SubmissionPayload
from gateway.receipts.cases import case_of_leaf
from gateway.receipts.chains import ChainState, count_refusal, end_chain, open_chain, refused_before
from gateway.receipts.receipt import Receipt, ReceiptSigner
from gateway.receipts.tags import SUBJECT, Tagger, same_tag
from gateway.receipts.tickets import Disputed, Tickets, Whose
from gateway.storage.database import Database
from gateway.submission._disputes import check_marks, disputed_in
from gateway.submission._joining import join_case
from gateway.submission._repeats import answered_before
from gateway.submission._sealing import evidence_of
from gateway.submission.bursts import Bursts, Pace
from gateway.submission.request import Accepted, SubmissionRequest


@dataclass(frozen=True, slots=True)
class _Opened:
    """A receipt that may be used now, with its chain."""

    state: ChainState
    receipt: OpenedReceipt
    key: bytes = field(repr=False)
    refused: Mapping[str, int]


class SubmissionWorkflow:
    """Judges submissions (đối chiếu khi nộp hồ sơ) against the receipts of what was filled."""

    def __init__(
        self,
        catalogue: Catalogue,
        form_leaves: Mapping[str, int],
        database: Database,
        keys: Keys,
        index_key: bytes,
        signer: ReceiptSigner,
        tickets: Tickets,
        clock: Callable[[], datetime],
        bursts: Bursts | None,
        lists: RemoteLists,
    ) -> None:
        self._forms = {form.version: form for form in catalogue.forms()}
        self._form_leaves = form_leaves
        self._database = database
        self._keys = keys
        self._index_key = index_key
        self._signer = signer
        self._tickets = tickets
        self._clock = clock
        self._bursts = bursts
        self._lists = lists

    async def run(
        self,
        request: SubmissionRequest,
        on_commit: Callable[[Connection, Accepted], None] | None = None,
        on_refusal: Callable[[Connection, ReceiptRefused], None] | None = None,
    ) -> Accepted:
        """Judge and record; `on_commit`, or of a refusal `on_refusal`, is written with the leaf.

        Raises ReceiptRefused with the offending paths (of changed locked values, written as a
        `refusal` leaf; of values that no component can hold, and of marks on places that are not
        there, written nowhere), Conflict for a chain that has ended.
        """
        now = self._clock()
        receipt = self._signer.open(request.receipt, request.tenant, int(now.timestamp()))
        form = self._form_of(receipt)
        opened_or_done = self._database.read(lambda c: self._open(c, receipt, form, request))
        if isinstance(opened_or_done, Accepted):
            return opened_or_done
        return await self._judge(request, opened_or_done, form, now, on_commit, on_refusal)

    def _form_of(self, receipt: Receipt) -> RegisteredForm:
        form = self._forms.get(receipt.claims.version)
        if form is None:
            raise ReceiptRefused(
                "receipt_foreign", "the receipt is for a version not registered here"
            )
        return form

    def _open(
        self,
        connection: Connection,
        receipt: Receipt,
        form: RegisteredForm,
        request: SubmissionRequest,
    ) -> "_Opened | Accepted":
        """The receipt's chain, open; or the answer that the same content had before."""
        done = answered_before(
            connection, receipt, form, request, self._tickets, self._lists, self._index_key
        )
        if done is not None:
            return done
        state = open_chain(connection, receipt.claims.chain, receipt.claims.jti)
        key = self._keys.unwrap(state.chain, state.wrapped_key)
        digests = (form.definition.digest, form.bindings.digest)
        tagger = Tagger.of(key, state.chain, request.tenant, *digests)
        _check_bound(receipt, request, tagger)
        refused = refused_before(connection, state.chain)
        return _Opened(
            state, OpenedReceipt(form, receipt.claims, tagger, self._lists), key, refused
        )

    async def _judge(
        self,
        request: SubmissionRequest,
        one: _Opened,
        form: RegisteredForm,
        now: datetime,
        on_commit: Callable[[Connection, Accepted], None] | None,
        on_refusal: Callable[[Connection, ReceiptRefused], None] | None,
    ) -> Accepted:
        data = with_switches(one.receipt, request.data)
        marks = Marks(
            request.entered_by_officer, frozenset(request.contested), frozenset(one.refused)
        )
        check_marks(one.receipt, data, request.contested, request.entered_by)
        problems, pairings = check_locked(one.receipt, data, marks)
        misfits = unfit(one.receipt, self._lists, data, marks.contested, pairings, request.untold)
        if problems:
            await self._refuse(request, one, form, problems, misfits, now, on_refusal)
        if misfits:
            raise _refusal(misfits)
        judgement = judge(one.receipt, data, marks, pairings)
        if not balances(judgement):
            raise AssertionError("a judgement that does not balance must never be recorded")
        disputed = tuple(disputed_in(judgement, marks, data))
        return await self._accept(request, one, form, judgement, disputed, now, on_commit)

    async def _refuse(
        self,
        request: SubmissionRequest,
        one: _Opened,
        form: RegisteredForm,
        problems: tuple[FieldProblem, ...],
        misfits: tuple[FieldProblem, ...],
        now: datetime,
        on_commit: Callable[[Connection, ReceiptRefused], None] | None,
    ) -> None:
        """Record the refusal and raise it; the receipt is not used up, but the fifth voids the chain.

        `misfits` are told with it and count for nothing.
        """
        counted = frozenset(p.path for p in problems if p.code != "row_added")
        payload = RefusalPayload(
            case=one.state.case_ref,
            chain=one.state.chain,
            prefill=one.state.leaf,
            form_version=self._form_leaves[form.version],
            tenant=request.tenant,
            hour=hour_of(now),
            offences=tuple(Offence(p.path, p.code) for p in problems),
        )
        refusal = _refusal(problems, misfits)

        def record(connection: Connection) -> None:
            state = open_chain(connection, one.state.chain, one.receipt.claims.jti)
            case = case_of_leaf(connection, state.leaf) or state.case_ref
            leaf = append_case(connection, replace(payload, case=case))
            count_refusal(connection, one.state.chain, counted, leaf.index)
            if on_commit is not None:
                on_commit(connection, refusal)

        await self._database.write(record)
        raise refusal

    async def _accept(
        self,
        request: SubmissionRequest,
        one: _Opened,
        form: RegisteredForm,
        judgement: Judgement,
        disputed: tuple[Disputed, ...],
        now: datetime,
        on_commit: Callable[[Connection, Accepted], None] | None,
    ) -> Accepted:
        salt = secrets.token_bytes(32)
        content = content_of(judgement.content, request.contested, request.entered_by_officer)
        claims = one.receipt.claims
        payload = SubmissionPayload(
            case=one.state.case_ref,
            chain=one.state.chain,
            prefill=one.state.leaf,
            form_version=self._form_leaves[form.version],
            tenant=request.tenant,
            procedure=claims.procedure,
            channel=request.channel or claims.channel,
            hour=hour_of(now),
            seconds=max(0, int(now.timestamp()) - one.state.first_at),
            content_commitment=commitment(salt, content),
            letters=letters_of(judgement, form),
            attachments=dict(judgement.attachments),
            counts=judgement.counts(),
        )
        verdicts = in_form_order(form, ((j.path, j.verdict) for j in judgement.fields))

        def record(connection: Connection) -> Accepted:
            case = open_chain(connection, one.state.chain, one.receipt.claims.jti).case_ref
            if request.dossier is not None and claims.dossier is None:
                tenant, code, chain = request.tenant, request.dossier.text, one.state.chain
                case = join_case(connection, tenant, code, chain, self._index_key, now)
            leaf = self._append(connection, replace(payload, case=case), now)
            end_chain(connection, one.state.chain, one.receipt.claims.jti, leaf.index, salt)
            whose = Whose(request.tenant, case, one.state.chain, leaf.index)
            tickets = self._tickets.open_in(connection, whose, disputed, now)
            evidence = evidence_of(connection, one.state.chain, one.key, salt)
            accepted = Accepted(verdicts, judgement.counts(), evidence, leaf.hash, tickets)
            if on_commit is not None:
                on_commit(connection, accepted)
            return accepted

        return await self._database.write(record)

    def _append(
        self, connection: Connection, payload: SubmissionPayload, now: datetime
    ) -> AppendedCase:
        """The leaf of an accepted submission, marked where it comes in a burst."""
        pace = Pace(payload.tenant, payload.form_version, payload.case, payload.seconds)
        if self._bursts is not None and self._bursts.note(connection, pace, now):
            payload = replace(payload, burst=True)
        return append_case(connection, payload)


def _refusal(
    problems: tuple[FieldProblem, ...], misfits: tuple[FieldProblem, ...] = ()
) -> ReceiptRefused:
    """What is answered to changed locked values, and to values that their components cannot hold."""
    codes = {problem.code for problem in problems}
    of_components = codes <= {NOT_OF_TYPE, NOT_AN_OPTION}
    several = NOT_OF_TYPE if of_components else "locked_value_changed"
    code = codes.pop() if len(codes) == 1 else several
    detail = "what was submitted is not what was filled"
    if of_components:
        detail = "a component cannot hold what was submitted"
    return ReceiptRefused(code, detail, problems + misfits)


def _check_bound(receipt: Receipt, request: SubmissionRequest, tagger: Tagger) -> None:
    """Dossier and subject, where they are named again, must be those of the receipt."""
    dossier = receipt.claims.dossier
    given = None if request.dossier is None else tagger.dossier_tag(request.dossier.text)
    if given is not None and dossier is not None and not same_tag(dossier, given):
        raise ReceiptRefused("receipt_foreign", "the receipt belongs to another dossier")
    if request.subject is not None:
        tag = tagger.person_tag(SUBJECT, (), request.subject.digits)
        if not same_tag(receipt.claims.subject, tag):
            raise ReceiptRefused("receipt_foreign", "the receipt belongs to another applicant")
