"""What does an opened receipt say in the terms of judging: which value stood where, under which tag?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.identifiers import RECORDS
from gateway.domain.verdicts import EditPolicy, FieldClass
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.fields import FieldInstance, template_of, value_at
from gateway.forms.remote import RemoteLists
from gateway.forms.values import EMPTY, NotOfType, canonical
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import FieldMark, Tagger, same_tag

UNREADABLE = "\x00"
"""Stands for a value that has no canonical text; no such text holds this sign."""


@dataclass(frozen=True, slots=True)
class FilledField:
    """One field that the receipt says was filled: everything but the value.

    `unvouched` is the record of the province that filled it, where nobody vouches for that record.
    """

    path: str
    template: FieldTemplate
    rows: tuple[int, ...]
    role: str
    attribute: str
    source: str
    field_class: FieldClass
    edit: EditPolicy
    tag: str = field(repr=False)
    unvouched: str | None = None
    young: bool = False


@dataclass(frozen=True, slots=True)
class OpenedReceipt:
    """A receipt with the key of its chain: it can tell a value that was handed out from any other."""

    form: RegisteredForm
    receipt: Receipt = field(repr=False)
    tagger: Tagger
    filled: Mapping[str, FilledField]
    row_tags: Mapping[tuple[str, int], str] = field(repr=False)
    options: RemoteLists | None = field(default=None, repr=False)

    @property
    def sets(self) -> Mapping[str, bool]:
        """The hidden components that the gateway set."""
        sets: Mapping[str, bool] = self.receipt.claims["sets"]
        return sets

    def canon(self, template: FieldTemplate, value: Any, *, exact: bool = False) -> str:
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

    def text_at(
        self, template: FieldTemplate, data: Mapping[str, Any], path: str, *, exact: bool = False
    ) -> str:
        """The canonical text of what stands at a path; `UNREADABLE` for what fits no type."""
        try:
            return self.canon(template, value_at(data, path), exact=exact)
        except NotOfType:
            return UNREADABLE

    def opens(self, filled: FilledField, canon: str) -> bool:
        """Whether a canonical value is the one that was handed out for this field and row."""
        mark = FieldMark(
            filled.template.path,
            filled.rows,
            filled.role,
            filled.attribute,
            filled.edit.value,
            filled.template.type,
        )
        return canon != EMPTY and same_tag(self.tagger.field_tag(mark, canon), filled.tag)

    def filled_at(
        self, instance: FieldInstance, numbers: Mapping[int, int] | None
    ) -> FilledField | None:
        """What the receipt filled here; in a row, under the number that the row took (`numbers`)."""
        if not instance.rows:
            return self.filled.get(instance.path)
        group, _, column = instance.template.path.partition("[].")
        number = None if numbers is None else numbers.get(instance.rows[0])
        return None if number is None else self.filled.get(f"{group}[{number}].{column}")

    def rows_of(self, group: str) -> dict[int, dict[str, FilledField]]:
        """The filled rows of a group: number when filled, then template path to field."""
        rows: dict[int, dict[str, FilledField]] = {}
        for one in self.filled.values():
            if one.rows and one.template.path.startswith(f"{group}[]."):
                rows.setdefault(one.rows[0], {})[one.template.path] = one
        return dict(sorted(rows.items()))

    def groups(self) -> tuple[str, ...]:
        """The repeating groups that the receipt filled rows of."""
        return tuple(
            dict.fromkeys(
                f.template.path.partition("[]")[0] for f in self.filled.values() if f.rows
            )
        )

    def may_be_contested(self, path: str) -> bool:
        """Whether a place of the submitted form was filled: a field, a column of rows, a group."""
        if "[" not in path:
            return path in self.filled or path in self.groups()
        return template_of(path) in {one.template.path for one in self.filled.values() if one.rows}


def opened(
    form: RegisteredForm,
    receipt: Receipt,
    tagger: Tagger,
    options: RemoteLists | None = None,
) -> OpenedReceipt:
    """Read the claims of a verified receipt; by `options` labels of remote lists are checked."""
    filled = {
        path: FilledField(
            path,
            form.definition.field(template_of(path)),
            tuple(entry["rows"]),
            entry["role"],
            entry["attribute"],
            entry["source"],
            FieldClass(entry["class"]),
            EditPolicy(entry["edit"]),
            entry["tag"],
            _unvouched(receipt, entry),
            entry.get("young", False),
        )
        for path, entry in receipt.filled.items()
    }
    row_tags = {(row["group"], row["row"][0]): row["tag"] for row in receipt.claims["rows"]}
    return OpenedReceipt(form, receipt, tagger, filled, row_tags, options)


def _unvouched(receipt: Receipt, entry: Mapping[str, Any]) -> str | None:
    record: str | None = entry.get("record") if entry["source"] == RECORDS else None
    return None if record in receipt.vouched else record
