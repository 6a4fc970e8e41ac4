"""What do the case bodies add up to, by form, procedure, series and channel?

Bodies are read once, in the order of the log, and let go: what stays is a few words per open case.
Beside the keys of `dossiers.py` these are summed:

    ("chains",) ("offered",) ("offered", "visible")     chains at their last receipt
    ("reason", reason)                                  fields left empty in it
    ("conflict", attribute)                             of these, over which two sources differ
    ("read", source, "reads" | "unavailable" | "attempts" | "failed" | "surplus")
    ("refusals",)                                       refused submissions
    ("abandoned",)                                      cases whose chains all ended unsubmitted
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.errors import CannotMeasure
from gateway.domain.letters import REASON_LETTERS
from gateway.domain.verdicts import Reason
from gateway.reduction.definitions import Definitions, FormVersion, template_of
from gateway.reduction.dossiers import Letters, Submission, Sums, read_submission, tally

MOST_REFUSALS = 5
"""So many refusals that name one field end a chain (design 5.2)."""

ONLINE, PAPER = "online", "paper"
CHANNELS = {"online": ONLINE, "desk": PAPER, "post": PAPER}
_CONFLICT = REASON_LETTERS[Reason.CONFLICT]
_REASON = {letter: reason.value for reason, letter in REASON_LETTERS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """What is summed apart; `procedure` is empty where the form has none."""

    form: str
    procedure: str
    series: str
    channel: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Which bodies count: one tenant or all but the test tenants, hours from first to last."""

    tenant: str | None = None
    first_hour: int | None = None
    last_hour: int | None = None

    def holds(self, hour: int) -> bool:
        """Whether what happened in this hour since 1970 UTC counts."""
        return (self.first_hour is None or hour >= self.first_hour) and (
            self.last_hour is None or hour <= self.last_hour
        )


@dataclass(slots=True)
class _Chain:
    """A chain so far: its last receipt, the refusals, the hour of its end."""

    leaf: int
    row: Row
    form: FormVersion
    hour: int
    visible: int
    filled: int
    letters: tuple[str, tuple[tuple[str, str], ...]]
    ended: int | None = None
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Case:
    chains: dict[str, _Chain] = field(default_factory=dict)
    submissions: list[Submission] = field(default_factory=list)


class Measurement:
    """Adds up bodies, one after the other; pure: neither the clock nor a database is asked."""

    def __init__(self, definitions: Definitions, scope: Scope) -> None:
        self._definitions = definitions
        self._scope = scope
        self._cases: defaultdict[str, _Case] = defaultdict(_Case)
        self._sums: defaultdict[Row, Sums] = defaultdict(Counter)
        self._forms: dict[Row, set[int]] = defaultdict(set)
        self._said: dict[Any, Any] = {}
        self._read: dict[Hashable, Letters] = {}

    def add(self, leaf: int, body: Mapping[str, Any]) -> None:
        """Take the body of the case leaf at `leaf`; leaves come in the order of the log.

        Raises CannotMeasure for a body that does not balance, or whose definitions are not there.
        """
        if self._scope.tenant is None:
            if body["ten"] in self._definitions.test_tenants:
                return
        elif body["ten"] != self._scope.tenant:
            return
        self._definitions.in_force(leaf)
        match body["k"]:
            case "prefill":
                self._prefill(leaf, body)
            case "submission":
                self._submission(leaf, body)
            case "refusal":
                self._refusal(leaf, body)
            case "abandoned":
                self._chain(leaf, body).ended = body["h"]
            case "confirmation":
                pass  # fills nothing: it belongs to no form and to no figure
            case _:
                raise CannotMeasure(leaf, "no figure is defined for its kind")

    def sums(self) -> dict[Row, Sums]:
        """What all bodies that were taken add up to; to be called once, at the end."""
        for case in self._cases.values():
            for chain in case.chains.values():
                self._count_chain(chain)
            if case.submissions:
                self._count_dossier(case.submissions)
            elif case.chains and all(c.ended is not None for c in case.chains.values()):
                self._count_abandoned(list(case.chains.values()))
        return dict(self._sums)

    def forms(self) -> dict[Row, list[FormVersion]]:
        """The form versions behind each row, in the order of their registration."""
        return {
            row: [self._definitions.forms[leaf] for leaf in sorted(leaves)]
            for row, leaves in self._forms.items()
        }

    def _row(self, form: FormVersion, procedure: str | None, channel: str) -> Row:
        row: Row = self._same(Row(form.form, procedure or "", form.series, CHANNELS[channel]))
        return row

    def _same(self, one: Any) -> Any:
        """One object for all that are equal: a million cases share a few thousand."""
        return self._said.setdefault(one, one)

    def _add(self, row: Row, form: FormVersion, sums: Mapping[Any, int]) -> None:
        self._sums[row].update(sums)
        self._forms[row].add(form.leaf)

    def _prefill(self, leaf: int, body: Mapping[str, Any]) -> None:
        form = self._definitions.form(leaf, body["fv"])
        row = self._row(form, body["proc"], body["ch"])
        visible, filled = body["n"]
        letters = self._same((body["st"], tuple(sorted(body.get("sr", {}).items()))))
        chains = self._cases[body["case"]].chains
        if (chain := chains.get(body["chain"])) is None:
            chains[body["chain"]] = _Chain(leaf, row, form, body["h"], visible, filled, letters)
        else:
            chain.leaf, chain.row, chain.form, chain.hour = leaf, row, form, body["h"]
            chain.visible, chain.filled, chain.letters = visible, filled, letters
        if self._scope.holds(body["h"]):
            self._add(row, form, _reads(body["q"]))

    def _submission(self, leaf: int, body: Mapping[str, Any]) -> None:
        submission = read_submission(leaf, body, self._definitions, self._read)
        case = self._cases[body["case"]]
        case.submissions.append(submission)
        if (chain := case.chains.get(body["chain"])) is not None:
            chain.ended = body["h"]

    def _refusal(self, leaf: int, body: Mapping[str, Any]) -> None:
        chain = self._chain(leaf, body)
        chain.refused.update({path for path, code in body["f"] if code != "row_added"})
        if max(chain.refused.values(), default=0) >= MOST_REFUSALS:
            chain.ended = body["h"]
        if self._scope.holds(body["h"]):
            self._add(chain.row, chain.form, {("refusals",): 1})

    def _chain(self, leaf: int, body: Mapping[str, Any]) -> _Chain:
        case = self._cases.get(body["case"])
        if case is None or body["chain"] not in case.chains:
            raise CannotMeasure(leaf, "it ends or refuses a chain of which nothing was filled")
        return case.chains[body["chain"]]

    def _count_chain(self, chain: _Chain) -> None:
        if not self._scope.holds(chain.hour):
            return
        base, rows = chain.letters
        letters = [*base, *(letter for _, text in rows for letter in text)]
        reasons = Counter(_REASON[letter] for letter in letters if letter in _REASON)
        sums: Sums = Counter({("reason", reason): number for reason, number in reasons.items()})
        if _CONFLICT in letters:
            sums.update(_conflicts(chain))
        sums[("chains",)] = 1
        sums[("offered",)] = chain.filled
        sums[("offered", "visible")] = chain.visible
        self._add(chain.row, chain.form, sums)

    def _count_dossier(self, submissions: list[Submission]) -> None:
        """A dossier counts in the hour of its first accepted submission, whatever came later."""
        if self._scope.holds(submissions[0].hour):
            last = submissions[-1]
            row = self._row(last.form, last.procedure, last.channel)
            self._add(
                row, last.form, tally(submissions, self._definitions.baseline(last.form.form))
            )

    def _count_abandoned(self, chains: list[_Chain]) -> None:
        last = chains[-1]
        if self._scope.holds(max(chain.ended or 0 for chain in chains)):
            self._add(last.row, last.form, {("abandoned",): 1})


def _conflicts(chain: _Chain) -> Sums:
    """Fields of a chain that two sources told differently, by attribute."""
    base, rows = chain.letters
    read = chain.form.read(chain.leaf, base, dict(rows))
    sums: Sums = Counter()
    for path in (path for path, letter in read.items() if letter == _CONFLICT):
        attribute = chain.form.attribute_of.get(template_of(path))
        if attribute is None:
            raise CannotMeasure(chain.leaf, "two sources differ over a field that none fills")
        sums["conflict", attribute] += 1
    return sums


def _reads(answers: list[list[Any]]) -> Sums:
    """The reads of one prefill: an attempt failed when another followed it, or nothing came of it."""
    sums: Sums = Counter()
    for source, outcome, attempts, surplus in answers:
        unavailable = outcome == "unavailable"
        sums[("read", source, "reads")] += 1
        sums[("read", source, "unavailable")] += unavailable
        sums[("read", source, "attempts")] += attempts
        sums[("read", source, "failed")] += attempts if unavailable else max(attempts - 1, 0)
        sums[("read", source, "surplus")] += surplus
    return sums
