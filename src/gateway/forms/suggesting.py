"""Suggest facts for the fields of a form that has no bindings yet.

By likeness to the fields of registered forms: the words of the label (rare ones weigh more), the words
of the headings above it, the key, and whether both take the same kind of value. The likest field
decides; one that its form leaves to the citizen suggests nothing. Terms of the dictionary stand beside
the fields, as a label under no heading.

    score   0 to 1: 0.65 label + 0.25 headings + 0.1 key, halved where the kinds of value differ

A suggestion is one for whoever writes the bindings. Nothing is filled by it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log

from gateway.domain.signs import normalized
from gateway.forms._reading.templates import FieldTemplate
from gateway.forms._reading.tree import Node
from gateway.forms.attributes import Dictionary
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FormDefinition

LEAST_SCORE = 0.6
"""Below this nothing is suggested."""

_LABEL, _HEADINGS, _KEY = 0.65, 0.25, 0.1
_OTHER_KIND = 0.5
_TERM = 0.9
_WORD = re.compile(r"[^\W_]+")
_KIND_OF = {
    **dict.fromkeys(("datetime", "day"), "date"),
    **dict.fromkeys(("select", "radio", "selectboxes", "survey"), "choice"),
    **dict.fromkeys(("number", "currency"), "number"),
    "checkbox": "box",
}
_KIND_OF_FACT = {"date": "date", "number": "number", "boolean": "box", "code": "choice"}

_Words = frozenset[str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A fact that could fill a field, its confidence, and the known field that supports it."""

    field: str
    label: str
    role: str
    attribute: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A field as it is asked for: what its likeness to others hangs on."""

    label: _Words
    headings: _Words
    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Known:
    """A field, or a term, of which is known what fills it; None where the citizen does."""

    asked: _Asked
    where: str
    fact: tuple[str, str] | None
    weight: float = 1.0


class Experience:
    """What is known of the fields of registered forms."""

    def __init__(self, forms: Iterable[RegisteredForm], dictionary: Dictionary) -> None:
        self._known = [
            *(known for form in forms for known in _fields_of(form)),
            *_terms_of(dictionary),
        ]

    @cached_property
    def _rarity(self) -> Mapping[str, float]:
        used = Counter(word for known in self._known for word in known.asked.label)
        return {word: log(1 + len(self._known) / count) for word, count in used.items()}

    def suggest(self, form: FormDefinition) -> tuple[Suggestion, ...]:
        """The best fact for each field that has one, in form order; files have none."""
        return tuple(
            suggestion
            for template, asked in _asked_in(form)
            if not template.is_file and (suggestion := self._best(template, asked)) is not None
        )

    def _best(self, template: FieldTemplate, asked: _Asked) -> Suggestion | None:
        score, known = max(
            ((self._likeness(asked, known), known) for known in self._known),
            key=lambda scored: scored[0],
            default=(0.0, None),
        )
        if known is None or known.fact is None or score < LEAST_SCORE:
            return None
        role, attribute = known.fact
        return Suggestion(
            template.path, template.label, role, attribute, round(score, 2), f"like {known.where}"
        )

    def _likeness(self, asked: _Asked, known: _Known) -> float:
        label = self._shared(asked.label, known.asked.label)
        if not label:
            return 0.0
        headings = self._shared(asked.headings, known.asked.headings)
        same_key = asked.key == known.asked.key
        score = _LABEL * label + _HEADINGS * headings + _KEY * same_key
        return score * known.weight * (1.0 if asked.kind == known.asked.kind else _OTHER_KIND)

    def _shared(self, these: _Words, those: _Words) -> float:
        """How much of both is in both (Dice), a rare word weighing more; 1 where neither has any."""
        both = self._weight(these) + self._weight(those)
        return 2 * self._weight(these & those) / both if both else 1.0

    def _weight(self, words: _Words) -> float:
        return sum(self._rarity.get(word, 1.0) for word in words)


def _fields_of(form: RegisteredForm) -> Iterator[_Known]:
    for template, asked in _asked_in(form.definition):
        binding = form.bindings.by_field.get(template.path)
        where = f"«{template.label}» ({form.code}: {template.path})"
        if binding is None:
            yield _Known(asked, where, None)
        elif not form.dictionary[binding.attribute].computed:
            yield _Known(asked, where, (binding.role, binding.attribute))


def _terms_of(dictionary: Dictionary) -> Iterator[_Known]:
    for attribute in dictionary.attributes.values():
        if not attribute.computed:
            kind = _KIND_OF_FACT.get(attribute.type.partition(":")[0], "text")
            asked = _Asked(_words(attribute.term), frozenset(), "", kind)
            where = f"«{attribute.term}» (attributes.json)"
            yield _Known(asked, where, ("applicant", attribute.name), _TERM)


def _asked_in(form: FormDefinition) -> Iterator[tuple[FieldTemplate, _Asked]]:
    counted = {template.path for template in form.fields}
    for root in form.roots:
        for node in root.walk():
            headings = _words(" ".join(_headings(node)))
            for template in node.templates:
                if template.path in counted:
                    kind = _KIND_OF.get(template.type, "text")
                    yield template, _Asked(_words(template.label), headings, node.key, kind)


def _headings(node: Node) -> Iterator[str]:
    above = node.parent
    while above is not None:
        told = (above.component.get(name) for name in ("title", "legend", "label"))
        yield from (text for text in told if isinstance(text, str))
        above = above.parent


def _words(text: str) -> _Words:
    return frozenset(_WORD.findall(normalized("NFC", text).casefold()))
