"""Who is asked next, and only for what the form needs?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import AttributeName, RoleName, SourceId
from gateway.forms.catalogue import RegisteredForm
from gateway.prefill.asking.knowledge import Unasked


@dataclass(frozen=True, slots=True)
class PlannedRead:
    """One person to be read from one source, for the role that needs it first."""

    source: SourceId
    role: RoleName
    person: PersonKey = field(repr=False)
    wanted: frozenset[AttributeName]


def plan_reads(
    needs: Iterable[tuple[RoleName, Unasked]],
    bound: Mapping[SourceId, frozenset[AttributeName]],
) -> tuple[PlannedRead, ...]:
    """One read per person and source; it wants what the form binds of that source, and no more."""
    reads: dict[tuple[str, SourceId], PlannedRead] = {}
    for role, need in needs:
        key = need.person.key
        if key is None:
            continue
        for source in need.sources:
            place = (key.personal_id.digits, source)
            if place not in reads:
                reads[place] = PlannedRead(source, role, key, bound[source])
    return tuple(reads.values())


def attributes_by_source(form: RegisteredForm) -> dict[SourceId, frozenset[AttributeName]]:
    """What this form may want of each source: bound attributes, and those that lead to a person."""
    wanted: dict[SourceId, set[AttributeName]] = {}
    bound = [b.attribute for b in form.bindings.bindings]
    leading = [w.by for ways in form.bindings.roles.values() for w in ways if w.by is not None]
    for name in (*bound, *leading):
        for source in form.dictionary[name].read_from:
            wanted.setdefault(source, set()).add(name)
    return {source: frozenset(names) for source, names in wanted.items()}
