"""Read the members of a JSON document whose shape was checked before, each as the type that it has.

For any other type TypeError is raised, which is a bug: what comes from outside is checked first.
"""

from collections.abc import Mapping, Sequence


def text(value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError("a document holds something else than a text")
    return value


def entries(value: object) -> Sequence[object]:
    """A list."""
    if not isinstance(value, list):
        raise TypeError("a document holds something else than a list")
    return value


def members(value: object) -> Mapping[str, object]:
    """An object by its members."""
    if not isinstance(value, dict):
        raise TypeError("a document holds something else than an object")
    return value


def text_in(document: Mapping[str, object], name: str) -> str | None:
    """The text of a member; None where it is absent or null."""
    value = document.get(name)
    return None if value is None else text(value)


def members_in(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object of a member; one without members where it is absent or null."""
    value = document.get(name)
    return {} if value is None else members(value)
