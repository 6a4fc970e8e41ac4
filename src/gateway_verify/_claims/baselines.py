"""Which items did a procedure's official declaration begin with, and is that repeated as it was?

The first form version of a procedure and declaration begins its baseline. A log that follows another repeats
it in its first leaf of the two, with log and index of origin; within a log a leaf of version 2 repeats in the
same way what a leaf of version 1 of its form began, which names no declaration. Each baseline is stated once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

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
            own = Baseline(origin, index, form.demanded, form.named)
            known.setdefault(place, own)
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
        true = first is not None and stated == Baseline(
            origin, first.leaf, first.demanded, first.named
        )
    else:
        true = previous is not None and first is None
    if not true:
        raise Refuted(Kind.ORDER, "its baseline is not the one that it names", index=index)


def check_inherited(before: Baselines, after: Baselines) -> None:
    """Hold the baselines of a later log against those of the log before it; raises Refuted."""
    for place, one in after.items():
        if place in before and one != before[place]:
            says = "a baseline of the log before is not repeated as it stands there"
            raise Refuted(Kind.ORDER, says, index=one.leaf)
