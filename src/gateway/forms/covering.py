"""Count the official items of a declaration that sources can supply."""

from collections import defaultdict
from dataclasses import dataclass

from gateway.domain.identifiers import SESSION, SourceId
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one declaration sources can supply, in official items (mức bao phủ).

    `required` have a required field; of these `ceiling` can be held by some source other than the
    session, of these `connected` by a connected one, and of these `bound` are bound.
    """

    required: int
    bound: int
    connected: int
    ceiling: int


def coverage_of(form: RegisteredForm, connected: frozenset[SourceId]) -> Coverage:
    """How many official items are required, and how many of these a source can supply."""
    asked: defaultdict[str, list[FieldTemplate]] = defaultdict(list)
    for field in form.definition.fields:
        item = form.bindings.item_of(field.path)
        if item is not None and field.required and not field.control:
            asked[item].append(field)

    def supplied(sources: frozenset[SourceId]) -> set[str]:
        return {
            item
            for item, fields in asked.items()
            if all(sources & set(form.sources_of(field.path)) for field in fields)
        }

    within_reach = supplied(connected - {SESSION})
    bound = {
        item
        for item in within_reach
        if all(field.path in form.bindings.by_field for field in asked[item])
    }
    ceiling = supplied(
        frozenset(s for f in form.definition.fields for s in form.sources_of(f.path)) - {SESSION}
    )
    return Coverage(len(asked), len(bound), len(within_reach), len(ceiling))
