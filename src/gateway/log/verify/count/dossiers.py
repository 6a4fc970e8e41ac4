"""What does one dossier add to the sums of its cell?

Verdicts: `C` contested, `F` officer, `A` auto, `O` override, `X` missing, `M` manual, `B` blank,
`W` withdrawn, `H` hidden. Classes, the weakest first: `S` same_case, `X` extra, `C` constant,
`D` derived, `R` repeat, `K` known, `G` suggested, `F` fact. Sources: `s`, `p`, `r`, `k`.
The sums bear the names that a `tally` leaf gives them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.log.verify.count.forms import Form, Misspelt

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
SOURCES = {"s": "session", "p": "population", "r": "records", "k": "personal_papers"}
ATTACHMENTS = ("reused", "replaced", "uploaded", "officer", "blank")
_WEAKEST_FIRST = "SXCDRKGF"
_DECLARED, _GONE, _REUSED = "CFOXM", "WH", "KGF"
_NEEDS_FILLING, _FORBIDS_FILLING = "AOWH", "MXB"
_OF_A_SOURCE = {"A": "A", "O": "override", "C": "contested"}

Judged: TypeAlias = tuple[int, str, str, str]
"""Field number, verdict, class and source; the last two empty where nothing was filled."""


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
    if not (set(classes.values()) <= CLASSES.keys() and set(sources.values()) <= SOURCES.keys()):
        raise Misspelt("a class or a source that there is not")
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


def sums_of(submissions: Sequence[Submission], baseline: Form, instant: bool) -> Sums:
    """What a dossier adds, out of its submissions in order; `baseline` is its form's first version."""
    last = submissions[-1]
    form = last.form
    fields = list(last.fields.values()) if len(submissions) == 1 else _merged(submissions)
    dropped = len(baseline.demanded - form.asked)
    sums: Sums = Counter(
        {"dossiers": 1, "submissions": len(submissions), "instant": instant, "dropped": dropped}
    )
    sums.update({"ceiling": form.ceiling, "ceiling/required": _places(form)})
    sums.update({f"attachments/{what}": number for what, number in last.attachments.items()})
    for number, verdict, kind, source in fields:
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
            sums["D/extra"] += form.items[number] is None
        elif verdict == "A":
            sums[f"A/{CLASSES[kind]}"] += 1
            sums["A/required"] += required
        if kind and kind in _REUSED and verdict in _OF_A_SOURCE:
            sums[f"source/{SOURCES[source]}/{_OF_A_SOURCE[verdict]}"] += 1
    sums["D"] += dropped
    sums["D/required"] += dropped
    sums["core"] = 0 if instant else _core(form, fields)
    return sums


def _places(form: Form) -> int:
    return sum(form.required)


def _merged(submissions: Sequence[Submission]) -> list[Judged]:
    """One judgement per field that the last submission knows: saved only where it always was."""
    fields: list[Judged] = []
    for path, last in submissions[-1].fields.items():
        told = [s.fields[path] for s in submissions if path in s.fields]
        declared = [one for one in told if one[1] in _DECLARED]
        if last[1] in _GONE:
            fields.append(last)
        elif len(told) == len(submissions) and all(one[1] == "A" for one in told):
            kind = min((one[2] for one in told), key=_WEAKEST_FIRST.index)
            fields.append((last[0], "A", kind, last[3]))
        elif declared:
            fields.append((last[0], *declared[-1][1:]))
        else:
            fields.append((last[0], "B", "", ""))
    return fields


def _core(form: Form, fields: Sequence[Judged]) -> int:
    """Items all of whose visible fields were saved facts, one of them being required."""
    facts: defaultdict[str, list[bool]] = defaultdict(list)
    needed = set()
    for number, verdict, kind, _ in fields:
        item = form.items[number]
        if item is not None and verdict not in _GONE:
            facts[item].append(verdict == "A" and kind == "F")
            if form.required[number]:
                needed.add(item)
    return sum(all(facts[item]) for item in needed)
