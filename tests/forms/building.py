"""Small forms for tests, written as the builder exports them."""

import json
from typing import Any

from gateway.forms.definition import FormDefinition, read_definition
from gateway.forms.fields import FieldInstance, instances_at_submission
from gateway.forms.outlook import instances_before_submission


def form_of(*components: dict[str, Any]) -> FormDefinition:
    document = {"title": "Tờ khai", "display": "form", "components": list(components)}
    return read_definition(json.dumps(document).encode())


def part(kind: str, key: str, /, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "label": key, "input": True, **more}


def text(key: str, **more: Any) -> dict[str, Any]:
    return part("textfield", key, **more)


def box(value: Any, **more: Any) -> dict[str, Any]:
    """One of the check boxes that share the name `chon`, as the builder writes it."""
    made = part("checkbox", f"box{value}", inputType="radio", name="chon", value=value)
    return made | {"label": f"Chọn {value}", "defaultValue": False} | more


def when(trigger: str, equal: Any, show: Any = True) -> dict[str, Any]:
    return {"show": show, "when": trigger, "eq": equal}


def typed(
    *lines: tuple[str, str, Any], show: Any = True, conjunction: str = "all"
) -> dict[str, Any]:
    conditions = [{"component": c, "operator": o, "value": v} for c, o, v in lines]
    return {"show": show, "conjunction": conjunction, "conditions": conditions}


def shown(form: FormDefinition, data: dict[str, Any]) -> dict[str, str]:
    return _by_path(instances_at_submission(form, data))


def outlook(form: FormDefinition, data: dict[str, Any]) -> dict[str, str]:
    return _by_path(instances_before_submission(form, data))


def _by_path(instances: tuple[FieldInstance, ...]) -> dict[str, str]:
    return {instance.path: str(instance.decision) for instance in instances}
