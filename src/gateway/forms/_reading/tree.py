"""The component tree of a form, with the paths that Form.io's core gives them.

`flat` is core's `path` (data keys alone, no row numbers), `full` its `fullPath` (layout keys too),
`first` its `dataPath` where every group is at row 0. A layout's data path is that of the scope it
stands in. Data scopes are the form, each container and each row of a group.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.domain.errors import FieldProblem, FormProblem
from gateway.forms._reading.templates import (
    Component,
    FieldTemplate,
    is_box,
    templates_of,
)

Shows = Callable[[object, object, tuple[int, ...]], bool]
"""A compiled condition: the data, the scope it stands in, the row of each group around it."""


class Kind(Enum):
    """What a component does with data."""

    INPUT = auto()
    GROUP = auto()
    CONTAINER = auto()
    LAYOUT = auto()
    CONTENT = auto()


_WITH_DATA = (Kind.INPUT, Kind.GROUP, Kind.CONTAINER)
_INPUTS = """textfield textarea number checkbox selectboxes select radio datetime day currency survey
email phoneNumber address file password tags url time signature hidden button recaptcha captcha"""
_LAYOUTS = "columns tabs panel fieldset table well"

KIND_OF: dict[str, Kind] = {
    **dict.fromkeys(_INPUTS.split(), Kind.INPUT),
    **dict.fromkeys(_LAYOUTS.split(), Kind.LAYOUT),
    **dict.fromkeys(("content", "htmlelement"), Kind.CONTENT),
    **dict.fromkeys(("datagrid", "editgrid"), Kind.GROUP),
    "container": Kind.CONTAINER,
}
"""Every component type that is understood; any other one is refused."""

_WITH_ADVICE = """form datamap tree datatable resource custom unknown tagpad sketchpad reviewpage
datasource dynamicWizard stripe location modaledit"""
WITH_ADVICE = frozenset(_WITH_ADVICE.split())
"""Types of Form.io that are not read, for which `reasons.py` says what to use instead."""

LONGEST_KEY = 255
LONGEST_PATH = 1_000
"""Characters of a component's key, and of its whole path in the data."""

UNCOUNTED = frozenset({"hidden", "button", "recaptcha", "captcha"})
"""Inputs that ask the citizen for nothing."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One path that a condition names: how to read it at given rows, and the component meant."""

    path: str
    read: Callable[[object, tuple[int, ...]], object]
    node: "Node | None"


@dataclass(slots=True, eq=False)
class Node:
    """One component in its place; `key` is the last step of its data path and `name` the key that
    the component itself has (another one in check boxes that share a name), `local` its data path
    below the innermost group, `holds_data` whether it has a key of its own in the data, `gate` the
    nearest component, itself or above it, that can hide it, `boxes` the check boxes of its name."""

    component: Component = field(repr=False)
    type: str
    kind: Kind
    key: str
    name: str
    path: str
    flat: str
    full: str
    first: str
    local: str
    groups: tuple["Node", ...]
    parent: "Node | None" = field(repr=False)
    hidden: bool
    clear: bool
    holds_data: bool
    templates: tuple[FieldTemplate, ...] = ()
    computed: bool = False
    children: list["Node"] = field(default_factory=list, repr=False)
    shows: Shows | None = None
    triggers: tuple["Trigger", ...] = ()
    gate: "Node | None" = field(default=None, repr=False)
    boxes: tuple["Node", ...] = field(default=(), repr=False)

    @property
    def sharing(self) -> tuple["Node", ...]:
        """The component itself and the check boxes that make one field with it."""
        return self.boxes or (self,)

    def walk(self) -> Iterator["Node"]:
        """The component and everything under it, in form order."""
        yield self
        for child in self.children:
            yield from child.walk()


def is_row(row: object) -> bool:
    """Whether core takes an entry of a group for a row: null, false, 0 and "" are none."""
    return bool(row) or isinstance(row, dict | list)


def container_of(node: Node) -> str:
    """The innermost container around a node, as a path below its row (or the form), else empty."""
    parent = node.parent
    while parent is not None and parent.kind is Kind.LAYOUT:
        parent = parent.parent
    return parent.local if parent is not None and parent.kind is Kind.CONTAINER else ""


def grow(components: object, problems: list[FieldProblem]) -> list[Node]:
    """The trees of a form's components; adds to `problems` what cannot stand in a tree."""
    return list(_grow(components, None, problems))


def _grow(components: object, parent: Node | None, problems: list[FieldProblem]) -> Iterator[Node]:
    if components is None:
        return
    if not isinstance(components, list):
        problems.append(FieldProblem(parent.full if parent else "", "bad_components"))
        return
    for component in components:
        if component is None:
            continue
        node = _node(component, parent, problems)
        if node is not None:
            for below in _below(node):
                node.children.extend(_grow(below, node, problems))
            yield node


def _node(component: object, parent: Node | None, problems: list[FieldProblem]) -> Node | None:
    place = parent.full if parent else ""
    if not isinstance(component, dict):
        problems.append(FieldProblem(place, "bad_component"))
        return None
    key, kind_name = _key(component), component.get("type")
    where = _join(place, key)
    # A tab of `tabs` has a key and components, but no type.
    in_tabs = kind_name is None and parent is not None and parent.type == "tabs"
    kind = (
        Kind.LAYOUT if in_tabs else KIND_OF.get(kind_name) if isinstance(kind_name, str) else None
    )
    if kind is None:
        about = kind_name if isinstance(kind_name, str) and kind_name in WITH_ADVICE else ""
        problems.append(FormProblem(where, "unknown_type", about=about))
        return None
    node = _placed(component, str(kind_name or ""), kind, key, parent)
    if node.holds_data and not _is_key(key):
        problems.append(FieldProblem(where, "bad_key"))
    if len(node.path) > LONGEST_PATH:
        problems.append(FieldProblem(where, "path_too_long"))
    return node


def _placed(
    component: Component, type_name: str, kind: Kind, key: str, parent: Node | None
) -> Node:
    own = key if kind in _WITH_DATA else ""
    row = parent is not None and parent.kind is Kind.GROUP
    groups = (*parent.groups, parent) if parent and row else parent.groups if parent else ()
    path = _join((f"{parent.path}[]" if row else parent.path) if parent else "", own)
    node = Node(
        component=component,
        type=type_name,
        kind=kind,
        key=key,
        name=_text(component.get("key")),
        path=path,
        flat=_join(parent.flat if parent else "", own),
        full=_join(parent.full if parent else "", key),
        first=_join((f"{parent.first}[0]" if row else parent.first) if parent else "", own),
        local=own if row or not parent else _join(parent.local, own),
        groups=groups,
        parent=parent,
        hidden=bool(component.get("hidden")),
        clear=component.get("clearOnHide") in (None, True),
        holds_data=kind in _WITH_DATA,
    )
    if kind is Kind.INPUT and type_name not in UNCOUNTED:
        node.templates = templates_of(component, path, tuple(group.path for group in groups))
    return node


def _below(node: Node) -> Iterator[object]:
    """The lists of components directly under one, where core looks for them."""
    component = node.component
    if node.kind in (Kind.GROUP, Kind.CONTAINER):
        yield component.get("components", [])
    if node.kind is not Kind.LAYOUT:
        return
    columns, rows = component.get("columns"), component.get("rows")
    if isinstance(columns, list):
        yield from (column.get("components", []) for column in columns if isinstance(column, dict))
    elif isinstance(rows, list):
        cells = (cell for row in rows if isinstance(row, list) for cell in row)
        yield from (cell.get("components", []) for cell in cells if isinstance(cell, dict))
    else:
        yield component.get("components", [])


def _key(component: Component) -> str:
    return _text(component.get("name") if is_box(component) else component.get("key"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_key(key: str) -> bool:
    return 0 < len(key) <= LONGEST_KEY and not set(key) & set('[]"\\ \n') and all(key.split("."))


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place and key else place or key
