"""What does the receipt say of a filled form?"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from gateway.domain.identifiers import RECORDS, RoleName
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.domain.value import value
from gateway.domain.verdicts import EditPolicy, Reason
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.values import LOCAL_ZONE
from gateway.prefill.asking.answers import Answer, Reads
from gateway.prefill.asking.knowledge import Person
from gateway.prefill.case import Case
from gateway.prefill.filling.desk import Sheet
from gateway.prefill.filling.entries import Carried, Empty, Entry, Filled
from gateway.prefill.filling.waiting import retry_at
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import HEAD, SUBJECT, TIED, FieldMark, Tagger


def claims_of(case: Case, sheet: Sheet, reads: Reads, life: timedelta) -> dict[str, Any]:
    """The claims of a new receipt; persons and rows of the extended one go over unchanged."""
    chain, tagger = case.chain, case.chain.tagger
    before: Mapping[str, Any] = chain.earlier.claims if chain.earlier else _NOTHING_BEFORE
    places = {(p["role"], tuple(p["row"])) for p in before["persons"]}
    concerned = concerned_people(sheet, case.form, reads.answers)
    persons = person_claims(concerned, sheet.people.subject, tagger)
    return {
        "aud": case.asker.tenant,
        "jti": secrets.token_urlsafe(16),
        "chain": chain.id,
        "prev": before["jti"],
        "iat": int(case.now.timestamp()),
        "exp": int((case.now + life).timestamp()),
        "form": case.form.code,
        "version": case.form.version,
        "procedure": case.procedure,
        "channel": case.request.channel,
        "dossier": None if case.dossier is None else tagger.dossier_tag(case.dossier),
        "subject": tagger.person_tag(SUBJECT, (), case.request.subject.personal_id.digits),
        "persons": [
            *before["persons"],
            *(p for p in persons if (p["role"], tuple(p["row"])) not in places),
        ],
        "reads": read_claims(reads.answers),
        "asked": sorted({*before.get("asked", ()), *map(tagger.asked_tag, reads.asked)}),
        "matched": sorted({*before.get("matched", ()), *map(tagger.match_tag, reads.matched)}),
        "tied": sorted(
            {*before.get("tied", ()), *(tagger.person_tag(TIED, (), n) for n in reads.tied)}
        ),
        "heads": sorted(
            {*before.get("heads", ()), *(tagger.person_tag(HEAD, (), n) for n in reads.heads)}
        ),
        "sets": dict(sheet.sets),
        "ways": {**sheet.people.ways(), **before["ways"]},
        "told": sorted(sheet.told),
        "rows": [*before["rows"], *row_claims(sheet, case.form, tagger)],
        "records": record_claims(sheet, before.get("records", ()), tagger),
        "fields": field_claims(sheet, tagger) + left_out(sheet, chain.earlier),
    }


_NOTHING_BEFORE: Mapping[str, Any] = {
    "persons": [],
    "rows": [],
    "ways": {},
    "jti": None,
}


def field_claims(sheet: Sheet, tagger: Tagger) -> list[dict[str, Any]]:
    """One entry per declarable field, as the receipt carries it; no tag for what was not filled."""
    return [_claim(sheet, entry, tagger) for entry in sheet.entries]


def record_claims(
    sheet: Sheet, before: Iterable[Mapping[str, Any]], tagger: Tagger
) -> list[Mapping[str, Any]]:
    """One entry per record of the province that filled a field; those of the extended receipt first."""
    claims = {claim["id"]: claim for claim in before}
    for entry in sheet.entries:
        if isinstance(entry, Filled) and entry.source == RECORDS and entry.record is not None:
            record = entry.record
            tag = tagger.record_tag(record.id, record.paper)
            claims.setdefault(record.id, {"id": record.id, "vouched": record.vouched, "tag": tag})
    return list(claims.values())


def left_out(sheet: Sheet, earlier: Receipt | None) -> list[dict[str, Any]]:
    """Entries of the extended receipt whose row the caller's data no longer holds.

    What was filled once in a chain stays judged, though the row be left out of a later question.
    """
    if earlier is None:
        return []
    here = {entry.instance.path for entry in sheet.entries}
    return [entry for path, entry in earlier.filled.items() if path not in here]


def _claim(sheet: Sheet, entry: Entry, tagger: Tagger) -> dict[str, Any]:
    if isinstance(entry, Carried):
        return entry.entry
    if isinstance(entry, Empty):
        claim: dict[str, Any] = {"path": entry.instance.path, "reason": entry.reason.value}
        if entry.attribute is not None:
            claim |= {"role": entry.role, "attribute": entry.attribute}
        deferred = entry.reason is Reason.DEFERRED
        if deferred and (later := retry_at(sheet, entry)) is not None:
            claim["retry_at"] = instant(later)
        return claim
    return {
        "path": entry.instance.path,
        "rows": list(entry.instance.rows),
        "source": entry.source,
        "role": entry.role,
        "attribute": entry.attribute,
        "class": entry.field_class.value,
        "as_of": instant(entry.as_of),
        "edit": entry.edit.value,
        "confirmed_by": entry.confirmed_by,
        "record": None if entry.record is None else entry.record.id,
        **({"young": True} if entry.young else {}),
        "tag": tagger.field_tag(mark_of(entry), entry.canon),
    }


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


def row_claims(sheet: Sheet, form: RegisteredForm, tagger: Tagger) -> list[dict[str, Any]]:
    """One tag per filled row, over its locked fields in the order of the bindings."""
    filled = {e.instance.path: e for e in sheet.entries if isinstance(e, Filled)}
    claims = []
    for group, count in sheet.rows.items():
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
            claims.append({"group": group, "row": [number], "tag": tag})
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
    sheet: Sheet, form: RegisteredForm, answers: Iterable[Answer]
) -> list[Concerned]:
    """The applicant in their own roles, and everybody for whom a role asked or filled something.

    Who has no number cannot be named.
    """
    asked = {(answer.role, answer.number) for answer in answers}
    filled = {
        (entry.role, entry.instance.rows if sheet.people.is_repeating(entry.role) else ())
        for entry in sheet.entries
        if isinstance(entry, Filled) and not form.dictionary[entry.attribute].computed
    }
    concerned = []
    for role, ways in form.bindings.roles.items():
        own = any(way.subject for way in ways)
        behind = sheet.people.behind(role)
        persons = behind if isinstance(behind, tuple) else ()
        for place, person in enumerate(persons):
            row = (place,) if len(persons) > 1 else ()
            rows = (place,) if sheet.people.is_repeating(role) else ()
            if (number := person.number) is None:
                continue
            is_applicant = own and person is sheet.people.subject
            if is_applicant or (role, number) in asked or (role, rows) in filled:
                concerned.append(Concerned(role, row, person, number))
    return concerned


def person_claims(
    concerned: Iterable[Concerned], applicant: Person, tagger: Tagger
) -> list[dict[str, Any]]:
    """A tag of each person's number, the applicant marked, who stands there always.

    `key` is the field in which the citizen gave the number, or null.
    """
    claims = [
        {
            "role": one.role,
            "row": list(one.row),
            "key": one.person.key_path,
            "applicant": one.number == applicant.number,
            "tag": tagger.person_tag(one.role, one.row, one.number),
        }
        for one in concerned
    ]
    if applicant.number is not None and not any(claim["applicant"] for claim in claims):
        tag = tagger.person_tag(SUBJECT, (), applicant.number)
        claims.append({"role": SUBJECT, "row": [], "key": None, "applicant": True, "tag": tag})
    return claims


def outcome_of(reply: Reply) -> str:
    """One word for what a source answered."""
    match reply:
        case Found():
            return "found"
        case NoRecord():
            return "no_record"
        case NotPermitted():
            return "not_permitted"
        case Unavailable():
            return "unavailable"


@lru_cache(maxsize=256)
def instant(when: datetime) -> str:
    """RFC 3339 with the local offset, whole seconds."""
    return when.astimezone(LOCAL_ZONE).isoformat(timespec="seconds")


def read_claims(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """The reads as the receipt names them: `ref` is the number under which the source logged it."""
    return [
        {"source": a.source, "role": a.role, "outcome": outcome_of(a.reply), "ref": a.ref}
        for a in answers
    ]
