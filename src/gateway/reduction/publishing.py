"""Write definitions and form versions into the log before the first case is counted by them.

The leaves `metric-definition` and `form-version` (docs/log-leaves.md) have no free text. A definition is
written when it differs from the one in force, a form version once. A definition of another name counts from
the first month of which the log holds no case yet.

The baseline of a procedure and official declaration is what its first registered form version asks,
with the items of the declaration that it leaves out. It never changes: another form of the same
declaration inherits it, and the first form-version leaf of it in a new log repeats it, naming log and
leaf of origin (`RepeatedBaseline`). A leaf without an entry for one of its procedures
either begins the baseline itself or comes after a leaf that states it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from gateway.access.grants import settle_connected
from gateway.domain.identifiers import SourceId
from gateway.domain.json_texts import own_json, read_json
from gateway.forms.bundles import BASE_CODE
from gateway.forms.catalogue import COUNTING_ENGINE, Catalogue, RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.values import LOCAL_ZONE
from gateway.log.append import append_public
from gateway.log.entries import (
    BaselineItem,
    CountedField,
    FormVersionLeaf,
    ItemByAct,
    MetricDefinitionLeaf,
    Potential,
    RepeatedBaseline,
    SourceLetters,
    UncountedInput,
    decode_leaf,
)
from gateway.log.keys import log_name
from gateway.sources.registry import registered
from gateway.sources.source import UnusableSource
from gateway.storage.schema import baselines, bodies, form_versions, leaves, metric_definitions

CONFIRMED = "/confirmed"
"""How the name of a definition ends that counts dossiers where the portal first had them accepted."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The definition of the figures that a deployment counts by (định nghĩa chỉ số cắt giảm).

    `digest` pins the normative text; the first two numbers say which dossiers are *instant*, the
    third from which age on an unvouched record is a fact.
    """

    name: str
    digest: str
    instant_seconds: int
    instant_seconds_per_field: int
    least_age_hours: int
    mock: bool


LEAST_INSTANT_SECONDS = 20
LEAST_INSTANT_SECONDS_PER_FIELD = 1
LEAST_AGE_HOURS = 24


def read_measure(
    path: Path,
    *,
    mock: bool,
    instant_seconds: int = LEAST_INSTANT_SECONDS,
    instant_seconds_per_field: int = LEAST_INSTANT_SECONDS_PER_FIELD,
    least_age_hours: int = LEAST_AGE_HOURS,
    portal: bool = False,
) -> Measure:
    """Read schemas/measure.json for this deployment; times in seconds and hours.

    Where a portal is connected only confirmed dossiers count, and the definition's name ends in CONFIRMED.

    Raises ValueError, naming the setting, for a number below its lower bound: they may be raised,
    and only a deployment that is marked as mock may set the instant rule to anything else.
    """
    bounds = {
        "instant_seconds": (instant_seconds, LEAST_INSTANT_SECONDS),
        "instant_seconds_per_field": (instant_seconds_per_field, LEAST_INSTANT_SECONDS_PER_FIELD),
    }
    for name, (number, least) in bounds.items():
        if number < least and not mock:
            raise ValueError(f"{name} is at least {least} but in a deployment marked as mock")
    if least_age_hours < LEAST_AGE_HOURS:
        raise ValueError(f"least_age_hours is at least {LEAST_AGE_HOURS}")
    raw = path.read_bytes()
    digest = "sha256:" + hashlib.sha256(raw).hexdigest()
    name = read_json(raw)["definition"] + (CONFIRMED if portal else "")
    return Measure(name, digest, instant_seconds, instant_seconds_per_field, least_age_hours, mock)


def publish_definitions(
    connection: Connection,
    catalogue: Catalogue,
    measure: Measure,
    now: datetime,
    connected: frozenset[SourceId],
) -> dict[str, int]:
    """Write what is not in the log yet: the definition first, then each registered form version.

    Then every tenant's grant whose last leaf names other connections. Gives the leaf index of every
    registered version, by version. Raises UnusableSource where an installed source has other letters
    than this log declares.
    """
    _check_letters(connection)
    _publish_measure(connection, measure, now)
    known: dict[str, int] = {
        row.version: row.leaf
        for row in connection.execute(select(form_versions.c.version, form_versions.c.leaf))
    }
    leaves_of = {
        form.version: known[form.version]
        if form.version in known
        else _publish_form(connection, form, connected, now)
        for form in catalogue.forms()
    }
    settle_connected(connection, connected)
    return leaves_of


def _check_letters(connection: Connection) -> None:
    wanted = select(leaves.c.entry).join(form_versions, form_versions.c.leaf == leaves.c.idx)
    sources = registered()
    for entry in connection.execute(wanted).scalars():
        leaf = decode_leaf(entry) if b'"letters"' in entry else None
        for source, *letters in leaf.letters if isinstance(leaf, FormVersionLeaf) else ():
            taken = {sources.source_of_letter.get(letter, source) for letter in letters}
            declared = sources.declared.get(SourceId(source), tuple(letters))
            if taken != {source} or declared != tuple(letters):
                raise UnusableSource(
                    f"source {source}: this log declares the letters {' and '.join(letters)} for it,"
                    " which no version of it and no other source may change"
                )


def _publish_measure(connection: Connection, measure: Measure, now: datetime) -> None:
    latest = _latest_definition(connection)
    month = _month_of(now)
    if latest is not None and latest.definition != measure.name:
        month = _first_free_month(connection, now)
    leaf = MetricDefinitionLeaf(
        definition=measure.name,
        digest=measure.digest,
        instant_seconds=measure.instant_seconds,
        instant_seconds_per_field=measure.instant_seconds_per_field,
        least_age_hours=measure.least_age_hours,
        mock=measure.mock,
        month=month,
    )
    if latest is not None and replace(latest, month=month) == leaf:
        return
    appended = append_public(connection, leaf)
    row = {"leaf": appended.index, "hash": appended.hash}
    connection.execute(insert(metric_definitions), row)


def _latest_definition(connection: Connection) -> MetricDefinitionLeaf | None:
    wanted = (
        select(leaves.c.entry)
        .join(metric_definitions, metric_definitions.c.leaf == leaves.c.idx)
        .order_by(leaves.c.idx.desc())
        .limit(1)
    )
    entry = connection.execute(wanted).scalar_one_or_none()
    leaf = None if entry is None else decode_leaf(entry)
    return leaf if isinstance(leaf, MetricDefinitionLeaf) else None


def _first_free_month(connection: Connection, now: datetime) -> str:
    """This month where the log holds no case of it yet, else the next one."""
    last = connection.execute(select(func.max(bodies.c.hour))).scalar_one()
    month = _month_of(now)
    if last is None or _month_of(datetime.fromtimestamp(last * 3600, UTC)) < month:
        return month
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def _month_of(when: datetime) -> str:
    local = when.astimezone(LOCAL_ZONE)
    return f"{local.year:04}-{local.month:02}"


def _publish_form(
    connection: Connection, form: RegisteredForm, connected: frozenset[SourceId], now: datetime
) -> int:
    leaf = form_version_leaf(form, connected, inherited(connection, form))
    appended = append_public(connection, leaf)
    begin(connection, form, leaf, appended.index)
    row = {
        "version": form.version,
        "form": form.code,
        "leaf": appended.index,
        "series": form.series,
        "registered_at": int(now.timestamp()),
    }
    connection.execute(insert(form_versions), row)
    return appended.index


def form_version_leaf(
    form: RegisteredForm,
    connected: frozenset[SourceId],
    repeated: Sequence[RepeatedBaseline] = (),
) -> FormVersionLeaf:
    """The public leaf of a registered version: what it counts, and what could fill it.

    `repeated` are the baselines of an earlier log that this leaf states again.
    """
    bindings = form.bindings
    uncounted = form.definition.uncounted
    fields = tuple(_field(form, template) for template in form.declarable)
    named = form.dictionary.sources.union(*(one.sources for one in fields))
    return FormVersionLeaf(
        form=form.code,
        procedures=tuple(bindings.procedures),
        declaration=bindings.declaration,
        version=form.version,
        series=form.series,
        form_digest=form.definition.digest,
        bindings_digest=bindings.digest,
        dictionary_digest=form.dictionary.digest,
        engine=COUNTING_ENGINE,
        fields=fields,
        uncounted=tuple(UncountedInput(one.path, one.type, one.reason) for one in uncounted),
        absent_items=tuple(bindings.absent_items),
        abolished=tuple(ItemByAct(*one) for one in sorted(bindings.abolished.items())),
        added=tuple(ItemByAct(*one) for one in sorted(bindings.added.items())),
        baselines=tuple(repeated),
        potential=Potential(*form.potential(connected)),
        letters=tuple(
            SourceLetters(name, *letters)
            for name, letters in registered().declared.items()
            if name in named
        ),
    )


def _field(form: RegisteredForm, template: FieldTemplate) -> CountedField:
    binding = form.bindings.by_field.get(template.path)
    return CountedField(
        template.path,
        template.type,
        int(template.required),
        form.bindings.item_of(template.path),
        None if binding is None else binding.attribute,
        tuple(form.sources_of(template.path)),
    )


def procedures_of(form: RegisteredForm) -> Sequence[str]:
    """The base codes of a form's procedures, or one that is empty where it has none."""
    return list(dict.fromkeys(code[:BASE_CODE] for code in form.bindings.procedures)) or [""]


def inherited(connection: Connection, form: RegisteredForm) -> list[RepeatedBaseline]:
    """The baselines that the leaf of a new version repeats; they are marked as stated in this log."""
    origin = log_name(connection)
    repeated: list[RepeatedBaseline] = []
    for procedure in procedures_of(form):
        mine = (baselines.c.procedure == procedure) & (
            baselines.c.declaration == form.bindings.declaration
        )
        known = connection.execute(select(baselines).where(mine)).first()
        if known is None:
            known = _of_the_first_edition(connection, form, procedure, origin)
        elif known.stated_in == origin:
            continue
        if known is not None:
            connection.execute(update(baselines).where(mine).values(stated_in=origin))
            items = tuple(BaselineItem(*one) for one in own_json(known.items_json))
            repeated.append(RepeatedBaseline(procedure or None, known.origin, known.leaf, items))
    return repeated


def begin(connection: Connection, form: RegisteredForm, leaf: FormVersionLeaf, at: int) -> None:
    """Keep a new version's items as the baseline of each procedure that has none yet."""
    for procedure in procedures_of(form):
        _keep(connection, form, procedure, log_name(connection), at, items_of(leaf))


def items_of(leaf: FormVersionLeaf) -> list[BaselineItem]:
    """The items of a form version: required where a required field that may show asks it."""
    never = {one.path for one in leaf.uncounted if one.reason == "hidden"}
    required: dict[str, int] = dict.fromkeys(leaf.absent_items, 0)
    for path, _, needed, item, *_ in leaf.fields:
        if item is not None:
            required[item] = max(needed if path not in never else 0, required.get(item, 0))
    return [BaselineItem(item, required[item]) for item in sorted(required)]


def _of_the_first_edition(
    connection: Connection, form: RegisteredForm, procedure: str, origin: str
) -> Any:
    """The baseline that a leaf of version 1 began, which names no declaration."""
    of_form = (
        select(leaves.c.idx, leaves.c.entry)
        .join(form_versions, form_versions.c.leaf == leaves.c.idx)
        .where(form_versions.c.form == form.code)
        .order_by(leaves.c.idx)
        .limit(1)
    )
    first = connection.execute(of_form).first()
    if first is None:
        return None
    leaf = decode_leaf(first.entry)
    if not isinstance(leaf, FormVersionLeaf) or leaf.v != 1:
        return None
    _keep(connection, form, procedure, origin, first.idx, items_of(leaf))
    mine = (baselines.c.procedure == procedure) & (
        baselines.c.declaration == form.bindings.declaration
    )
    return connection.execute(select(baselines).where(mine)).one()


def _keep(
    connection: Connection,
    form: RegisteredForm,
    procedure: str,
    origin: str,
    leaf: int,
    items: Sequence[BaselineItem],
) -> None:
    declaration = form.bindings.declaration
    mine = (baselines.c.procedure == procedure) & (baselines.c.declaration == declaration)
    if connection.execute(select(baselines.c.leaf).where(mine)).first() is not None:
        return
    row = {
        "procedure": procedure,
        "declaration": declaration,
        "origin": origin,
        "leaf": leaf,
        "items_json": json.dumps(items),
        "stated_in": origin,
    }
    connection.execute(insert(baselines), row)
