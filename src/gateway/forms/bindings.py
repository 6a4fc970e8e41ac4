"""Bindings of a form: which field stands for which fact of whom.

`forms/_reading/bindings.py` reads it from `schemas/forms/<form>/bindings.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gateway.domain.identifiers import AttributeName, FormCode, RoleName, SourceId
from gateway.domain.verdicts import EditPolicy
from gateway.forms.bundles import Served


@dataclass(frozen=True, slots=True)
class Way:
    """One rule that finds the person of a role (vai trò)."""

    subject: bool = False
    start: RoleName | None = None
    by: AttributeName | None = None
    many: bool = False
    given: Mapping[str, str] | None = None
    when: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """One field, the official item it stands for, and the fact that fills it."""

    field: str
    item: str | None
    role: RoleName
    attribute: AttributeName
    edit: EditPolicy | None = None
    format: str | None = None
    of: tuple[str, ...] = ()
    subkeys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bindings:
    """What is declared beside one form: procedures, roles, items, bindings, ceiling.

    `declaration` names the official declaration (mẫu số), the form's own code where the file names
    none. `item_sources` says which sources the declaration's list names for an item that no binding
    fills. `abolished` and `added` name the legal act behind an item that came or went since the
    declaration was first registered, by its document number.
    """

    form: FormCode
    title: str
    procedures: tuple[str, ...]
    declaration: str
    roles: Mapping[RoleName, tuple[Way, ...]]
    ceiling: int
    login_fills: frozenset[str]
    row_key: Mapping[str, str]
    items: Mapping[str, str]
    item_sources: Mapping[str, tuple[SourceId, ...]]
    absent_items: tuple[str, ...]
    abolished: Mapping[str, str]
    added: Mapping[str, str]
    bindings: tuple[Binding, ...]
    sets: Mapping[str, SourceId]
    not_supplied: Mapping[str, str]
    serves: tuple[Served, ...]
    digest: str
    skeleton: str
    by_field: Mapping[str, Binding]

    @cached_property
    def operands(self) -> frozenset[str]:
        """The fields that others are worked out from, a column of a group by its group."""
        return frozenset(path.partition("[]")[0] for b in self.bindings for path in b.of)

    @cached_property
    def repeating(self) -> Mapping[str, RoleName]:
        """The groups of which each row is a person of a repeating role."""
        many = {role for role, ways in self.roles.items() if any(way.many for way in ways)}
        return {
            b.field.partition("[]")[0]: b.role
            for b in self.bindings
            if "[]" in b.field and b.role in many
        }

    def item_of(self, path: str) -> str | None:
        """The official item that a field template stands for; None for an extra field."""
        binding = self.by_field.get(path)
        return binding.item if binding else self.items.get(path)

    @cached_property
    def all_items(self) -> frozenset[str]:
        """Every item of the declaration, those that no field asks included."""
        bound = {b.item for b in self.bindings if b.item}
        return frozenset(bound | set(self.items.values()) | set(self.absent_items))
