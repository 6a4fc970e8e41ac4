"""What do the public leaves say that the figures are counted by?"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.errors import CannotMeasure
from gateway.domain.letters import unspell

CONFIRMED = "/confirmed"
"""How the name of a definition ends that counts dossiers where the portal first had them accepted."""

_ROW = re.compile(r"\[[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition of the figures in force from its leaf on (định nghĩa chỉ số)."""

    leaf: int
    name: str
    digest: str
    instant_seconds: int
    instant_seconds_per_field: int
    mock: bool

    @property
    def confirmed(self) -> bool:
        """Whether only a dossier that the national portal has accepted counts."""
        return self.name.endswith(CONFIRMED)

    def is_instant(self, seconds: int, declared: int) -> bool:
        """Whether a submission came sooner than anybody could have declared that much."""
        return seconds < self.instant_seconds + self.instant_seconds_per_field * declared


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One registered form version as its leaf states it, ready for counting.

    `attribute_of` says what fills a field, where something could. `required_items` are the items that
    a required field stands for, `items` all that a field stands for, `potential` items that a connected source holds and all items.
    """

    leaf: int
    form: str
    series: str
    version: str
    ceiling: int
    paths: tuple[str, ...] = field(repr=False)
    required: frozenset[str] = field(repr=False)
    item_of: Mapping[str, str] = field(repr=False)
    attribute_of: Mapping[str, str] = field(repr=False)
    absent_items: tuple[str, ...]
    potential: tuple[int, int]

    @property
    def items(self) -> frozenset[str]:
        """The official items that some field asks."""
        return frozenset(self.item_of.values())

    @property
    def required_items(self) -> frozenset[str]:
        """The official items that some required field asks."""
        return frozenset(self.item_of[path] for path in self.required if path in self.item_of)

    def read(self, leaf: int, letters: Any, rows: Any) -> dict[str, str]:
        """The letters of one body by instance path; raises CannotMeasure when they do not fit."""
        try:
            return unspell(self.paths, letters, rows or {})
        except (ValueError, TypeError, AttributeError):
            raise CannotMeasure(leaf, "its letters do not fit the form version") from None


@dataclass(frozen=True, slots=True)
class Definitions:
    """Every definition and form version of one log, by leaf index; `test_tenants` by grant leaf."""

    measures: tuple[Definition, ...]
    forms: Mapping[int, FormVersion]
    test_tenants: frozenset[str] = frozenset()

    def in_force(self, leaf: int) -> Definition:
        """The definition that a body at `leaf` is counted by; CannotMeasure when none came first."""
        before = bisect_left([measure.leaf for measure in self.measures], leaf)
        if not before:
            raise CannotMeasure(leaf, "no definition of the measure stands before it")
        return self.measures[before - 1]

    def form(self, leaf: int, at: object) -> FormVersion:
        """The form version that a body names; CannotMeasure for a leaf that is none."""
        form = self.forms.get(at) if isinstance(at, int) else None
        if form is None or form.leaf >= leaf:
            raise CannotMeasure(leaf, "it names no form version that stands before it")
        return form

    def baseline(self, form: str) -> FormVersion:
        """The first registered version of a form."""
        return min((f for f in self.forms.values() if f.form == form), key=lambda f: f.leaf)


def read_definitions(leaves: Iterable[tuple[int, Mapping[str, Any]]]) -> Definitions:
    """Gather what public leaves say; others than the three kinds that count are passed over."""
    measures: list[Definition] = []
    forms: dict[int, FormVersion] = {}
    tests: set[str] = set()
    for index, leaf in sorted(leaves, key=lambda one: one[0]):
        if leaf["kind"] == "metric-definition":
            measures.append(_definition(index, leaf))
        elif leaf["kind"] == "form-version":
            forms[index] = _form_version(index, leaf)
        elif leaf["kind"] == "grant" and leaf["is_test"]:
            tests.add(leaf["tenant"])
    return Definitions(tuple(measures), forms, frozenset(tests))


def template_of(path: str) -> str:
    """The template path of an instance: `grid[1].key` is `grid[].key`."""
    return _ROW.sub("[]", path)


def _definition(index: int, leaf: Mapping[str, Any]) -> Definition:
    return Definition(
        index,
        leaf["definition"],
        leaf["digest"],
        leaf["instant_seconds"],
        leaf["instant_seconds_per_field"],
        leaf["mock"],
    )


def _form_version(index: int, leaf: Mapping[str, Any]) -> FormVersion:
    fields = leaf["fields"]
    supplied, items = leaf["potential"]
    return FormVersion(
        leaf=index,
        form=leaf["form"],
        series=leaf["series"],
        version=leaf["version"],
        ceiling=leaf["ceiling"],
        paths=tuple(path for path, *_ in fields),
        required=frozenset(path for path, _, required, *_ in fields if required),
        item_of={path: item for path, _, _, item, *_ in fields if item is not None},
        attribute_of={path: name for path, _, _, _, name, *_ in fields if name is not None},
        absent_items=tuple(leaf["absent_items"]),
        potential=(supplied, items),
    )
