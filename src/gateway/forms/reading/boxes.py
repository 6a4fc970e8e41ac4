"""Which check boxes are the choices of one field? Form.io's boxes of `inputType: radio` with a `name`.

The value of the box that is ticked stands under the shared name, in the data and in conditions
(`getComponentKey` of `@formio/core`). The boxes of one name are one declarable place: a radio whose
choices are their values and labels, required when one of them is, visible when one of them is.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gateway.forms.reading.templates import Component, Option
from gateway.forms.reading.tree import Node
from gateway.forms.showing.javascript import from_json, to_string


def is_box(component: Component) -> bool:
    """Whether a component is one of the boxes that share a name."""
    return (
        component.get("type") == "checkbox"
        and component.get("inputType") == "radio"
        and bool(component.get("name"))
    )


def join_boxes(nodes: Sequence[Node]) -> frozenset[str]:
    """Give the boxes of one name one template; the paths at which several components now stand."""
    standing: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.holds_data:
            standing[node.path].append(node)
    shared = []
    for path, together in standing.items():
        if all(node.templates and is_box(node.component) for node in together):
            _join(together)
            if len(together) > 1:
                shared.append(path)
    return frozenset(shared)


def _join(boxes: Sequence[Node]) -> None:
    single = [box.templates[0] for box in boxes]
    options = tuple(
        Option(_value(box.component), template.label)
        for box, template in zip(boxes, single, strict=True)
    )
    label = " / ".join(option.label for option in options)
    required = any(template.required for template in single)
    joined = replace(single[0], type="radio", label=label, required=required, options=options)
    for box in boxes:
        box.templates = (joined,)


def _value(component: Component) -> str:
    value = component.get("value")
    return "" if value is None else to_string(from_json(value))
