"""The receipt of a submission with the key of its chain: which values it recognises as handed out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.fields import FieldInstance, template_of, value_at
from gateway.forms.remote import RemoteLists
from gateway.forms.values import EMPTY, NotOfType, canonical
from gateway.receipts.claims import FilledClaim, ReceiptClaims
from gateway.receipts.tags import FieldMark, Tagger, same_tag

FormData = Mapping[str, object]
"""The data of a form as it was sent or filled: values by key, rows and containers nested."""

UNREADABLE = "\x00"
"""Stands for a value that has no canonical text; no such text holds this sign."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the submission says beside its data, and what happened in the chain before."""

    by_officer: frozenset[str]
    contested: frozenset[str]
    refused_before: frozenset[str]


@dataclass(frozen=True, slots=True)
class FormTexts:
    """Canonical texts of the values of one form; by `options` labels of remote lists are checked."""

    form: RegisteredForm
    options: RemoteLists | None = field(default=None, repr=False)

    def canon(self, template: FieldTemplate, value: object, *, exact: bool = False) -> str:
        """The canonical text of a value in this form, `exact` where it is locked; raises NotOfType."""
        binding = self.form.bindings.by_field.get(template.path)
        named = binding is not None and self.form.dictionary[binding.attribute].type == "name"
        return canonical(
            template,
            value,
            person_name=named,
            subkeys=() if binding is None else binding.subkeys,
            options=self.options,
            exact=exact,
        )

    def at(self, template: FieldTemplate, data: FormData, path: str, *, exact: bool = False) -> str:
        """The canonical text of what stands at a path; `UNREADABLE` for what fits no type."""
        try:
            return self.canon(template, value_at(data, path), exact=exact)
        except NotOfType:
            return UNREADABLE


@dataclass(frozen=True, slots=True)
class OpenedReceipt:
    """A receipt with the key of its chain: it recognises a value that was handed out."""

    claims: ReceiptClaims
    tagger: Tagger
    texts: FormTexts

    @property
    def form(self) -> RegisteredForm:
        """The form that was filled."""
        return self.texts.form

    @property
    def filled(self) -> Mapping[str, FilledClaim]:
        """What was filled, by instance path."""
        return self.claims.filled

    def template_of(self, filled: FilledClaim) -> FieldTemplate:
        """The component that a filled field is an instance of."""
        return self.form.definition.field(template_of(filled.path))

    def opens(self, filled: FilledClaim, canon: str) -> bool:
        """Whether a canonical value is the one that was handed out for this field and row."""
        template = self.template_of(filled)
        mark = FieldMark(
            template.path,
            filled.rows,
            filled.role,
            filled.attribute,
            filled.edit.value,
            template.type,
        )
        return canon != EMPTY and same_tag(self.tagger.field_tag(mark, canon), filled.tag)

    def opens_at(
        self, filled: FilledClaim, data: FormData, path: str, *, exact: bool = False
    ) -> bool:
        """Whether the value at a path is the one that was handed out, exactly the same or as text."""
        return self.opens(filled, self.texts.at(self.template_of(filled), data, path, exact=exact))

    def filled_at(
        self, instance: FieldInstance, numbers: Mapping[int, int] | None
    ) -> FilledClaim | None:
        """What the receipt filled here; in a row, under the number that the row took (`numbers`)."""
        if not instance.rows:
            return self.filled.get(instance.path)
        group, _, column = instance.template.path.partition("[].")
        number = None if numbers is None else numbers.get(instance.rows[0])
        return None if number is None else self.filled.get(f"{group}[{number}].{column}")

    def rows_of(self, group: str) -> dict[int, dict[str, FilledClaim]]:
        """The filled rows of a group: number when filled, then template path to field."""
        rows: dict[int, dict[str, FilledClaim]] = {}
        for one in self.filled.values():
            template = template_of(one.path)
            if one.rows and template.startswith(f"{group}[]."):
                rows.setdefault(one.rows[0], {})[template] = one
        return dict(sorted(rows.items()))

    def groups(self) -> tuple[str, ...]:
        """The repeating groups that the receipt filled rows of."""
        paths = (template_of(one.path) for one in self.filled.values() if one.rows)
        return tuple(dict.fromkeys(path.partition("[]")[0] for path in paths))

    def may_be_contested(self, path: str) -> bool:
        """Whether a place of the submitted form was filled: a field, a column of rows, a group."""
        if "[" not in path:
            return path in self.filled or path in self.groups()
        return template_of(path) in {template_of(p) for p, one in self.filled.items() if one.rows}
