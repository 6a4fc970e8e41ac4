"""Read what one input component asks for, and the shape of its answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.domain.errors import FormRefused
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms._showing.javascript import from_json, to_string

Component: TypeAlias = Mapping[str, object]

SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select, radio, survey or set of boxes; `value` as JavaScript prints it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class FieldTemplate:
    """One declarable place of a form (trường thông tin): a component, or one question of a survey.

    `path` is `hoTen`, `thanhVien[].soDinhDanh`, `container.key`, `survey.q1`; `groups` are the
    template paths of the repeating groups around it, outermost first; `item_shape` marks a select
    whose value is the whole item `{label, value}`; `subkeys` are those of a composite and `parts` the
    components under them, each with its sub-key as its path; `day_parts` the parts that a day
    component shows, in its order; `boxes` are, of a radio that is made of check boxes of one name,
    the values that these are ticked by, in the order of the options.
    """

    path: str
    type: str
    label: str
    required: bool
    multiple: bool = False
    case: str | None = None
    options: tuple[Option, ...] | None = None
    remote: str | None = None
    item_shape: bool = False
    groups: tuple[str, ...] = ()
    default: object = field(default=None, hash=False)
    control: bool = False
    addressee: bool = False
    is_file: bool = False
    with_time: bool = False
    subkeys: tuple[str, ...] = ()
    parts: tuple["FieldTemplate", ...] = ()
    day_parts: tuple[str, ...] = ()
    boxes: tuple[object, ...] = ()


def templates_of(
    component: Component, path: str, groups: tuple[str, ...]
) -> tuple[FieldTemplate, ...]:
    """The declarable places of one input component: one, or one per question of a survey."""
    if component.get("type") != SURVEY:
        return (_template(component, path, groups, _text(component.get("label"))),)
    return tuple(
        _template(component, f"{path}.{question.value}", groups, question.label)
        for question in _options(component.get("questions"))
    )


def is_box(component: Component) -> bool:
    """Whether a component is one of the check boxes that share a name (`boxes.py`)."""
    return (
        component.get("type") == "checkbox"
        and component.get("inputType") == "radio"
        and bool(component.get("name"))
    )


def property_of(component: Component, name: str) -> bool:
    """A yes-or-no custom property; the builder writes them as text."""
    properties = component.get("properties")
    return isinstance(properties, Mapping) and properties.get(name) in (True, "true")


def member_of(component: Component, name: str) -> Component:
    """A member that is an object, else an empty one."""
    member = component.get(name)
    return member if isinstance(member, Mapping) else {}


def data_source(component: Component) -> str:
    """Where a select takes its choices from: `values`, `json`, `url`, `custom`, …"""
    source = component.get("dataSrc")
    return source if isinstance(source, str) and source else "values"


def read_json_items(component: Component) -> list[object] | None:
    """The items of a select whose data source is `json`, None where they cannot be read."""
    items = member_of(component, "data").get("json")
    if isinstance(items, str):
        try:
            items = decode_strictly(items.encode()) if items.strip() else []
        except FormRefused:
            return None
    return items if isinstance(items, list) else None


def _template(
    component: Component, path: str, groups: tuple[str, ...], label: str
) -> FieldTemplate:
    kind, case = _text(component.get("type")), component.get("case")
    return FieldTemplate(
        path=path,
        type=kind,
        label=label or path,
        required=bool(member_of(component, "validate").get("required")),
        multiple=bool(component.get("multiple")),
        case=case if isinstance(case, str) and case else None,
        options=_choices(component),
        remote=_remote(component),
        item_shape=_item_shape(component),
        groups=groups,
        default=component.get("defaultValue"),
        control=property_of(component, "control"),
        addressee=property_of(component, "addressee"),
        is_file=kind == "file",
        with_time=kind == "datetime" and _with_time(component),
        subkeys=tuple(_text(part.get("key")) for part in _parts(component)),
        parts=tuple(
            _template(part, _text(part.get("key")), (), _text(part.get("label")))
            for part in _parts(component)
        ),
        day_parts=_day_parts(component) if kind == "day" else (),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _choices(component: Component) -> tuple[Option, ...] | None:
    kind = component.get("type")
    if kind not in ("select", "radio", "selectboxes", SURVEY):
        return None
    if kind in (SURVEY, "selectboxes"):
        return _options(component.get("values"))
    source = data_source(component)
    if source == "json":
        return _json_options(component)
    if source != "values":
        return None
    inline = member_of(component, "data").get("values") if kind == "select" else None
    return _options(inline if inline is not None else component.get("values"))


def _options(values: object) -> tuple[Option, ...]:
    if not isinstance(values, list):
        return ()
    read = (
        Option(_printed(item.get("value")), _text(item.get("label")))
        for item in values
        if isinstance(item, Mapping)
    )
    # The builder leaves one empty line behind where nothing was entered.
    return tuple(option for option in read if option.value or option.label)


def _printed(value: object) -> str:
    return "" if value is None else to_string(from_json(value))


def _json_options(component: Component) -> tuple[Option, ...]:
    value_key = _text(component.get("valueProperty")) or "value"
    shown = re.search(r"\{\{\s*item\.([\w.]+)", _text(component.get("template")))
    label_key = shown[1] if shown else "label"
    items = [
        {"value": item.get(value_key), "label": item.get(label_key)}
        if isinstance(item, Mapping)
        else {"value": item, "label": _printed(item)}
        for item in read_json_items(component) or []
    ]
    return _options(items)


def _remote(component: Component) -> str | None:
    if component.get("type") not in ("select", "radio") or data_source(component) != "url":
        return None
    return _text(member_of(component, "data").get("url")) or None


def _item_shape(component: Component) -> bool:
    return (
        component.get("type") == "select"
        and data_source(component) in ("json", "url")
        and not component.get("valueProperty")
    )


def _with_time(component: Component) -> bool:
    stated = component.get("enableTime")
    return bool(stated) if stated is not None else "h" in _text(component.get("format")).lower()


def _parts(component: Component) -> list[Component]:
    """The components of an address, none of any other component."""
    parts = component.get("components") if component.get("type") == "address" else None
    members = parts if isinstance(parts, list) else []
    return [part for part in members if isinstance(part, Mapping)]


def _day_parts(component: Component) -> tuple[str, ...]:
    order = ("day", "month", "year") if component.get("dayFirst") else ("month", "day", "year")
    fields = member_of(component, "fields")
    return tuple(part for part in order if not member_of(fields, part).get("hide"))
