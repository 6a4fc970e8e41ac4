"""One prefill under way: who asks, in which chain, and what the receipt that it extends says."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from gateway.domain.errors import FieldProblem, ReceiptRefused
from gateway.domain.identifiers import (
    ChainId,
)
from gateway.domain.verdicts import EditPolicy, Reason
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.roles import moved_roles
from gateway.judging.opened import FormTexts, OpenedReceipt
from gateway.keys import Keys
from gateway.prefill._filling.context import Earlier
from gateway.prefill.request import Asker, PrefillRequest
from gateway.receipts.chains import ChainState
from gateway.receipts.claims import EmptyClaim, ReceiptClaims
from gateway.receipts.tags import HEAD, SUBJECT, TIED, Tagger, new_key, same_tag
from gateway.sources.source import Purpose

_SETTLED = frozenset(
    {
        Reason.NOT_HELD,
        Reason.NO_RECORD,
        Reason.NOT_PERMITTED,
        Reason.CONFLICT,
        Reason.STALE,
        Reason.NOT_CONVERTIBLE,
    }
)
_SETTLED_IN_ROWS = _SETTLED | {Reason.SOURCE_UNAVAILABLE, Reason.WITHHELD}


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain that a prefill begins, or goes on with by the receipt that it extends."""

    id: ChainId
    key: bytes = field(repr=False)
    tagger: Tagger
    earlier: ReceiptClaims | None = None
    state: ChainState | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One prefill under way."""

    asker: Asker
    request: PrefillRequest
    form: RegisteredForm
    procedure: str | None
    chain: Chain
    now: datetime

    @property
    def dossier(self) -> str | None:
        """The dossier's code; None where the chain is the case."""
        return None if self.request.dossier is None else self.request.dossier.text


def new_chain(asker: Asker, form: RegisteredForm) -> Chain:
    """A chain that begins here, with a K of its own."""
    chain, key = ChainId("ch_" + secrets.token_urlsafe(16)), new_key()
    return Chain(chain, key, _tagger(key, chain, asker, form))


def extended_chain(
    receipt: ReceiptClaims,
    asker: Asker,
    request: PrefillRequest,
    form: RegisteredForm,
    state: ChainState,
    keys: Keys,
) -> Chain:
    """The chain of a verified receipt, for the same form version, dossier and applicant.

    Raises ReceiptRefused `receipt_foreign`, or `locked_value_changed` with the paths of locked
    values that would steer a new read.
    """
    if state.version != form.version:
        raise ReceiptRefused("receipt_foreign", "the receipt is for another form version")
    key = keys.unwrap(state.chain, state.wrapped_key)
    tagger = _tagger(key, state.chain, asker, form)
    _check_same_case(receipt, request, tagger)
    _check_steering(OpenedReceipt(receipt, tagger, FormTexts(form)), request)
    _check_rules(receipt, request, form)
    return Chain(state.chain, key, tagger, receipt, state)


@dataclass(frozen=True, slots=True)
class EarlierMatches:
    """Whom earlier calls of the chain matched, and whom they found tied to the applicant, by tags."""

    tagger: Tagger
    matched: frozenset[str] = frozenset()
    tied: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()
    asked: frozenset[str] | None = None

    def is_matched(self, identity: str) -> bool:
        """Whether the population database matched this number, name and birth date before."""
        return bool(self.matched) and self.tagger.match_tag(identity) in self.matched

    def was_asked(self, identity: str) -> bool:
        """Whether this number, name and birth date were asked about before, as far as is known."""
        return self.asked is None or self.tagger.asked_tag(identity) in self.asked

    def is_tied(self, number: str) -> bool:
        """Whether whoever bears this number was found tied to the applicant before."""
        return bool(self.tied) and self.tagger.person_tag(TIED, (), number) in self.tied

    def is_head(self, number: str) -> bool:
        """Whether whoever bears this number was found to head the applicant's household."""
        return bool(self.heads) and self.tagger.person_tag(HEAD, (), number) in self.heads


def earlier_matches(chain: Chain) -> EarlierMatches:
    """What the extended receipt says of the persons that were matched."""
    if chain.earlier is None:
        return EarlierMatches(chain.tagger)
    claims = chain.earlier
    return EarlierMatches(chain.tagger, claims.matched, claims.tied, claims.heads, claims.asked)


def purpose_of(case: Case) -> Purpose:
    """For what the persons of a case are read."""
    asker = case.asker
    officer = case.request.officer
    return Purpose(asker.tenant, asker.agency, case.procedure, officer, case.dossier, asker.client)


def earlier_of(chain: Chain, form: RegisteredForm) -> Earlier:
    """What the extended receipt says, in the terms of filling.

    A reason is settled for the person who was asked about then, by number, name and birth date.
    A value that follows from others of the form is never settled: it may follow now. A cell that
    stayed empty in a filled row stays so: whose row it is nobody knows any more.
    """
    if chain.earlier is None:
        return Earlier()
    claims = chain.earlier
    with_person = {person.role for person in claims.persons}
    rows = {path.partition(".")[0] for path in claims.filled if "[" in path}
    empty = [one for one in claims.fields if isinstance(one, EmptyClaim)]
    return Earlier(
        filled=claims.filled,
        settled={
            one.path: one.reason
            for one in empty
            if (one.reason in _SETTLED and one.role in with_person)
            or (one.reason in _SETTLED_IN_ROWS and one.path.partition(".")[0] in rows)
            if one.attribute is not None and not form.dictionary[one.attribute].computed
        },
        withheld=frozenset(
            one.path for one in empty if one.reason is Reason.WITHHELD and one.role in with_person
        ),
        known=claims.provided,
        sets=claims.sets,
        was_asked=cache(earlier_matches(chain).was_asked),
    )


def _tagger(key: bytes, chain: str, asker: Asker, form: RegisteredForm) -> Tagger:
    return Tagger.of(key, chain, asker.tenant, form.definition.digest, form.bindings.digest)


def _check_same_case(receipt: ReceiptClaims, request: PrefillRequest, tagger: Tagger) -> None:
    """`extends` needs the dossier and the applicant of the receipt that it extends."""
    given = None if request.dossier is None else tagger.dossier_tag(request.dossier.text)
    if (receipt.dossier or "") != (given or ""):
        raise ReceiptRefused("receipt_foreign", "the receipt belongs to another dossier")
    number = request.subject.personal_id.digits
    if not same_tag(receipt.subject, tagger.person_tag(SUBJECT, (), number)):
        raise ReceiptRefused("receipt_foreign", "the receipt belongs to another applicant")


def _check_steering(receipt: OpenedReceipt, request: PrefillRequest) -> None:
    """A locked value that would steer a new read must be the one that was handed out."""
    steering = {
        path
        for ways in receipt.form.bindings.roles.values()
        for way in ways
        for path in (way.given or {}).values()
    }
    changed = [
        FieldProblem(path, "locked_value_changed")
        for path, claim in receipt.filled.items()
        if path in steering and claim.edit is EditPolicy.LOCKED
        if not receipt.opens_at(claim, request.data, path, exact=True)
    ]
    if changed:
        raise ReceiptRefused(
            "locked_value_changed",
            "a value that was filled from a record was changed",
            tuple(changed),
        )


def _check_rules(receipt: ReceiptClaims, request: PrefillRequest, form: RegisteredForm) -> None:
    """Whoever was read for a role must still be who is meant; another person is another chain."""
    moved = set(moved_roles(form.bindings, form.definition, receipt.rules, request.data))
    if moved:
        paths = {p for role in moved for way in form.bindings.roles[role] for p in way.when or {}}
        raise ReceiptRefused(
            "role_changed",
            "the answer says that another person is meant than was read",
            tuple(FieldProblem(path, "role_changed") for path in sorted(paths)),
        )
