"""No kind of leaf has a place for free text or for a value of a person; walked, not sampled."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.log.entries import CASE_KINDS, PUBLIC_KINDS

SCHEMAS = Path(__file__).parents[2] / "schemas" / "leaves"
KINDS = sorted(PUBLIC_KINDS | CASE_KINDS)

OF_PEOPLE = (
    "Nguyễn Văn An",
    "NGUYEN VAN AN",
    "nguyễn",
    "003090000123",
    "050123456",
    "0501234567",
    "+84501234567",
    "an@example.test",
    "1990-01-31 ",
    "12 Lê Lợi",
    "gặp chị Lan ở tầng hai",
)


def _schema(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{kind}.schema.json").read_text())
    return schema


def places(schema: Any, path: str, root: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema that a value can be held against."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    if (ref := schema.get("$ref")) is not None and ref.startswith("#/$defs/"):
        name = ref.removeprefix("#/$defs/")
        if f"/{name}" not in path:
            yield from places(root["$defs"][name], f"{path}/{name}", root)
    for word in ("properties", "patternProperties"):
        for name, inner in schema.get(word, {}).items():
            yield from places(inner, f"{path}.{name}", root)
    for word in ("items", "additionalProperties", "propertyNames"):
        yield from places(schema.get(word), f"{path}.{word}", root)
    for word in ("prefixItems", "anyOf", "oneOf", "allOf"):
        for number, inner in enumerate(schema.get(word, ())):
            yield from places(inner, f"{path}.{word}{number}", root)


def strings(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    schema = _schema(kind)
    for path, place in places(schema, kind, schema):
        types = place.get("type", ())
        named = path.endswith("propertyNames")
        if named or "string" in ([types] if isinstance(types, str) else types):
            yield path, place


@pytest.mark.threat(26)
@pytest.mark.parametrize("kind", KINDS)
def test_every_string_is_enumerated_or_bounded(kind: str) -> None:
    for path, place in strings(kind):
        if "const" in place or "enum" in place:
            continue
        pattern = place.get("pattern", "")
        assert pattern.startswith("^") and pattern.endswith("$"), path
        assert not re.search(r"(?<!\\)\.(?:[*+{]|$)|\\[swSWD]|\[\^", pattern), path
        assert "*" not in pattern.replace(r"\*", "") and "+" not in re.sub(
            r"\[[^]]*\]|\\\+", "", pattern
        ), f"{path} has no end: {pattern}"


@pytest.mark.threat(26)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", OF_PEOPLE)
def test_no_member_takes_personal_value(kind: str, value: str) -> None:
    taken = [
        path
        for path, place in strings(kind)
        if value in place.get("enum", ())
        or ("pattern" in place and re.search(place["pattern"], value))
    ]
    assert taken == []


@pytest.mark.threat(26)
@pytest.mark.parametrize("kind", KINDS)
def test_leaf_has_only_listed_members_and_values(kind: str) -> None:
    schema = _schema(kind)
    for path, place in places(schema, kind, schema):
        said = place.keys() & {"type", "const", "enum", "$ref", "anyOf", "oneOf", "allOf"}
        assert said or path.endswith("propertyNames"), f"{path} takes anything"
        if place.get("type") == "object":
            closed = place.get("additionalProperties", True)
            assert closed is False or "propertyNames" in place, f"{path} is open"
        if place.get("type") == "array":
            assert "items" in place or "prefixItems" in place, f"{path} takes anything"


@pytest.mark.threat(60)
@pytest.mark.parametrize("kind", sorted(CASE_KINDS))
def test_payload_has_schema_with_its_kind(kind: str) -> None:
    assert _schema(kind)["properties"]["k"] == {"const": kind}
