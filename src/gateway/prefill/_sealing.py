"""The claims of a new receipt, made from a filled form."""

import secrets
from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache

from gateway.domain.identifiers import RECORDS, RoleName
from gateway.domain.replies import outcome_of
from gateway.domain.value import value
from gateway.domain.verdicts import EditPolicy, Reason
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.prefill._asking.knowledge import Answer, Person, Reads
from gateway.prefill._case import Case
from gateway.prefill.form import (
    Carried,
    Empty,
    Entry,
    Filled,
    FilledForm,
    instant,
    receipt_life,
    retry_at,
)
from gateway.receipts.claims import (
    EmptyClaim,
    FieldClaim,
    FilledClaim,
    PersonClaim,
    ReadClaim,
    ReceiptClaims,
    RecordClaim,
    RowClaim,
)
from gateway.receipts.tags import HEAD, SUBJECT, TIED, FieldMark, Tagger


def claims_of(case: Case, filled_form: FilledForm, reads: Reads) -> ReceiptClaims:
    """The claims of a new receipt; persons, rows and records of the extended one go over unchanged."""
    chain, tagger, before = case.chain, case.chain.tagger, case.chain.earlier
    concerned = concerned_people(filled_form, case.form, reads.answers)
    persons = person_claims(concerned, filled_form.people.subject, tagger)
    persons_before = before.persons if before else ()
    places = {(person.role, person.row) for person in persons_before}
    asked = frozenset(map(tagger.asked_tag, reads.asked))
    matched = frozenset(map(tagger.match_tag, reads.matched))
    tied = frozenset(tagger.person_tag(TIED, (), number) for number in reads.tied)
    heads = frozenset(tagger.person_tag(HEAD, (), number) for number in reads.heads)
    return ReceiptClaims(
        tenant=case.asker.tenant,
        jti=secrets.token_urlsafe(16),
        chain=chain.id,
        previous=before.jti if before else None,
        issued_at=int(case.now.timestamp()),
        expires_at=int((case.now + receipt_life(filled_form, case.now)).timestamp()),
        form=case.form.code,
        version=case.form.version,
        procedure=case.procedure,
        channel=case.request.channel,
        dossier=None if case.dossier is None else tagger.dossier_tag(case.dossier),
        subject=tagger.person_tag(SUBJECT, (), case.request.subject.personal_id.digits),
        persons=(*persons_before, *(p for p in persons if (p.role, p.row) not in places)),
        reads=read_claims(reads.answers),
        asked=asked | (before.asked or frozenset()) if before else asked,
        matched=matched | before.matched if before else matched,
        tied=tied | before.tied if before else tied,
        heads=heads | before.heads if before else heads,
        sets=filled_form.sets,
        rules=filled_form.people.ways() | dict(before.rules if before else {}),
        provided=filled_form.provided,
        rows=(*(before.rows if before else ()), *row_claims(filled_form, case.form, tagger)),
        records=record_claims(filled_form, before.records if before else (), tagger),
        fields=(*field_claims(filled_form, tagger), *left_out(filled_form, before)),
    )


def field_claims(filled_form: FilledForm, tagger: Tagger) -> tuple[FieldClaim, ...]:
    """One claim per declarable field; no tag for what was not filled."""
    return tuple(_claim(filled_form, entry, tagger) for entry in filled_form.entries)


def record_claims(
    filled_form: FilledForm, before: Iterable[RecordClaim], tagger: Tagger
) -> tuple[RecordClaim, ...]:
    """One claim per record of the province that filled a field; those of the extended receipt first."""
    claims = {claim.id: claim for claim in before}
    for entry in filled_form.entries:
        if isinstance(entry, Filled) and entry.source == RECORDS and entry.record is not None:
            record = entry.record
            if record.id not in claims:
                tag = tagger.record_tag(record.id, record.paper)
                claims[record.id] = RecordClaim(record.id, record.vouched, tag)
    return tuple(claims.values())


def left_out(filled_form: FilledForm, earlier: ReceiptClaims | None) -> list[FilledClaim]:
    """Claims of the extended receipt whose row the caller's data no longer holds.

    What was filled once in a chain stays judged, though the row be left out of a later question.
    """
    if earlier is None:
        return []
    here = {entry.instance.path for entry in filled_form.entries}
    return [claim for path, claim in earlier.filled.items() if path not in here]


def _claim(filled_form: FilledForm, entry: Entry, tagger: Tagger) -> FieldClaim:
    if isinstance(entry, Carried):
        return entry.claim
    if isinstance(entry, Empty):
        later = retry_at(filled_form, entry) if entry.reason is Reason.DEFERRED else None
        return EmptyClaim(
            entry.instance.path,
            entry.reason,
            entry.role,
            entry.attribute,
            None if later is None else instant(later),
        )
    instance = entry.instance
    return FilledClaim(
        instance.path,
        instance.rows,
        entry.source,
        entry.role,
        entry.attribute,
        entry.field_class,
        instant(entry.as_of),
        entry.edit,
        entry.confirmed_by,
        None if entry.record is None else entry.record.id,
        entry.young,
        tagger.field_tag(mark_of(entry), entry.canon),
    )


def mark_of(entry: Filled) -> FieldMark:
    """What a filled field's tag is bound to."""
    instance = entry.instance
    return _mark(instance.template, instance.rows, entry.role, entry.attribute, entry.edit)


@lru_cache(maxsize=20_000)
def _mark(
    template: FieldTemplate, rows: tuple[int, ...], role: str, attribute: str, edit: EditPolicy
) -> FieldMark:
    """The same for everybody who fills this field."""
    return FieldMark(template.path, rows, role, attribute, edit.value, template.type)


def row_claims(filled_form: FilledForm, form: RegisteredForm, tagger: Tagger) -> list[RowClaim]:
    """One tag per filled row, over its locked fields in the order of the bindings."""
    filled = {e.instance.path: e for e in filled_form.entries if isinstance(e, Filled)}
    claims = []
    for group, count in filled_form.rows.items():
        columns = [b.field for b in form.bindings.bindings if b.field.startswith(f"{group}[].")]
        for number in range(count):
            paths = [column.replace("[]", f"[{number}]", 1) for column in columns]
            cells = [filled[path] for path in paths if path in filled]
            locked = [
                (cell.instance.template.path, cell.canon)
                for cell in cells
                if cell.edit is EditPolicy.LOCKED
            ]
            tag = tagger.row_tag(group, (number,), locked)
            claims.append(RowClaim(group, (number,), tag))
    return claims


@value
class Concerned:
    """A person whom a receipt names: the applicant, or somebody of whom something was asked or filled.

    `row` is the person's place where several stand behind the role.
    """

    role: RoleName
    row: tuple[int, ...]
    person: Person = field(repr=False)
    number: str = field(repr=False)


def concerned_people(
    filled_form: FilledForm, form: RegisteredForm, answers: Iterable[Answer]
) -> list[Concerned]:
    """The applicant in their own roles, and everybody for whom a role asked or filled something.

    Who has no number cannot be named.
    """
    asked = {(answer.role, answer.number) for answer in answers}
    filled = {
        (entry.role, entry.instance.rows if filled_form.people.is_repeating(entry.role) else ())
        for entry in filled_form.entries
        if isinstance(entry, Filled) and not form.dictionary[entry.attribute].computed
    }
    concerned = []
    for role, ways in form.bindings.roles.items():
        own = any(way.subject for way in ways)
        behind = filled_form.people.behind(role)
        persons = behind if isinstance(behind, tuple) else ()
        for place, person in enumerate(persons):
            row = (place,) if len(persons) > 1 else ()
            rows = (place,) if filled_form.people.is_repeating(role) else ()
            if (number := person.number) is None:
                continue
            is_applicant = own and person is filled_form.people.subject
            if is_applicant or (role, number) in asked or (role, rows) in filled:
                concerned.append(Concerned(role, row, person, number))
    return concerned


def person_claims(
    concerned: Iterable[Concerned], applicant: Person, tagger: Tagger
) -> list[PersonClaim]:
    """A tag of each person's number, the applicant marked, who stands there always.

    `key` is the field in which the citizen gave the number, or null.
    """
    claims = [
        PersonClaim(
            one.role,
            one.row,
            one.person.key_path,
            one.number == applicant.number,
            tagger.person_tag(one.role, one.row, one.number),
        )
        for one in concerned
    ]
    if applicant.number is not None and not any(claim.applicant for claim in claims):
        tag = tagger.person_tag(SUBJECT, (), applicant.number)
        claims.append(PersonClaim(SUBJECT, (), None, True, tag))
    return claims


def read_claims(answers: Iterable[Answer]) -> tuple[ReadClaim, ...]:
    """The reads as the receipt names them: `ref` is the number under which the source logged it."""
    return tuple(ReadClaim(a.source, a.role, outcome_of(a.reply), a.ref) for a in answers)
