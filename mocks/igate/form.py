"""A form as iGate's screen knows it: its inputs, what fills them, and which answers decide.

Read from `GET /v1/forms/{form}`: `definition` is the Form.io JSON, `bindings` the file beside
it: which role's attribute fills which input, and who stands behind each role.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_GROUPS = ("datagrid", "editgrid")
_NO_INPUTS = ("button", "content", "htmlelement", "hidden", "file")
_VARIABLE = re.compile(r'"var": *"(?:data|row)\.([A-Za-z0-9_]+)')


@dataclass(frozen=True, slots=True)
class Input:
    """One input component; `path` is a template path, `grid[].key` in a row.

    `item` says that the value is a whole `{label, value}`; `remote` is where the choices are
    fetched, with `{{ data.key.value }}` for what depends on another answer.
    """

    path: str
    type: str
    label: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    remote: str | None
    item: bool
    addressee: bool
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """One form as the screen shows it. `bound` maps an input to the role and attribute behind it.

    `deciding` are the inputs on whose answer others depend, or who it is that can be read;
    `login_fills` those that the province's own sign-in fills. `items` names the official item that
    an input stands for, `roles` the ways in which the person behind a role is found.
    """

    code: str
    inputs: Mapping[str, Input]
    bound: Mapping[str, tuple[str, str]]
    deciding: frozenset[str]
    required_groups: frozenset[str]
    login_fills: tuple[str, ...]
    items: Mapping[str, str]
    roles: Mapping[str, tuple[Mapping[str, Any], ...]]

    def input_at(self, path: str) -> Input:
        """The input behind an instance path such as `grid[1].key`; KeyError if there is none."""
        return self.inputs[template_of(path)]

    @property
    def asked_first(self) -> frozenset[str]:
        """The inputs that say who is meant, outside of rows."""
        when = (way.get("when") or {} for ways in self.roles.values() for way in ways)
        return frozenset(path for paths in when for path in paths if "[]" not in path)

    def keys(self, role: str) -> Iterator[str]:
        """The inputs in which somebody says who stands behind a role, so that more can be read."""
        for way in self.roles[role]:
            yield from (way.get("given") or {}).values()


def template_of(path: str) -> str:
    """`grid[1].key` -> `grid[].key`."""
    return re.sub(r"\[[0-9]+\]", "[]", path)


def read_form(definition: Mapping[str, Any], bindings: Mapping[str, Any]) -> Form:
    """Put a form's definition and its bindings together."""
    components = list(_components(definition.get("components", []), ""))
    inputs = {path: _input(path, c) for path, c in components if _takes_input(c)}
    steering = {name for _, c in components for name in _triggers(c)} | set(_steers(bindings))
    return Form(
        code=bindings["form"],
        inputs=inputs,
        bound={b["field"]: (b["role"], b["attribute"]) for b in bindings["bindings"]},
        deciding=frozenset(path for path in inputs if path in steering),
        required_groups=frozenset(
            path for path, c in components if c["type"] in _GROUPS and _required(c)
        ),
        login_fills=tuple(bindings.get("login_fills", ())),
        items=dict(bindings.get("items", {}))
        | {b["field"]: b["item"] for b in bindings["bindings"] if "item" in b},
        roles=_roles(bindings),
    )


def _roles(bindings: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    stated = bindings["roles"].items()
    return {role: tuple(ways if isinstance(ways, list) else [ways]) for role, ways in stated}


def _steers(bindings: Mapping[str, Any]) -> Iterator[str]:
    """The inputs by which the gateway tells who stands behind a role, or works a value out."""
    for binding in bindings["bindings"]:
        yield from binding.get("of", ())
    for ways in _roles(bindings).values():
        for way in ways:
            yield from (way.get("given") or {}).values()
            yield from way.get("when") or {}


def _components(components: list[Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for component in components:
        path = prefix + str(component.get("key", ""))
        yield path, component
        below = prefix
        if component["type"] in _GROUPS:
            below = f"{path}[]."
        elif component["type"] == "container":
            below = f"{path}."
        yield from _components(_inside(component), below)


def _inside(component: Mapping[str, Any]) -> list[Any]:
    inside = list(component.get("components") or [])
    for column in component.get("columns") or []:
        inside += column.get("components") or []
    if component["type"] == "table":
        for row in component.get("rows") or []:
            inside += [c for cell in row for c in cell.get("components") or []]
    return inside


def _takes_input(component: Mapping[str, Any]) -> bool:
    kind = component["type"]
    return bool(component.get("input")) and kind not in (*_GROUPS, "container", *_NO_INPUTS)


def _required(component: Mapping[str, Any]) -> bool:
    return bool((component.get("validate") or {}).get("required"))


def _input(path: str, component: Mapping[str, Any]) -> Input:
    data = component.get("data") or {}
    held = component.get("values") or data.get("values") or data.get("json") or []
    remote = data.get("url") if component.get("dataSrc") == "url" else None
    whole = component.get("dataSrc") in ("url", "json") and not component.get("valueProperty")
    return Input(
        path=path,
        type=component["type"],
        label=component.get("label", ""),
        required=_required(component),
        choices=tuple(
            (str(c["value"]), c["label"]) for c in held if c.get("value") not in ("", None)
        ),
        remote=remote or None,
        item=component["type"] == "select" and whole,
        addressee=bool((component.get("properties") or {}).get("addressee")),
        limits=component.get("validate") or {},
    )


def _triggers(component: Mapping[str, Any]) -> Iterator[str]:
    """The inputs named in a component's condition, whichever of the three kinds it is."""
    condition = component.get("conditional") or {}
    for one in condition.get("conditions") or []:
        yield str(one["component"])
    if condition.get("when"):
        yield str(condition["when"]).partition(".value")[0]
    if condition.get("json"):
        yield from _VARIABLE.findall(json.dumps(condition["json"]))
