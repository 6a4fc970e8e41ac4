"""Name the paper to ask for where a register could not answer, or is said to be wrong.

Resolution 66.7/2025/NQ-CP: if the read fails, or is incomplete or wrong, the officer asks for the
paper, and the person is told to have the database corrected. Which paper speaks for which fact
follows from the kinds of records: the first kind that answers it; for a fact that only the
population database holds, the identity card or, about a household or an address, the confirmation
of residence (CT07).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.records.kinds import Kinds
from gateway.sources._papers.facts import paper_attributes

_CARD, _RESIDENCE = "identity_card", "residence_confirmation"
_OF_RESIDENCE = ("permanent_", "current_", "household_")


@dataclass(frozen=True, slots=True)
class UnverifiedField:
    """One field that no register could confirm, and why: a reason, or `contested`."""

    path: str
    role: str
    attribute: str
    why: str


@dataclass(frozen=True, slots=True)
class PaperAsked:
    """A paper component that has to be asked for (thành phần hồ sơ giấy), of whom and why."""

    paper: str
    title: str
    role: str
    why: str
    fields: tuple[str, ...]


class PaperPath:
    """Maps a fact to the paper that proves it."""

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._paper_of: dict[str, str] = {}
        for name, kind in kinds.by_name.items():
            for attribute in paper_attributes(kind):
                self._paper_of.setdefault(attribute, name)

    def asked_for(self, unverified: Iterable[UnverifiedField]) -> tuple[PaperAsked, ...]:
        """The papers to ask for, each once per person and reason; none for what has no paper."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for one in unverified:
            if (paper := self._paper(one.attribute)) is not None:
                found.setdefault((paper, one.role, one.why), []).append(one.path)
        return tuple(
            PaperAsked(paper, self._kinds[paper].title, role, why, tuple(paths))
            for (paper, role, why), paths in found.items()
        )

    def _paper(self, attribute: str) -> str | None:
        if (paper := self._paper_of.get(attribute)) is not None:
            return paper
        subject, _, fact = attribute.partition(".")
        if subject != "person":
            return None
        return _RESIDENCE if fact.startswith(_OF_RESIDENCE) else _CARD
