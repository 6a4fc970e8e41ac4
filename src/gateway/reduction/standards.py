"""By what is one dossier counted: which items are official, which were dropped, what is in reach?

One standard for each form version, procedure and set of connected sources; it is worked out once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.reduction.definitions import Definitions, FormVersion


@dataclass(frozen=True, slots=True)
class Standard:
    """What the dossiers of one form version are counted by (chuẩn đếm).

    `item_of` holds the fields that stand for an official item. `dropped` are required items of the
    baseline that the version does not ask, `abolished` those of them whose end its leaf names an act
    for. `reach` are the fields that some source but the session can hold, `connected_reach` those
    that a connected and granted one can.
    """

    edition: int
    item_of: Mapping[str, str] = field(repr=False)
    dropped: int
    abolished: int
    reach: frozenset[str] = field(repr=False)
    connected_reach: frozenset[str] = field(repr=False)


class Standards:
    """The standards of one log by one edition of the measure."""

    def __init__(self, definitions: Definitions, edition: int) -> None:
        self.edition = edition
        self._definitions = definitions
        self._known: dict[tuple[int, str | None, frozenset[str]], Standard] = {}

    def of(self, form: FormVersion, procedure: str | None, tenant: str, leaf: int) -> Standard:
        """The standard of a dossier whose last submission stands at `leaf`."""
        connected = self._definitions.connected_at(tenant, leaf)
        key = form.leaf, procedure, connected
        if key not in self._known:
            self._known[key] = self._made(form, procedure, connected)
        return self._known[key]

    def _made(
        self, form: FormVersion, procedure: str | None, connected: frozenset[str]
    ) -> Standard:
        if self.edition == 1:
            first = self._definitions.first_version(form.form)
            dropped = len(first.required_items - form.items)
            return Standard(1, form.item_of, dropped, 0, frozenset(), frozenset())
        baseline = self._definitions.baseline(form, procedure)
        gone = baseline.required - form.items
        official = baseline.items | form.added
        return Standard(
            2,
            {path: item for path, item in form.item_of.items() if item in official},
            len(gone - form.abolished),
            len(gone & form.abolished),
            frozenset(path for path, sources in form.sources_of.items() if sources),
            frozenset(path for path, sources in form.sources_of.items() if sources & connected),
        )
