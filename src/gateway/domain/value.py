"""Declare values of which one request makes hundreds."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(kind: type[T]) -> type[T]:
    """`@dataclass(frozen=True, slots=True)` to readers and to mypy, which refuses any assignment.

    At run time nothing watches over it: a class that CPython freezes sets each member by a call of
    `object.__setattr__`, which makes its values five times as dear.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
