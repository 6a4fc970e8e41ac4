"""What may stand in a member of a public leaf? Checks that are put together of one another."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gateway_verify.text.notes import (
    COSIGNATURE,
    ED25519,
    MalformedNote,
    decode_base64,
    read_key,
)

Check: TypeAlias = Callable[[Any], bool]


def like(pattern: str) -> Check:
    """A text that a pattern matches as a whole."""
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def one_of(*values: object) -> Check:
    """One of these values, of its very type."""
    return lambda value: any(value == one and type(value) is type(one) for one in values)


def number(value: Any) -> bool:
    """Whether it is a whole number of 0 or more."""
    return type(value) is int and value >= 0


def positive(value: Any) -> bool:
    """Whether it is a whole number of 1 or more."""
    return type(value) is int and value > 0


def flag(value: Any) -> bool:
    """Whether it is true or false."""
    return type(value) is bool


def list_of(check: Check) -> Check:
    """A list whose members all hold."""
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def row(*checks: Check) -> Check:
    """A list of as many members as checks, each of which holds."""

    def holds(value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) == len(checks)
            and all(check(one) for check, one in zip(checks, value, strict=True))
        )

    return holds


def any_of(*checks: Check) -> Check:
    """What one of the checks lets pass."""
    return lambda value: any(check(value) for check in checks)


def all_of(*checks: Check) -> Check:
    """What every one of the checks lets pass."""
    return lambda value: all(check(value) for check in checks)


def members(checks: Mapping[str, Check]) -> Check:
    """An object of exactly these members, each of which holds."""

    def holds(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == checks.keys()
            and all(check(value[name]) for name, check in checks.items())
        )

    return holds


def map_of(name: Check, value_of: Check) -> Check:
    """An object whose names and values all hold."""
    return lambda value: (
        isinstance(value, dict) and all(name(k) and value_of(v) for k, v in value.items())
    )


def base64_of(length: int) -> Check:
    """The base64 of so many bytes."""

    def holds(value: Any) -> bool:
        try:
            return isinstance(value, str) and len(decode_base64(value)) == length
        except MalformedNote:
            return False

    return holds


def key_for(algorithm: int) -> Check:
    """A verifier key for this algorithm."""

    def holds(value: Any) -> bool:
        try:
            return isinstance(value, str) and read_key(value).algorithm == algorithm
        except MalformedNote:
            return False

    return holds


verifier_key, witness_key = key_for(ED25519), key_for(COSIGNATURE)
