"""What is agreed with the portal: states that may follow each other, lengths of texts, indicators.

Read from `schemas/portal-protocol.json`, the one description that client and mock share; a state of
which nothing is said cannot be reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from gateway.domain.errors import DossierRefused
from gateway.domain.json_texts import read_json_file


class _Described(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Member(_Described):
    """A member of a service's data: its name, the most characters of its text, members within."""

    name: str
    max: int | None = None
    items: tuple["Member", ...] = ()


class Service(_Described):
    """One call of the portal."""

    data: tuple[Member, ...] = ()


class KnownAnswer(_Described):
    """An answer of the portal that has a meaning, by its code."""

    code: str


class Indicator(_Described):
    """An indicator of Decision 766/QĐ-TTg."""

    id: str


class ScoredIndicator(Indicator):
    """One with points, all of them from the share `full_score_at` on; null where that is not known."""

    points: int
    full_score_at: float | None


class Indicators(_Described):
    """The indicators that are counted over dossiers."""

    digitisation: tuple[ScoredIndicator, ...]
    online: Indicator
    paid_online: Indicator
    synchronised: Indicator
    on_time: Indicator


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a unit speaks with the portal (quy ước kết nối Cổng DVCQG)."""

    following: Mapping[int, frozenset[int]]
    services: Mapping[str, Service]
    answers: Mapping[str, KnownAnswer]
    index_766: Indicators
    call_path: str
    login_path: str

    def check_step(self, before: int, after: int, member: str) -> None:
        """Raises DossierRefused `illegal_transition`; saying a state again is none."""
        if after != before and after not in self.following[before]:
            raise DossierRefused(
                "illegal_transition", f"state {after} does not follow state {before}", member
            )

    def members(self, service: str) -> frozenset[str]:
        """The names that a service's data may hold."""
        sent = self.services[service].data
        return frozenset(one.name for one in (*sent, *(item for one in sent for item in one.items)))

    def longest(self, service: str, path: str) -> int | None:
        """How many characters a text of a service's data may have; None where nothing is known."""
        members, longest = self.services[service].data, None
        for name in path.split("."):
            member = next(one for one in members if one.name == name)
            members, longest = member.items, member.max
        return longest


def read_protocol(path: Path) -> Protocol:
    """Read schemas/portal-protocol.json."""
    sent = read_json_file(path)
    transport = sent["transport"]
    return Protocol(
        following={
            int(state): frozenset(map(int, following))
            for state, following in sent["transitions"]["next"].items()
        },
        services=TypeAdapter(dict[str, Service]).validate_python(sent["services"]),
        answers=TypeAdapter(dict[str, KnownAnswer]).validate_python(sent["answers"]),
        index_766=Indicators.model_validate(sent["index_766"]),
        call_path=transport["call"]["path"],
        login_path=transport["login"]["path"],
    )
