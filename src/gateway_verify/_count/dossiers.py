"""What does one dossier add to the sums of its cell?

Verdicts: `C` contested, `F` officer, `A` auto, `O` override, `X` missing, `M` manual, `B` blank,
`W` withdrawn, `H` hidden. Classes, the weakest first: `S` same_case, `X` extra, `C` constant,
`D` derived, `R` repeat, `K` known, `G` suggested, `F` fact. Sources and young papers that nobody
vouches for by the letters of `forms.py`.
The sums bear the names that a `tally` leaf gives them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway_verify._count.forms import Form, Misspelt

Sums: TypeAlias = Counter[str]

VERDICTS = {
    "C": "contested",
    "F": "officer",
    "A": "auto",
    "O": "override",
    "X": "missing",
    "M": "manual",
    "B": "blank",
    "W": "withdrawn",
    "H": "hidden",
}
CLASSES = {
    "S": "same_case",
    "X": "extra",
    "C": "constant",
    "D": "derived",
    "R": "repeat",
    "K": "known",
    "G": "suggested",
    "F": "fact",
}
ATTACHMENTS = ("reused", "replaced", "uploaded", "officer", "blank")
_WEAKEST_FIRST = "SXCDRKGF"
_DECLARED, _GONE, _REUSED = "CFOXM", "WH", "KGF"
_NEEDS_FILLING, _FORBIDS_FILLING = "AOWH", "MXB"
_NEVER_EXTRA = ("", "S")
_OF_A_SOURCE = {"A": "A", "O": "override", "C": "contested"}

Judged: TypeAlias = tuple[int, str, str, str]
"""Field number, verdict, class and source; the last two empty where nothing was filled. A source that
ends in a letter of `Form.young` stands for a value of which a young paper was at the bottom."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as its body spells it."""

    form: Form
    fields: Mapping[str, Judged] = field(repr=False)
    attachments: Mapping[str, int]
    declared: int


def submission_of(form: Form, body: Mapping[str, Any]) -> Submission:
    """Read a submission's letters and hold them against its own counts; raises Misspelt."""
    classes = {p: c for p, _, c in form.spread(body["cl"], body.get("cr", {}))}
    sources = {p: s for p, _, s in form.spread(body["so"], body.get("sr", {}))}
    verdicts = {p: (n, v) for p, n, v in form.spread(body["vd"], body.get("vr", {}))}
    if classes.keys() != sources.keys() or not classes.keys() <= verdicts.keys():
        raise Misspelt("class and source stand where something was filled")
    if not set(classes.values()) <= CLASSES.keys():
        raise Misspelt("a class that there is not")
    if not set(sources.values()) <= form.source_of.keys():
        raise Misspelt("a letter of a source that its form version does not declare")
    fields = {
        path: (number, verdict, classes.get(path, ""), sources.get(path, ""))
        for path, (number, verdict) in verdicts.items()
    }
    declared = _check_balances(fields.values(), body["n"])
    return Submission(form, fields, _attachments(body["att"]), declared)


def _attachments(said: Mapping[str, Any]) -> Mapping[str, int]:
    if any(name not in ATTACHMENTS or type(n) is not int or n < 0 for name, n in said.items()):
        raise Misspelt("attachments are counted in five ways")
    return dict(said)


def _check_balances(fields: Iterable[Judged], said: Mapping[str, Any]) -> int:
    """The body's own counts against its letters, and both balances; how many are declared."""
    by_verdict: Counter[str] = Counter()
    filled: Counter[str] = Counter()
    for _, verdict, kind, _ in fields:
        if verdict not in VERDICTS or verdict in (_FORBIDS_FILLING if kind else _NEEDS_FILLING):
            raise Misspelt("a verdict that cannot be")
        by_verdict[verdict] += 1
        filled[verdict] += bool(kind)
    declared = sum(by_verdict[verdict] for verdict in _DECLARED)
    visible = by_verdict["A"] + declared + by_verdict["B"]
    whole = by_verdict["A"] + filled["C"] + filled["F"] + filled["O"]
    counted = {name: by_verdict[verdict] for verdict, name in VERDICTS.items()}
    whole += by_verdict["W"] + by_verdict["H"]
    if said != {**counted, "filled": whole, "visible": visible, "declared": declared}:
        raise Misspelt("its counts do not balance")
    return declared


@dataclass(frozen=True, slots=True)
class Standard:
    """What dossiers of one form version are held against; `items`, `reach` and `connected` by field.

    `items` are official ones. `reach` says of a field whether a source but the session can hold it,
    `connected` whether one can that is connected and granted.
    """

    edition: int
    items: tuple[str | None, ...] = field(repr=False)
    dropped: int
    abolished: int
    reach: tuple[bool, ...] = field(repr=False)
    connected: tuple[bool, ...] = field(repr=False)


def sums_of(submissions: Sequence[Submission], standard: Standard, instant: bool) -> Sums:
    """What a dossier adds, out of its submissions in order."""
    last = submissions[-1]
    form = last.form
    fields = list(last.fields.values()) if len(submissions) == 1 else _merged(submissions)
    dropped = standard.dropped
    sums: Sums = Counter(
        {"dossiers": 1, "submissions": len(submissions), "instant": instant, "dropped": dropped}
    )
    if standard.edition == 1:
        sums.update({"ceiling": form.ceiling, "ceiling/required": _places(form)})
    sums["abolished"] = standard.abolished
    sums.update({f"attachments/{what}": number for what, number in last.attachments.items()})
    for number, verdict, said, source in fields:
        kind = said if said in _NEVER_EXTRA or standard.items[number] is not None else "X"
        if standard.edition == 1:
            kind = said
        sums["filled"] += bool(kind)
        sums["visible"] += verdict not in _GONE
        if verdict == "A" and instant:
            sums["auto_instant"] += 1
            continue
        required = form.required[number]
        sums[f"verdict/{VERDICTS[verdict]}"] += 1
        if verdict in _DECLARED:
            sums["D"] += 1
            sums["D/required"] += required
            sums["D/extra"] += standard.items[number] is None
        elif verdict == "A":
            sums[f"A/{CLASSES[kind]}"] += 1
            sums["A/required"] += required
        if kind and kind in _REUSED and verdict in _OF_A_SOURCE:
            sums[f"source/{form.source_of[source[0]]}/{_OF_A_SOURCE[verdict]}"] += 1
    sums["D"] += dropped
    sums["D/required"] += dropped
    _count_items(sums, form, standard, fields, instant)
    return sums


def _places(form: Form) -> int:
    return sum(form.required)


def _merged(submissions: Sequence[Submission]) -> list[Judged]:
    """One judgement per field that the last submission knows: saved only where it always was."""
    fields: list[Judged] = []
    youngest = submissions[-1].form.young
    for path, last in submissions[-1].fields.items():
        stated = [s.fields[path] for s in submissions if path in s.fields]
        declared = [one for one in stated if one[1] in _DECLARED]
        if last[1] in _GONE:
            fields.append(last)
        elif len(stated) == len(submissions) and all(one[1] == "A" for one in stated):
            kind = min((one[2] for one in stated), key=_WEAKEST_FIRST.index)
            young = next((one[3] for one in stated if one[3] in youngest), "")
            fields.append((last[0], "A", kind, last[3] + young))
        elif declared:
            fields.append((last[0], *declared[-1][1:]))
        else:
            fields.append((last[0], "B", "", ""))
    return fields


def _count_items(
    sums: Sums, form: Form, standard: Standard, fields: Sequence[Judged], instant: bool
) -> None:
    """Items all of whose visible fields were saved facts, one of them being required, are core.

    Missed is an item that is not, or whose dossier is instant, where a required field of it was
    declared, or it were core but for that, and every visible field of it was within reach.
    """
    shown: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in fields:
        item = standard.items[judged[0]]
        if item is not None and judged[1] not in _GONE:
            shown[item].append(judged)
    for its in shown.values():
        required = [verdict for number, verdict, _, _ in its if form.required[number]]
        facts = bool(required) and all(one[1] == "A" and one[2] == "F" for one in its)
        if facts and not instant:
            sums["core"] += 1
            sums["young"] += standard.edition > 1 and any(one[3][-1:] in form.young for one in its)
        elif facts or any(verdict in _DECLARED for verdict in required):
            sums["reach/missed"] += all(standard.reach[one[0]] for one in its)
            sums["reach/connected"] += all(standard.connected[one[0]] for one in its)
