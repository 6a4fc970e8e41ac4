"""What does one dossier add to the figures? (design of the measure, sections 3.1 to 3.6)

Everything that is summed is a count under a key; sums of dossiers are sums of counts. The keys:

    ("dossiers",) ("instant",)          dossiers, and of these the instant ones
    ("burst",)                          of these, those of a burst
    ("submissions",)                    accepted submissions behind them
    ("verdict", verdict)                fields by verdict; `auto` without those of instant dossiers
    ("auto_instant",)                   `auto` of instant dossiers, which stand in no figure
    ("filled",) ("visible",)            the two totals that every submission balances to
    ("dropped",)                        required items of the baseline that are asked no more
    ("abolished",)                      others of these, whose end a form-version leaf names an act for
    ("D",) ("D", "required")            what counts as declared, dropped items included
    ("D", "extra")                      declared fields that stand for no official item
    ("A", class) ("A", "required")      `auto` by class, and the required ones of every class
    ("core",)                           items, see `_count_items`
    ("young",)                          of these, those with a field from a young record
    ("reach", "missed" | "connected")   items that a source could have supplied and did not
    ("source", source, "A" | "override" | "contested")      of the classes of the reduction
    ("left", n)                         dossiers of which n fields were left to declare
    ("attachments", what)               visible file components
    ("ceiling",) ("ceiling", "required")                    of the form, once a dossier

By the first edition of the measure there is no `abolished`, `young` and `reach`, by the second no
`ceiling`; and there a field that stands for no item of the baseline, nor for one that an act added,
is of class `extra`, whatever the receipt called it.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.domain.errors import CannotMeasure
from gateway.domain.letters import CLASS_LETTERS, SOURCE_LETTERS, VERDICT_LETTERS, YOUNG_LETTERS
from gateway.domain.verdicts import DECLARED, FieldClass, Verdict
from gateway.reduction.definitions import Definitions, FormVersion, template_of
from gateway.reduction.standards import Standard

Key: TypeAlias = tuple[str | int, ...]
Sums: TypeAlias = Counter[Key]

REDUCTION_CLASSES = frozenset({FieldClass.FACT, FieldClass.KNOWN, FieldClass.SUGGESTED})
BEYOND_LOGIN_CLASSES = frozenset({FieldClass.FACT, FieldClass.SUGGESTED})
TAKEN_OUT = frozenset({Verdict.WITHDRAWN, Verdict.HIDDEN})

_VERDICT = {letter: verdict for verdict, letter in VERDICT_LETTERS.items()}
_CLASS = {letter: kind for kind, letter in CLASS_LETTERS.items()}
_YOUNG = {letter: source for source, letter in YOUNG_LETTERS.items()}
_SOURCE = {letter: source for source, letter in SOURCE_LETTERS.items()} | _YOUNG
_CLASS_ORDER = {kind: place for place, kind in enumerate(FieldClass)}
_ONLY_FILLED = TAKEN_OUT | {Verdict.AUTO, Verdict.OVERRIDE}
_LETTER_MEMBERS = ("vd", "vr", "cl", "cr", "so", "sr")


@dataclass(frozen=True, slots=True)
class Judged:
    """One field instance of a submission; class and source only where it was filled."""

    template: str
    verdict: Verdict
    field_class: FieldClass | None
    source: str | None
    young: bool = False


Letters: TypeAlias = Mapping[str, Judged]
"""A whole submission, by instance path."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One accepted submission, as its body states it."""

    leaf: int
    hour: int
    form: FormVersion
    tenant: str
    procedure: str | None
    channel: str
    instant: bool
    burst: bool
    letters: Letters = field(repr=False)
    attachments: Mapping[str, int]


def read_submission(
    leaf: int, body: Mapping[str, Any], definitions: Definitions, known: dict[Hashable, Letters]
) -> Submission:
    """Read a submission body and hold it against both balances.

    `known` keeps the letters that were read before: many dossiers hold the same ones. Raises CannotMeasure for one that does not balance or names what the log does not hold.
    """
    form = definitions.form(leaf, body["fv"])
    said = (form.leaf, *(_hashable(body.get(name)) for name in _LETTER_MEMBERS))
    if said not in known:
        known[said] = _letters(leaf, body, form)
    letters = known[said]
    declared = _check_balances(leaf, letters, body["n"])
    burst = body.get("bu") == 1
    return Submission(
        leaf=leaf,
        hour=body["h"],
        form=form,
        tenant=body["ten"],
        procedure=body["proc"],
        channel=body["ch"],
        instant=burst or definitions.in_force(leaf).is_instant(body["sec"], declared),
        burst=burst,
        letters=letters,
        attachments=body["att"],
    )


def _hashable(letters: Any) -> Hashable:
    return tuple(sorted(letters.items())) if isinstance(letters, dict) else letters


def _letters(leaf: int, body: Mapping[str, Any], form: FormVersion) -> Letters:
    verdicts = form.read(leaf, body["vd"], body.get("vr"))
    classes = form.read(leaf, body["cl"], body.get("cr"))
    sources = form.read(leaf, body["so"], body.get("sr"))
    if not classes.keys() == sources.keys() <= verdicts.keys():
        raise CannotMeasure(leaf, "a class or source stands where no verdict does")
    try:
        return {
            path: Judged(
                template_of(path),
                _VERDICT[letter],
                _CLASS[classes[path]] if path in classes else None,
                _SOURCE[sources[path]] if path in sources else None,
                sources.get(path) in _YOUNG,
            )
            for path, letter in verdicts.items()
        }
    except KeyError:
        raise CannotMeasure(leaf, "it holds a letter that stands for nothing") from None


def _check_balances(leaf: int, letters: Letters, stated: Mapping[str, int]) -> int:
    """Both balances, and the body's own counts against its letters; gives what was declared."""
    fields = letters.values()
    verdicts = Counter(one.verdict for one in fields)
    filled = [one.verdict for one in fields if one.field_class is not None]
    declared = sum(verdicts[verdict] for verdict in DECLARED)
    counted = {verdict.value: verdicts[verdict] for verdict in Verdict} | {
        "filled": len(filled),
        "visible": len(letters) - sum(verdicts[verdict] for verdict in TAKEN_OUT),
        "declared": declared,
    }
    given_up = sum(v in (Verdict.CONTESTED, Verdict.OFFICER, Verdict.OVERRIDE) for v in filled)
    taken_out = verdicts[Verdict.WITHDRAWN] + verdicts[Verdict.HIDDEN]
    if (
        stated != counted
        or stated["filled"] != verdicts[Verdict.AUTO] + given_up + taken_out
        or stated["visible"] != verdicts[Verdict.AUTO] + declared + verdicts[Verdict.BLANK]
        or any(one.verdict in _ONLY_FILLED for one in fields if one.field_class is None)
    ):
        raise CannotMeasure(leaf, "its counts do not balance")
    return declared


def merge(submissions: Sequence[Submission]) -> Letters:
    """One dossier out of its submissions, in order: it counts once.

    The last one says which fields show. A field is `auto` only if it was in each; else it has the
    latest verdict by which somebody declared it, and `blank` where nobody did.
    """
    last = submissions[-1].letters
    if len(submissions) == 1:
        return last
    return {
        path: judged
        if judged.verdict in TAKEN_OUT
        else _merged(judged, [submission.letters.get(path) for submission in submissions])
        for path, judged in last.items()
    }


def _merged(last: Judged, judged: Sequence[Judged | None]) -> Judged:
    known = [one for one in judged if one is not None]
    if len(known) == len(judged) and all(one.verdict is Verdict.AUTO for one in known):
        classes = [one.field_class for one in known if one.field_class is not None]
        first = min(classes, key=_CLASS_ORDER.__getitem__)
        young = any(one.young for one in known)
        return Judged(last.template, Verdict.AUTO, first, last.source, young)
    declared = [one for one in known if one.verdict in DECLARED]
    return declared[-1] if declared else Judged(last.template, Verdict.BLANK, None, None)


def tally(submissions: Sequence[Submission], standard: Standard) -> Sums:
    """Everything that one dossier adds to the sums."""
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
    _count_items(sums, letters.values(), form, standard, instant)
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


def _count_items(
    sums: Sums, fields: Iterable[Judged], form: FormVersion, standard: Standard, instant: bool
) -> None:
    """Official items, each once; a column of a repeating group is one, as are fields of one item.

    An item is core where every visible field of it is `auto` and a `fact`, and one is required. One
    that is not, or that stands in an instant dossier, is missed where a required field of it is
    declared, or it would be core, and all its visible fields are within reach.
    """
    shown: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in fields:
        item = standard.item_of.get(judged.template)
        if item is not None and judged.verdict not in TAKEN_OUT:
            shown[item].append(judged)
    for visible in shown.values():
        needed = [one for one in visible if one.template in form.required]
        core = bool(needed) and all(
            one.verdict is Verdict.AUTO and one.field_class is FieldClass.FACT for one in visible
        )
        if core and not instant:
            sums[("core",)] += 1
            sums[("young",)] += standard.edition > 1 and any(one.young for one in visible)
        elif core or any(one.verdict in DECLARED for one in needed):
            templates = {one.template for one in visible}
            sums[("reach", "missed")] += templates <= standard.reach
            sums[("reach", "connected")] += templates <= standard.connected_reach
