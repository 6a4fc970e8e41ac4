"""How is one form filled for one person: plan, ask, merge, seal, record, and only then answer?"""

import hashlib
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.domain.errors import BadRequest, FieldProblem, ReceiptRefused
from gateway.domain.identifiers import AttributeName, ChainId, RoleName, SourceId
from gateway.domain.verdicts import Reason
from gateway.forms.catalogue import Catalogue, RegisteredForm
from gateway.forms.fields import value_at
from gateway.forms.values import NotOfType, canonical
from gateway.log.append import append_case
from gateway.prefill.asking.knowledge import Answer, Knowledge, Person
from gateway.prefill.asking.lookup import ask_all
from gateway.prefill.asking.plan import attributes_by_source, plan_reads
from gateway.prefill.filling.desk import Desk, Earlier, OptionsAt, Sheet
from gateway.prefill.filling.merge import merge
from gateway.prefill.request import Asker, PrefillRequest
from gateway.prefill.sealing import (
    PrefillFact,
    field_claims,
    left_out,
    person_claims,
    prefill_body,
    read_claims,
    resolved_people,
    row_claims,
)
from gateway.receipts.chains import (
    ChainKeys,
    ChainState,
    Opening,
    add_receipt,
    enter_chain,
    open_chain,
    opened_at,
)
from gateway.receipts.receipt import Receipt, ReceiptSigner
from gateway.receipts.tags import FieldMark, Tagger, commit_to, new_key, same_tag
from gateway.sources.session import session_facts
from gateway.sources.source import Purpose, Source
from gateway.storage.database import Database

RECEIPT_LIFE = timedelta(hours=72)
_MOST_ROUNDS = 6
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


@dataclass(frozen=True, slots=True)
class Prefilled:
    """A filled form, its receipt, and the leaf that says it was recorded first."""

    id: str
    form: RegisteredForm
    sheet: Sheet = field(repr=False)
    answers: tuple[Answer, ...]
    receipt: Receipt = field(repr=False)
    expires_at: datetime
    leaf: bytes

    @property
    def leaf_text(self) -> str:
        """The leaf hash as answers carry it, in base64."""
        return b64encode(self.leaf).decode()


@dataclass(frozen=True, slots=True)
class _Chain:
    """The chain that a prefill begins or goes on with."""

    id: ChainId
    key: bytes = field(repr=False)
    tagger: Tagger
    earlier: Receipt | None = None
    state: ChainState | None = None


class PrefillWorkflow:
    """Fills forms (điền sẵn biểu mẫu) from the connected sources, one receipt per call."""

    def __init__(
        self,
        catalogue: Catalogue,
        form_leaves: Mapping[str, int],
        sources: Mapping[SourceId, Source],
        database: Database,
        keys: ChainKeys,
        index_key: bytes,
        signer: ReceiptSigner,
        options_at: OptionsAt,
        patience_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._form_leaves = form_leaves
        self._sources = sources
        self._database = database
        self._keys = keys
        self._index_key = index_key
        self._signer = signer
        self._options_at = options_at
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._bound = {form.version: attributes_by_source(form) for form in catalogue.forms()}

    async def run(
        self,
        asker: Asker,
        request: PrefillRequest,
        also: Callable[[Connection, Prefilled], None] | None = None,
    ) -> Prefilled:
        """Fill, sign and record; `also` is written in the same transaction as the leaf.

        Raises NotFound for an unknown form, BadRequest for a procedure that the form does not
        serve, ReceiptRefused or Conflict for a receipt that cannot be extended.
        """
        now = self._clock()
        form = self._catalogue.form_for(request.form)
        procedure = procedure_of(form, request.procedure)
        chain = self._chain(asker, request, form, now)
        sheet, answers = await self._fill(asker, request, form, procedure, chain, now)
        return await self._seal(asker, request, procedure, chain, sheet, answers, now, form, also)

    def _chain(
        self, asker: Asker, request: PrefillRequest, form: RegisteredForm, now: datetime
    ) -> _Chain:
        if request.extends is None:
            chain, key = ChainId("ch_" + secrets.token_urlsafe(16)), new_key()
            return _Chain(chain, key, self._tagger(key, chain, asker, form))
        receipt = self._signer.open(request.extends, asker.tenant, int(now.timestamp()))
        state = self._database.read(lambda c: open_chain(c, receipt.chain, receipt.jti))
        if state.version != form.version:
            raise ReceiptRefused("receipt_foreign", "the receipt is for another form version")
        key = self._keys.unwrap(state.chain, state.wrapped_key)
        tagger = self._tagger(key, state.chain, asker, form)
        _check_same_case(receipt, request, tagger)
        _check_steering(receipt, request, form, tagger)
        return _Chain(state.chain, key, tagger, receipt, state)

    def _tagger(self, key: bytes, chain: str, asker: Asker, form: RegisteredForm) -> Tagger:
        return Tagger.of(key, chain, asker.tenant, form.definition.digest, form.bindings.digest)

    async def _fill(
        self,
        asker: Asker,
        request: PrefillRequest,
        form: RegisteredForm,
        procedure: str | None,
        chain: _Chain,
        now: datetime,
    ) -> tuple[Sheet, tuple[Answer, ...]]:
        """Merge, ask for what is missing, merge again, until nobody is left to be asked."""
        dossier = None if request.dossier is None else request.dossier.text
        purpose = Purpose(asker.tenant, asker.agency, procedure, request.officer, dossier)
        subject = Person(request.subject, session_facts(request.subject, request.account, now))
        opened = self._opened_at(asker, dossier, chain, now)
        deadline = time.monotonic() + self._patience_seconds
        answers: dict[tuple[str, SourceId], Answer] = {}
        for _ in range(_MOST_ROUNDS):
            knowledge = Knowledge(
                form.dictionary,
                frozenset(self._sources),
                asker.granted,
                request.without,
                now,
                answers,
            )
            desk = Desk(
                form,
                request.data,
                subject,
                request.without,
                dossier,
                opened,
                knowledge,
                _earlier(chain),
                self._options_at,
            )
            sheet = merge(desk)
            reads = plan_reads(sheet.needs, self._bound[form.version])
            if not reads:
                break
            for answer in await ask_all(reads, self._sources, purpose, deadline):
                answers[(answer.number, answer.source)] = answer
        return sheet, tuple(answers.values())

    def _opened_at(
        self, asker: Asker, dossier: str | None, chain: _Chain, now: datetime
    ) -> datetime:
        """When the case began: the dossier, or without one the chain."""
        known = None if chain.state is None else chain.state.first_at
        if dossier is not None:
            known = self._database.read(
                lambda c: opened_at(c, asker.tenant, dossier, self._index_key)
            )
        return now if known is None else datetime.fromtimestamp(known, UTC)

    async def _seal(
        self,
        asker: Asker,
        request: PrefillRequest,
        procedure: str | None,
        chain: _Chain,
        sheet: Sheet,
        answers: tuple[Answer, ...],
        now: datetime,
        form: RegisteredForm,
        also: Callable[[Connection, Prefilled], None] | None,
    ) -> Prefilled:
        people = resolved_people(sheet, form)
        claims = self._claims(asker, request, procedure, chain, sheet, answers, now, form, people)
        receipt = self._signer.seal(claims)
        dossier = None if request.dossier is None else request.dossier.text
        opening = Opening(
            asker.tenant,
            chain.id,
            receipt.jti,
            form.version,
            b"" if chain.state else self._keys.wrap(chain.id, chain.key, now),
            now,
            claims["exp"],
            dossier,
            tuple(p.number for persons in people.values() for p in persons if p.number),
            None if chain.earlier is None else chain.earlier.jti,
        )

        def record(connection: Connection) -> Prefilled:
            case_ref = enter_chain(connection, opening, self._index_key)
            fact = PrefillFact(
                case_ref,
                chain.id,
                self._form_leaves[form.version],
                asker.grant_leaf,
                asker.tenant,
                procedure,
                request.channel,
                now,
                None if chain.state is None else chain.state.leaf,
                _digest(receipt.signing_input),
                b64encode(commit_to(chain.key)).decode(),
                request.account.verified_by or "not stated",
                answers,
            )
            body = prefill_body(fact, sheet, form)
            leaf = append_case(connection, "prefill", asker.tenant, body, now)
            add_receipt(connection, opening, leaf.index)
            prefilled = Prefilled(
                "pf_" + receipt.jti, form, sheet, answers, receipt, now + RECEIPT_LIFE, leaf.hash
            )
            if also is not None:
                also(connection, prefilled)
            return prefilled

        return await self._database.write(record)

    def _claims(
        self,
        asker: Asker,
        request: PrefillRequest,
        procedure: str | None,
        chain: _Chain,
        sheet: Sheet,
        answers: tuple[Answer, ...],
        now: datetime,
        form: RegisteredForm,
        people: Mapping[RoleName, tuple[Person, ...]],
    ) -> dict[str, Any]:
        earlier = (
            chain.earlier.claims if chain.earlier else {"persons": [], "rows": [], "jti": None}
        )
        persons = person_claims(people, chain.tagger)
        places = {(p["role"], tuple(p["row"])) for p in earlier["persons"]}
        tagger = chain.tagger
        return {
            "aud": asker.tenant,
            "jti": secrets.token_urlsafe(16),
            "chain": chain.id,
            "prev": earlier["jti"],
            "iat": int(now.timestamp()),
            "exp": int((now + RECEIPT_LIFE).timestamp()),
            "form": form.code,
            "version": form.version,
            "procedure": procedure,
            "channel": request.channel,
            "dossier": None
            if request.dossier is None
            else tagger.dossier_tag(request.dossier.text),
            "persons": [
                *earlier["persons"],
                *(p for p in persons if (p["role"], tuple(p["row"])) not in places),
            ],
            "reads": read_claims(answers),
            "sets": dict(sheet.sets),
            "told": sorted(sheet.told),
            "rows": [*earlier["rows"], *row_claims(sheet, form, tagger)],
            "fields": field_claims(sheet, tagger) + left_out(sheet, chain.earlier),
        }


def procedure_of(form: RegisteredForm, asked: str | None) -> str | None:
    """The procedure that a form is filled for: the one named, else the form's only one.

    Raises BadRequest when the form does not serve it, or serves several and none is named.
    """
    served = form.bindings.procedures
    if asked is None:
        if len(served) > 1:
            raise BadRequest("procedure_missing", "the form serves several procedures", "procedure")
        return served[0] if served else None
    if served and asked[:8] not in served:
        raise BadRequest("procedure_not_served", "the form serves other procedures", "procedure")
    return asked


def _check_same_case(receipt: Receipt, request: PrefillRequest, tagger: Tagger) -> None:
    """`extends` needs the dossier and the applicant of the receipt that it extends."""
    dossier = receipt.claims["dossier"]
    given = None if request.dossier is None else tagger.dossier_tag(request.dossier.text)
    if (dossier or "") != (given or ""):
        raise ReceiptRefused("receipt_foreign", "the receipt belongs to another dossier")
    applicant = next((p for p in receipt.claims["persons"] if p["role"] == "applicant"), None)
    number = request.subject.personal_id.digits
    if applicant and not same_tag(applicant["tag"], tagger.person_tag("applicant", (), number)):
        raise ReceiptRefused("receipt_foreign", "the receipt belongs to another applicant")


def _check_steering(
    receipt: Receipt, request: PrefillRequest, form: RegisteredForm, tagger: Tagger
) -> None:
    """A locked value that would steer a new read must be the one that was handed out."""
    steering = {
        path
        for ways in form.bindings.roles.values()
        for way in ways
        for path in (way.given or {}).values()
    }
    changed = [
        FieldProblem(path, "locked_value_changed")
        for path, entry in receipt.filled.items()
        if path in steering
        and entry["edit"] == "locked"
        and not _opens(entry, value_at(request.data, path), form, tagger)
    ]
    if changed:
        raise ReceiptRefused(
            "locked_value_changed",
            "a value that was filled from a record was changed",
            tuple(changed),
        )


def _opens(entry: dict[str, Any], value: Any, form: RegisteredForm, tagger: Tagger) -> bool:
    template = form.definition.field(entry["path"])
    named = form.dictionary[entry["attribute"]].type == "name"
    try:
        canon = canonical(template, value, person_name=named)
    except NotOfType:
        return False
    mark = FieldMark(
        template.path,
        tuple(entry["rows"]),
        entry["role"],
        entry["attribute"],
        entry["edit"],
        template.type,
    )
    return same_tag(tagger.field_tag(mark, canon), entry["tag"])


def _earlier(chain: _Chain) -> Earlier:
    """What the extended receipt says, in the terms of merging."""
    if chain.earlier is None:
        return Earlier()
    fields = chain.earlier.claims["fields"]
    with_person = {p["role"] for p in chain.earlier.claims["persons"]}
    return Earlier(
        filled=chain.earlier.filled,
        settled={
            f["path"]: Reason(f["reason"])
            for f in fields
            if f.get("reason") in _SETTLED and f.get("role") in with_person
        },
        known=frozenset((RoleName(r), AttributeName(a)) for r, a in chain.earlier.claims["told"]),
        sets=chain.earlier.claims["sets"],
    )


def _digest(message: bytes) -> str:
    return b64encode(hashlib.sha256(message).digest()).decode()
