"""Values for the fields of a walked form: others that fit, and ones that no component can hold."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.fields import FieldInstance, instances_at_submission, value_at
from gateway.forms.values import NotOfType, canonical
from tests.conftest import House

TEXT = "sửa lại"
_DAYS = ("1901-02-03T17:00:00.000+0000", "03/02/1901", "02/1901", "1901")


def instances(house: House, form: str, data: Mapping[str, Any]) -> dict[str, FieldInstance]:
    """Every declarable place of a submission, by path."""
    definition = house.form(form).definition
    return {i.path: i for i in instances_at_submission(definition, copy.deepcopy(dict(data)))}


def options_of(house: House, instance: FieldInstance, data: Mapping[str, Any]) -> list[Option]:
    """What a component offers as the data stand, from its list under /catalogue/ where it has one."""
    template, lists = instance.template, house.services.forms.remote_lists
    if template.remote is None:
        return list(template.options or ())
    listed = lists.labels[template.remote.partition("?")[0].removeprefix("/catalogue/")]
    row = value_at(data, instance.path[: instance.path.rfind("]") + 1])
    return [
        Option(value, label)
        for value, label in listed.items()
        if lists.offers(template.remote, value, data, row)
    ]


def another_fitting(house: House, instance: FieldInstance, data: Mapping[str, Any]) -> Any:
    """Another value that the component can hold."""
    template, held = instance.template, value_at(data, instance.path)
    offered = [o for o in options_of(house, instance, data) if o.value != str(_value(held))]
    if template.type == "selectboxes":
        return {option.value: True for option in offered[:1]}
    if template.type in ("select", "radio", "survey"):
        option = offered[0]
        both = {"label": option.label, "value": option.value}
        chosen: Any = both if template.item_shape else option.value
        return [chosen] if template.multiple else chosen
    if template.type == "checkbox":
        return held not in (True, "true")
    tried: list[Any] = [73, *_DAYS, "0912345678", "khac@example.vn", TEXT]
    return next(value for value in tried if value != held and _fits(template, value))


def _value(held: Any) -> Any:
    return held.get("value") if isinstance(held, dict) else held


def _fits(template: FieldTemplate, value: Any) -> bool:
    try:
        return bool(canonical(template, [value] if template.multiple else value))
    except NotOfType:
        return False


def shown(
    house: House, form: str, data: Mapping[str, Any], wanted: Callable[[FieldInstance], bool]
) -> list[FieldInstance]:
    """The visible places of a submission that are wanted."""
    return [
        i for i in instances(house, form, data).values() if i.decision == "visible" and wanted(i)
    ]
