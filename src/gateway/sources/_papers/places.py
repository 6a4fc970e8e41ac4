"""The facts that one address gives, once its units are settled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from gateway.domain.codelists import HOME_COUNTRY, INLAND, CodeLists
from gateway.domain.facts import Coded, Value
from gateway.domain.identifiers import AttributeName

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
PARTS: Final = ("country", "province", "commune", "detail", "full", "in_vietnam")


@dataclass(frozen=True, slots=True)
class Place:
    """An address with its units settled; what is None is not known, and is not guessed."""

    country: Coded | None
    province: Coded | None
    commune: Coded | None
    detail: str | None = field(repr=False)

    @property
    def full(self) -> str | None:
        """The address in one line, where province and commune are known."""
        if self.province is None or self.commune is None:
            return None
        named = (self.detail, self.commune.label, self.province.label)
        return ", ".join(part for part in named if part)


@cache
def place_attributes(place: str) -> frozenset[AttributeName]:
    """The attributes of one address, such as `person.hometown.province`."""
    return frozenset(AttributeName(f"{place}.{part}") for part in PARTS)


def place_facts(
    attribute: str, place: Place, wanted: Collection[AttributeName], lists: CodeLists
) -> Mapping[AttributeName, Value]:
    """The wanted facts of one address."""
    values: dict[str, Value | None] = {
        "country": place.country,
        "province": place.province,
        "commune": place.commune,
        "detail": place.detail,
        "full": place.full,
        "in_vietnam": _inland(place, lists),
    }
    return {
        name: value
        for part, value in values.items()
        if value is not None and (name := AttributeName(f"{attribute}.{part}")) in wanted
    }


def _inland(place: Place, lists: CodeLists) -> Coded | None:
    if place.country is None:
        # a unit of the Vietnamese list lies in Vietnam, whatever else is left out
        return None if place.province is None else lists.coded(INLAND, "vn")
    return lists.coded(INLAND, "vn" if place.country.code == HOME_COUNTRY else "abroad")
