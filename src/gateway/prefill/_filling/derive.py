"""Values that follow from other values of the same form.

Each function takes the values that the binding's `of` names, as canonical texts beside their
templates, and gives a value or None when they are not there yet or lead nowhere. Nothing here asks
anybody; what it gives is class `derived` and free to change.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, DecimalException, localcontext

from gateway.domain.facts import Coded, PartialDate, Value
from gateway.forms.definition import FieldTemplate
from gateway.forms.values import LOCAL_ZONE
from gateway.prefill._filling.words import amount_in_words, date_in_words

REGISTRATION_DAYS = 60
"""A birth is registered in time within 60 days (Luật Hộ tịch 2014, article 15)."""

DEATH_REGISTRATION_DAYS = 15
"""A death is registered in time within 15 days (Luật Hộ tịch 2014, article 33)."""

_DECEMBER, _LONGEST_MONTH = 12, 31
_SCHOOL_AGE = 6
_DIGITS = 250
"""More than the quotient of any two numbers that a form may hold."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One value that a derived field is worked out from."""

    template: FieldTemplate
    value: object = field(repr=False)
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
    return _timing("birth_registration_kind", operands[0], REGISTRATION_DAYS, now)


def _death_registration_timing(operands: list[Operand], now: datetime) -> Value | None:
    return _timing("death_registration_kind", operands[0], DEATH_REGISTRATION_DAYS, now)


def _timing(kind: str, operand: Operand, days: int, now: datetime) -> Coded | None:
    """In time up to so many days after the event, else late; of an event without a day, nothing."""
    when = _date(operand)
    if when is None or when.month is None or when.day is None:
        return None
    if (_today(now) - date(when.year, when.month, when.day)).days <= days:
        return Coded(kind, "dung_han", "Đăng ký đúng hạn")
    return Coded(kind, "qua_han", "Đăng ký quá hạn")


def _today(now: datetime) -> date:
    return now.astimezone(LOCAL_ZONE).date()


def _ages(operand: Operand, now: datetime) -> tuple[int, int] | None:
    """The fewest and the most years completed today; None for a birth that is still to come."""
    born, today = _date(operand), _today(now)
    if born is None:
        return None
    first = (born.year, born.month or 1, born.day or 1)
    last = (born.year, born.month or _DECEMBER, born.day or _LONGEST_MONTH)
    if first > (today.year, today.month, today.day):
        return None
    fewest, most = (
        today.year - year - ((today.month, today.day) < (month, day))
        for year, month, day in (last, first)
    )
    return max(fewest, 0), most


_AGE_GROUPS = (
    (9, "duoi_9", "Dưới 9 tuổi"),
    (15, "9_den_15", "Từ đủ 9 tuổi đến dưới 15 tuổi"),
    (18, "15_den_18", "Từ đủ 15 tuổi đến dưới 18 tuổi"),
)


def _age_group(operands: list[Operand], now: datetime) -> Value | None:
    """Whose consent is asked for depends on it; with the day unknown it may still be certain."""
    ages = _ages(operands[0], now)
    if ages is None:
        return None
    groups = {_group_of(age) for age in ages}
    return groups.pop() if len(groups) == 1 else None


def _group_of(age: int) -> Coded:
    for below, code, label in _AGE_GROUPS:
        if age < below:
            return Coded("age_group", code, label)
    return Coded("age_group", "tu_18", "Từ đủ 18 tuổi trở lên")


def _under_six(operands: list[Operand], now: datetime) -> Value | None:
    """Whether somebody has not completed six years; nothing while that is uncertain."""
    ages = _ages(operands[0], now)
    if ages is None:
        return None
    answers = {age < _SCHOOL_AGE for age in ages}
    if len(answers) > 1:
        return None
    return Coded("boolean", "true", "Có") if answers.pop() else Coded("boolean", "false", "Không")


def _percent_of(operands: list[Operand], now: datetime) -> Value | None:
    """What part the first is of the second, in hundredths, half a hundredth of it rounded up."""
    with localcontext(prec=_DIGITS):
        try:
            part, whole = (Decimal(operand.canon) for operand in operands)
            percent = (part * 100 / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)
        except DecimalException:
            return None
    return percent.normalize() if percent.is_finite() else None


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
    "percent_of": _percent_of,
    "birth_registration_timing": _birth_registration_timing,
    "death_registration_timing": _death_registration_timing,
    "age_group": _age_group,
    "under_six": _under_six,
    "item_code": _item_code,
    "child_relation_to_head": _child_relation_to_head,
    "next_marriage_order": _next_marriage_order,
    "copy": _copy,
}
