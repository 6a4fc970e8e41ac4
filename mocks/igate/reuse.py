"""Count which required items, held by records and not by the login, came as facts.

Asked of one dossier that was handed in. An item counts once, whatever the gateway made of it, if

1. it is an official item with a visible required input, and an attribute is bound to one of its inputs;
2. a source holds that attribute (`held.py`) of the person behind the input's role: the citizen, somebody
   whom a record of theirs names, or somebody whom the citizen has named;
3. the login does not know it: neither the applicant's name, number, birth date, phone or e-mail, nor an
   input that the sign-in fills;
4. it is not a key that the citizen must say before anything can be read of that person, no inference
   (part of an undivided name) and no function of the form's other values;
5. no item further up asks the same attribute of the same role.

It came as a fact if every visible input of the item was submitted unchanged and filled as class `fact`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mocks.igate.form import Form, template_of
from mocks.igate.held import Holdings, named
from mocks.igate.stories import Story

_BY_LOGIN = frozenset({"personal_id", "full_name", "birth_date", "phone", "email"})
_INFERRED = frozenset(
    {
        "person.surname",
        "person.middle_name",
        "person.given_name",
        "person.middle_and_given_name",
        "licence.requested_class",
    }
)
_NOT_SHOWN = frozenset({"hidden", "withdrawn"})
_OF_ROW = frozenset({"residence.relation_to_head"})
_MEMBERS = "residence.members"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one input: the verdict, and the class in which it was filled, if it was."""

    verdict: str
    kind: str | None


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A required item that a source holds and the login does not; `fact` says whether it came as one."""

    item: str
    attribute: str
    fact: bool


def held_items(
    form: Form,
    story: Story,
    data: Mapping[str, Any],
    judged: Mapping[str, Judged],
    holdings: Holdings,
) -> tuple[HeldItem, ...]:
    """The items of one dossier that count, in the order of the form."""
    return tuple(_Dossier(form, story, data, holdings).items(judged))


@dataclass(frozen=True, slots=True)
class _Dossier:
    form: Form
    story: Story
    data: Mapping[str, Any]
    holdings: Holdings

    def items(self, judged: Mapping[str, Judged]) -> Iterator[HeldItem]:
        asked: set[tuple[str, str]] = set()
        for item, shown in self._shown(judged).items():
            templates = dict.fromkeys(template_of(path) for path in shown)
            bound = {self.form.bound[t]: t for t in templates if t in self.form.bound}
            first = [what for what in bound if what not in asked]
            asked |= bound.keys()
            held = next((what for what in first if self._held(bound[what], *what)), None)
            if held is not None and any(self.form.inputs[t].required for t in templates):
                fact = all(judged[p] == Judged("auto", "fact") for p in shown)
                yield HeldItem(item, held[1], fact)

    def _shown(self, judged: Mapping[str, Judged]) -> dict[str, list[str]]:
        """Paths of the visible inputs by official item."""
        shown: defaultdict[str, list[str]] = defaultdict(list)
        for path, one in judged.items():
            field = self.form.inputs.get(template_of(path))
            if field is None or field.addressee or one.verdict in _NOT_SHOWN:
                continue
            item = self.form.items.get(field.path)
            if item is not None:
                shown[item].append(path)
        return shown

    def _held(self, template: str, role: str, attribute: str) -> bool:
        """Whether a source holds this and nobody else had to say it."""
        if template in self.form.login_fills or attribute in _INFERRED:
            return False
        if self._is_subject(role) and attribute.partition(".")[2] in _BY_LOGIN:
            return False
        if template in self.form.keys(role) and not self._is_named(role):
            return False
        return self._is_reached(role) and attribute in self._of(role)

    def _is_subject(self, role: str) -> bool:
        one = self.story.people.get(role)
        return one is not None and one.n == self.story.n

    def _is_named(self, role: str) -> bool:
        """Whether the sign-in or a record names who stands behind a role."""
        return any(
            self._fits(way)
            and ("is" in way or ("from" in way and way["by"] in self._of(way["from"])))
            for way in self.form.roles[role]
        )

    def _is_reached(self, role: str) -> bool:
        ways = self.form.roles[role]
        return self._is_named(role) or any(self._fits(way) for way in ways if "given" in way)

    def _fits(self, way: Mapping[str, Any]) -> bool:
        """Whether a way to a person is the one that the citizen's answers lead to."""
        return all(
            _plain(self.data.get(path)) in values
            for path, values in (way.get("when") or {}).items()
        )

    def _of(self, role: str) -> frozenset[str]:
        one = self.story.people.get(role)
        if one is not None:
            return named(one.said) if one.n is None else self.holdings.of(one.n)
        if any(way.get("by") == _MEMBERS for way in self.form.roles[role]):
            return self.holdings.of_every_member(self.story.n) | _OF_ROW
        return frozenset()


def _plain(value: Any) -> str:
    """An answer as the bindings write it."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return str(value).lower() if isinstance(value, bool) else str(value)
