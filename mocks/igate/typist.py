"""Type an answer into a component, in the shape that the component's own widget gives it.

Dates are UTC instants of local midnight (`1990-01-14T17:00:00.000+0000`), the day component's
`dd/MM/yyyy` with 00 for what is unknown, selects `{label, value}`, radios the bare value.
"""

import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from mocks.igate.form import Input
from mocks.igate.knowledge import Plain
from mocks.people.calendar import Calendar

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
Choices = tuple[tuple[str, str], ...]

_TWELVE_DIGITS = re.compile(r"\[0-9\]\{12\}")
_USUAL_TEXT = "Theo giấy tờ kèm theo"
_YES_NO = ("Không", "Có")


def instant(iso: str) -> str:
    """Local midnight of an ISO date, as iGate sends it; of a year alone, its first day."""
    year, month, day = (int(part) for part in f"{iso}-01-01".split("-")[:3])
    midnight = datetime(year, month, day, tzinfo=LOCAL_ZONE).astimezone(UTC)
    return f"{midnight:%Y-%m-%dT%H:%M:%S}.000+0000"


def day(iso: str) -> str:
    """An ISO date as the day component has it: `31/01/1990`, `00/00/1990`."""
    year, month, dom = f"{iso}-00-00".split("-")[:3]
    return f"{dom}/{month}/{year}"


def type_in(field: Input, answer: Plain, choices: Choices) -> Any:
    """The answer in the component's shape; None where it takes no such answer."""
    match field.type:
        case "select" | "radio":
            return _choose(field, answer, choices)
        case "datetime":
            return instant(str(answer)) if _is_date(answer) else None
        case "day":
            return day(str(answer)) if _is_date(answer) else None
        case "number" | "currency":
            return int(answer) if isinstance(answer, int | str) and str(answer).isdigit() else None
        case "checkbox":
            return answer if isinstance(answer, bool) else None
        case "selectboxes":
            return {value: value in answer for value, _ in choices} if _ticked(answer) else None
    return _text(field, answer)


def invent(
    field: Input, choices: Choices, chance: random.Random, calendar: Calendar = Calendar()
) -> Any:
    """Some answer that the component takes, where the person knows none of their own."""
    match field.type:
        case "select" | "radio":
            return _shape(field, chance.choice(choices)) if choices else None
        case "datetime":
            month, day_of_month = chance.randint(1, 10), chance.randint(1, 28)
            return instant(calendar.on(f"2026-{month:02d}-{day_of_month:02d}"))
        case "day":
            return day(f"19{chance.randint(60, 99)}-{chance.randint(1, 12):02d}-15")
        case "number":
            return int(field.limits.get("min") or 1)
        case "currency":
            return chance.randint(20, 200) * 1_000_000
        case "checkbox":
            return True
        case "selectboxes":
            ticked = chance.choice(choices)[0] if choices else ""
            return {value: value == ticked for value, _ in choices}
        case "phoneNumber":
            return f"+845{chance.randrange(10**8):08d}"
        case "email":
            return f"hopthu{chance.randrange(10**6)}@example.test"
    return _invented_text(field, chance)


def differently(field: Input, value: Any, choices: Choices) -> Any:
    """Another answer of the same shape; None where the component offers no other."""
    if field.type in ("select", "radio"):
        now = value.get("value") if isinstance(value, Mapping) else value
        other = next((choice for choice in choices if choice[0] != str(now)), None)
        return None if other is None else _shape(field, other)
    match field.type:
        case "number" | "currency":
            return int(value) + 1
        case "datetime":
            return instant("1991-12-24" if not str(value).startswith("1991-12") else "1992-11-23")
        case "day":
            return day("1991-12-24" if "1991" not in str(value) else "1992-11-23")
        case "phoneNumber":
            return "+84599999999" if value != "+84599999999" else "+84599999998"
        case "email":
            return f"khac.{value}"
        case "textfield" | "textarea":
            return _other_text(str(value))
    return None


def _other_text(text: str) -> str:
    if text.isdigit():
        return text[:-1] + str((int(text[-1]) + 1) % 10)
    return f"{text} A" if len(text) < 90 else text[:60]


def _ticked(answer: Plain) -> TypeGuard[tuple[str, ...]]:
    return isinstance(answer, tuple) and bool(answer)


def _is_date(answer: Plain) -> bool:
    return isinstance(answer, str) and bool(re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", answer))


def _choose(field: Input, answer: Plain, choices: Choices) -> Any:
    """The choice of this label, else the one of this code."""
    if answer is None:
        return None
    label, code = _label_and_code(answer)
    found = next((c for c in choices if label and _same(c[1], label)), None)
    found = found or next((c for c in choices if c[0] == code), None)
    return None if found is None else _shape(field, found)


def _label_and_code(
    answer: str | int | bool | tuple[str, ...] | Mapping[str, str],
) -> tuple[str, str]:
    if isinstance(answer, Mapping):
        return answer["label"], answer["code"]
    if isinstance(answer, bool):
        return _YES_NO[answer], ""
    return str(answer), str(answer)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _shape(field: Input, choice: tuple[str, str]) -> Any:
    value, label = choice
    return {"label": label, "value": value} if field.item else value


def _text(field: Input, answer: Plain) -> str | None:
    if answer is None:
        return None
    if isinstance(answer, Mapping):
        return answer["label"] or answer["code"]
    if _is_date(answer) and "-" in str(answer):
        return "/".join(reversed(str(answer).split("-")))
    return str(answer)[: int(field.limits.get("maxLength") or 500)]


def _invented_text(field: Input, chance: random.Random) -> str:
    pattern = str(field.limits.get("pattern") or "")
    if _TWELVE_DIGITS.search(pattern):
        return f"0030{chance.randrange(10**8):08d}"
    longest = int(field.limits.get("maxLength") or 500)
    if pattern.startswith(("[A-Za-z]", "^[A-Za-z]")):
        return f"C{chance.randrange(10**7):07d}"
    if pattern:
        return str(chance.randrange(10 ** min(longest, 8))).rjust(min(longest, 8), "1")
    return _USUAL_TEXT[:longest]
