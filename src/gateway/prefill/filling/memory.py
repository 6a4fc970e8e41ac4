"""What is kept from one pass over a form to the next, so that no pass does again what stands?"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.facts import Fact
from gateway.domain.identifiers import SourceId
from gateway.forms.outlook import Outlook
from gateway.prefill.asking.answers import Answer, Identity
from gateway.prefill.asking.knowledge import Knowledge
from gateway.prefill.filling.bound import BoundField
from gateway.prefill.filling.desk import Desk
from gateway.prefill.filling.entries import Filled
from gateway.prefill.filling.shaping import Shaped, as_sent, shaped_fact
from gateway.prefill.filling.told import told_by_data, told_values


class Memory:
    """The memory of one form's filling.

    `filled` is what was filled before, by path, with the identity of the person whom it is about
    (None for what is about nobody); `told` what the caller said in this chain.
    """

    def __init__(self, desk: Desk) -> None:
        self.outlook = Outlook(desk.form.definition)
        self.told = told_by_data(desk)
        self.told_values = told_values(desk)
        self.filled: dict[str, tuple[Filled, Identity | None]] = {}
        self._options_at = desk.options_at
        self._shaped: dict[str, tuple[Fact, Shaped | None]] = {}
        self._answered: Mapping[tuple[Identity, SourceId], Answer] = {}

    def learn(self, knowledge: Knowledge) -> None:
        """Forget what was filled of people about whom there is a newer answer."""
        before = self._answered
        fresh = {who for (who, s), a in knowledge.answers.items() if before.get((who, s)) != a}
        self.filled = {p: (f, n) for p, (f, n) in self.filled.items() if n not in fresh}
        self._answered = knowledge.answers

    def shape(self, path: str, bound: BoundField, fact: Fact) -> Shaped | None:
        """The fact in the field's shape; one that was shaped for this place is not shaped again."""
        before = self._shaped.get(path)
        if before is None or before[0] is not fact:
            made = shaped_fact(
                bound.template, fact, bound.is_name, bound.binding.subkeys, self._options_at
            )
            self._shaped[path] = before = (fact, made)
        return before[1]


def as_sent_to(bound: BoundField, value: Any) -> Shaped | None:
    """A value in a bound field's shape already; None when it is empty or does not fit."""
    return as_sent(bound.template, value, bound.is_name, bound.binding.subkeys)
