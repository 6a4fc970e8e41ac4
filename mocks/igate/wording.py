"""A form's data as iGate and a browser carry it: the same values in other notations.

Instants change zone and lose their milliseconds, texts their composition and single blanks, choices
their labels, numbers their type. No value changes.
"""

import random
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mocks.igate.typist import LOCAL_ZONE

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.000\+0000")


def reworded(data: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """The data as another hand would send it; the same again for the same chance."""
    return {key: _value(value, chance) for key, value in data.items()}


def _value(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return [_value(one, chance) for one in value]
    if isinstance(value, Mapping):
        if value.keys() == {"label", "value"}:
            return value["value"] if chance.random() < 0.2 else dict(value)
        return {key: _value(one, chance) for key, one in value.items()}
    if isinstance(value, str):
        return _instant(value, chance) if _INSTANT.fullmatch(value) else _text(value, chance)
    return value


def _instant(text: str, chance: random.Random) -> str:
    moment = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    forms = (
        text,
        f"{moment:%Y-%m-%dT%H:%M:%S}Z",
        f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",
        moment.astimezone(LOCAL_ZONE).isoformat(),
    )
    return chance.choice(forms)


def _text(text: str, chance: random.Random) -> str:
    drawn = chance.random()
    if drawn < 0.1:
        return unicodedata.normalize("NFD", text)
    return f" {text} " if drawn < 0.2 and " " in text else text
