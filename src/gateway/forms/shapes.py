"""The JSON shape of a fact in a component: the form's own, as its browser would send it.

A date becomes the instant of local midnight (`1990-01-14T17:00:00.000+0000`), the day component's
`dd/MM/yyyy` with 00 for what is unknown, or the same words in a text. A coded value becomes the
option of the same label: two code lists are joined by label, never by code alone.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from gateway.domain.facts import Coded, PartialDate, Value
from gateway.domain.signs import normalized
from gateway.forms._reading.mistakes import NotConvertible, NotOfType
from gateway.forms._showing.instants import LOCAL_ZONE
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.remote import RemoteLists
from gateway.forms.texts import same_text

__all__ = ["NotConvertible", "shape_value"]

_UNITS = frozenset({"province", "commune"})
_NO_ANSWER = ("Không", "Có")


def shape_value(
    template: FieldTemplate, value: Value, *, options: RemoteLists | None = None
) -> object:
    """The fact in the component's own shape; never an empty value.

    `options` are the remote lists by their relative address. A number that is no integer stays a
    Decimal, to be written as a JSON number. Raises NotConvertible.
    """
    shape = _SHAPE_OF.get(template.type, _text)
    try:
        shaped = shape(template, value, options)
    except NotOfType as error:
        raise NotConvertible("a text that cannot be compared") from error
    return [shaped] if template.multiple and template.type != "selectboxes" else shaped


def _text(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    text = same_text(_words(value))
    if not text:
        raise NotConvertible("an empty text")
    if template.type != "textarea":
        text = text.replace("\n", " ")
    if template.case == "uppercase":
        return text.upper()
    return text.lower() if template.case == "lowercase" else text


def _words(value: Value) -> str:
    match value:
        case str():
            return value
        case bool():
            return _NO_ANSWER[value]
        case Coded():
            return value.label
        case PartialDate():
            return "/".join(reversed(value.iso().split("-")))
        case Decimal():
            return _digits(value)


def _digits(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise NotConvertible("not a number")
    return int(value) if value == value.to_integral_value() else value


def _checkbox(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    if not isinstance(value, bool):
        raise NotConvertible("neither yes nor no")
    return value


def _datetime(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    if not isinstance(value, PartialDate) or value.month is None or value.day is None:
        raise NotConvertible("not a whole date")
    if template.with_time:
        raise NotConvertible("a date without its time of day")
    midnight = datetime(value.year, value.month, value.day, tzinfo=LOCAL_ZONE)
    try:
        return f"{midnight.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000".rjust(28, "0")
    except OverflowError as error:
        raise NotConvertible("a date before the calendar") from error


def _day(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    if not isinstance(value, PartialDate):
        raise NotConvertible("not a date")
    known = {"day": value.day or 0, "month": value.month or 0, "year": value.year}
    parts = template.day_parts or ("day", "month", "year")
    if "year" not in parts:
        raise NotConvertible("a day component without a year")
    return "/".join(f"{known[part]:0{4 if part == 'year' else 2}d}" for part in parts)


def _choice(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    option = _option(template, value, options)
    if template.item_shape:
        return {"label": option.label, "value": option.value}
    if template.boxes and template.options:  # a box is ticked by its own value, 1 is not "1"
        return template.boxes[template.options.index(option)]
    return option.value


def _boxes(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    ticked = _option(template, value, options)
    return {option.value: option is ticked for option in template.options or ()}


def _option(template: FieldTemplate, value: Value, options: RemoteLists | None) -> Option:
    if isinstance(value, PartialDate):
        raise NotConvertible("a date is no choice")
    choices: Sequence[Option] = template.options or ()
    if template.remote is not None and options is not None:
        choices = options(template.remote)
    sought = _folded(_words(value))
    for option in choices:
        if sought and _folded(option.label) == sought and option.value:
            return option
    if isinstance(value, Coded):
        if template.remote is not None and value.list in _UNITS and value.code and value.label:
            return _unit(template.remote, value, options)
        for option in choices:
            if option.value == value.code and not option.label.strip() and option.value:
                return option
    raise NotConvertible("no choice of that label")


def _unit(remote: str, unit: Coded, options: RemoteLists | None) -> Option:
    """A province or commune by its code, under the label that its list has for it."""
    label = same_text(unit.label) if options is None else options.label_of(remote, unit.code)
    if label is None:
        raise NotConvertible("no choice of that code")
    return Option(unit.code, label)


def _folded(label: str) -> str:
    return normalized("NFC", same_text(label).casefold())


def _never(template: FieldTemplate, value: Value, options: RemoteLists | None) -> object:
    raise NotConvertible("a component that takes no single fact")


_SHAPE_OF: Mapping[str, Callable[[FieldTemplate, Value, RemoteLists | None], object]] = {
    "number": _number,
    "currency": _number,
    "checkbox": _checkbox,
    "datetime": _datetime,
    "day": _day,
    "select": _choice,
    "radio": _choice,
    "survey": _choice,
    "selectboxes": _boxes,
    "address": _never,
    "file": _never,
    "signature": _never,
}
