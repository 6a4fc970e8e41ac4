"""When are two submitted values the same? Every value has one canonical text per component type.

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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Protocol

from gateway.domain.facts import PartialDate
from gateway.domain.signs import composed, lower_case, refused_sign, upper_case
from gateway.forms.definition import FieldTemplate, Option
from gateway.forms.reading.contents import content_digest
from gateway.forms.reading.mistakes import NotAnOption, NotOfType
from gateway.forms.showing.instants import (
    LOCAL_ZONE,
    date_of,
    instant_of,
    local_date,
    names_instant,
)

__all__ = [
    "EMPTY",
    "LOCAL_ZONE",
    "NotOfType",
    "RemoteOptions",
    "canonical",
    "chosen_values",
    "is_empty",
    "local_date",
    "parts_of",
    "refused_in",
    "same_text",
]

EMPTY = ""
"""The canonical text of every empty value: `""`, null, missing, `{}`, `[]`."""


class RemoteOptions(Protocol):
    """The lists below `/catalogue/` that selects fetch their choices from (`forms/remote.py`)."""

    def __call__(self, address: str) -> Sequence[Option]:
        """A whole list that depends on no other answer; none for any other address."""
        ...

    def label_of(self, address: str, value: str) -> str | None:
        """The label of a value in any part of the list; None for a value that it does not hold."""
        ...


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
    options: RemoteOptions | None = None,
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
    case = _Case(template, person_name, subkeys or template.subkeys, options, exact)
    if template.type in _WHOLE or not (template.multiple or isinstance(value, list)):
        return canon(case, value)
    if not template.multiple:
        raise NotOfType("a list where one value is asked for")
    members = value if isinstance(value, list) else [value]
    return _sorted_list([text for text in (canon(case, each) for each in members) if text])


def same_text(text: str, *, exact: bool = True) -> str:
    """A text as it is compared: NFC, LF, blanks folded, trimmed.

    Raises NotOfType for half of a surrogate pair and, when `exact`, for every other character that
    looks like nothing or like something else and comes from no re-formatting (`domain/signs.py`).
    """
    if text.isascii() and text.isprintable():  # no refused character, and no blank but the space
        return (_BLANKS.sub(" ", text) if "  " in text else text).strip()
    refused = refused_sign(text)
    if refused is not None and (exact or _HALF_PAIR.search(text)):
        raise NotOfType(f"{refused.code_point} cannot be compared")
    text = composed(text)
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = re.sub("\r\n?|[\u2028\u2029]", "\n", text)
    return _BLANKS.sub(" ", text).strip()


def refused_in(value: object) -> str | None:
    """The code point (`U+200B`) of the first character of a value that no exact text holds."""
    if isinstance(value, str):
        refused = refused_sign(value)
        return None if refused is None else refused.code_point
    below: Iterable[object] = ()
    if isinstance(value, Mapping):
        below = value.values()
    elif isinstance(value, list):
        below = value
    return next((found for one in below if (found := refused_in(one)) is not None), None)


def chosen_values(template: FieldTemplate, value: object) -> list[str]:
    """The values that a submission chose of a component's choices, as canonical texts.

    None of a component without choices. Raises NotOfType as `canonical` does.
    """
    if template.type not in _CHOOSING or is_empty(value):
        return []
    case = _Case(template, False, (), None, exact=False)
    if template.type == "selectboxes":
        texts: list[str] = json.loads(_boxes(case, value) or "[]")
        return texts
    members = value if isinstance(value, list) else [value]
    return [text for one in members if not is_empty(one) and (text := _choice_text(case, one))]


class _Case:
    """One value's circumstances, handed to the canon of its type."""

    __slots__ = ("exact", "options", "person_name", "subkeys", "template")

    def __init__(
        self,
        template: FieldTemplate,
        person_name: bool,
        subkeys: tuple[str, ...],
        options: RemoteOptions | None,
        exact: bool,
    ) -> None:
        self.template = template
        self.person_name = person_name
        self.subkeys = subkeys
        self.options = options
        self.exact = exact


def is_empty(value: object) -> bool:
    """Whether a value is one of the empty ones: `""`, null, missing, `{}`, `[]`."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def _sorted_list(texts: list[str]) -> str:
    return json.dumps(sorted(set(texts)), ensure_ascii=False) if texts else EMPTY


def _string(case: _Case, value: object) -> str:
    if not isinstance(value, str):
        raise NotOfType("not a text")
    return same_text(value, exact=case.exact)


def _text(case: _Case, value: object) -> str:
    text = _string(case, value)
    if case.template.case == "uppercase":
        text = upper_case(text)
    elif case.template.case == "lowercase":
        text = lower_case(text)
    return lower_case(text) if case.person_name else text


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
    text = _string(case, value)
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
    text = _choice_text(case, value)
    label = value.get("label") if isinstance(value, Mapping) else None
    if not is_empty(label):
        _check_label(case, text, label)
    return text


def _choice_text(case: _Case, value: object) -> str:
    """The value of a choice, bare or beside its label."""
    if not isinstance(value, Mapping):
        return _choice_value(case, value)
    chosen = value.get("value")
    if not is_empty(chosen):
        return _choice_value(case, chosen)
    if any(not is_empty(other) for other in value.values()):
        raise NotOfType("a label without its value")
    return EMPTY


def _choice_value(case: _Case, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return _digits(Decimal(value))
    return _string(case, value)


def _check_label(case: _Case, value: str, label: object) -> None:
    """Refuse a label that is not its value's own; of a value without an own label only when `exact`.

    Whether the component offers the value at all is another question (`chosen_values`).
    """
    own = _labels_of(case, value)
    if own is None or label in own or not (own or case.exact):
        return
    if _string(case, label) not in {same_text(one, exact=False) for one in own}:
        raise NotAnOption("a label of another value")


def _labels_of(case: _Case, value: str) -> frozenset[str] | None:
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


def _boxes(case: _Case, value: object) -> str:
    if isinstance(value, list):
        return _sorted_list([_string(case, key) for key in value])
    if not isinstance(value, Mapping):
        raise NotOfType("not a set of boxes")
    ticked = [key for key, box in value.items() if _checkbox(case, box or False) == "true"]
    return _sorted_list([same_text(key, exact=case.exact) for key in ticked])


def _tags(case: _Case, value: object) -> str:
    if isinstance(value, list):
        return _sorted_list([_string(case, tag) for tag in value])
    return _string(case, value)


def _phone(case: _Case, value: object) -> str:
    number = _PHONE_MARKS.sub("", _string(case, value))
    if not re.fullmatch(r"(\+?[0-9]{3,15})?", number):
        raise NotOfType("not a telephone number")
    for prefix in ("0084", "0"):
        if number.startswith(prefix):
            return "+84" + number.removeprefix(prefix)
    return f"+{number}" if re.fullmatch(r"84[0-9]{9,10}", number) else number


def _email(case: _Case, value: object) -> str:
    text = _string(case, value)
    if not text:
        return EMPTY
    mailbox, at, domain = text.rpartition("@")
    if not (mailbox and at and domain):
        raise NotOfType("not an e-mail address")
    return f"{mailbox}@{domain.lower()}"


def _composite(case: _Case, value: object) -> str:
    if isinstance(value, str):
        return _string(case, value)
    if not isinstance(value, Mapping):
        raise NotOfType("not a composite")
    parts = parts_of(value)
    found = {
        key: text
        for key in sorted(case.subkeys or parts)
        if (text := _part(case, key, parts.get(key)))
    }
    return json.dumps(found, ensure_ascii=False) if found else EMPTY


def parts_of(value: Mapping[str, object]) -> Mapping[str, object]:
    """The parts of a composite's value, also where they stand below `address` beside a `mode`."""
    inner = value.get("address")
    return inner if "mode" in value and isinstance(inner, Mapping) else value


def _part(case: _Case, key: str, value: object) -> str:
    """One part of a composite: a choice with its label, or a plain value."""
    if is_empty(value):
        return EMPTY
    part = next((one for one in case.template.parts if one.path == key), None)
    if part is not None and part.type in _CHOOSING:
        return _choice(_Case(part, False, (), case.options, case.exact), value)
    if isinstance(value, Mapping) and part is None:
        value = value.get("value", EMPTY)
    return _choice_value(case, value)


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
_CHOOSING = frozenset({"select", "radio", "survey", "selectboxes"})
_HALF_PAIR = re.compile("[\ud800-\udfff]")
