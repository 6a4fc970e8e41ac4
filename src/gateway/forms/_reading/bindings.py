"""Read the bindings beside a form, and check them against it and the dictionary.

Reads `schemas/forms/<form>/bindings.json`. Beyond the fields that name themselves:

- `roles`: a role is one way to find its person, or a list of ways tried in order. A way is
  `{"is": "subject"}`, `{"from": role, "by": attribute, "many": bool}` or
  `{"given": {"personal_id": path, "full_name": path, "birth_date": path}}` (a name in parts:
  `surname`, `middle_name`, `given_name`); with
  `"when": {path: [values]}` it holds only while the form's data at `path` is one of `values`.
- `of` in a binding to a `derived.*` attribute: the fields that it is worked out from.
- `sets`: hidden components that the gateway sets, `{path: {"source_down": source}}`: true when
  the source could not, or may not, be asked, else false.
- `declaration`: the official declaration (mẫu số) that the form stands for.
- `item_sources`: per item of unbound fields the sources that the declaration's list names for it.
- `abolished`, `added`: per item the number of the act that abolished or added it, `07/2023/TT-BTP`.
- `serves`: the procedures of a linked declaration, see `bundles.py`.
"""

import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.errors import FieldProblem, FormRefused
from gateway.domain.identifiers import AttributeName, FormCode, RoleName, SourceId
from gateway.domain.verdicts import EditPolicy
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms.attributes import DERIVED, Dictionary
from gateway.forms.bindings import Binding, Bindings, Way
from gateway.forms.bundles import ServedFile, serving_problems
from gateway.forms.definition import FormDefinition

_PEOPLE = frozenset({"person", "persons"})
"""Types of attributes that lead from one person to others, and are no value of a field."""


_SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]
_Act = Annotated[
    str, Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})?(/[0-9]{4})?/[A-ZĐ][A-ZĐ0-9-]{1,40}$")
]
_Item = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)


class _WayFile(_Strict):
    is_: Annotated[str | None, Field(alias="is", pattern="^subject$")] = None
    from_: Annotated[str | None, Field(alias="from")] = None
    by: str | None = None
    many: bool = False
    given: dict[str, str] | None = None
    when: dict[str, list[str]] | None = None


class _BindingFile(_Strict):
    field: str
    item: str | None = None
    role: str
    attribute: str
    edit: EditPolicy | None = None
    format: str | None = None
    of: list[str] = Field(default_factory=list)
    subkeys: list[str] = Field(default_factory=list)


class _SetFile(_Strict):
    source_down: str


class _BindingsFile(_Strict):
    schema_: Annotated[str | None, Field(alias="$schema")] = None
    form: str
    title: str
    procedures: list[Annotated[str, Field(pattern=r"^[0-9]\.[0-9]{6}$")]]
    declaration: Annotated[str | None, Field(pattern=r"^[0-9A-Za-z._/-]{1,100}$")] = None
    roles: dict[str, _WayFile | list[_WayFile]]
    ceiling: Annotated[int, Field(ge=0)]
    login_fills: list[str] = Field(default_factory=list)
    row_key: dict[str, str] = Field(default_factory=dict)
    items: dict[str, str] = Field(default_factory=dict)
    item_sources: dict[_Item, list[_SourceName]] = Field(default_factory=dict)
    absent_items: list[str] = Field(default_factory=list)
    abolished: dict[_Item, _Act] = Field(default_factory=dict)
    added: dict[_Item, _Act] = Field(default_factory=dict)
    bindings: list[_BindingFile]
    sets: dict[str, _SetFile] = Field(default_factory=dict)
    not_supplied: dict[str, str] = Field(default_factory=dict)
    serves: list[ServedFile] = Field(default_factory=list)


def read_bindings(raw: bytes, form: FormDefinition, dictionary: Dictionary) -> Bindings:
    """Read a bindings file and hold it against its form; raises FormRefused with every problem."""
    try:
        read = _BindingsFile.model_validate(decode_strictly(raw))
    except ValidationError as error:
        raise FormRefused(
            tuple(
                FieldProblem("bindings:" + ".".join(str(part) for part in e["loc"]), e["type"])
                for e in error.errors(include_input=False)
            )
        ) from None
    bindings = _bindings(read, "sha256:" + hashlib.sha256(raw).hexdigest())
    if problems := tuple(_problems(bindings, form, dictionary)):
        raise FormRefused(problems)
    return bindings


def _bindings(read: _BindingsFile, digest: str) -> Bindings:
    all_bindings = tuple(
        Binding(
            b.field,
            b.item,
            RoleName(b.role),
            AttributeName(b.attribute),
            b.edit,
            b.format,
            tuple(b.of),
            tuple(b.subkeys),
        )
        for b in read.bindings
    )
    return Bindings(
        form=FormCode(read.form),
        title=read.title,
        procedures=tuple(read.procedures),
        declaration=read.declaration or read.form,
        roles={RoleName(name): _ways(ways) for name, ways in read.roles.items()},
        ceiling=read.ceiling,
        login_fills=frozenset(read.login_fills),
        row_key=read.row_key,
        items=read.items,
        item_sources={
            item: tuple(map(SourceId, sources)) for item, sources in read.item_sources.items()
        },
        absent_items=tuple(read.absent_items),
        abolished=read.abolished,
        added=read.added,
        bindings=all_bindings,
        sets={path: SourceId(rule.source_down) for path, rule in read.sets.items()},
        not_supplied=read.not_supplied,
        serves=tuple(served.read() for served in read.serves),
        digest=digest,
        skeleton=_skeleton(read),
        by_field={b.field: b for b in all_bindings},
    )


def _skeleton(read: _BindingsFile) -> str:
    """What of the bindings bears on counting, as text: another title or reason changes nothing."""
    counted = {
        "roles",
        "login_fills",
        "row_key",
        "items",
        "declaration",
        "item_sources",
        "abolished",
        "added",
        "absent_items",
        "bindings",
        "sets",
    }
    kept = read.model_dump(mode="json", by_alias=True, include=counted)
    kept |= {name: sorted(kept[name]) for name in ("login_fills", "absent_items")}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _ways(read: "_WayFile | list[_WayFile]") -> tuple[Way, ...]:
    return tuple(
        Way(
            subject=way.is_ is not None,
            start=None if way.from_ is None else RoleName(way.from_),
            by=None if way.by is None else AttributeName(way.by),
            many=way.many,
            given=way.given,
            when=None if way.when is None else {p: tuple(v) for p, v in way.when.items()},
        )
        for way in (read if isinstance(read, list) else [read])
    )


def _problems(
    bindings: Bindings, form: FormDefinition, dictionary: Dictionary
) -> "list[FieldProblem]":
    known = {template.path for template in form.fields}
    problems = [
        FieldProblem(path, "no_such_field")
        for path in [
            *bindings.by_field,
            *bindings.items,
            *bindings.login_fills,
            *(path for b in bindings.bindings for path in b.of),
        ]
        if path not in known
    ]
    problems += [
        FieldProblem(f"row_key.{group}", "no_such_group")
        for group in bindings.row_key
        if group not in {g.removesuffix("[]") for g in form.groups}
    ]
    problems += _unknown_items(bindings)
    problems += [
        FieldProblem(f"item_sources.{item}", "no_such_source")
        for item, sources in bindings.item_sources.items()
        if not dictionary.sources.issuperset(sources)
    ]
    problems += [*_claimed_twice(bindings), *serving_problems(bindings.serves, bindings.all_items)]
    for b in bindings.bindings:
        problems += _binding_problems(b, bindings, dictionary)
    for role in bindings.roles:
        problems += _role_problems(role, bindings, dictionary, known)
    return problems


def _claimed_twice(bindings: Bindings) -> "list[FieldProblem]":
    fields = [b.field for b in bindings.bindings]
    problems = [
        FieldProblem(f, "bound_twice") for f in dict.fromkeys(fields) if fields.count(f) > 1
    ]
    asked = {b.item for b in bindings.bindings} | set(bindings.items.values())
    twice = [path for path in bindings.items if path in bindings.by_field]
    twice += [f"absent_items.{item}" for item in bindings.absent_items if item in asked]
    return problems + [FieldProblem(path, "item_claimed_twice") for path in twice]


def _unknown_items(bindings: Bindings) -> "list[FieldProblem]":
    """Sources and acts of items that the file does not name, or names in two contradictory ways."""
    asked = {b.item for b in bindings.bindings} | set(bindings.items.values())
    wrong = [f"item_sources.{item}" for item in bindings.item_sources if item not in asked]
    wrong += [f"added.{item}" for item in bindings.added if item not in bindings.all_items]
    wrong += [f"abolished.{item}" for item in bindings.abolished if item in asked]
    return [FieldProblem(path, "no_such_item") for path in wrong]


def _binding_problems(
    b: Binding, bindings: Bindings, dictionary: Dictionary
) -> "list[FieldProblem]":
    problems = []
    if b.attribute not in dictionary:
        problems.append(FieldProblem(b.field, "no_such_attribute"))
    elif dictionary[b.attribute].type in _PEOPLE:
        problems.append(FieldProblem(b.field, "person_is_no_value"))
    if b.role not in bindings.roles:
        problems.append(FieldProblem(b.field, "no_such_role"))
    if b.attribute.startswith(DERIVED) != bool(b.of):
        problems.append(FieldProblem(b.field, "derived_needs_of"))
    return problems


def _role_problems(
    role: RoleName, bindings: Bindings, dictionary: Dictionary, known: set[str]
) -> "list[FieldProblem]":
    problems = []
    for way in bindings.roles[role]:
        if sum([way.subject, way.start is not None, way.given is not None]) != 1:
            problems.append(FieldProblem(f"roles.{role}", "one_way_each"))
        if way.start is not None and (
            way.by is None
            or way.by not in dictionary
            or dictionary[way.by].type not in _PEOPLE
            or way.start not in bindings.roles
        ):
            problems.append(FieldProblem(f"roles.{role}", "cannot_be_reached"))
        paths = [*(way.given or {}).values(), *(way.when or {})]
        problems += [
            FieldProblem(f"roles.{role}", "no_such_field") for p in paths if p not in known
        ]
    if not _reachable(role, bindings, frozenset()):
        problems.append(FieldProblem(f"roles.{role}", "cannot_be_reached"))
    return problems


def _reachable(role: RoleName, bindings: Bindings, above: frozenset[RoleName]) -> bool:
    """Whether some rule ends at the subject or at given data without a cycle."""
    if role in above or role not in bindings.roles:
        return False
    return any(
        way.start is None or _reachable(way.start, bindings, above | {role})
        for way in bindings.roles[role]
    )
