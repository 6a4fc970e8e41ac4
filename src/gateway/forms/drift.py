"""Hold a changed form (biểu mẫu thay đổi) against what is registered, before it is published.

A field that is gone and one that is new are one renamed field when label, type and the labels of
everything above them are the same. Kinds of changes, those marked * leave a binding without its
field or its value and keep a form from being published:

    renamed  removed  added  now_required  no_longer_required  type  options  condition
    item_dropped  item_added
    * binding_field_gone   a binding names a field that is no longer there
    * not_convertible      the fact has no shape in the field's type
    * label_lost           an official label that the field no longer offers
    * bindings_refused     anything else that speaks against the bindings; `after` is the code
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from gateway.domain.codelists import CodeLists
from gateway.domain.errors import FieldProblem, FormRefused
from gateway.domain.facts import PartialDate, Value
from gateway.forms._reading.bindings import read_bindings
from gateway.forms._reading.tree import Node
from gateway.forms._showing.sentences import condition_in_words
from gateway.forms.bindings import Binding
from gateway.forms.catalogue import RegisteredForm, version_of
from gateway.forms.definition import FieldTemplate, FormDefinition
from gateway.forms.shapes import NotConvertible, shape_value

BREAKING = frozenset({"binding_field_gone", "not_convertible", "label_lost", "bindings_refused"})
_NO_SUCH_FIELD = "no_such_field"
_CODED = "code:"
_NEVER = frozenset({"address", "file", "signature"})
_CHOICES = frozenset({"select", "radio", "survey", "selectboxes"})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a changed form does; `path` is the earlier field's where there was one."""

    kind: str
    path: str
    label: str
    before: str = ""
    after: str = ""
    required: bool = False

    @property
    def breaks(self) -> bool:
        """Whether a binding no longer fits."""
        return self.kind in BREAKING


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that a changed form does, in form order; the series is None where none can be named."""

    changes: tuple[Change, ...]
    earlier_series: str
    series: str | None

    @property
    def breaks(self) -> bool:
        """Whether some binding no longer fits: such a form is not published."""
        return any(change.breaks for change in self.changes)

    @property
    def new_series(self) -> bool | None:
        """Whether counting restarts; None while the bindings do not fit."""
        return None if self.series is None else self.series != self.earlier_series


@dataclass(frozen=True, slots=True)
class _Place:
    template: FieldTemplate
    node: Node
    above: tuple[str, ...]


def drift_of(
    earlier: RegisteredForm, form: FormDefinition, bindings: bytes, lists: CodeLists
) -> Drift:
    """Hold a changed form, and the bindings it is to have, against the registered version.

    `bindings` are the bytes of a bindings file, those of the registered version where they stay.
    Raises FormRefused only for bindings that cannot be read at all.
    """
    before, after = _places(earlier.definition), _places(form)
    renamed = dict(_renamed(before, after))
    changes = [*_fields(before, after, renamed)]
    series, asked = None, set(_items(earlier, before.keys() & after.keys()))
    try:
        told = read_bindings(bindings, form, earlier.dictionary)
        if told.form != earlier.code:
            raise FormRefused((FieldProblem("bindings:form", "another_form"),))
        fitting = version_of(form, told, earlier.dictionary)
    except FormRefused as refusal:
        if any(problem.path.startswith("bindings:") for problem in refusal.problems):
            raise
        changes += _unfit(refusal, before, renamed)
        bound: Sequence[Binding] = earlier.bindings.bindings
        asked |= set(_items(earlier, renamed))
    else:
        series, bound = fitting.series, fitting.bindings.bindings
        asked = set(_items(fitting, after))
    changes += _items_moved(earlier, before, asked)
    changes += _values(earlier, bound, before, after, renamed, lists)
    return Drift(tuple(changes), earlier.series, series)


def _places(form: FormDefinition) -> dict[str, _Place]:
    counted = {template.path for template in form.fields}
    return {
        template.path: _Place(template, node, tuple(_labels_above(node)))
        for root in form.roots
        for node in root.walk()
        for template in node.templates
        if template.path in counted
    }


def _labels_above(node: Node) -> Iterator[str]:
    place = node.parent
    while place is not None:
        told = (place.component.get(name) for name in ("title", "legend", "label"))
        yield next((text for text in told if isinstance(text, str) and text), "")
        place = place.parent


def _renamed(
    before: Mapping[str, _Place], after: Mapping[str, _Place]
) -> Iterator[tuple[str, str]]:
    """Pairs of a removed path and the path that replaces it."""
    arrived: dict[object, list[str]] = defaultdict(list)
    for path, place in after.items():
        if path not in before:
            arrived[_likeness(place)].append(path)
    for path, place in before.items():
        if path not in after and (same := arrived[_likeness(place)]):
            yield path, same.pop(0)


def _likeness(place: _Place) -> object:
    return place.template.label.casefold().strip(), place.template.type, place.above


def _fields(
    before: Mapping[str, _Place], after: Mapping[str, _Place], renamed: Mapping[str, str]
) -> Iterator[Change]:
    for path, place in before.items():
        template = place.template
        if path in renamed:
            yield Change("renamed", path, template.label, path, renamed[path])
        elif path not in after:
            yield Change("removed", path, template.label, required=template.required)
        now = after.get(renamed.get(path, path))
        if now is not None:
            yield from _altered(place, now)
    known = {*before, *renamed.values()}
    for path, place in after.items():
        if path not in known:
            label = place.template.label
            yield Change("added", path, label, required=place.template.required)


def _altered(earlier: _Place, now: _Place) -> Iterator[Change]:
    old, new = earlier.template, now.template
    if old.required != new.required:
        kind = "now_required" if new.required else "no_longer_required"
        yield Change(kind, old.path, old.label, required=new.required)
    if _type(old) != _type(new):
        yield Change("type", old.path, old.label, _type(old), _type(new))
    if _choices(old) != _choices(new):
        gone, come = (_less(a, b) for a, b in ((old, new), (new, old)))
        yield Change("options", old.path, old.label, gone, come)
    words = condition_in_words(earlier.node), condition_in_words(now.node)
    if words[0] != words[1]:
        yield Change("condition", old.path, old.label, *words)


def _type(template: FieldTemplate) -> str:
    return f"{template.type}[]" if template.multiple else template.type


def _choices(template: FieldTemplate) -> tuple[object, ...]:
    return (template.remote, *((o.value, o.label) for o in template.options or ()))


def _less(these: FieldTemplate, those: FieldTemplate) -> str:
    """The choices of one that the other has not, by label and value."""
    rest = [o for o in these.options or () if o not in (those.options or ())]
    told = [f"{option.label} ({option.value})" for option in rest]
    if these.remote and these.remote != those.remote:
        told.append(these.remote)
    return "; ".join(told)


def _unfit(
    refusal: FormRefused, before: Mapping[str, _Place], renamed: Mapping[str, str]
) -> Iterator[Change]:
    for problem in dict.fromkeys(refusal.problems):
        label = before[problem.path].template.label if problem.path in before else ""
        gone = problem.code == _NO_SUCH_FIELD and problem.path in before
        kind, now = (
            ("binding_field_gone", renamed.get(problem.path, ""))
            if gone
            else ("bindings_refused", problem.code)
        )
        yield Change(kind, problem.path, label, problem.path if gone else "", now)


def _items(form: RegisteredForm, paths: Iterable[str]) -> Iterator[str]:
    """The official items that the fields at these paths stand for."""
    for path in paths:
        if item := form.bindings.item_of(path):
            yield item


def _items_moved(
    earlier: RegisteredForm, before: Mapping[str, _Place], asked: set[str]
) -> Iterator[Change]:
    was = {item: place for path, place in before.items() for item in _items(earlier, {path})}
    for item, place in was.items():
        if item not in asked:
            template = place.template
            yield Change(
                "item_dropped", template.path, template.label, item, required=template.required
            )
    for item in sorted(asked - was.keys()):
        yield Change("item_added", "", "", after=item)


def _values(
    earlier: RegisteredForm,
    bound: Sequence[Binding],
    before: Mapping[str, _Place],
    after: Mapping[str, _Place],
    renamed: Mapping[str, str],
    lists: CodeLists,
) -> Iterator[Change]:
    """Facts that have no shape in the changed field, and had one in the earlier or are new to it."""
    earlier_path = {now: path for path, now in renamed.items()}
    for binding in bound:
        place = after.get(renamed.get(binding.field, binding.field))
        if place is None:
            continue
        old = before.get(earlier_path.get(place.template.path, place.template.path))
        kind = earlier.dictionary[binding.attribute].type
        samples = _samples(kind, place.template, lists)
        refused = [told for told, value in samples.items() if not _fits(place.template, value)]
        if old is not None and _bound_before(earlier, old, binding):
            refused = [told for told in refused if _fits(old.template, samples[told])]
        path, label = (old or place).template.path, place.template.label
        if refused and len(refused) == len(samples):
            yield Change("not_convertible", path, label, kind, _type(place.template))
        elif refused:
            yield Change("label_lost", path, label, "; ".join(refused))


def _bound_before(earlier: RegisteredForm, old: _Place, binding: Binding) -> bool:
    known = earlier.bindings.by_field.get(old.template.path)
    return known is not None and known.attribute == binding.attribute


def _samples(kind: str, template: FieldTemplate, lists: CodeLists) -> Mapping[str, Value]:
    """Values of an attribute's type by what they are called; none where nothing can be foretold."""
    if template.type in _NEVER:
        return {kind: ""}
    if kind.startswith(_CODED):
        listed = lists.lists.get(kind.removeprefix(_CODED), {})
        return {} if template.remote else {coded.label: coded for coded in listed.values()}
    match kind:
        case "date":
            return {kind: PartialDate(2000, 1, 31)}
        case "number":
            return {} if template.type in _CHOICES else {kind: Decimal(1)}
        case "boolean":
            return {"Có": True, "Không": False}
        case "text" | "name" | "address":
            # A choice is joined by its label, and of a free text no label is known beforehand.
            return {} if template.type in _CHOICES else {kind: "Chữ"}
        case "personal_id":
            return {kind: "003090000123"}
        case _:
            return {}


def _fits(template: FieldTemplate, value: Value) -> bool:
    try:
        shape_value(template, value)
    except NotConvertible:
        return False
    return True
