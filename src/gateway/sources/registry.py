"""Find every source of this installation, its own and those that other distributions bring.

Own sources are the folders below `gateway.sources`, in the order of their `place`; those of the entry
point group `gateway.sources` follow by name. One that takes a name, a letter or a group of settings
which another has is refused with a sentence.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points

import gateway.sources
from gateway.domain.identifiers import SourceId
from gateway.sources.source import SourceSpec, UnusableSource

GROUP = "gateway.sources"


@dataclass(frozen=True)
class Registry:
    """The sources of an installation in their fixed order; raises UnusableSource where two clash."""

    specs: tuple[SourceSpec, ...]

    def __post_init__(self) -> None:
        for what, named in (
            ("name", [(spec.id, spec) for spec in self.specs]),
            ("letter", [(letter, spec) for spec in self.specs for letter in spec.letters]),
            ("group of settings", [(spec.settings_group, spec) for spec in self.specs]),
        ):
            taken: dict[str, SourceSpec] = {}
            for name, spec in named:
                if name in taken:
                    raise UnusableSource(
                        f"source {spec.id}: the {what} {name!r} belongs to {taken[name].id}"
                    )
                taken[name] = spec

    @cached_property
    def by_id(self) -> Mapping[SourceId, SourceSpec]:
        """Every source by its name."""
        return {spec.id: spec for spec in self.specs}

    @cached_property
    def ids(self) -> frozenset[SourceId]:
        """The names of all sources, the session's among them."""
        return frozenset(self.by_id)

    @cached_property
    def letters(self) -> Mapping[str, str]:
        """The letter of each source in case leaves."""
        return {spec.id: spec.letter for spec in self.specs}

    @cached_property
    def young_letters(self) -> Mapping[str, str]:
        """In place of a source's letter: a paper nobody vouches for, younger than 30 days."""
        return {spec.id: spec.young_letter for spec in self.specs if spec.young_letter is not None}

    @cached_property
    def declared(self) -> Mapping[SourceId, tuple[str, str]]:
        """The letters of the sources that not every log knows: form versions declare them."""
        return {
            spec.id: (spec.letter, spec.young_letter)
            for spec in self.specs
            if spec.place is None and spec.young_letter is not None
        }

    @cached_property
    def source_of_letter(self) -> Mapping[str, str]:
        """The source that a letter stands for."""
        return {letter: spec.id for spec in self.specs for letter in spec.letters}

    @cached_property
    def remote(self) -> tuple[SourceId, ...]:
        """The sources that somebody else keeps, who can count our reads."""
        return tuple(spec.id for spec in self.specs if spec.is_remote)

    @cached_property
    def granted(self) -> frozenset[SourceId]:
        """The sources that a grant opens which names none."""
        return frozenset(spec.id for spec in self.specs if spec.is_granted)


@cache
def registered() -> Registry:
    """The sources of this installation, found once; raises UnusableSource."""
    own = sorted(_own(), key=lambda spec: (spec.place is None, spec.place or 0, spec.id))
    return Registry((*own, *sorted(_from_outside(), key=lambda spec: spec.id)))


def _own() -> Iterator[SourceSpec]:
    for module in pkgutil.iter_modules(gateway.sources.__path__):
        if module.ispkg and not module.name.startswith("_"):
            yield _spec(importlib.import_module(f"{GROUP}.{module.name}").SOURCE, module.name)


def _from_outside() -> Iterator[SourceSpec]:
    for point in entry_points(group=GROUP):
        try:
            found = point.load()
        except (ImportError, SyntaxError, AttributeError) as error:
            raise UnusableSource(f"source {point.name}: {error}") from error
        spec = _spec(found, point.name)
        if spec.place is not None:
            raise UnusableSource(f"source {spec.id}: only the four of every log have a place")
        yield spec


def _spec(found: object, name: str) -> SourceSpec:
    if not isinstance(found, SourceSpec):
        raise UnusableSource(f"source {name}: SOURCE is not a SourceSpec")
    return found


def unknown_sources(named: Iterable[SourceId]) -> list[SourceId]:
    """Which of these names no source has, in alphabetical order."""
    return sorted(set(named) - registered().ids)
