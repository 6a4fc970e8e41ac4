"""Read what figures are counted by from public leaves: definitions, form versions and baselines.

A definition of the measure has an **edition**, 1 or 2, by its name. Its numbers apply from its leaf
on; what it counts applies from its month on, so that a month is counted by one edition.

One dossier is counted by a **standard**: which items are official, which were dropped, what is in reach. It is
computed once for each form version, procedure and set of connected sources.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain.errors import CannotMeasure
from gateway.domain.verdicts import decode_letters
from gateway.log.entries import (
    FormVersionLeaf,
    GrantLeaf,
    MetricDefinitionLeaf,
    Potential,
    PublicLeaf,
    Rows,
    UncountedInput,
)

CONFIRMED = "/confirmed"
"""How the name of a definition ends that counts dossiers where the portal first had them accepted."""

_FIRST_EDITION = "eform-gateway/measure/1"
BASE_CODE = 8
"""Characters of a procedure's code without the suffix of a unit."""

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
    least_age_hours: int | None = None
    month: str | None = None

    @property
    def edition(self) -> int:
        """The edition of the measure, 1 or 2."""
        return 1 if self.name.removesuffix(CONFIRMED) == _FIRST_EDITION else 2

    @property
    def confirmed(self) -> bool:
        """Whether only a dossier that the national portal has accepted counts."""
        return self.name.endswith(CONFIRMED)

    def is_instant(self, seconds: int, declared: int) -> bool:
        """Whether a submission came too soon, in seconds, for so many declared fields."""
        return seconds < self.instant_seconds + self.instant_seconds_per_field * declared


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One registered form version as its leaf states it, ready for counting.

    `attribute_of` is the attribute that fills a field, if any, `sources_of` the sources that can hold it.
    `declaration` is None in a leaf of version 1. `potential`: items that a connected source holds,
    and all items.
    """

    leaf: int
    form: str
    series: str
    version: str
    procedures: tuple[str, ...]
    declaration: str | None
    ceiling: int
    paths: tuple[str, ...] = field(repr=False)
    required: frozenset[str] = field(repr=False)
    item_of: Mapping[str, str] = field(repr=False)
    attribute_of: Mapping[str, str] = field(repr=False)
    sources_of: Mapping[str, frozenset[str]] = field(repr=False)
    uncounted: tuple[UncountedInput, ...] = field(repr=False)
    abolished: frozenset[str]
    added: frozenset[str]
    absent_items: tuple[str, ...]
    potential: Potential

    @property
    def items(self) -> frozenset[str]:
        """The official items of the fields that can be visible."""
        return frozenset(item for path, item in self.item_of.items() if path not in self._never)

    @property
    def required_items(self) -> frozenset[str]:
        """The official items of the required fields that can be visible."""
        asked = self.required - self._never
        return frozenset(self.item_of[path] for path in asked if path in self.item_of)

    @property
    def all_items(self) -> frozenset[str]:
        """Every official item that the leaf names."""
        return frozenset(self.item_of.values()) | set(self.absent_items)

    @property
    def _never(self) -> frozenset[str]:
        """The fields that are always hidden."""
        return frozenset(path for path, _, reason in self.uncounted if reason == "hidden")

    def keys(self, procedure: str | None) -> list[tuple[str, str]]:
        """The pairs of procedure and declaration of its baseline, the most specific first."""
        own = list(dict.fromkeys(code[:BASE_CODE] for code in self.procedures)) or [""]
        return [(code, self.declaration or "") for code in ((procedure or "")[:BASE_CODE], *own)]

    def read(self, leaf: int, letters: str, rows: Rows) -> dict[str, str]:
        """The letters of one payload by instance path; raises CannotMeasure when they do not fit."""
        try:
            return decode_letters(self.paths, letters, rows)
        except (ValueError, TypeError, AttributeError):
            raise CannotMeasure(leaf, "its letters do not fit the form version") from None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The first items of a procedure's official declaration (mốc so sánh), and the leaf that states them.

    `items` are all its items, `required` those that a required field asked.
    """

    log: str | None
    leaf: int
    required: frozenset[str] = field(repr=False)
    items: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Definitions:
    """Every definition and form version of one log, by leaf index; `test_tenants` by grant leaf.

    `baselines` by procedure and declaration; `connected` per tenant, by leaf, the sources that were both
    connected and granted from there on.
    """

    measures: tuple[Definition, ...]
    forms: Mapping[int, FormVersion]
    test_tenants: frozenset[str] = frozenset()
    baselines: Mapping[tuple[str, str], Baseline] = field(default_factory=dict)
    connected: Mapping[str, Sequence[tuple[int, frozenset[str]]]] = field(default_factory=dict)

    @property
    def edition(self) -> int:
        """The edition of the newest definition."""
        return self.measures[-1].edition if self.measures else 2

    def of_month(self, leaf: int, month: str) -> Definition:
        """The definition that `month` is closed by, its range ending before `leaf`; raises CannotMeasure."""
        for measure in reversed(self.measures):
            if measure.leaf < leaf and (measure.month is None or measure.month <= month):
                return measure
        raise CannotMeasure(leaf, "no definition of the measure stands before it")

    def connected_at(self, tenant: str, leaf: int) -> frozenset[str]:
        """The sources, without the session, that were connected and granted to a tenant at a leaf."""
        stated = self.connected.get(tenant, ())
        before = bisect_right([at for at, _ in stated], leaf)
        return stated[before - 1][1] if before else frozenset()

    def in_force(self, leaf: int) -> Definition:
        """The definition that a payload at `leaf` is counted by; CannotMeasure where none precedes it."""
        before = bisect_left([measure.leaf for measure in self.measures], leaf)
        if not before:
            raise CannotMeasure(leaf, "no definition of the measure stands before it")
        return self.measures[before - 1]

    def form(self, leaf: int, at: object) -> FormVersion:
        """The form version that a payload names; CannotMeasure for a leaf of another kind."""
        form = self.forms.get(at) if type(at) is int else None
        if form is None or form.leaf >= leaf:
            raise CannotMeasure(leaf, "it names no form version that stands before it")
        return form

    def first_version(self, form: str) -> FormVersion:
        """The first registered version of a form."""
        return min((f for f in self.forms.values() if f.form == form), key=lambda f: f.leaf)

    def baseline(self, form: FormVersion, procedure: str | None) -> Baseline:
        """What the declaration of a form version began with, for one of its procedures."""
        if form.declaration is not None:
            for key in form.keys(procedure):
                if key in self.baselines:
                    return self.baselines[key]
        first = self.first_version(form.form)
        return Baseline(None, first.leaf, first.required_items, first.all_items)


def read_definitions(leaves: Iterable[tuple[int, PublicLeaf]]) -> Definitions:
    """Gather what public leaves say; others than the three kinds that count are passed over."""
    measures: list[Definition] = []
    forms: dict[int, FormVersion] = {}
    tests: set[str] = set()
    baselines: dict[tuple[str, str], Baseline] = {}
    connected: dict[str, list[tuple[int, frozenset[str]]]] = {}
    for index, leaf in sorted(leaves, key=lambda one: one[0]):
        match leaf:
            case MetricDefinitionLeaf():
                measures.append(_definition(index, leaf))
            case FormVersionLeaf():
                forms[index] = _form_version(index, leaf)
                _take_baselines(baselines, forms[index], leaf)
            case GrantLeaf():
                if leaf.is_test:
                    tests.add(leaf.tenant)
                both = frozenset(leaf.connected) & set(leaf.sources) - {"session"}
                connected.setdefault(leaf.tenant, []).append((index, both))
    return Definitions(tuple(measures), forms, frozenset(tests), baselines, connected)


def _take_baselines(
    known: dict[tuple[str, str], Baseline], form: FormVersion, leaf: FormVersionLeaf
) -> None:
    """Take the baselines that a leaf repeats; for other procedures it begins those that do not exist."""
    if form.declaration is None:
        return
    for one in leaf.baselines:
        key = ((one.procedure or "")[:BASE_CODE], form.declaration)
        required = frozenset(item for item, needed in one.items if needed)
        items = frozenset(item for item, _ in one.items)
        known.setdefault(key, Baseline(one.log, one.leaf, required, items))
    own = Baseline(None, form.leaf, form.required_items, form.all_items)
    for key in form.keys(None)[1:]:
        known.setdefault(key, own)


def template_of(path: str) -> str:
    """The template path of an instance: `grid[1].key` is `grid[].key`."""
    return _ROW.sub("[]", path)


def _definition(index: int, leaf: MetricDefinitionLeaf) -> Definition:
    return Definition(
        index,
        leaf.definition,
        leaf.digest,
        leaf.instant_seconds,
        leaf.instant_seconds_per_field,
        leaf.mock,
        leaf.least_age_hours,
        leaf.month,
    )


def _form_version(index: int, leaf: FormVersionLeaf) -> FormVersion:
    fields = leaf.fields
    return FormVersion(
        leaf=index,
        form=leaf.form,
        series=leaf.series,
        version=leaf.version,
        procedures=leaf.procedures,
        declaration=leaf.declaration,
        ceiling=leaf.ceiling,
        paths=tuple(one.path for one in fields),
        required=frozenset(one.path for one in fields if one.required),
        item_of={one.path: one.item for one in fields if one.item is not None},
        attribute_of={one.path: one.attribute for one in fields if one.attribute is not None},
        sources_of={one.path: frozenset(one.sources) - {"session"} for one in fields},
        uncounted=leaf.uncounted,
        abolished=frozenset(one.item for one in leaf.abolished),
        added=frozenset(one.item for one in leaf.added),
        absent_items=leaf.absent_items,
        potential=leaf.potential,
    )


@dataclass(frozen=True, slots=True)
class Standard:
    """The rules by which dossiers of one form version are counted (chuẩn đếm).

    `item_of` holds the fields that stand for an official item. `dropped` are required items of the
    baseline that the version does not ask, `abolished` those of them that an act abolished, which its leaf
    names. `reach` are the fields that a source other than the session can hold, `connected_reach` those
    that a connected and granted one can.
    """

    edition: int
    item_of: Mapping[str, str] = field(repr=False)
    dropped: int
    abolished: int
    reach: frozenset[str] = field(repr=False)
    connected_reach: frozenset[str] = field(repr=False)


class Standards:
    """The standards of one log by one edition of the measure."""

    def __init__(self, definitions: Definitions, edition: int) -> None:
        self.edition = edition
        self._definitions = definitions
        self._known: dict[tuple[int, str | None, frozenset[str]], Standard] = {}

    def of(self, form: FormVersion, procedure: str | None, tenant: str, leaf: int) -> Standard:
        """The standard of a dossier whose last submission is at `leaf`."""
        connected = self._definitions.connected_at(tenant, leaf)
        key = form.leaf, procedure, connected
        if key not in self._known:
            self._known[key] = self._made(form, procedure, connected)
        return self._known[key]

    def _made(
        self, form: FormVersion, procedure: str | None, connected: frozenset[str]
    ) -> Standard:
        if self.edition == 1:
            first = self._definitions.first_version(form.form)
            dropped = len(first.required_items - form.items)
            return Standard(1, form.item_of, dropped, 0, frozenset(), frozenset())
        baseline = self._definitions.baseline(form, procedure)
        gone = baseline.required - form.items
        official = baseline.items | form.added
        return Standard(
            2,
            {path: item for path, item in form.item_of.items() if item in official},
            len(gone - form.abolished),
            len(gone & form.abolished),
            frozenset(path for path, sources in form.sources_of.items() if sources),
            frozenset(path for path, sources in form.sources_of.items() if sources & connected),
        )
