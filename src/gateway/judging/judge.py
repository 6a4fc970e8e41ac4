"""The verdict on every field of a submission, one a field, and the visible content.

Two sums balance:

    filled  = auto + filled(contested, officer, override) + withdrawn + hidden
    visible = auto + declared + blank
"""

import copy
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.domain.verdicts import DECLARED, FieldClass, Verdict
from gateway.forms.fields import (
    Decision,
    FieldInstance,
    drop_invisible,
    instances_at_submission,
    put_value,
    template_of,
    value_at,
)
from gateway.forms.roles import moved_roles
from gateway.forms.values import EMPTY, NotOfType
from gateway.judging.locked import Pairing
from gateway.judging.opened import UNREADABLE, FormData, FormTexts, Marks, OpenedReceipt
from gateway.receipts.claims import FilledClaim
from gateway.receipts.tags import same_tag


@dataclass(frozen=True, slots=True)
class JudgedField:
    """One field with its verdict; `filled` is what the receipt said of it.

    `unvouched` is the record of the province that filled it, where nobody vouches for that record.
    """

    path: str
    verdict: Verdict
    visible: bool
    filled: FilledClaim | None
    unvouched: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every field's verdict, the attachments, and the canonical visible content."""

    fields: tuple[JudgedField, ...]
    attachments: Mapping[str, int]
    content: tuple[tuple[str, str], ...] = field(repr=False)

    def counts(self) -> dict[str, int]:
        """Every verdict's count with the two balances' totals."""
        counted = Counter(judged.verdict for judged in self.fields)
        counts = {verdict.value: counted[verdict] for verdict in Verdict}
        return counts | {
            "filled": sum(judged.filled is not None for judged in self.fields),
            "visible": sum(judged.visible for judged in self.fields),
            "declared": sum(counted[verdict] for verdict in DECLARED),
        }


def balances(judgement: Judgement) -> bool:
    """Whether both balances hold."""
    filled = [judged.verdict for judged in judgement.fields if judged.filled is not None]
    given_up = (Verdict.CONTESTED, Verdict.OFFICER, Verdict.OVERRIDE)
    taken_out = (Verdict.WITHDRAWN, Verdict.HIDDEN)
    counts = judgement.counts()
    return all(verdict in (Verdict.AUTO, *given_up, *taken_out) for verdict in filled) and (
        counts["visible"] == counts["auto"] + counts["declared"] + counts["blank"]
    )


def visible_content(texts: FormTexts, data: FormData) -> tuple[tuple[str, str], ...]:
    """Path and canonical text of every visible field that holds something; needs no key."""
    kept = drop_invisible(texts.form.definition, dict(data))
    return content_held(texts, kept, instances_at_submission(texts.form.definition, kept))


def content_held(
    texts: FormTexts, kept: FormData, instances: Iterable[FieldInstance]
) -> tuple[tuple[str, str], ...]:
    """The same of data from which the invisible values are gone already."""
    held = ((i, value_at(kept, i.path)) for i in instances if i.decision is Decision.VISIBLE)
    content = ((i.path, _content_text(texts, i, value)) for i, value in held)
    return tuple((path, text) for path, text in content if text != EMPTY)


def _content_text(texts: FormTexts, instance: FieldInstance, value: object) -> str:
    """The canonical text; of what fits no type the JSON, so that no two of them are the same."""
    try:
        return texts.canon(instance.template, value)
    except NotOfType:
        return UNREADABLE + json.dumps(value, sort_keys=True, default=str)


_NUMBER = "person.personal_id"


def judge(
    receipt: OpenedReceipt,
    data: FormData,
    marks: Marks,
    pairings: tuple[Pairing, ...],
) -> Judgement:
    """Give every field its verdict; the values of fields that do not show are dropped first."""
    kept = drop_invisible(receipt.form.definition, dict(data))
    instances = instances_at_submission(receipt.form.definition, kept)
    shown = frozenset(i.path for i in instances if i.decision is Decision.VISIBLE)
    judge_one = _Judge(receipt, kept, marks, pairings, shown)
    judged = [
        one
        for instance in instances
        if not instance.template.is_file and (one := judge_one.field(instance))
    ]
    gone = judge_one.gone(frozenset(one.filled.path for one in judged if one.filled))
    content = content_held(receipt.texts, kept, instances)
    return Judgement((*judged, *gone), judge_one.attachments(instances), content)


class _Judge:
    def __init__(
        self,
        receipt: OpenedReceipt,
        data: FormData,
        marks: Marks,
        pairings: tuple[Pairing, ...],
        shown: frozenset[str],
    ) -> None:
        self.receipt = receipt
        self.data = data
        self.marks = marks
        self.pairings = {pairing.group: pairing for pairing in pairings}
        self.rekeyed = frozenset(self._rekeyed_roles(shown))

    def canon(self, instance: FieldInstance) -> str:
        return self.receipt.texts.at(instance.template, self.data, instance.path)

    def field(self, instance: FieldInstance) -> JudgedField | None:
        """The verdict on one instance; None for what is neither filled nor visible."""
        filled = self._filled(instance)
        visible = instance.decision is Decision.VISIBLE
        if not visible:
            return self._judged(instance.path, Verdict.HIDDEN, filled) if filled else None
        canon = self.canon(instance)
        verdict = (
            self._filled_verdict(instance, filled, canon)
            if filled
            else self._typed_verdict(instance, canon)
        )
        return self._judged(instance.path, verdict, filled, visible=True)

    def _judged(
        self, path: str, verdict: Verdict, filled: FilledClaim | None, *, visible: bool = False
    ) -> JudgedField:
        unvouched = None if filled is None else self.receipt.claims.unvouched_record(filled)
        return JudgedField(path, verdict, visible, filled, unvouched)

    def _filled_verdict(self, instance: FieldInstance, filled: FilledClaim, canon: str) -> Verdict:
        group = instance.template.path.partition("[]")[0]
        if {instance.path, group} & self.marks.contested or (
            instance.path in self.marks.refused_before
        ):
            return Verdict.CONTESTED
        unchanged = self.receipt.opens(filled, canon)
        by_officer = instance.path in self.marks.by_officer
        if filled.field_class is FieldClass.SAME_CASE or (by_officer and not unchanged):
            return Verdict.OFFICER
        if unchanged and filled.role not in self.rekeyed:
            return Verdict.AUTO
        return Verdict.OVERRIDE

    def _typed_verdict(self, instance: FieldInstance, canon: str) -> Verdict:
        unticked = instance.template.type == "checkbox" and canon == "false"
        if canon == EMPTY or unticked:
            return Verdict.MISSING if instance.template.required else Verdict.BLANK
        return Verdict.OFFICER if instance.path in self.marks.by_officer else Verdict.MANUAL

    def _filled(self, instance: FieldInstance) -> FilledClaim | None:
        pairing = self.pairings.get(instance.template.path.partition("[]")[0])
        return self.receipt.filled_at(instance, None if pairing is None else pairing.number_of)

    def gone(self, judged: frozenset[str]) -> Iterator[JudgedField]:
        """Filled fields that no submitted row holds: withdrawn, or hidden with their whole group."""
        shown = {group: self._shows(group) for group in self.receipt.groups()}
        after: dict[tuple[str, int], int] = {}
        for path, filled in self.receipt.filled.items():
            if path in judged:
                continue
            if not filled.rows:
                yield self._judged(path, Verdict.HIDDEN, filled)
                continue
            group, _, column = template_of(path).partition("[].")
            held = value_at(self.data, group)
            place = len(held) if isinstance(held, list) else 0
            place += after.setdefault((group, filled.rows[0]), len(after))
            verdict = Verdict.WITHDRAWN if shown[group] else Verdict.HIDDEN
            yield self._judged(f"{group}[{place}].{column}", verdict, filled)

    def _shows(self, group: str) -> bool:
        """Whether the form would show a row of this group: try with one."""
        tried = copy.deepcopy(dict(self.data))
        put_value(tried, group, [{}])
        return any(
            i.decision is Decision.VISIBLE
            for i in instances_at_submission(self.receipt.form.definition, tried)
            if i.template.path.startswith(f"{group}[].")
        )

    def _rekeyed_roles(self, shown: frozenset[str]) -> Iterator[str]:
        """Roles for which another person is meant than was read, by answer or by key number.

        A number that was handed out and does not show any more is gone, and no change.
        """
        claims, form = self.receipt.claims, self.receipt.form
        yield from moved_roles(form.bindings, form.definition, claims.rules, self.data)
        for person in claims.persons:
            if person.key is not None:
                number = self._number_at(person.key)
                tag = self.receipt.tagger.person_tag(person.role, person.row, number)
                if not same_tag(tag, person.tag):
                    yield person.role
        for filled in self.receipt.filled.values():
            if filled.attribute != _NUMBER or filled.rows or filled.path not in shown:
                continue
            if not self.receipt.opens(filled, self._number_at(filled.path)):
                yield filled.role

    def _number_at(self, path: str) -> str:
        template = self.receipt.form.definition.field(path)
        return self.receipt.texts.at(template, self.data, path)

    def attachments(self, instances: tuple[FieldInstance, ...]) -> dict[str, int]:
        """Visible file components by what became of them (design of the measure, 3.5)."""
        counted: Counter[str] = Counter()
        for instance in instances:
            if instance.template.is_file and instance.decision is Decision.VISIBLE:
                by_officer = instance.path in self.marks.by_officer
                given = "officer" if by_officer else "uploaded"
                counted["blank" if self.canon(instance) == EMPTY else given] += 1
        return dict(counted)
