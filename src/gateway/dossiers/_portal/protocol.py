"""What is agreed with the portal: which states may follow each other, how long may a text be?

Read from `schemas/portal-protocol.json`, the one description that client and mock share; a state of
which nothing is said cannot be reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.domain.errors import DossierRefused
from gateway.domain.json_texts import read_json_file


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a unit speaks with the portal (quy ước kết nối Cổng DVCQG)."""

    following: Mapping[int, frozenset[int]]
    services: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, Any]]
    index_766: Mapping[str, Any]
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
        sent = self.services[service]["data"]
        inner = [item for one in sent for item in one.get("items", ())]
        return frozenset(one["name"] for one in [*sent, *inner])

    def longest(self, service: str, path: str) -> int | None:
        """How many characters a text of a service's data may have; None where nothing is known."""
        fields: Any = self.services[service]["data"]
        entry: Any = None
        for name in path.split("."):
            entry = next(one for one in fields if one["name"] == name)
            fields = entry.get("items", ())
        found: int | None = entry.get("max")
        return found


def read_protocol(path: Path) -> Protocol:
    """Read schemas/portal-protocol.json."""
    sent = read_json_file(path)
    transport = sent["transport"]
    return Protocol(
        following={
            int(state): frozenset(map(int, following))
            for state, following in sent["transitions"]["next"].items()
        },
        services=sent["services"],
        answers=sent["answers"],
        index_766=sent["index_766"],
        call_path=transport["call"]["path"],
        login_path=transport["login"]["path"],
    )
