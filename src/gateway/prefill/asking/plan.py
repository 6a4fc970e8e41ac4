"""Who is asked next, and only for what the form needs?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import POPULATION, AttributeName, RoleName, SourceId
from gateway.forms.catalogue import RegisteredForm
from gateway.prefill.asking.answers import Identities, Identity, Meant
from gateway.prefill.asking.knowledge import BIRTH_DATE, Unasked
from gateway.prefill.asking.matching import Matching
from gateway.sources.identity import FULL_NAME, NAME_PARTS, is_asked_in_full

_NOTHING: frozenset[AttributeName] = frozenset()
_IDENTITY = NAME_PARTS | {
    FULL_NAME,
    AttributeName("person.personal_id"),
    BIRTH_DATE,
}
"""What is compared of a person: a form that binds no more of the population database asks a yes or no."""


@dataclass(frozen=True, slots=True)
class PlannedRead:
    """One person to be read from one source, for the role that needs it first.

    `identity_alone`: nothing of the source is wanted but a yes to number, name and birth date.
    """

    source: SourceId
    role: RoleName
    meant: Meant
    wanted: frozenset[AttributeName]
    identity_alone: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one form may want of each source: of its applicant, and of anybody else.

    Bound attributes, and those that lead to a person.
    """

    of_applicant: Mapping[SourceId, frozenset[AttributeName]]
    of_others: Mapping[SourceId, frozenset[AttributeName]]


def plan_reads(
    needs: Iterable[tuple[RoleName, Unasked]],
    wanted: Wanted,
    matching: Matching,
    identities: Identities,
) -> tuple[PlannedRead, ...]:
    """One read per person and source; it wants what the form binds of such a person, and no more.

    Whoever is read from any source is asked for at the population database too, once: no source
    answers for a person who is not matched. Whoever bears the applicant's number may stand behind
    every role.
    """
    reads: dict[tuple[Identity, SourceId], PlannedRead] = {}
    for role, need in needs:
        if (key := need.person.key) is None:
            continue
        person = need.person
        meant = Meant(identities[key], key, person.date_asked, person.key_path is not None)
        is_applicant = meant.number == matching.applicant.number
        bound = wanted.of_applicant if is_applicant else wanted.of_others
        sources = set(need.sources)
        if matching.needs_identity(meant.identity):
            sources.add(POPULATION)
        for source in sorted(sources, reverse=True):
            place = (meant.identity, source)
            if place not in reads:
                attributes = bound.get(source, _NOTHING)
                alone = source == POPULATION and _is_confirmable(attributes, key)
                reads[place] = PlannedRead(source, role, meant, attributes, alone)
    return tuple(reads.values())


def _is_confirmable(wanted: frozenset[AttributeName], key: PersonKey) -> bool:
    """Whether a yes says as much as a record would: all that is wanted was said, the date in full."""
    if key.birth_date is None:
        return wanted <= _IDENTITY - {BIRTH_DATE}
    return wanted <= _IDENTITY and is_asked_in_full(key.birth_date)


def wanted_by(form: RegisteredForm, without: Collection[str] = ()) -> Wanted:
    """What this form may want of whom, where the citizen declined nothing but these fields.

    Of others, what is bound to a role that somebody else can stand behind, or leads on from one.
    """
    roles = form.bindings.roles
    others = {role for role, ways in roles.items() if not all(way.subject for way in ways)}
    return Wanted(_by_source(form, roles.keys(), without), _by_source(form, others, without))


def _by_source(
    form: RegisteredForm, roles: Collection[RoleName], without: Collection[str]
) -> dict[SourceId, frozenset[AttributeName]]:
    wanted: dict[SourceId, set[AttributeName]] = {}
    bound = [
        b.attribute
        for b in form.bindings.bindings
        if b.role in roles and not is_declined(b.field, without)
    ]
    ways = [way for ways in form.bindings.roles.values() for way in ways]
    leading = [way.by for way in ways if way.by is not None and way.start in roles]
    for name in (*bound, *leading):
        for source in form.dictionary[name].read_from:
            wanted.setdefault(source, set()).add(name)
    return {source: frozenset(names) for source, names in wanted.items()}


def is_declined(field: str, without: Collection[str]) -> bool:
    """Whether the citizen declined a field, or the group whose column it is."""
    group = field.partition("[]")[0]
    return field in without or group in without or f"{group}[]" in without
