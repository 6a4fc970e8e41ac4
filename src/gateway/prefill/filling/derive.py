"""What can be worked out from other values of the same form?

Each function takes the values that the binding's `of` names, as canonical texts beside their
templates, and gives a value or None when they are not there yet or lead nowhere. Nothing here asks
anybody; what it gives is class `derived` and free to change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from gateway.domain.facts import Coded, PartialDate, Value
from gateway.domain.words import amount_in_words, date_in_words
from gateway.forms.definition import FieldTemplate
from gateway.forms.values import LOCAL_ZONE

REGISTRATION_DAYS = 60
"""A birth is registered in time within 60 days (Luật Hộ tịch 2014, article 15)."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One value that a derived field is worked out from."""

    template: FieldTemplate
    value: Any = field(repr=False)
    canon: str = field(repr=False)


def derive(name: str, operands: list[Operand], now: datetime) -> Value | None:
    """Work out `derived.<name>`; raises KeyError for a function that does not exist."""
    if any(not operand.canon for operand in operands):
        return None
    return _FUNCTIONS[name.removeprefix("derived.")](operands, now)


def _date(operand: Operand) -> PartialDate | None:
    kind, _, text = operand.canon.partition(" ")
    return PartialDate.parse(text) if kind in ("D", "M", "Y") else None


def _date_in_words(operands: list[Operand], now: datetime) -> Value | None:
    when = _date(operands[0])
    return date_in_words(when) if when and when.full else None


def _amount_in_words(operands: list[Operand], now: datetime) -> Value | None:
    text = operands[0].canon
    return amount_in_words(int(text)) if text.isdigit() else None


def _birth_registration_timing(operands: list[Operand], now: datetime) -> Value | None:
    born = _date(operands[0])
    if born is None or born.month is None or born.day is None:
        return None
    age = now.astimezone(LOCAL_ZONE).date() - date(born.year, born.month, born.day)
    if age.days <= REGISTRATION_DAYS:
        return Coded("birth_registration_kind", "dung_han", "Đăng ký đúng hạn")
    return Coded("birth_registration_kind", "qua_han", "Đăng ký quá hạn")


def _label(operand: Operand) -> str:
    """The label of a choice: the item's own, else the form's for that value."""
    if isinstance(operand.value, Mapping):
        return str(operand.value.get("label", ""))
    for option in operand.template.options or ():
        if option.value == operand.canon:
            return option.label
    return ""


def _item_code(operands: list[Operand], now: datetime) -> Value | None:
    return Coded("item", operands[0].canon, operands[0].canon)


_CHILD_OF = {"Chủ hộ": ("08", "Con đẻ"), "Vợ": ("08", "Con đẻ"), "Chồng": ("08", "Con đẻ")}
_GRANDCHILD_OF = ("Con đẻ", "Con nuôi")


def _child_relation_to_head(operands: list[Operand], now: datetime) -> Value | None:
    """A child of the head or of the head's spouse is a child; of the head's child, a grandchild."""
    relation = _label(operands[0])
    if relation in _CHILD_OF:
        return Coded("household_relation", *_CHILD_OF[relation])
    if relation in _GRANDCHILD_OF:
        return Coded("household_relation", "17", "Cháu ruột")
    return None


def _next_marriage_order(operands: list[Operand], now: datetime) -> Value | None:
    """Somebody who never married marries for the first time; of others nothing is claimed."""
    return "1" if _label(operands[0]) == "Chưa kết hôn" else None


def _copy(operands: list[Operand], now: datetime) -> Value | None:
    when = _date(operands[0]) if operands[0].template.type in ("datetime", "day") else None
    if when is not None:
        return when
    label = _label(operands[0])
    return Coded("copy", operands[0].canon, label) if label else operands[0].canon


_FUNCTIONS: Mapping[str, Callable[[list[Operand], datetime], Value | None]] = {
    "date_in_words": _date_in_words,
    "amount_in_words": _amount_in_words,
    "birth_registration_timing": _birth_registration_timing,
    "item_code": _item_code,
    "child_relation_to_head": _child_relation_to_head,
    "next_marriage_order": _next_marriage_order,
    "copy": _copy,
}
