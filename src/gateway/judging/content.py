"""What does a submission hold that can be seen? Two with the same visible content are the same."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.forms.fields import (
    Decision,
    FieldInstance,
    drop_invisible,
    instances_at_submission,
    value_at,
)
from gateway.forms.values import EMPTY, NotOfType
from gateway.judging.opened import UNREADABLE, OpenedReceipt


def visible_content(receipt: OpenedReceipt, data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Path and canonical text of every visible field that holds something; needs no key."""
    kept = drop_invisible(receipt.form.definition, dict(data))
    return content_held(receipt, kept, instances_at_submission(receipt.form.definition, kept))


def content_held(
    receipt: OpenedReceipt, kept: Mapping[str, Any], instances: Iterable[FieldInstance]
) -> tuple[tuple[str, str], ...]:
    """The same of data from which the invisible values are gone already."""
    held = ((i, value_at(kept, i.path)) for i in instances if i.decision is Decision.VISIBLE)
    texts = ((i.path, _content_text(receipt, i, value)) for i, value in held)
    return tuple((path, text) for path, text in texts if text != EMPTY)


def _content_text(receipt: OpenedReceipt, instance: FieldInstance, value: Any) -> str:
    """The canonical text; of what fits no type the JSON, so that no two of them are the same."""
    try:
        return receipt.canon(instance.template, value)
    except NotOfType:
        return UNREADABLE + json.dumps(value, sort_keys=True, default=str)
