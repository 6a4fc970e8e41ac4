"""Check what was sent against the protocol: members, codes, lengths and dates, each by its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mocks.adapter.envelope import Refused
from mocks.adapter.protocol import PROTOCOL

_DATES = frozenset({"timestamp", "dossier_date", "progress_date"})
_PATTERNS = {name: re.compile(said["regex"]) for name, said in PROTOCOL["formats"].items()}


@dataclass(frozen=True, slots=True)
class Field:
    """One member as the protocol describes it; without `inside` it is a text."""

    name: str
    required: str | None
    format: str | None
    codes: frozenset[str] | None
    longest: int | None
    inside: tuple["Field", ...] | None
    repeats: bool


def fields_of(said: Sequence[Mapping[str, Any]], lists: Mapping[str, Any]) -> tuple[Field, ...]:
    """The members of a description; `lists` holds the codes that it refers to."""
    return tuple(_field(one, lists) for one in said)


def _field(said: Mapping[str, Any], lists: Mapping[str, Any]) -> Field:
    codes = lists.get(said.get("list", ""))
    inside = said.get("items", said.get("fields"))
    return Field(
        said["name"],
        said.get("required"),
        said.get("format"),
        frozenset(codes.get("values", codes)) if codes is not None else None,
        said.get("max"),
        fields_of(inside, lists) if isinstance(inside, list) else () if inside else None,
        "items" in said,
    )


def check(fields: Sequence[Field], value: object, place: str = "") -> None:
    """Raise Refused, naming the first member that is missing, wrong, or not described."""
    if not isinstance(value, dict):
        raise Refused("malformed", place.rstrip("."))
    for field in fields:
        if field.name not in value:
            if field.required:
                raise Refused("missing", place + field.name)
            continue
        _check_one(field, value[field.name], place + field.name)
    if len(value) > len(fields) or not value.keys() <= {field.name for field in fields}:
        raise Refused("malformed", f"{place}: có trường ngoài đặc tả")


def _check_one(field: Field, value: object, place: str) -> None:
    if field.inside is None:
        return _check_text(field, value, place)
    if not field.repeats:
        return check(field.inside, value, f"{place}.") if field.inside else None
    if not isinstance(value, list):
        raise Refused("malformed", place)
    for number, entry in enumerate(value):
        if field.inside:
            check(field.inside, entry, f"{place}[{number}].")
    return None


def _check_text(field: Field, value: object, place: str) -> None:
    if not isinstance(value, str):
        raise Refused("malformed", place)
    if not value:
        if field.required == "filled":
            raise Refused("missing", place)
        return
    wrong = (
        (field.codes is not None and value not in field.codes)
        or (field.longest is not None and len(value) > field.longest)
        or (field.format is not None and not is_written_as(field.format, value))
    )
    if wrong:
        raise Refused("malformed", place)


def is_written_as(name: str, text: str) -> bool:
    """Whether a text has a format of the protocol; dates must exist."""
    if not _PATTERNS[name].fullmatch(text):
        return False
    if name not in _DATES:
        return True
    try:
        datetime.fromisoformat(f"{text[:8]}T{text[8:]}" if name == "timestamp" else text)
    except ValueError:
        return False
    return True
