"""Match a submission with a component's choices, and check that a label is the one of its value."""

import json
from collections.abc import Mapping
from decimal import Decimal

from gateway.domain.json_texts import own_json
from gateway.forms._reading.mistakes import NotAnOption, NotOfType
from gateway.forms.definition import FieldTemplate
from gateway.forms.remote import RemoteLists
from gateway.forms.texts import is_empty, same_text

EMPTY = ""
"""The canonical text of every empty value: `""`, null, missing, `{}`, `[]`."""

CHOOSING = frozenset({"select", "radio", "survey", "selectboxes"})
_DIGITS_AT_MOST = 100


class Comparison:
    """One value's component and how it is compared, handed to the canon of its type."""

    __slots__ = ("exact", "options", "person_name", "subkeys", "template")

    def __init__(
        self,
        template: FieldTemplate,
        person_name: bool,
        subkeys: tuple[str, ...],
        options: RemoteLists | None,
        exact: bool,
    ) -> None:
        self.template = template
        self.person_name = person_name
        self.subkeys = subkeys
        self.options = options
        self.exact = exact


def string(case: Comparison, value: object) -> str:
    """A text as it is compared; raises NotOfType for anything but a text."""
    if not isinstance(value, str):
        raise NotOfType("not a text")
    return same_text(value, exact=case.exact)


def sorted_list(texts: list[str]) -> str:
    """Texts as a sorted JSON list without repetitions, `EMPTY` for none."""
    return json.dumps(sorted(set(texts)), ensure_ascii=False) if texts else EMPTY


def digits(number: Decimal) -> str:
    """A number in plain decimal digits without superfluous zeros; raises NotOfType."""
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS_AT_MOST:
        raise NotOfType("not a number of a length that can be compared")
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def checkbox(case: Comparison, value: object) -> str:
    """`true`, `false` or `EMPTY`; raises NotOfType."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.strip() in ("true", "false", ""):
        return value.strip()
    raise NotOfType("neither ticked nor unticked")


def choice(case: Comparison, value: object) -> str:
    """The value of a choice, whose label, where one stands beside it, is its own; raises NotOfType."""
    text = _choice_text(case, value)
    label = value.get("label") if isinstance(value, Mapping) else None
    if not is_empty(label):
        _check_label(case, text, label)
    return text


def _choice_text(case: Comparison, value: object) -> str:
    """The value of a choice, bare or beside its label."""
    if not isinstance(value, Mapping):
        return choice_value(case, value)
    chosen = value.get("value")
    if not is_empty(chosen):
        return choice_value(case, chosen)
    if any(not is_empty(other) for other in value.values()):
        raise NotOfType("a label without its value")
    return EMPTY


def choice_value(case: Comparison, value: object) -> str:
    """A bare choice as text, as JavaScript prints it; raises NotOfType."""
    if isinstance(value, bool):
        return EMPTY if _is_unticked(case, value) else "true" if value else "false"
    if isinstance(value, int | Decimal):
        return digits(Decimal(value))
    return string(case, value)


def _is_unticked(case: Comparison, value: bool) -> bool:
    """Whether `false` is what check boxes of one name begin with, and no choice among them."""
    boxes, options = case.template.boxes, case.template.options or ()
    return not value and bool(boxes) and all(one.value != "false" for one in options)


def _check_label(case: Comparison, value: str, label: object) -> None:
    """Refuse a label that is not its value's own; of a value without an own label only when `exact`.

    Whether the component offers the value at all is another question (`chosen_values`).
    """
    own = _labels_of(case, value)
    if own is None or not (own or case.exact):
        return
    if isinstance(label, str) and label in own:
        return
    if string(case, label) not in {same_text(one, exact=False) for one in own}:
        raise NotAnOption("a label of another value")


def _labels_of(case: Comparison, value: str) -> frozenset[str] | None:
    """The labels of a value in the component's choices; None where its choices are not known."""
    template = case.template
    if template.options is not None:
        return frozenset(
            option.label
            for option in template.options
            if same_text(option.value, exact=False) == value
        )
    if template.remote is None or case.options is None:
        return None
    label = case.options.label_of(template.remote, value)
    return frozenset() if label is None else frozenset({label})


def boxes(case: Comparison, value: object) -> str:
    """The ticked keys of a set of boxes, as a sorted JSON list; raises NotOfType."""
    if isinstance(value, list):
        return sorted_list([string(case, key) for key in value])
    if not isinstance(value, Mapping):
        raise NotOfType("not a set of boxes")
    ticked = [key for key, box in value.items() if checkbox(case, box or False) == "true"]
    return sorted_list([same_text(key, exact=case.exact) for key in ticked])


def chosen_values(template: FieldTemplate, value: object) -> list[str]:
    """The values that a submission chose of a component's choices, as canonical texts.

    None of a component without choices. Raises NotOfType as `canonical` does.
    """
    if template.type not in CHOOSING or is_empty(value):
        return []
    case = Comparison(template, False, (), None, exact=False)
    if template.type == "selectboxes":
        texts: list[str] = own_json(boxes(case, value) or "[]")
        return texts
    members = value if isinstance(value, list) else [value]
    return [text for one in members if not is_empty(one) and (text := _choice_text(case, one))]
