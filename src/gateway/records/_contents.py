"""Check a record's content against its kind. Every refusal names a place and a reason, never a value.

| type | what is taken |
|---|---|
| text, name | text that is not blank, up to 2,000 and 200 characters |
| date | `YYYY`, `YYYY-MM` or `YYYY-MM-DD` of the calendar |
| number | a number from 0 on, at most 100 digits |
| boolean, sex, country | true or false; `male` or `female`; ISO 3166-1 alpha-2 |
| unit, `code:<list>` | a label, or `{code, label}` |
| address | `{country, province, commune, detail}` |
| person | `{personal_id, full_name, birth_date, nationality}`, the name at least |
| persons | a list of persons that may also say `sex` and `relation_to_head` |
| dwelling | `{ownership, owner}`, the owner a person |
| list | a list of texts, or of objects of texts |

Null stands for absent everywhere. A kind that is open also takes texts, numbers and truth values
under names of its own.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Never

from gateway.domain.errors import RecordRefused
from gateway.domain.facts import PartialDate
from gateway.domain.identifiers import PersonalId
from gateway.records.kinds import CODE, Kind

MOST_TEXT, MOST_NAME, MOST_DIGITS, MOST_ENTRIES = 2000, 200, 100, 1000

Check = Callable[[object, str], object]

_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}")
_COUNTRY = re.compile(r"[A-Z]{2}")


def check_content(kind: Kind, content: Mapping[str, object]) -> None:
    """Raise RecordRefused unless every member of `content` fits `kind`."""
    for name, value in content.items():
        member = kind.members.get(name)
        if member is not None:
            check_value(member.type, value, f"content.{name}")
        elif kind.open:
            _free(value, place_in("content", name))
        else:
            refuse("unknown_member", "the kind has no such member", place_in("content", name))


def check_value(type_name: str, value: object, place: str) -> None:
    """Raise RecordRefused unless `value` is absent or of the member type."""
    if value is None:
        return
    _CHECKS[CODE if type_name.startswith(CODE) else type_name](value, place)


def check_text(value: object, place: str, longest: int = MOST_TEXT) -> str:
    """The text; raises RecordRefused unless `value` is one that says something."""
    if not isinstance(value, str):
        refuse("wrong_type", "a text is expected", place)
    if not value.strip():
        refuse("blank", "the text is blank", place)
    if len(value) > longest:
        refuse("too_long", f"at most {longest} characters", place)
    return value


def check_personal_id(value: object, place: str) -> PersonalId:
    """The personal number; raises RecordRefused `malformed_personal_id`."""
    try:
        return PersonalId(value if isinstance(value, str) else "")
    except ValueError:
        refuse("malformed_personal_id", "twelve digits are expected", place)


def check_object(value: object, place: str, members: Mapping[str, Check]) -> Mapping[str, object]:
    """The object; raises RecordRefused unless it is one of these members, each absent or right."""
    if not isinstance(value, dict):
        refuse("wrong_type", "an object is expected", place)
    for name, one in value.items():
        check = members.get(name)
        if check is None:
            refuse("unknown_member", "no such member is known here", place_in(place, name))
        if one is not None:
            check(one, f"{place}.{name}")
    return value


def place_in(place: str, name: str) -> str:
    """The path of an unknown member; a name that could itself be a value is not repeated."""
    return f"{place}.{name}" if _PLAIN_NAME.fullmatch(name) else place


def refuse(code: str, detail: str, place: str) -> Never:
    """Refuse the record over one place."""
    raise RecordRefused(code, detail, place)


def _name(value: object, place: str) -> None:
    check_text(value, place, MOST_NAME)


def _date(value: object, place: str) -> None:
    try:
        PartialDate.parse(check_text(value, place))
    except ValueError:
        refuse("impossible_date", "a date of the calendar, YYYY, YYYY-MM or YYYY-MM-DD", place)


def _number(value: object, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        refuse("wrong_type", "a number is expected", place)
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        refuse("wrong_type", f"a number of at most {MOST_DIGITS} digits is expected", place)
    if number < 0:
        refuse("negative", "a number from 0 on is expected", place)


def _boolean(value: object, place: str) -> None:
    if not isinstance(value, bool):
        refuse("wrong_type", "true or false is expected", place)


def _sex(value: object, place: str) -> None:
    if value not in ("male", "female"):
        refuse("wrong_type", "male or female is expected", place)


def _country(value: object, place: str) -> None:
    if not (isinstance(value, str) and _COUNTRY.fullmatch(value)):
        refuse("wrong_type", "a country code of two capitals is expected", place)


def _code(value: object, place: str) -> None:
    if isinstance(value, str):
        check_text(value, place)
    else:
        check_object(value, place, _CODE_MEMBERS)


def _address(value: object, place: str) -> None:
    check_object(value, place, _ADDRESS_MEMBERS)


def _person(value: object, place: str) -> None:
    _named(value, place, _PERSON_MEMBERS)


def _persons(value: object, place: str) -> None:
    for index, one in enumerate(_entries(value, place)):
        _named(one, f"{place}[{index}]", _MEMBER_MEMBERS)


def _named(value: object, place: str, members: Mapping[str, Check]) -> None:
    if check_object(value, place, members).get("full_name") is None:
        refuse("missing", "a person is named", f"{place}.full_name")


def _dwelling(value: object, place: str) -> None:
    check_object(value, place, {"ownership": _code, "owner": _person})


def _list(value: object, place: str) -> None:
    for index, one in enumerate(_entries(value, place)):
        here = f"{place}[{index}]"
        if isinstance(one, dict):
            for name, text in one.items():
                check_text(text, place_in(here, name))
        else:
            check_text(one, here)


def _entries(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        refuse("wrong_type", "a list is expected", place)
    if len(value) > MOST_ENTRIES:
        refuse("too_long", f"at most {MOST_ENTRIES} entries", place)
    return value


def _free(value: object, place: str) -> None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        _number(value, place)
    elif not isinstance(value, bool | None):
        check_text(value, place)


_CHECKS: dict[str, Check] = {
    "text": check_text,
    "name": _name,
    "date": _date,
    "number": _number,
    "boolean": _boolean,
    "sex": _sex,
    "unit": _code,
    CODE: _code,
    "country": _country,
    "address": _address,
    "person": _person,
    "persons": _persons,
    "dwelling": _dwelling,
    "list": _list,
}
_CODE_MEMBERS: dict[str, Check] = {"code": check_text, "label": check_text}
_ADDRESS_MEMBERS: dict[str, Check] = {
    "country": _country,
    "province": _code,
    "commune": _code,
    "detail": check_text,
}
_PERSON_MEMBERS: dict[str, Check] = {
    "personal_id": check_personal_id,
    "full_name": _name,
    "birth_date": _date,
    "nationality": _country,
}
_MEMBER_MEMBERS: dict[str, Check] = _PERSON_MEMBERS | {"sex": _sex, "relation_to_head": _code}
