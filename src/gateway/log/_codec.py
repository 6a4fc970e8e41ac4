"""Translate dataclasses to and from the members of JSON objects, as their annotations say.

    tenant: str                                     member `tenant`
    hour: Annotated[int, "h"]                       member `h`
    part: Annotated[bool, "part", BIT]              member `part`, 1 or 0
    month: Annotated[str | None, Since(2)] = None   in version 2 of the kind and later; `Until` likewise
    letters: Annotated[Letters, INLINE]             the members of `Letters`, beside the others

A dataclass is a JSON object, a NamedTuple an array of its fields, `tuple[X, ...]` an array of X; all else
stands as it is. A member whose field has a default is left out where the value is that default.

For each type and version two functions are generated, as `dataclasses` generates `__init__`: a report
decodes two million payloads, and a loop over the fields takes three times as long.
"""

import dataclasses
import types
from collections.abc import Callable, Iterator, Mapping
from typing import (
    Annotated,
    ClassVar,
    Generic,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

T = TypeVar("T")


class Since(NamedTuple):
    """The first version of a kind that has the member."""

    version: int


class Until(NamedTuple):
    """The last version of a kind that has the member."""

    version: int


class Converted(NamedTuple):
    """How a value is read from JSON, and how it is written."""

    decode: Callable[..., object]
    encode: Callable[..., object]


class Inline(NamedTuple):
    """The field's own members stand among those of the object around it."""


BIT = Converted(bool, int)
INLINE = Inline()
ALWAYS = Since(1)
"""For a member that is written even where it has its default."""


@dataclasses.dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """Reads and writes one type at one version; `members` are the names that it knows.

    `decode` raises KeyError, TypeError, ValueError or AttributeError for what it cannot read.
    """

    decode: Callable[[Mapping[str, object]], T]
    encode: Callable[[object], dict[str, object]]
    members: frozenset[str]


def codec_of(cls: type[T], version: int = 1, head: Mapping[str, object] | None = None) -> Codec[T]:
    """Generate the functions of a dataclass; `head` are members that are the same in each object."""
    return _Writer(version).codec(cls, head or {})


class _Field(NamedTuple):
    """A field of a dataclass: its name, its member's name, type, conversion, and what it may lack."""

    name: str
    member: str
    hint: object
    converted: Converted | None
    inline: bool
    present: bool
    optional: bool
    default: object


class _Writer:
    """Writes expressions over `m`, the JSON object, and `o`, the dataclass; `names` is what they use."""

    def __init__(self, version: int) -> None:
        self._version = version
        self._names: dict[str, object] = {}

    def codec(self, cls: type[T], head: Mapping[str, object]) -> Codec[T]:
        fields = list(_fields(cls, self._version))
        made = ", ".join(self._from_members(field) for field in fields)
        members = [f"{name!r}: {value!r}" for name, value in head.items()]
        members += [
            f"{field.member!r}: {self._to_json(field, f'o.{field.name}')}"
            for field in fields
            if field.present and not field.optional and not field.inline
        ]
        lines = [f"def decode(m): return {self._name(cls)}({made})", "def encode(o):"]
        lines += [f"    m = {{{', '.join(members)}}}"]
        for field in fields:
            value = f"o.{field.name}"
            if field.inline:
                lines.append(f"    m.update({self._name(self._inner(field.hint).encode)}({value}))")
            elif field.present and field.optional:
                lines.append(f"    if {value} != {self._name(field.default)}:")
                lines.append(f"        m[{field.member!r}] = {self._to_json(field, value)}")
        exec("\n".join([*lines, "    return m"]), self._names)  # noqa: S102  # our annotations alone
        known = {field.member for field in fields if field.present and not field.inline}
        for field in fields:
            known |= self._inner(field.hint).members if field.inline else set()
        decode, encode = self._names["decode"], self._names["encode"]
        return Codec(decode, encode, frozenset(known | set(head)))  # type: ignore[arg-type]  # generated

    def _name(self, value: object) -> str:
        """A name under which the generated code finds a value."""
        for name, known in self._names.items():
            if known is value:
                return name
        name = f"_{len(self._names)}"
        self._names[name] = value
        return name

    def _inner(self, hint: object) -> Codec[object]:
        if not isinstance(hint, type):
            raise TypeError("the members of an object are those of a dataclass")
        return _Writer(self._version).codec(hint, {})

    def _from_members(self, field: _Field) -> str:
        if not field.present:
            return self._name(field.default)
        if field.inline:
            return f"{self._name(self._inner(field.hint).decode)}(m)"
        read = self._from_json(field.hint, f"m[{field.member!r}]")
        if field.converted is not None:
            read = f"{self._name(field.converted.decode)}(m[{field.member!r}])"
        if not field.optional:
            return read
        if read == f"m[{field.member!r}]":
            return f"m.get({field.member!r}, {self._name(field.default)})"
        return f"({read} if {field.member!r} in m else {self._name(field.default)})"

    def _from_json(self, hint: object, value: str) -> str:
        """An expression that reads a JSON value as a type; the value itself where it stands as it is."""
        hint, nullable = _without_none(hint)
        read = value
        if dataclasses.is_dataclass(hint):
            read = f"{self._name(self._inner(hint).decode)}({value})"
        elif _is_array(hint):
            parts = [self._from_json(of, f"v{n}") for n, of in enumerate(_hints(hint).values())]
            names = ", ".join(f"v{n}" for n in range(len(parts)))
            read = f"{self._name(hint)}(*{value})"
            if names != ", ".join(parts):
                made = f"lambda {names}: {self._name(hint)}({', '.join(parts)})"
                read = f"({made})(*{value})"
        elif get_origin(hint) is tuple:
            one = self._from_json(get_args(hint)[0], "e")
            read = f"tuple({value})" if one == "e" else f"tuple([{one} for e in {value}])"
        return f"(None if {value} is None else {read})" if nullable and read != value else read

    def _to_json(self, field: _Field, value: str) -> str:
        if field.converted is not None:
            return f"{self._name(field.converted.encode)}({value})"
        hint, nullable = _without_none(field.hint)
        written = value
        if dataclasses.is_dataclass(hint):
            written = f"{self._name(self._inner(hint).encode)}({value})"
        elif get_origin(hint) is tuple and dataclasses.is_dataclass(of := get_args(hint)[0]):
            written = f"[{self._name(self._inner(of).encode)}(e) for e in {value}]"
        return f"(None if {value} is None else {written})" if nullable else written


def _fields(cls: type, version: int) -> Iterator[_Field]:
    if not dataclasses.is_dataclass(cls):
        raise TypeError("an object is written from a dataclass")
    hints = get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        hint, marks = _apart(hints[field.name])
        member = next((mark for mark in marks if isinstance(mark, str)), field.name)
        since = [mark.version for mark in marks if isinstance(mark, Since)]
        until = [mark.version for mark in marks if isinstance(mark, Until)]
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        versioned = bool(since or until) or member == "v"
        yield _Field(
            field.name,
            member,
            hint,
            next((mark for mark in marks if isinstance(mark, Converted)), None),
            INLINE in marks,
            all(version >= one for one in since) and all(version <= one for one in until),
            default is not dataclasses.MISSING and not versioned,
            default,
        )


def _apart(hint: object) -> tuple[object, tuple[object, ...]]:
    """A type and what it is annotated with."""
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        return inner, tuple(marks)
    return hint, ()


def _without_none(hint: object) -> tuple[object, bool]:
    if get_origin(hint) in (Union, types.UnionType):
        others = [one for one in get_args(hint) if one is not types.NoneType]
        nullable = len(others) < len(get_args(hint))
        return (others[0], nullable) if len(others) == 1 else (hint, nullable)
    return hint, False


def _is_array(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


def _hints(hint: object) -> Mapping[str, object]:
    return {n: h for n, h in get_type_hints(hint).items() if get_origin(h) is not ClassVar}
