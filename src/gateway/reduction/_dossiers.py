"""Count what one dossier adds to the figures (design of the measure, sections 3.1 to 3.6).

Sums of dossiers are sums of counts, each under a key:

    ("dossiers",) ("instant",)          dossiers, and of these the instant ones
    ("burst",)                          of these, those of a burst
    ("submissions",)                    accepted submissions behind them
    ("verdict", verdict)                fields by verdict; `auto` without those of instant dossiers
    ("auto_instant",)                   `auto` of instant dossiers, which are in no figure
    ("filled",) ("visible",)            the two totals that every submission balances to
    ("dropped",)                        required items of the baseline that are no longer asked
    ("abolished",)                      the same by an act that a form-version leaf names
    ("D",) ("D", "required")            what counts as declared, dropped items included
    ("D", "extra")                      declared fields that stand for no official item
    ("A", class) ("A", "required")      `auto` by class, and the required ones of every class
    ("core",)                           items, see `Item`
    ("young",)                          of these, those with a field from a young record
    ("reach", "missed" | "connected")   items that a source could have supplied and did not
    ("source", source, "A" | "override" | "contested")      of the classes of the reduction
    ("left", n)                         dossiers of which n fields were left to declare
    ("attachments", what)               visible file components
    ("ceiling",) ("ceiling", "required")                    of the form, once a dossier

The first edition of the measure has no `abolished`, `young` and `reach`, the second no `ceiling`; in the
second a field that stands for no item of the baseline, nor for one that an act added, is of class `extra`,
whatever its class in the receipt.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.domain.verdicts import DECLARED, FieldClass, Verdict
from gateway.reduction._definitions import FormVersion, Standard
from gateway.reduction._submissions import TAKEN_OUT, Judged, Letters, Submission, merge

Key: TypeAlias = tuple[str | int, ...]
Sums: TypeAlias = Counter[Key]

REDUCTION_CLASSES = frozenset({FieldClass.FACT, FieldClass.KNOWN, FieldClass.SUGGESTED})
BEYOND_LOGIN_CLASSES = frozenset({FieldClass.FACT, FieldClass.SUGGESTED})


@dataclass(frozen=True, slots=True)
class Item:
    """The outcome of one official item of a dossier (mục của tờ khai), by its visible fields.

    It is core where every visible field is `auto` and a `fact`, and one is required. One that is
    not, or that stands in an instant dossier, is missed where a required field of it is declared, or
    it would be core, and all its visible fields are within reach, of any source or a connected one.
    """

    fields: Letters = field(repr=False)
    core: bool = False
    missed: bool = False
    missed_connected: bool = False


def tally(submissions: Sequence[Submission], standard: Standard) -> Sums:
    """The sums of one dossier, by its submissions in order."""
    last = submissions[-1]
    form, letters = last.form, merge(submissions)
    instant = any(submission.instant for submission in submissions)
    sums: Sums = Counter()
    sums[("dossiers",)] = 1
    sums[("submissions",)] = len(submissions)
    sums[("instant",)] = int(instant)
    sums[("burst",)] = int(any(submission.burst for submission in submissions))
    if standard.edition == 1:
        sums[("ceiling",)] = form.ceiling
        sums[("ceiling", "required")] = len(form.required)
    for what, number in last.attachments.items():
        sums[("attachments", what)] = number
    for judged in letters.values():
        _count_field(sums, judged, form, standard, instant)
    for key in (("dropped",), ("D",), ("D", "required")):
        sums[key] += standard.dropped
    sums[("abolished",)] = standard.abolished
    _count_items(sums, _items(letters, form, standard, instant).values(), standard.edition)
    sums[("left", sums[("D",)])] = 1
    return sums


def _count_field(
    sums: Sums, judged: Judged, form: FormVersion, standard: Standard, instant: bool
) -> None:
    verdict, kind = judged.verdict, _class_counted(judged, standard)
    sums[("filled",)] += kind is not None
    sums[("visible",)] += verdict not in TAKEN_OUT
    required = judged.template in form.required
    if verdict is Verdict.AUTO and instant:
        sums[("auto_instant",)] += 1
        return
    sums[("verdict", verdict.value)] += 1
    if verdict in DECLARED:
        sums[("D",)] += 1
        sums[("D", "required")] += required
        sums[("D", "extra")] += judged.template not in standard.item_of
    if verdict is Verdict.AUTO and kind is not None:
        sums[("A", kind.value)] += 1
        sums[("A", "required")] += required
    if kind in REDUCTION_CLASSES and judged.source is not None:
        what = {Verdict.AUTO: "A", Verdict.OVERRIDE: "override", Verdict.CONTESTED: "contested"}
        if verdict in what:
            sums[("source", judged.source, what[verdict])] += 1


def _class_counted(judged: Judged, standard: Standard) -> FieldClass | None:
    kind = judged.field_class
    if standard.edition == 1 or kind is None or kind is FieldClass.SAME_CASE:
        return kind
    return kind if judged.template in standard.item_of else FieldClass.EXTRA


def _count_items(sums: Sums, items: Iterable[Item], edition: int) -> None:
    for item in items:
        if item.core:
            sums[("core",)] += 1
            sums[("young",)] += edition > 1 and any(f.young for f in item.fields.values())
        sums[("reach", "missed")] += item.missed
        sums[("reach", "connected")] += item.missed_connected


def items_of(submissions: Sequence[Submission], standard: Standard) -> dict[str, Item]:
    """The outcomes of the official items of one dossier, by name."""
    instant = any(one.instant for one in submissions)
    return _items(merge(submissions), submissions[-1].form, standard, instant)


def _items(of: Letters, form: FormVersion, standard: Standard, instant: bool) -> dict[str, Item]:
    """The items, each once: a column of a repeating group is one item, as are several fields of one."""
    shown: defaultdict[str, dict[str, Judged]] = defaultdict(dict)
    for path, judged in of.items():
        item = standard.item_of.get(judged.template)
        if item is not None and judged.verdict not in TAKEN_OUT:
            shown[item][path] = judged
    return {name: _item(fields, form, standard, instant) for name, fields in shown.items()}


def _item(fields: Letters, form: FormVersion, standard: Standard, instant: bool) -> Item:
    visible = fields.values()
    needed = [one for one in visible if one.template in form.required]
    came = bool(needed) and all(
        one.verdict is Verdict.AUTO and one.field_class is FieldClass.FACT for one in visible
    )
    if came and not instant:
        return Item(fields, core=True)
    if not came and not any(one.verdict in DECLARED for one in needed):
        return Item(fields)
    templates = {one.template for one in visible}
    return Item(
        fields,
        missed=templates <= standard.reach,
        missed_connected=templates <= standard.connected_reach,
    )
