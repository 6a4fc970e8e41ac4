"""Holds the baseline of each procedure and declaration, the items it began with, against its repetitions.

The first form version of a procedure and declaration begins its baseline. A log that follows another repeats
it in its first leaf of the two, with log and index of origin; within a log a leaf of version 2 repeats in the
same way what a leaf of version 1 of its form began, which names no declaration. Each baseline is stated once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway_verify._count.forms import Form, form_of
from gateway_verify._count.one_case import Baseline
from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import Leaf

Forms = Iterable[tuple[int, Leaf]]
Baselines = dict[tuple[str, str], Baseline]


def baselines_of(forms: Forms, origin: str, previous: str | None) -> Baselines:
    """Every baseline by procedure and declaration; raises Refuted for one that is not so repeated."""
    known: Baselines = {}
    first_versions: dict[str, Form] = {}
    for index, leaf in forms:
        form = form_of(index, leaf)
        if form.declaration is None:
            first_versions.setdefault(form.form, form)
            continue
        places = form.places()
        for said in leaf["baselines"]:
            place = said["procedure"] or "", form.declaration
            if place not in places or place in known:
                says = "it states a baseline that is not its own, or that stands above"
                raise Refuted(Kind.ORDER, says, index=index)
            stated = _read(said)
            _check_origin(index, stated, first_versions.get(form.form), origin, previous)
            known[place] = stated
        for place in places:
            if place not in known and form.form in first_versions:
                says = "it forgets the items that the first version of its form asked"
                raise Refuted(Kind.ORDER, says, index=index)
            known.setdefault(place, _begun_by(form, origin))
    return known


def _read(said: Mapping[str, Any]) -> Baseline:
    required = frozenset(item for item, needed in said["items"] if needed)
    return Baseline(
        said["log"], said["leaf"], required, frozenset(item for item, _ in said["items"])
    )


def _check_origin(
    index: int, stated: Baseline, first: Form | None, origin: str, previous: str | None
) -> None:
    if stated.log == origin:
        true = first is not None and stated == _begun_by(first, origin)
    else:
        true = previous is not None and first is None
    if not true:
        raise Refuted(Kind.ORDER, "its baseline is not the one that it names", index=index)


class OneLog(NamedTuple):
    """The form versions of a log, its name, and that of the log that it follows."""

    forms: Sequence[tuple[int, Leaf]]
    origin: str
    previous: str | None


def check_inherited(before: OneLog, after: OneLog) -> None:
    """Hold the baselines of a log against the form versions of the log before it; raises Refuted.

    What a leaf of version 1 began there names no declaration: it is known by its index and its form.
    """
    known, began = baselines_of(*before), _began(before)
    forms = {form.form for form in began.values()}
    codes = {index: leaf["form"] for index, leaf in after.forms}
    for place, one in baselines_of(*after).items():
        if place in known:
            holds = one == known[place]
        elif one.log == before.origin:
            first = began.get(one.leaf)
            holds = first is not None and one == _begun_by(first, before.origin)
        else:
            holds = one.log != after.origin or codes[one.leaf] not in forms
        if not holds:
            named = " ".join(filter(None, place))
            says = f"the baseline of {named} is not repeated as it stands in the log before"
            raise Refuted(Kind.ORDER, says)


def _began(log: OneLog) -> Mapping[int, Form]:
    """The first versions of forms that no leaf of version 2 of theirs follows, by leaf."""
    of_second = {leaf["form"] for _, leaf in log.forms if leaf["v"] > 1}
    first: dict[str, Form] = {}
    for index, leaf in log.forms:
        if leaf["form"] not in of_second:
            first.setdefault(leaf["form"], form_of(index, leaf))
    return {form.leaf: form for form in first.values()}


def _begun_by(form: Form, origin: str) -> Baseline:
    return Baseline(origin, form.leaf, form.demanded, form.named)
