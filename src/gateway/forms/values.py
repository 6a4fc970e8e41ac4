"""Compare submitted values. Every value has one canonical text per component type.

The text is what receipts sign, so that re-formatting by browsers and forms changes nothing:

=====================  ==========================================================================
text, textarea         NFC, line ends LF, runs of blanks one space, trimmed; the component's `case`;
                       a person's name in lower case (not case-folded: `ſ` is not `s`)
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

An exact text (a name, a locked value) holds no character that `domain/signs.py` refuses. A citizen's
own free text is taken as it is. Both have the same canonical text where both have one.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC
from decimal import Decimal

from gateway.domain.facts import PartialDate
from gateway.domain.signs import lower_case, upper_case
from gateway.forms._reading.contents import content_digest
from gateway.forms._reading.mistakes import NotOfType
from gateway.forms._showing.instants import (
    LOCAL_ZONE,
    date_of,
    instant_of,
    local_date,
    names_instant,
)
from gateway.forms.choosing import (
    CHOOSING,
    EMPTY,
    Comparison,
    boxes,
    checkbox,
    choice,
    choice_value,
    digits,
    sorted_list,
    string,
)
from gateway.forms.definition import FieldTemplate
from gateway.forms.remote import RemoteLists
from gateway.forms.texts import is_empty, parts_of

__all__ = [
    "EMPTY",
    "LOCAL_ZONE",
    "NotOfType",
    "canonical",
    "local_date",
]


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PHONE_MARKS = re.compile(r"[ .()\-]")


def canonical(
    template: FieldTemplate,
    value: object,
    *,
    person_name: bool = False,
    subkeys: tuple[str, ...] = (),
    options: RemoteLists | None = None,
    exact: bool = True,
) -> str:
    """The canonical text of a value of this component, `EMPTY` for an empty one.

    JSON numbers come as int or Decimal. `person_name` compares in lower case, `subkeys` are those of
    a composite that count (all of them when none is named), `options` are the remote lists, so that
    the labels of their values are checked like those of the form's own. `exact` is false for a
    citizen's own free text. Raises NotOfType.
    """
    if is_empty(value):
        return EMPTY
    canon = _CANON_OF.get(template.type, _text)
    exact = exact or person_name
    case = Comparison(template, person_name, subkeys or template.subkeys, options, exact)
    if template.type in _WHOLE or not (template.multiple or isinstance(value, list)):
        return canon(case, value)
    if not template.multiple:
        raise NotOfType("a list where one value is asked for")
    members = value if isinstance(value, list) else [value]
    return sorted_list([text for text in (canon(case, each) for each in members) if text])


def _text(case: Comparison, value: object) -> str:
    text = string(case, value)
    if case.template.case == "uppercase":
        text = upper_case(text)
    elif case.template.case == "lowercase":
        text = lower_case(text)
    return lower_case(text) if case.person_name else text


def _number(case: Comparison, value: object) -> str:
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return EMPTY
        if not _NUMBER.fullmatch(value):
            raise NotOfType("not a number")
        value = Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotOfType("not a number")
    return digits(Decimal(value))


def _date(case: Comparison, value: object) -> str:
    text = string(case, value)
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


def _tags(case: Comparison, value: object) -> str:
    if isinstance(value, list):
        return sorted_list([string(case, tag) for tag in value])
    return string(case, value)


def _phone(case: Comparison, value: object) -> str:
    number = _PHONE_MARKS.sub("", string(case, value))
    if not re.fullmatch(r"(\+?[0-9]{3,15})?", number):
        raise NotOfType("not a telephone number")
    for prefix in ("0084", "0"):
        if number.startswith(prefix):
            return "+84" + number.removeprefix(prefix)
    return f"+{number}" if re.fullmatch(r"84[0-9]{9,10}", number) else number


def _email(case: Comparison, value: object) -> str:
    text = string(case, value)
    if not text:
        return EMPTY
    mailbox, at, domain = text.rpartition("@")
    if not (mailbox and at and domain):
        raise NotOfType("not an e-mail address")
    return f"{mailbox}@{domain.lower()}"


def _composite(case: Comparison, value: object) -> str:
    if isinstance(value, str):
        return string(case, value)
    if not isinstance(value, Mapping):
        raise NotOfType("not a composite")
    parts = parts_of(value)
    found = {
        key: text
        for key in sorted(case.subkeys or parts)
        if (text := _part(case, key, parts.get(key)))
    }
    return json.dumps(found, ensure_ascii=False) if found else EMPTY


def _part(case: Comparison, key: str, value: object) -> str:
    """One part of a composite: a choice with its label, or a plain value."""
    if is_empty(value):
        return EMPTY
    part = next((one for one in case.template.parts if one.path == key), None)
    if part is not None and part.type in CHOOSING:
        return choice(Comparison(part, False, (), case.options, case.exact), value)
    if isinstance(value, Mapping) and part is None:
        value = value.get("value", EMPTY)
    return choice_value(case, value)


def _files(case: Comparison, value: object) -> str:
    members = value if isinstance(value, list) else [value]
    return ",".join(sorted(content_digest(member) for member in members))


_CANON_OF: Mapping[str, Callable[[Comparison, object], str]] = {
    "number": _number,
    "currency": _number,
    "checkbox": checkbox,
    "datetime": _date,
    "day": _date,
    "select": choice,
    "radio": choice,
    "survey": choice,
    "selectboxes": boxes,
    "phoneNumber": _phone,
    "email": _email,
    "address": _composite,
    "file": _files,
    "tags": _tags,
}
_WHOLE = frozenset({"selectboxes", "file", "tags"})
