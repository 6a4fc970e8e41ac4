"""Which definitions does the log hold before the first case is counted by them?

Two kinds of public leaves, free of text that anybody wrote:

    metric-definition   {"kind", "v": 1, "definition", "digest", "instant_seconds",
                        "instant_seconds_per_field", "mock"}
                        digest: `sha256:` and the SHA-256 of the bytes of schemas/measure.json
    form-version        {"kind", "v": 1, "form", "procedures", "version", "series", "form_digest",
                        "bindings_digest", "dictionary_digest", "engine", "ceiling", "fields",
                        "absent_items", "potential": [items that a connected source holds, items]}
                        fields: [path, component type, required 0 or 1, item or null, attribute or
                        null, [sources in order of precedence]], in the order of the letters in
                        case bodies (`domain/letters.py`)

A definition is written when it is another than the one in force, a form version once for ever.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select

from gateway.domain.identifiers import POPULATION, RECORDS, SESSION, SourceId
from gateway.forms.catalogue import COUNTING_ENGINE, Catalogue, RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.log.append import append_public
from gateway.log.leaves import leaf_hash, public_entry
from gateway.storage.schema import form_versions, metric_definitions

CONFIRMED = "/confirmed"
"""How the name of a definition ends that counts dossiers where the portal first had them accepted."""

CONNECTED: frozenset[SourceId] = frozenset({SESSION, POPULATION, RECORDS})
"""The sources that a deployment of this release reads."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The definition of the figures that a deployment counts by (định nghĩa chỉ số cắt giảm).

    `digest` pins the normative text; the two numbers say which dossiers are *instant*.
    """

    name: str
    digest: str
    instant_seconds: int
    instant_seconds_per_field: int
    mock: bool


def read_measure(
    path: Path,
    *,
    mock: bool,
    instant_seconds: int = 20,
    instant_seconds_per_field: int = 1,
    portal: bool = False,
) -> Measure:
    """Read schemas/measure.json for this deployment.

    Where a portal is connected only confirmed dossiers count, and the definition's name says so.

    Raises ValueError when a number is 0 without `mock`: only a deployment that is marked as mock
    may count dossiers that nobody had time to read.
    """
    if not mock and 0 in (instant_seconds, instant_seconds_per_field):
        raise ValueError("only a deployment marked as mock may set the instant rule to 0")
    raw = path.read_bytes()
    digest = "sha256:" + hashlib.sha256(raw).hexdigest()
    name = json.loads(raw)["definition"] + (CONFIRMED if portal else "")
    return Measure(name, digest, instant_seconds, instant_seconds_per_field, mock)


def publish_definitions(
    connection: Connection,
    catalogue: Catalogue,
    measure: Measure,
    now: datetime,
    connected: frozenset[SourceId] = CONNECTED,
) -> dict[str, int]:
    """Write what is not in the log yet: the definition first, then each registered form version.

    Gives the leaf index of every registered version, by version.
    """
    _publish_measure(connection, measure)
    known: dict[str, int] = {
        row.version: row.leaf
        for row in connection.execute(select(form_versions.c.version, form_versions.c.leaf))
    }
    return {
        form.version: known[form.version]
        if form.version in known
        else _publish_form(connection, form, connected, now)
        for form in catalogue.forms()
    }


def _publish_measure(connection: Connection, measure: Measure) -> None:
    leaf = {
        "kind": "metric-definition",
        "v": 1,
        "definition": measure.name,
        "digest": measure.digest,
        "instant_seconds": measure.instant_seconds,
        "instant_seconds_per_field": measure.instant_seconds_per_field,
        "mock": measure.mock,
    }
    latest = select(metric_definitions.c.hash).order_by(metric_definitions.c.leaf.desc()).limit(1)
    if connection.execute(latest).scalar_one_or_none() == leaf_hash(public_entry(leaf)):
        return
    appended = append_public(connection, leaf)
    row = {"leaf": appended.index, "hash": appended.hash}
    connection.execute(insert(metric_definitions), row)


def _publish_form(
    connection: Connection, form: RegisteredForm, connected: frozenset[SourceId], now: datetime
) -> int:
    appended = append_public(connection, form_version_leaf(form, connected))
    row = {
        "version": form.version,
        "form": form.code,
        "leaf": appended.index,
        "series": form.series,
        "registered_at": int(now.timestamp()),
    }
    connection.execute(insert(form_versions), row)
    return appended.index


def form_version_leaf(form: RegisteredForm, connected: frozenset[SourceId]) -> Mapping[str, object]:
    """What anybody may know of a registered version: what it counts, and what could fill it."""
    return {
        "kind": "form-version",
        "v": 1,
        "form": form.code,
        "procedures": list(form.bindings.procedures),
        "version": form.version,
        "series": form.series,
        "form_digest": form.definition.digest,
        "bindings_digest": form.bindings.digest,
        "dictionary_digest": form.dictionary.digest,
        "engine": COUNTING_ENGINE,
        "ceiling": form.bindings.ceiling,
        "fields": [_field(form, template) for template in form.declarable],
        "absent_items": list(form.bindings.absent_items),
        "potential": list(form.potential(connected)),
    }


def _field(form: RegisteredForm, template: FieldTemplate) -> list[object]:
    binding = form.bindings.by_field.get(template.path)
    return [
        template.path,
        template.type,
        int(template.required),
        form.bindings.item_of(template.path),
        None if binding is None else binding.attribute,
        [] if binding is None else list(form.dictionary[binding.attribute].sources),
    ]
