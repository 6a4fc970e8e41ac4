"""How is a figure kept and shown? Raw runs beside it, its peer and its budget in the same line.

`latest.json` is `{"<name>": {"value", "unit", "peer", "ratio", "runs"}}`: the median of the runs,
the peer's median in the same unit, and the median of the ratios run by run.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a figure may be: at least or at most so much, of its value or of its ratio."""

    limit: float
    at_least: bool = False
    of_ratio: bool = False

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<"
        return f"{sign} {self.limit:g}{' of peer' if self.of_ratio else ''}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: value and, where there is one, the peer's, run by run."""

    name: str
    unit: str
    values: Sequence[float]
    peers: Sequence[float] = ()
    budget: Budget | None = None
    says: str = ""

    @property
    def value(self) -> float:
        """The median of the runs."""
        return median(self.values)

    @property
    def peer(self) -> float | None:
        """The median of the peer's runs."""
        return median(self.peers) if self.peers else None

    @property
    def ratio(self) -> float | None:
        """The median of the ratios of each pair of runs."""
        if not self.peers:
            return None
        return median(v / p for v, p in zip(self.values, self.peers, strict=True))

    @property
    def kept(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        if self.budget is None:
            return None
        measured = self.ratio if self.budget.of_ratio else self.value
        if measured is None:
            return None
        limit = self.budget.limit
        return measured >= limit if self.budget.at_least else measured < limit

    def as_json(self) -> dict[str, object]:
        """As `latest.json` holds it."""
        rounded = [round(value, 4) for value in self.values]
        return {
            "value": round(self.value, 4),
            "unit": self.unit,
            "peer": None if self.peer is None else round(self.peer, 4),
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "runs": rounded,
        }


def write(
    figures: Sequence[Figure],
    raw: Mapping[str, object],
    folder: Path = RESULTS,
    *,
    keep: bool = False,
) -> Path:
    """Write `latest.json`, and everything that was measured into `raw/` under this moment's name.

    With `keep` the figures that were not measured now stay as they are.
    """
    (folder / "raw").mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    latest = {figure.name: figure.as_json() for figure in figures}
    peers = {figure.name: list(figure.peers) for figure in figures if figure.peers}
    whole = {"figures": latest, "peers": peers, **raw}
    (folder / "raw" / f"{moment}.json").write_text(json.dumps(whole, indent=1) + "\n")
    path = folder / "latest.json"
    before = json.loads(path.read_text()) if keep and path.exists() else {}
    path.write_text(json.dumps(before | latest, indent=1) + "\n")
    return path


def table_of(figures: Sequence[Figure]) -> Table:
    """The figures with peer, ratio and budget for people."""
    table = Table("figure", "value", "unit", "peer", "ratio", "budget", "kept", "what it says")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.4g}",
            figure.unit,
            "" if figure.peer is None else f"{figure.peer:,.4g}",
            "" if figure.ratio is None else f"{figure.ratio:.3f}",
            "" if figure.budget is None else str(figure.budget),
            {True: "yes", False: "NO", None: ""}[figure.kept],
            figure.says,
        )
    return table
