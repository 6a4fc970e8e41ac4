"""When are two submitted values the same? Every value has one canonical text per component type.

The text is what receipts sign, so that re-formatting by browsers and forms changes nothing:

=====================  ==========================================================================
text, textarea         NFC, line ends LF, runs of blanks one space, trimmed; the component's `case`
number, currency       plain decimal digits without superfluous zeros; never by way of a float
checkbox               `true` or `false`
datetime, day          `D YYYY-MM-DD`, `M YYYY-MM` or `Y YYYY`
datetime with time     `YYYY-MM-DDThh:mm:ssZ`
select, radio, survey  the value; a label beside it must be that value's own
select boxes, multiple a JSON list of the ticked keys or values, sorted
phone, email           `+84…`; the domain in lower case
address                a JSON object of its sub-keys, sorted
file                   the SHA-256 of each content in hexadecimal, sorted, joined by commas
=====================  ==========================================================================
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import TypeAlias

from gateway.domain.facts import PartialDate
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.reading.contents import content_digest
from gateway.forms.reading.mistakes import NotOfType
from gateway.forms.showing.instants import (
    LOCAL_ZONE,
    date_of,
    instant_of,
    local_date,
    names_instant,
)

__all__ = ["EMPTY", "LOCAL_ZONE", "NotOfType", "canonical", "local_date", "same_text"]

EMPTY = ""
"""The canonical text of every empty value: `""`, null, missing, `{}`, `[]`."""

OptionsAt: TypeAlias = Callable[[str], Sequence[Option]]

_REFUSED = frozenset({"Cf", "Co", "Cn", "Cs"})
_BLANKS = re.compile(r"[^\S\n]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PHONE_MARKS = re.compile(r"[ .()\-]")
_DIGITS_AT_MOST = 100


def canonical(
    template: FieldTemplate,
    value: object,
    *,
    person_name: bool = False,
    subkeys: tuple[str, ...] = (),
    options: OptionsAt | None = None,
) -> str:
    """The canonical text of a value of this component, `EMPTY` for an empty one.

    JSON numbers come as int or Decimal. `person_name` compares without regard to case, `subkeys`
    are those of a composite that count (all of them when none is named), `options` reads a remote
    list so that labels of its items can be checked too. Raises NotOfType.
    """
    if _is_empty(value):
        return EMPTY
    canon = _CANON_OF.get(template.type, _text)
    case = _Case(template, person_name, subkeys or template.subkeys, options)
    if template.type in _WHOLE or not (template.multiple or isinstance(value, list)):
        return canon(case, value)
    if not template.multiple:
        raise NotOfType("a list where one value is asked for")
    members = value if isinstance(value, list) else [value]
    return _sorted_list([text for text in (canon(case, each) for each in members) if text])


def same_text(text: str) -> str:
    """A text as it is compared: NFC, LF, blanks folded, trimmed; raises NotOfType on odd signs.

    Refused are characters of Unicode's categories Cf, Co, Cn and Cs: they look like nothing, or
    like something else, and survive no form.
    """
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    if composed.isprintable():  # no refused sign, and no blank but the space
        return (_BLANKS.sub(" ", composed) if "  " in composed else composed).strip()
    if any(unicodedata.category(sign) in _REFUSED for sign in composed):
        raise NotOfType("a character that cannot be compared")
    if "\r" in composed or "\u2028" in composed or "\u2029" in composed:
        composed = re.sub("\r\n?|[\u2028\u2029]", "\n", composed)
    return _BLANKS.sub(" ", composed).strip()


class _Case:
    """One value's circumstances, handed to the canon of its type."""

    __slots__ = ("options", "person_name", "subkeys", "template")

    def __init__(
        self,
        template: FieldTemplate,
        person_name: bool,
        subkeys: tuple[str, ...],
        options: OptionsAt | None,
    ) -> None:
        self.template = template
        self.person_name = person_name
        self.subkeys = subkeys
        self.options = options


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _sorted_list(texts: list[str]) -> str:
    return json.dumps(sorted(set(texts)), ensure_ascii=False) if texts else EMPTY


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise NotOfType("not a text")
    return same_text(value)


def _text(case: _Case, value: object) -> str:
    text = _string(value)
    if case.template.case == "uppercase":
        text = unicodedata.normalize("NFC", text.upper())
    elif case.template.case == "lowercase":
        text = unicodedata.normalize("NFC", text.lower())
    return unicodedata.normalize("NFC", text.casefold()) if case.person_name else text


def _number(case: _Case, value: object) -> str:
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return EMPTY
        if not _NUMBER.fullmatch(value):
            raise NotOfType("not a number")
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotOfType("not a number")
    return _digits(Decimal(value))


def _digits(number: Decimal) -> str:
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS_AT_MOST:
        raise NotOfType("not a number of a length that can be compared")
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _checkbox(case: _Case, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.strip() in ("true", "false", ""):
        return value.strip()
    raise NotOfType("neither ticked nor unticked")


def _date(case: _Case, value: object) -> str:
    text = _string(value)
    if not text:
        return EMPTY
    if case.template.type == "datetime" and case.template.with_time:
        return f"{instant_of(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")
    if names_instant(text):
        day = local_date(instant_of(text))
        return _dated(PartialDate(day.year, day.month, day.day))
    return _dated(date_of(text, month_first=_month_first(case.template)))


def _month_first(template: FieldTemplate) -> bool:
    return template.day_parts[:1] == ("month",) and "day" in template.day_parts


def _dated(when: PartialDate | None) -> str:
    if when is None:
        return EMPTY
    return f"{'D' if when.day else 'M' if when.month else 'Y'} {when.iso()}"


def _choice(case: _Case, value: object) -> str:
    if not isinstance(value, Mapping):
        return _choice_value(value)
    chosen, label = value.get("value"), value.get("label")
    text = EMPTY if _is_empty(chosen) else _choice_value(chosen)
    if _is_empty(label):
        return text
    if not text:
        raise NotOfType("a label without its value")
    if not _label_agrees(case, text, _string(label)):
        raise NotOfType("a label of another value")
    return text


def _choice_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return _digits(Decimal(value))
    return _string(value)


def _label_agrees(case: _Case, value: str, label: str) -> bool:
    options: Sequence[Option] | None = case.template.options
    if options is None and case.options is not None and case.template.remote is not None:
        options = case.options(case.template.remote)
    if options is None:
        return True
    own = {same_text(option.label) for option in options if same_text(option.value) == value}
    return not own or label in own


def _boxes(case: _Case, value: object) -> str:
    if isinstance(value, list):
        return _sorted_list([_string(key) for key in value])
    if not isinstance(value, Mapping):
        raise NotOfType("not a set of boxes")
    ticked = [key for key, box in value.items() if _checkbox(case, box or False) == "true"]
    return _sorted_list([same_text(key) for key in ticked])


def _tags(case: _Case, value: object) -> str:
    if isinstance(value, list):
        return _sorted_list([_string(tag) for tag in value])
    return _string(value)


def _phone(case: _Case, value: object) -> str:
    number = _PHONE_MARKS.sub("", _string(value))
    if not re.fullmatch(r"(\+?[0-9]{3,15})?", number):
        raise NotOfType("not a telephone number")
    for prefix in ("0084", "0"):
        if number.startswith(prefix):
            return "+84" + number.removeprefix(prefix)
    return f"+{number}" if re.fullmatch(r"84[0-9]{9,10}", number) else number


def _email(case: _Case, value: object) -> str:
    text = _string(value)
    if not text:
        return EMPTY
    mailbox, at, domain = text.rpartition("@")
    if not (mailbox and at and domain):
        raise NotOfType("not an e-mail address")
    return f"{mailbox}@{domain.lower()}"


def _composite(case: _Case, value: object) -> str:
    if isinstance(value, str):
        return _string(value)
    if not isinstance(value, Mapping):
        raise NotOfType("not a composite")
    inner = value.get("address")
    parts = inner if "mode" in value and isinstance(inner, Mapping) else value
    found = {
        key: text for key in sorted(case.subkeys or parts) if (text := _part(case, parts.get(key)))
    }
    return json.dumps(found, ensure_ascii=False) if found else EMPTY


def _part(case: _Case, value: object) -> str:
    if _is_empty(value):
        return EMPTY
    if isinstance(value, Mapping):
        value = value.get("value", EMPTY)
    return _choice_value(value)


def _files(case: _Case, value: object) -> str:
    members = value if isinstance(value, list) else [value]
    return ",".join(sorted(content_digest(member) for member in members))


_CANON_OF: Mapping[str, Callable[[_Case, object], str]] = {
    "number": _number,
    "currency": _number,
    "checkbox": _checkbox,
    "datetime": _date,
    "day": _date,
    "select": _choice,
    "radio": _choice,
    "survey": _choice,
    "selectboxes": _boxes,
    "phoneNumber": _phone,
    "email": _email,
    "address": _composite,
    "file": _files,
    "tags": _tags,
}
_WHOLE = frozenset({"selectboxes", "file", "tags"})
