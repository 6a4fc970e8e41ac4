"""Read one case from its payloads: its chains, submissions, reads and refusals.

The payloads of one case are read together, in the order of the log. The keys of its sums, beside
those of `_dossiers.py`:

    ("chains",) ("offered",) ("offered", "visible")     chains at their last receipt
    ("reason", reason)                                  fields left empty in it
    ("conflict", attribute)                             of these, over which two sources differ
    ("read", source, "reads" | "unavailable" | "attempts" | "failed" | "surplus")
    ("refusals",)                                       refused submissions
    ("abandoned",)                                      cases whose chains all ended unsubmitted
    ("bundle",)                                         linked declarations
    ("part", procedure)                                 the portal's dossiers of these, by procedure
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

from gateway.domain.errors import CannotMeasure
from gateway.domain.verdicts import REASON_LETTERS, Reason
from gateway.log.entries import (
    AbandonedPayload,
    PrefillPayload,
    Read,
    RefusalPayload,
    SubmissionPayload,
    SyncPayload,
)
from gateway.log.stored import StoredPayload
from gateway.reduction._definitions import BASE_CODE, Definitions, FormVersion, template_of
from gateway.reduction._dossiers import Sums
from gateway.reduction._submissions import Letters, Submission, read_submission

MOST_REFUSALS = 5
"""The number of refusals naming one field that ends a chain (design 5.2)."""

ACCEPTED, WITHDRAWN = 2, 7
"""States of a dossier at the national portal, by its numbers."""

ONLINE, PAPER = "online", "paper"
CHANNELS = {"online": ONLINE, "desk": PAPER, "post": PAPER}
_MOST_LETTERS_KNOWN = 10_000
_CONFLICT = REASON_LETTERS[Reason.CONFLICT]
_REASON = {letter: reason.value for reason, letter in REASON_LETTERS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """The key of a row of sums; `procedure` is empty where the form has none."""

    form: str
    procedure: str
    series: str
    channel: str


@dataclass(frozen=True, slots=True)
class Event:
    """A leaf that counts in its own hour: the reads of a prefill, or a refusal."""

    leaf: int
    hour: int
    row: Row
    form: FormVersion
    sums: Sums


@dataclass(slots=True)
class Chain:
    """A chain at its last receipt; `ended` holds leaf and hour of its end."""

    leaf: int
    row: Row
    form: FormVersion
    prefill: PrefillPayload
    ended: tuple[int, int] | None = None
    refused: Counter[str] = field(default_factory=Counter)

    def end(self, leaf: int, hour: int) -> None:
        """Record the end of the chain; the first one counts."""
        if self.ended is None:
            self.ended = leaf, hour

    def sums(self) -> Sums:
        """The sums of the fields offered, and of the reasons why others were left empty."""
        rows = self.prefill.state_rows.values()
        letters = [*self.prefill.states, *(letter for text in rows for letter in text)]
        reasons = Counter(_REASON[letter] for letter in letters if letter in _REASON)
        sums: Sums = Counter({("reason", reason): number for reason, number in reasons.items()})
        if _CONFLICT in letters:
            sums.update(self._conflicts())
        sums[("chains",)] = 1
        sums[("offered",)] = self.prefill.offered.filled
        sums[("offered", "visible")] = self.prefill.offered.visible
        return sums

    def _conflicts(self) -> Sums:
        """The fields over which two sources differ, by attribute."""
        sums: Sums = Counter()
        read = self.form.read(self.leaf, self.prefill.states, self.prefill.state_rows)
        for path in (path for path, letter in read.items() if letter == _CONFLICT):
            attribute = self.form.attribute_of.get(template_of(path))
            if attribute is None:
                raise CannotMeasure(self.leaf, "two sources differ over a field that none fills")
            sums["conflict", attribute] += 1
        return sums


@dataclass(slots=True)
class Case:
    """One dossier, or chains without a submission, as its payloads state it."""

    chains: dict[str, Chain] = field(default_factory=dict)
    submissions: list[Submission] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    confirmed: tuple[int, int] | None = None
    withdrawn: tuple[int, int] | None = None
    begun_late: bool = False
    parts: set[str] = field(default_factory=set)

    def counted_at(self, definitions: Definitions) -> tuple[int, int] | None:
        """Leaf and hour at which its dossier counts, unless it is withdrawn by then.

        That is its first accepted submission; by a definition that requires confirmed dossiers, the
        later of that and of the portal's first acceptance; None without one.
        """
        if not self.submissions:
            return None
        first = self.submissions[0].leaf, self.submissions[0].hour
        if not self.confirms(definitions):
            return first
        return None if self.confirmed is None else max(first, self.confirmed)

    def confirms(self, definitions: Definitions) -> bool:
        """Whether its dossier counts by a definition that requires confirmed ones."""
        return definitions.in_force(self.submissions[0].leaf).confirmed

    def judged(self) -> list[Submission]:
        """Its submissions; those of a dossier whose filling began too late are instant."""
        return [replace(s, instant=s.instant or self.begun_late) for s in self.submissions]

    def part_sums(self) -> Sums:
        """The sums of the portal's dossiers of a linked declaration when it was confirmed."""
        if not self.parts:
            return Counter()
        return Counter({("bundle",): 1} | {("part", procedure): 1 for procedure in self.parts})

    @property
    def last_chain(self) -> Chain:
        """The chain that was opened last."""
        return next(reversed(self.chains.values()))

    @property
    def latest_row(self) -> Row:
        """The row of the latest receipt."""
        return max(self.chains.values(), key=lambda chain: chain.leaf).row

    def abandoned_at(self) -> tuple[int, int] | None:
        """Leaf and hour at which the last of its chains ended, none being submitted."""
        ends = [chain.ended for chain in self.chains.values()]
        if self.submissions or not ends or None in ends:
            return None
        return max(end for end in ends if end is not None)


class CaseReader:
    """Reads the payloads of cases against the definitions of their log."""

    def __init__(self, definitions: Definitions, edition: int) -> None:
        self._definitions = definitions
        self._edition = edition
        self._known: dict[Hashable, Letters] = {}

    def read(self, payloads: Iterable[StoredPayload]) -> Case:
        """Read one case from its payloads, in the order of the log.

        Raises CannotMeasure for a payload that does not balance, or whose definitions are not there.
        """
        found = Case()
        for leaf, payload in payloads:
            self._definitions.in_force(leaf)
            match payload:
                case PrefillPayload():
                    self._prefill(found, leaf, payload)
                case SubmissionPayload():
                    self._submission(found, leaf, payload)
                case RefusalPayload():
                    _refusal(found, leaf, payload)
                case SyncPayload():
                    _sync(found, leaf, payload, self._edition)
                case AbandonedPayload():
                    _chain(found, leaf, payload.chain).end(leaf, payload.hour)
        return found

    def _prefill(self, case: Case, leaf: int, payload: PrefillPayload) -> None:
        form = self._definitions.form(leaf, payload.form_version)
        row = row_of(form, payload.procedure, payload.channel, self._edition)
        ended, refused = None, Counter[str]()
        if (known := case.chains.get(payload.chain)) is not None:
            ended, refused = known.ended, known.refused
        case.chains[payload.chain] = Chain(leaf, row, form, payload, ended, refused)
        case.events.append(Event(leaf, payload.hour, row, form, _reads(payload.reads)))

    def _submission(self, case: Case, leaf: int, payload: SubmissionPayload) -> None:
        if len(self._known) > _MOST_LETTERS_KNOWN:
            self._known.clear()
        case.submissions.append(read_submission(leaf, payload, self._definitions, self._known))
        if (chain := case.chains.get(payload.chain)) is not None:
            chain.end(leaf, payload.hour)


def _sync(case: Case, leaf: int, payload: SyncPayload, edition: int) -> None:
    accepted = payload.state == ACCEPTED and case.confirmed is None
    if payload.part:
        if accepted:
            code = payload.procedure
            case.parts.add(code if edition == 1 else code[:BASE_CODE])
    elif accepted:
        case.confirmed = leaf, payload.hour
        case.begun_late = not payload.begun_before
    elif payload.state == WITHDRAWN and case.withdrawn is None:
        case.withdrawn = leaf, payload.hour


def row_of(form: FormVersion, procedure: str | None, channel: str, edition: int) -> Row:
    """The finest row that a receipt or a submission belongs to.

    By the second edition of the measure a procedure is known by its code without a unit's suffix.
    """
    code = procedure or ""
    return Row(
        form.form, code if edition == 1 else code[:BASE_CODE], form.series, CHANNELS[channel]
    )


def _refusal(case: Case, leaf: int, payload: RefusalPayload) -> None:
    chain = _chain(case, leaf, payload.chain)
    chain.refused.update({one.path for one in payload.offences if one.code != "row_added"})
    if max(chain.refused.values(), default=0) >= MOST_REFUSALS:
        chain.end(leaf, payload.hour)
    refused: Sums = Counter({("refusals",): 1})
    case.events.append(Event(leaf, payload.hour, chain.row, chain.form, refused))


def _chain(case: Case, leaf: int, name: str) -> Chain:
    chain = case.chains.get(name)
    if chain is None:
        raise CannotMeasure(leaf, "it ends or refuses a chain of which nothing was filled")
    return chain


def _reads(reads: Iterable[Read]) -> Sums:
    """The reads of one prefill: an attempt failed when another followed it, or nothing came of it."""
    sums: Sums = Counter()
    for source, outcome, attempts, surplus in reads:
        unavailable = outcome == "unavailable"
        sums[("read", source, "reads")] += 1
        sums[("read", source, "unavailable")] += unavailable
        sums[("read", source, "attempts")] += attempts
        sums[("read", source, "failed")] += attempts if unavailable else max(attempts - 1, 0)
        sums[("read", source, "surplus")] += surplus
    return sums
