"""Who is asked next, and only for what the form needs?"""

from collections.abc import Collection, Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one form may want of each source: of its applicant, and of anybody else.

    Bound attributes, and those that lead to a person.
    """

    of_applicant: Mapping[SourceId, frozenset[AttributeName]]
    of_others: Mapping[SourceId, frozenset[AttributeName]]


def plan_reads(
    needs: Iterable[tuple[RoleName, Unasked]], wanted: Wanted, applicant: str
) -> tuple[PlannedRead, ...]:
    """One read per person and source; it wants what the form binds of such a person, and no more.

    `applicant` is the applicant's number: whoever bears it may stand behind every role.
    """
    reads: dict[tuple[str, SourceId], PlannedRead] = {}
    for role, need in needs:
        key = need.person.key
        if key is None:
            continue
        for source in need.sources:
            place = (key.personal_id.digits, source)
            if place not in reads:
                is_applicant = key.personal_id.digits == applicant
                bound = wanted.of_applicant if is_applicant else wanted.of_others
                reads[place] = PlannedRead(source, role, key, bound[source])
    return tuple(reads.values())


def wanted_by(form: RegisteredForm) -> Wanted:
    """What this form may want of whom.

    Of others, what is bound to a role that somebody else can stand behind, or leads on from one.
    """
    roles = form.bindings.roles
    others = {role for role, ways in roles.items() if not all(way.subject for way in ways)}
    return Wanted(_by_source(form, roles.keys()), _by_source(form, others))


def _by_source(
    form: RegisteredForm, roles: Collection[RoleName]
) -> dict[SourceId, frozenset[AttributeName]]:
    wanted: dict[SourceId, set[AttributeName]] = {}
    bound = [b.attribute for b in form.bindings.bindings if b.role in roles]
    ways = [way for ways in form.bindings.roles.values() for way in ways]
    leading = [way.by for way in ways if way.by is not None and way.start in roles]
    for name in (*bound, *leading):
        for source in form.dictionary[name].read_from:
            wanted.setdefault(source, set()).add(name)
    return {source: frozenset(names) for source, names in wanted.items()}
