"""What do the receipt and the log say of a filled form?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.domain.facts import RecordRef
from gateway.domain.identifiers import RoleName
from gateway.domain.letters import CLASS_LETTERS, REASON_LETTERS, SOURCE_LETTERS, spell
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.domain.verdicts import EditPolicy, FieldClass
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.fields import Decision
from gateway.forms.values import LOCAL_ZONE
from gateway.prefill.asking.knowledge import Answer, Person
from gateway.prefill.filling.desk import Sheet
from gateway.prefill.filling.entries import Carried, Empty, Entry, Filled
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import FieldMark, Tagger


@dataclass(frozen=True, slots=True)
class Summary:
    """How many visible fields there are, and how many of them are filled (design 5.1)."""

    declarable: int
    filled: int
    decided: int
    decided_filled: int

    @property
    def to_declare(self) -> int:
        """Visible fields that are left to the citizen."""
        return self.declarable - self.filled

    @property
    def offered(self) -> float:
        """Filled over visible, four decimals."""
        return round(self.filled / self.declarable, 4) if self.declarable else 0.0


def summary_of(sheet: Sheet) -> Summary:
    """Count the fields that are decided visible; open ones are counted nowhere yet."""
    visible = [e for e in sheet.entries if e.instance.decision is Decision.VISIBLE]
    filled = sum(not isinstance(entry, Empty) for entry in visible)
    return Summary(len(visible), filled, len(visible), filled)


def field_claims(sheet: Sheet, tagger: Tagger) -> list[dict[str, Any]]:
    """One entry per declarable field, as the receipt carries it; no tag for what was not filled."""
    return [_claim(entry, tagger) for entry in sheet.entries]


def left_out(sheet: Sheet, earlier: Receipt | None) -> list[dict[str, Any]]:
    """Entries of the extended receipt whose row the caller's data no longer holds.

    What was filled once in a chain stays judged, though the row be left out of a later question.
    """
    if earlier is None:
        return []
    here = {entry.instance.path for entry in sheet.entries}
    return [entry for path, entry in earlier.filled.items() if path not in here]


def _claim(entry: Entry, tagger: Tagger) -> dict[str, Any]:
    if isinstance(entry, Carried):
        return entry.entry
    if isinstance(entry, Empty):
        claim: dict[str, Any] = {"path": entry.instance.path, "reason": entry.reason.value}
        if entry.attribute is not None:
            claim |= {"role": entry.role, "attribute": entry.attribute}
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
        "tag": tagger.field_tag(mark_of(entry), entry.canon),
    }


def mark_of(entry: Filled) -> FieldMark:
    """What a filled field's tag is bound to."""
    template = entry.instance.template
    return FieldMark(
        template.path,
        entry.instance.rows,
        entry.role,
        entry.attribute,
        entry.edit.value,
        template.type,
    )


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


def person_claims(
    people: Mapping[RoleName, tuple[Person, ...]], tagger: Tagger
) -> list[dict[str, Any]]:
    """A tag of the number of each person behind a role; who has no number has no tag.

    `key` is the field in which the citizen gave the number, or null.
    """
    claims = []
    for role, persons in people.items():
        for row, person in enumerate(persons):
            rows = (row,) if len(persons) > 1 else ()
            if person.number is not None:
                tag = tagger.person_tag(role, rows, person.number)
                key = person.key_path
                claims.append({"role": role, "row": list(rows), "key": key, "tag": tag})
    return claims


def resolved_people(sheet: Sheet, form: RegisteredForm) -> dict[RoleName, tuple[Person, ...]]:
    """The roles that have somebody behind them."""
    behind = {role: sheet.people.behind(role) for role in form.bindings.roles}
    return {role: people for role, people in behind.items() if isinstance(people, tuple)}


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


@dataclass(frozen=True, slots=True)
class PrefillFact:
    """What the log keeps of one prefill, besides the letters."""

    case_ref: str
    chain: str
    form_leaf: int
    grant_leaf: int
    tenant: str
    procedure: str | None
    channel: str
    at: datetime
    previous_leaf: int | None
    receipt_digest: str
    key_commitment: str
    verified_by: str
    answers: tuple[Answer, ...] = field(repr=False)


def prefill_body(fact: PrefillFact, sheet: Sheet, form: RegisteredForm) -> dict[str, Any]:
    """The body of the `prefill` case leaf: letters and counts, no value and no name."""
    fields = [template.path for template in form.declarable]
    states = {e.instance.path: _state_letter(e) for e in sheet.entries}
    sources = {
        e.instance.path: _source_letter(e) for e in sheet.entries if not isinstance(e, Empty)
    }
    state, state_rows = spell(fields, states)
    source, source_rows = spell(fields, sources)
    summary = summary_of(sheet)
    return {
        "k": "prefill",
        "case": fact.case_ref,
        "chain": fact.chain,
        "fv": fact.form_leaf,
        "gr": fact.grant_leaf,
        "ten": fact.tenant,
        "proc": fact.procedure,
        "ch": fact.channel,
        "h": int(fact.at.timestamp()) // 3600,
        "prev": fact.previous_leaf,
        "rd": fact.receipt_digest,
        "kc": fact.key_commitment,
        "vb": fact.verified_by,
        "q": [
            [a.source, outcome_of(a.reply), a.reply.attempts, _surplus(a.reply)]
            for a in fact.answers
        ],
        "st": state,
        "so": source,
        **({"sr": state_rows, "or": source_rows} if state_rows else {}),
        "n": [summary.declarable, summary.filled],
    }


def _surplus(reply: Reply) -> int:
    return reply.surplus if isinstance(reply, Found) else 0


def _state_letter(entry: Entry) -> str:
    if isinstance(entry, Empty):
        return REASON_LETTERS[entry.reason]
    if isinstance(entry, Carried):
        return CLASS_LETTERS[FieldClass(entry.entry["class"])]
    return CLASS_LETTERS[entry.field_class]


def _source_letter(entry: Filled | Carried) -> str:
    source = entry.source if isinstance(entry, Filled) else entry.entry["source"]
    return SOURCE_LETTERS[source]


def record_of(record: RecordRef | None) -> dict[str, Any] | None:
    """The record behind a value, as the answer names it."""
    return None if record is None else {"id": record.id, "kind": record.kind}


def instant(when: datetime) -> str:
    """RFC 3339 with the local offset, whole seconds."""
    return when.astimezone(LOCAL_ZONE).isoformat(timespec="seconds")


def read_claims(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """The reads as the receipt names them: `ref` is the number under which the source logged it."""
    return [
        {"source": a.source, "role": a.role, "outcome": outcome_of(a.reply), "ref": a.ref}
        for a in answers
    ]
