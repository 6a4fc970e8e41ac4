"""Group the check boxes that are choices of one field: Form.io's `inputType: radio` with a `name`.

The value of the box that is ticked stands under the shared name, in the data and in conditions
(`getComponentKey` of `@formio/core`); a condition may name a box by its own key, too, and then reads
the same value. The boxes of one name are one declarable place: a radio whose choices are their
values and labels, required when one of them is, visible when one of them is. Where nothing is
ticked the renderer says `""`, and core's own default values `false`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.forms._reading.templates import Component, Option, is_box
from gateway.forms._reading.tree import Node
from gateway.forms._showing.javascript import from_json, to_string


def join_boxes(nodes: Sequence[Node]) -> frozenset[str]:
    """Give the boxes of one name one template; the paths at which several components now stand."""
    by_path: defaultdict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.holds_data:
            by_path[node.path].append(node)
    shared = []
    for path, together in by_path.items():
        if all(node.templates and is_box(node.component) for node in together):
            _join(together)
            if len(together) > 1:
                shared.append(path)
    return frozenset(shared)


def _join(boxes: Sequence[Node]) -> None:
    together, single = tuple(boxes), [box.templates[0] for box in boxes]
    options = tuple(
        Option(_value(box.component), template.label)
        for box, template in zip(boxes, single, strict=True)
    )
    label = " / ".join(option.label for option in options)
    joined = replace(
        single[0],
        type="radio",
        label=label,
        required=any(template.required for template in single),
        options=options,
        # the count ignores what only some of the boxes state
        control=all(template.control for template in single),
        addressee=all(template.addressee for template in single),
        # in the renderer the last box begins
        default=None if single[-1].default in _UNTICKED else single[-1].default,
        boxes=tuple(box.component.get("value") for box in boxes),
    )
    for box in boxes:
        box.templates, box.boxes = (joined,), together


_UNTICKED: Final = (None, "", False)


def _value(component: Component) -> str:
    value = component.get("value")
    return "" if value is None else to_string(from_json(value))
