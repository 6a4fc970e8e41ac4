"""Taking one submission: open the receipt, check what is locked, judge the rest, record, answer."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection

from gateway.domain.clock import hour_of
from gateway.domain.errors import (
    FieldProblem,
    ReceiptRefused,
)
from gateway.forms.catalogue import PublishedForms, RegisteredForm
from gateway.judging.encoding import commitment, content_of, in_form_order, letters_of
from gateway.judging.fitting import NOT_AN_OPTION, NOT_OF_TYPE, unfit
from gateway.judging.judge import Judgement, balances, judge
from gateway.judging.locked import check_locked, with_switches
from gateway.judging.opened import FormTexts, Marks, OpenedReceipt
from gateway.log.append import AppendedCase, append_case
from gateway.log.entries import Offence, RefusalPayload, SubmissionPayload
from gateway.receipts.cases import case_of_leaf
from gateway.receipts.chains import ChainState, count_refusal, end_chain, open_chain, refused_before
from gateway.receipts.claims import ReceiptClaims
from gateway.receipts.receipt import ReceiptStore
from gateway.receipts.tags import SUBJECT, Tagger, same_tag
from gateway.receipts.tickets import Disputed, Whose
from gateway.submission._disputes import check_marks, disputed_in
from gateway.submission._evidence import evidence_of
from gateway.submission._joining import join_case
from gateway.submission._repeats import answered_before
from gateway.submission.bursts import Bursts, Pace
from gateway.submission.request import Accepted, SubmissionRequest

OnCommit: TypeAlias = Callable[[Connection, Accepted], None]
OnRefusal: TypeAlias = Callable[[Connection, ReceiptRefused], None]


def _nothing(_connection: Connection, _outcome: object) -> None:
    """Nobody writes anything beside the leaf."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A submission whose receipt may be used now, with the chain; `refused` counts earlier refusals."""

    request: SubmissionRequest
    state: ChainState
    receipt: OpenedReceipt
    key: bytes = field(repr=False)
    refused: Mapping[str, int]
    form_leaf: int
    now: datetime

    @property
    def marks(self) -> Marks:
        """What is marked beside the data."""
        request = self.request
        return Marks(
            request.entered_by_officer, frozenset(request.contested), frozenset(self.refused)
        )


class SubmissionWorkflow:
    """Judges submissions (đối chiếu khi nộp hồ sơ) against the receipts of what was filled."""

    def __init__(
        self,
        forms: PublishedForms,
        receipts: ReceiptStore,
        clock: Callable[[], datetime],
        bursts: Bursts | None,
    ) -> None:
        self._forms = {form.version: form for form in forms.catalogue.forms()}
        self._form_leaves = forms.leaves
        self._lists = forms.remote_lists
        self._receipts = receipts
        self._database = receipts.database
        self._clock = clock
        self._bursts = bursts

    async def run(
        self,
        request: SubmissionRequest,
        on_commit: OnCommit = _nothing,
        on_refusal: OnRefusal = _nothing,
    ) -> Accepted:
        """Judge and record; `on_commit`, or of a refusal `on_refusal`, is written with the leaf.

        Raises ReceiptRefused with the offending paths (of changed locked values, written as a
        `refusal` leaf; of values that no component can hold, and of marks on places that are not
        there, written nowhere), Conflict for a chain that has ended.
        """
        now = self._clock()
        receipt = self._receipts.open(request.receipt, request.tenant, now)
        texts = FormTexts(self._form_of(receipt.claims), self._lists)
        opened = self._database.read(lambda c: self._open(c, receipt.claims, texts, request, now))
        if isinstance(opened, Accepted):
            return opened
        return await self._judge(opened, on_commit, on_refusal)

    def _form_of(self, claims: ReceiptClaims) -> RegisteredForm:
        form = self._forms.get(claims.version)
        if form is None:
            raise ReceiptRefused(
                "receipt_foreign", "the receipt is for a version not registered here"
            )
        return form

    def _open(
        self,
        connection: Connection,
        claims: ReceiptClaims,
        texts: FormTexts,
        request: SubmissionRequest,
        now: datetime,
    ) -> _Opened | Accepted:
        """The receipt's chain, open; or the answer that the same content had before."""
        done = answered_before(connection, request, claims, texts, self._receipts)
        if done is not None:
            return done
        state = open_chain(connection, claims.chain, claims.jti)
        key = self._receipts.keys.unwrap(state.chain, state.wrapped_key)
        digests = (texts.form.definition.digest, texts.form.bindings.digest)
        tagger = Tagger.of(key, state.chain, request.tenant, *digests)
        _check_bound(claims, request, tagger)
        refused = refused_before(connection, state.chain)
        leaf = self._form_leaves[texts.form.version]
        receipt = OpenedReceipt(claims, tagger, texts)
        return _Opened(request, state, receipt, key, refused, leaf, now)

    async def _judge(self, one: _Opened, on_commit: OnCommit, on_refusal: OnRefusal) -> Accepted:
        request, marks = one.request, one.marks
        data = with_switches(one.receipt.claims, request.data)
        check_marks(one.receipt, data, request.contested, request.entered_by)
        problems, pairings = check_locked(one.receipt, data, marks)
        misfits = unfit(one.receipt, data, marks.contested, pairings, request.untold)
        if problems:
            await self._refuse(one, problems, misfits, on_refusal)
        if misfits:
            raise _refusal(misfits)
        judgement = judge(one.receipt, data, marks, pairings)
        if not balances(judgement):
            raise AssertionError("a judgement that does not balance must never be recorded")
        disputed = tuple(disputed_in(judgement, marks, data))
        return await self._accept(one, judgement, disputed, on_commit)

    async def _refuse(
        self,
        one: _Opened,
        problems: tuple[FieldProblem, ...],
        misfits: tuple[FieldProblem, ...],
        on_refusal: OnRefusal,
    ) -> None:
        """Record the refusal and raise it; the receipt is not used up, but the fifth voids the chain.

        `misfits` are answered with it and count for nothing.
        """
        request, now = one.request, one.now
        counted = frozenset(p.path for p in problems if p.code != "row_added")
        payload = RefusalPayload(
            case=one.state.case_ref,
            chain=one.state.chain,
            prefill=one.state.leaf,
            form_version=one.form_leaf,
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
            on_refusal(connection, refusal)

        await self._database.write(record)
        raise refusal

    async def _accept(
        self,
        one: _Opened,
        judgement: Judgement,
        disputed: tuple[Disputed, ...],
        on_commit: OnCommit,
    ) -> Accepted:
        request, form, now = one.request, one.receipt.form, one.now
        salt = secrets.token_bytes(32)
        content = content_of(judgement.content, request.contested, request.entered_by_officer)
        claims = one.receipt.claims
        payload = SubmissionPayload(
            case=one.state.case_ref,
            chain=one.state.chain,
            prefill=one.state.leaf,
            form_version=one.form_leaf,
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
                case = join_case(connection, tenant, code, chain, self._receipts.keys.index, now)
            leaf = self._append(connection, replace(payload, case=case), now)
            end_chain(connection, one.state.chain, one.receipt.claims.jti, leaf.index, salt)
            whose = Whose(request.tenant, case, one.state.chain, leaf.index)
            tickets = self._receipts.tickets.open_in(connection, whose, disputed, now)
            evidence = evidence_of(connection, one.state.chain, one.key, salt)
            accepted = Accepted(verdicts, judgement.counts(), evidence, leaf.hash, tickets)
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


def _check_bound(claims: ReceiptClaims, request: SubmissionRequest, tagger: Tagger) -> None:
    """Dossier and subject, where they are named again, must be those of the receipt."""
    dossier = claims.dossier
    given = None if request.dossier is None else tagger.dossier_tag(request.dossier.text)
    if given is not None and dossier is not None and not same_tag(dossier, given):
        raise ReceiptRefused("receipt_foreign", "the receipt belongs to another dossier")
    if request.subject is not None:
        tag = tagger.person_tag(SUBJECT, (), request.subject.digits)
        if not same_tag(claims.subject, tag):
            raise ReceiptRefused("receipt_foreign", "the receipt belongs to another applicant")
