"""How do a form's choices read in iGate, and iGate's choices in the form?

iGate sends every select as `{"label", "value"}`, an empty one as `{}`. Where it has a catalogue of
its own the value is that catalogue's id, and where the id is not set the label decides, as far as
it names one entry. What cannot be recognised stays as it was sent: it is then a value like any other that
a person typed, never a guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.codelists import CodeLists, folded
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.fields import copy_of, instances_at_submission, put_value, value_at
from gateway.forms.remote import RemoteLists
from gateway.igate.mapping import EForm, Entry, IGateCatalogue, IGateMapping

_CHOOSING = frozenset({"select", "radio"})
_REFERENCE = re.compile(r"\{\{ *data\.([A-Za-z0-9_]+)(?:\.value)? *\}\}")


@dataclass(frozen=True, slots=True)
class Choices:
    """Words the choices of one eForm, both ways (lựa chọn trên biểu mẫu)."""

    form: RegisteredForm
    eform: EForm
    mapping: IGateMapping = field(repr=False)
    lists: CodeLists = field(repr=False)
    options_at: RemoteLists = field(repr=False)

    def from_igate(self, sent: Mapping[str, object]) -> tuple[dict[str, object], tuple[str, ...]]:
        """The data in the form's own words, and the paths of choices that were not recognised."""
        data = copy_of(sent)
        unmapped: list[str] = []
        for template, path, value in self._chosen(data):
            read = [self._read(template, one, data) for one in _members(value)]
            if any(one is None for one in read):
                unmapped.append(path)
            else:
                put_value(data, path, read if isinstance(value, list) else read[0])
        return data, tuple(unmapped)

    def to_igate(self, filled: Mapping[str, object]) -> dict[str, object]:
        """The data in iGate's words; of choices only those that `can_send` let pass."""
        data = copy_of(filled)
        for template, path, value in self._chosen(data):
            words = [self._words(template, one) for one in _members(value)]
            put_value(data, path, words if isinstance(value, list) else words[0])
        return data

    def can_send(self, template: FieldTemplate, value: object) -> bool:
        """Whether iGate has words for a value: a code without an id in its catalogue has none."""
        catalogue = self._catalogue(template)
        if template.type not in _CHOOSING or catalogue is None:
            return True
        return all(
            self._entry(template, catalogue, *_parts(one)) is not None for one in _members(value)
        )

    def _chosen(self, data: dict[str, object]) -> list[tuple[FieldTemplate, str, object]]:
        """Every select and radio of which the data say something, with its instance path."""
        return [
            (instance.template, instance.path, value)
            for instance in instances_at_submission(self.form.definition, data)
            if instance.template.type in _CHOOSING
            and (value := value_at(data, instance.path)) is not None
        ]

    def _read(
        self, template: FieldTemplate, sent: object, data: dict[str, object]
    ) -> object | None:
        """One choice as the form writes it, None where it is not recognised."""
        value, label = _parts(sent)
        own = self.eform.values.get(template.path)
        if own is not None:
            value, named = own.get(value, value), label
            label = ""
            if named and folded(named) != folded(self._label(template, value)):
                return sent
        elif not value and not label:
            return ""
        elif (catalogue := self._catalogue(template)) is not None:
            entry = self._meant(template, catalogue, value, label, data)
            if entry is None:
                return sent if self._is_own(template, value) else None
            value, label = self._own(template, entry)
        elif not template.item_shape and (not isinstance(sent, Mapping) or label):
            named_so = folded(label) == folded(self._label(template, value))
            return value if isinstance(sent, Mapping) and named_so else sent
        if not template.item_shape:
            return value
        return {"label": label or self._label(template, value), "value": value}

    def _meant(
        self,
        template: FieldTemplate,
        catalogue: IGateCatalogue,
        value: str,
        label: str,
        data: dict[str, object],
    ) -> Entry | None:
        """The entry of that id, unless the label is another's; else the only one of that label."""
        entry = catalogue.by_id.get(value)
        if entry is not None:
            named = {folded(entry.label), folded(entry.own_label)}
            return entry if not label or folded(label) in named else None
        if not label:
            return None
        named_so = catalogue.by_label.get(folded(label), ())
        province = self._province(template, data)
        if province is not None:
            communes = self.lists.communes.get(province, {})
            named_so = tuple(one for one in named_so if one.code in communes)
        return named_so[0] if len(named_so) == 1 else None

    def _province(self, template: FieldTemplate, data: dict[str, object]) -> str | None:
        """The State's code of the province on which a select of communes hangs."""
        named = _REFERENCE.search(template.remote or "")
        if named is None:
            return None
        value, label = _parts(data.get(named[1]))
        catalogue = self.mapping.catalogues.get("provinces")
        entry = None if catalogue is None else catalogue.by_id.get(value)
        if entry is not None:
            return entry.code
        by_name = self.lists.labelled("province", label) if label else None
        return value if by_name is None else by_name.code

    def _own(self, template: FieldTemplate, entry: Entry) -> tuple[str, str]:
        """Value and label of the form for an entry: a remote list has the State's codes."""
        if template.remote is not None:
            return entry.code, entry.own_label
        for option in template.options or ():
            if folded(option.label) in (folded(entry.own_label), folded(entry.label)):
                return option.value, option.label
        return entry.code, entry.own_label

    def _words(self, template: FieldTemplate, value: object) -> object:
        """One choice as iGate writes it."""
        code, label = _parts(value)
        own = self.eform.values.get(template.path)
        if own is not None:
            back = {ours: theirs for theirs, ours in own.items()}
            return back.get(code, code)
        if template.type == "radio":
            return value
        if not code:
            return {}
        catalogue = self._catalogue(template)
        entry = None if catalogue is None else self._entry(template, catalogue, code, label)
        if entry is not None:
            return {"label": entry.label, "value": entry.id}
        return {"label": label or self._label(template, code), "value": code}

    def _entry(
        self, template: FieldTemplate, catalogue: IGateCatalogue, code: str, label: str
    ) -> Entry | None:
        if template.remote is not None:
            return catalogue.by_code.get(code)
        named = catalogue.by_label.get(folded(label or self._label(template, code)), ())
        return named[0] if len(named) == 1 else None

    def _is_own(self, template: FieldTemplate, value: str) -> bool:
        """Whether the form itself has this value, so that nothing needs to be translated."""
        return any(option.value == value for option in self._options(template))

    def _label(self, template: FieldTemplate, value: str) -> str:
        return next((o.label for o in self._options(template) if o.value == value), "")

    def _options(self, template: FieldTemplate) -> tuple[Option, ...]:
        if template.remote is None:
            return template.options or ()
        return tuple(self.options_at(template.remote))

    def _catalogue(self, template: FieldTemplate) -> IGateCatalogue | None:
        binding = self.form.bindings.by_field.get(template.path)
        return self.mapping.catalogue(template.remote, binding.attribute if binding else None)


def _members(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _parts(choice: object) -> tuple[str, str]:
    """Value and label of a choice as text; numbers and truth values as JSON writes them."""
    label: object = ""
    if isinstance(choice, Mapping):
        label, choice = choice.get("label"), choice.get("value")
    if isinstance(choice, bool):
        choice = "true" if choice else "false"
    return _plain(choice), _plain(label)


def _plain(text: object) -> str:
    if text is None or isinstance(text, Mapping | list):
        return ""
    return " ".join(str(text).split())
