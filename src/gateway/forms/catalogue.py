"""The registered forms, and what exactly a registered version pins.

A registered version pins four digests: form bytes, bindings, attribute dictionary, counting
engine; its name is `sha256:` and the digest of the four. A series is the counting skeleton: paths,
types, requiredness, conditions, items, bindings. Re-exporting a form with other labels or widths,
or a bindings file with another title, starts no new series.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from gateway.domain.errors import FieldProblem, FormRefused, NotFound
from gateway.domain.identifiers import FormCode, RoleName, SourceId
from gateway.domain.json_texts import BYTE_ORDER_MARK, read_json
from gateway.forms._reading.bindings import read_bindings
from gateway.forms._reading.templates import is_box, member_of
from gateway.forms.attributes import CONSTANT, Dictionary, read_dictionary
from gateway.forms.bindings import Binding, Bindings
from gateway.forms.bundles import BASE_CODE, Served, Spared, spared_by
from gateway.forms.definition import FieldTemplate, FormDefinition, read_countable
from gateway.forms.remote import RemoteLists

COUNTING_ENGINE = "eform-gateway/counting/2"
_SKELETON_KEYS = (
    "key",
    "type",
    "hidden",
    "multiple",
    "conditional",
    "customConditional",
    "logic",
    "clearOnHide",
    "properties",
    "calculateValue",
    "allowCalculateOverride",
    "persistent",
)


@dataclass(frozen=True)
class RegisteredForm:
    """One form version as it is counted (phiên bản biểu mẫu điện tử)."""

    code: FormCode
    definition: FormDefinition
    bindings: Bindings
    dictionary: Dictionary
    version: str
    series: str

    @property
    def title(self) -> str:
        """The declaration's Vietnamese title."""
        return self.bindings.title

    @property
    def declarable(self) -> tuple[FieldTemplate, ...]:
        """The templates that count, in form order: every field but the attachments."""
        return tuple(f for f in self.definition.fields if not f.is_file)

    @cached_property
    def defaults(self) -> Mapping[str, object]:
        """The default values that are handed out, by path, outside of repeating groups."""
        return {
            b.field: default
            for b in self.bindings.bindings
            if b.attribute.startswith(CONSTANT) and "[]" not in b.field
            if (default := self.definition.field(b.field).default) not in (None, "")
        }

    @cached_property
    def filled_groups(self) -> Mapping[str, RoleName]:
        """The repeating groups that get rows: one per person of a role, or the form's own.

        The latter where a binding hands out a constant of theirs, whose role is the one named.
        """
        own = {
            group: b.role
            for b in self.bindings.bindings
            if b.attribute.startswith(CONSTANT)
            if (group := b.field.partition("[]")[0]) in self.definition.default_rows
        }
        return {**own, **self.bindings.repeating}

    @cached_property
    def sensitive_groups(self) -> frozenset[str]:
        """The repeating groups with a column that is bound to a sensitive attribute."""
        return frozenset(
            group
            for b in self.bindings.bindings
            if self.dictionary[b.attribute].sensitive
            if (group := b.field.partition("[]")[0]) != b.field
        )

    @cached_property
    def of_subject(self) -> tuple[Binding, ...]:
        """The bindings to facts of whoever acts, in fields outside of repeating groups."""
        roles = {
            r for r, ways in self.bindings.roles.items() if ways[0].subject and not ways[0].when
        }
        return tuple(b for b in self.bindings.bindings if b.role in roles and "[]" not in b.field)

    def potential(self, connected: frozenset[SourceId]) -> tuple[int, int]:
        """Items with an attribute that a connected source holds, and all items."""
        supplied = {
            b.item
            for b in self.bindings.bindings
            if b.item and connected & set(self.dictionary[b.attribute].sources)
        }
        return len(supplied), len(self.bindings.all_items)

    def sources_of(self, path: str) -> tuple[SourceId, ...]:
        """The sources that can hold a field: those of its attribute, else those that the official
        declaration's list names for its item."""
        if binding := self.bindings.by_field.get(path):
            return self.dictionary[binding.attribute].sources
        item = self.bindings.items.get(path)
        return self.bindings.item_sources.get(item, ()) if item else ()


class Catalogue:
    """The registered forms of one deployment, read once from `schemas/`."""

    def __init__(self, forms: Mapping[FormCode, RegisteredForm]) -> None:
        self._forms = forms

    def forms(self) -> tuple[RegisteredForm, ...]:
        """Every registered form, by code."""
        return tuple(self._forms[code] for code in sorted(self._forms))

    def form_for(self, code: str) -> RegisteredForm:
        """The current version of one form; raises NotFound."""
        try:
            return self._forms[FormCode(code)]
        except KeyError:
            raise NotFound(
                "unknown_form", "no form is registered under this code", "form"
            ) from None

    def procedures(self) -> frozenset[str]:
        """The procedures that a registered form is for, those that a bundle serves included."""
        bindings = [form.bindings for form in self.forms()]
        own = {code for one in bindings for code in one.procedures}
        return frozenset(own | {part.procedure for one in bindings for part in one.serves})

    def grounds(self) -> frozenset[str]:
        """What a call without a procedure can name as its ground: procedures, and forms without one."""
        codes = self.procedures() | {form.code for form in self.forms()}
        return codes | {code[:BASE_CODE] for code in self.procedures()}

    def served_by(self, procedure: str) -> tuple[Served, ...]:
        """The procedures that a bundle of this code serves; none for any other procedure."""
        for form in self.forms():
            bound = {code[:BASE_CODE] for code in form.bindings.procedures}
            if form.bindings.serves and procedure[:BASE_CODE] in bound:
                return form.bindings.serves
        return ()

    def spared(self, bundle: RegisteredForm) -> tuple[Spared, ...]:
        """What the procedures of a linked declaration ask alone and within it; none for others."""
        return spared_by(
            bundle.bindings.serves, lambda form: self.form_for(form).bindings.all_items
        )


@dataclass(frozen=True, slots=True)
class PublishedForms:
    """The registered forms with the log leaf of each version, and the lists that their fields refer to."""

    catalogue: Catalogue
    leaves: Mapping[str, int]
    remote_lists: RemoteLists


def read_catalogue(schemas: Path) -> Catalogue:
    """Read every form below `schemas/forms`.

    Raises FormRefused with every place of every form that cannot be used; each path begins with the
    form's code.
    """
    dictionary = read_dictionary(schemas / "attributes.json")
    folders = sorted(path.parent for path in (schemas / "forms").glob("*/form.json"))
    forms: dict[FormCode, RegisteredForm] = {}
    problems: list[FieldProblem] = []
    for folder in folders:
        with _collected(folder.name, problems):
            form = register(folder, dictionary)
            forms[form.code] = form
    if not problems:
        for form in forms.values():
            with _collected(form.code, problems):
                _check_served(form, forms)
    if problems:
        raise FormRefused(tuple(problems))
    return Catalogue(forms)


@contextmanager
def _collected(form: str, problems: list[FieldProblem]) -> Iterator[None]:
    """Collect the refused places, each with the name of its form."""
    try:
        yield
    except FormRefused as refusal:
        problems += (replace(p, path=f"{form}: {p.path}") for p in refusal.problems)


def _check_served(form: RegisteredForm, forms: Mapping[FormCode, RegisteredForm]) -> None:
    """Refuse a bundle that names a declaration, or an item of one, that does not exist."""
    for place, served in enumerate(form.bindings.serves):
        part = forms.get(FormCode(served.form)) if served.form is not None else None
        if served.form is not None and part is None:
            raise FormRefused((FieldProblem(f"serves[{place}].form", "no_such_form"),))
        if part is not None and not served.items.keys() <= part.bindings.all_items:
            raise FormRefused((FieldProblem(f"serves[{place}].items", "no_such_item"),))


def register(folder: Path, dictionary: Dictionary) -> RegisteredForm:
    """Read one form with its bindings and name its version and series."""
    definition = read_countable((folder / "form.json").read_bytes())
    bindings = read_bindings((folder / "bindings.json").read_bytes(), definition, dictionary)
    if bindings.form != folder.name:
        raise FormRefused((FieldProblem("bindings:form", "another_form"),))
    return version_of(definition, bindings, dictionary)


def version_of(
    definition: FormDefinition, bindings: Bindings, dictionary: Dictionary
) -> RegisteredForm:
    """The version that a form makes with the bindings that fit it, and its series."""
    pinned = (definition.digest, bindings.digest, dictionary.digest, COUNTING_ENGINE)
    return RegisteredForm(
        code=bindings.form,
        definition=definition,
        bindings=bindings,
        dictionary=dictionary,
        version=_digest(*pinned),
        series=_digest(_skeleton(definition), bindings.skeleton, COUNTING_ENGINE),
    )


def _skeleton(definition: FormDefinition) -> str:
    """What of a form bears on counting, as text: the same text, the same series."""
    tree = read_json(definition.raw.removeprefix(BYTE_ORDER_MARK))
    return json.dumps(
        list(_bones(_objects(tree, "components"))), sort_keys=True, ensure_ascii=False
    )


def _bones(components: Iterable[dict[str, object]]) -> Iterator[list[object]]:
    for component in components:
        kept = {key: component[key] for key in _SKELETON_KEYS if component.get(key)}
        if is_box(component):
            kept |= {key: component.get(key) for key in ("name", "value", "inputType")}
        kept["required"] = bool(member_of(component, "validate").get("required"))
        kept["choices"] = [
            choice.get("value") if isinstance(choice, dict) else choice
            for choice in _choices(component)
        ]
        yield [kept, list(_bones(_children(component)))]


def _choices(component: Mapping[str, object]) -> list[object]:
    data = member_of(component, "data")
    choices = component.get("values") or data.get("values") or data.get("json") or []
    return choices if isinstance(choices, list) else []


def _children(component: Mapping[str, object]) -> Iterator[dict[str, object]]:
    yield from _objects(component, "components")
    for column in _objects(component, "columns"):
        yield from _objects(column, "components")
    rows = component.get("rows")
    for row in rows if isinstance(rows, list) else []:
        for cell in row if isinstance(row, list) else []:
            yield from _objects(cell, "components")


def _objects(around: object, name: str) -> Iterator[dict[str, object]]:
    """The objects in a list that a member should be; core passes over what else may stand there."""
    listed = around.get(name) if isinstance(around, Mapping) else None
    yield from (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()


def _digest(*parts: str) -> str:
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()
