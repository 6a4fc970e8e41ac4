"""The reuse flags of the portal that a dossier may raise, and the leaf that proves each.

| flag | raised by |
|---|---|
| `DSKetNoiCSDL` | a prefill or confirmation in which the population database answered `found` |
| `TaiKhoanDuocXacThucVoiVNeID` | a prefill whose account was vouched for by `vneid` |
| `KenhThucHien` | the last submission, else the last prefill, by the channel that was registered |
| `DuocLayTuKhoDMQG` | a prefill in which the citizen's store of papers answered `found`, for the components that are said to come from there |
| `DuocSoHoa` | a `reuse` leaf that names the component |
| `DuocTaiSuDung`, `MaKetQuaThayThe` | the same, where the record is older than the dossier and not its own |
| `HoSoCoThanhPhanSoHoa` | a component with `DuocSoHoa` |

Nothing else raises a flag: what no leaf of this dossier says stays down.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION
from gateway.dossiers._evidence.reuse import COMPONENT, RESULT, last_reuse
from gateway.dossiers._stored import KeptComponent
from gateway.log.entries import (
    CasePayload,
    ConfirmationPayload,
    PrefillPayload,
    Read,
    SubmissionPayload,
)
from gateway.log.stored import StoredPayload, payload_at, payloads_of_case

CHANNEL_CODES = {"desk": "1", "online": "2", "post": "3"}
VNEID = "vneid"


@dataclass(frozen=True, slots=True)
class Mark:
    """A raised flag (dấu hiệu tái sử dụng): its value, the file it is about, the leaf behind it.

    The leaf is -1 where it stands in a log that was closed, which proves it still.
    """

    flag: str
    value: str
    leaf: int
    file: str | None = None


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A component that must be asked on paper after all, and why."""

    component: str
    source: str
    reason: str


def events_of(connection: Connection, case_ref: str) -> tuple[StoredPayload, ...]:
    """The case's leaves whose payloads are still there, oldest first.

    With them the prefills of every submission, which stand in another case where the dossier joined it.
    """
    events = dict(payloads_of_case(connection, case_ref))
    wanted = [one.prefill for one in events.values() if isinstance(one, SubmissionPayload)]
    while wanted:
        leaf = wanted.pop()
        if leaf in events:
            continue
        payload = payload_at(connection, leaf)
        if payload is not None:
            events[leaf] = payload
        if isinstance(payload, PrefillPayload) and payload.previous is not None:
            wanted.append(payload.previous)
    return tuple(sorted(events.items(), key=lambda event: event[0]))


def marks_of(
    channel: str,
    components: Sequence[KeptComponent],
    events: Sequence[StoredPayload],
    population_code: str,
) -> tuple[Mark, ...]:
    """Every flag that may be raised."""
    marks = [*_of_the_person(events, population_code), *_of_the_channel(channel, events)]
    from_store = next(_found(events, PERSONAL_PAPERS), None)
    if from_store is not None:
        files = [one.file[0] for one in components if one.from_store and one.file]
        marks += [Mark("DuocLayTuKhoDMQG", "1", from_store, file) for file in files]
    return (*marks, *_of_the_records(components, events))


def with_earlier(marks: Sequence[Mark], sent: Sequence[Mark]) -> tuple[Mark, ...]:
    """These flags, and those that a closed log proved and of which this one says nothing else."""
    said = {(mark.flag, mark.file) for mark in marks}
    earlier = (one for one in sent if one.leaf < 0 and (one.flag, one.file) not in said)
    return (*marks, *earlier)


def on_paper(
    components: Sequence[KeptComponent], events: Sequence[StoredPayload]
) -> tuple[OnPaper, ...]:
    """Components whose place a read was to take that did not come about."""
    missing = []
    for one in components:
        source = one.replaced_by
        if source is not None and next(_found(events, source), None) is None:
            reason = next(iter(_outcomes(events, source)), "not_read")
            missing.append(OnPaper(one.component, source, reason))
    return tuple(missing)


def _of_the_person(events: Sequence[StoredPayload], population_code: str) -> Iterator[Mark]:
    read = next(_found(events, POPULATION), None)
    if read is not None:
        yield Mark("DSKetNoiCSDL", population_code, read)
    for leaf, payload in events:
        if isinstance(payload, PrefillPayload) and payload.verified_by == VNEID:
            yield Mark("TaiKhoanDuocXacThucVoiVNeID", "1", leaf)
            return


def _of_the_channel(channel: str, events: Sequence[StoredPayload]) -> Iterator[Mark]:
    """A channel that was registered, where the log has seen the dossier come by it."""
    for kind in (SubmissionPayload, PrefillPayload):
        said = [(leaf, one.channel) for leaf, one in events if isinstance(one, kind)]
        if said:
            leaf, came_by = said[-1]
            if came_by == channel:
                yield Mark("KenhThucHien", CHANNEL_CODES[channel], leaf)
            return


def _of_the_records(
    components: Sequence[KeptComponent], events: Sequence[StoredPayload]
) -> Iterator[Mark]:
    said = last_reuse(events)
    if said is None or not said[1]:
        return
    leaf, reused = said
    yield Mark("HoSoCoThanhPhanSoHoa", "1", leaf)
    for _, file, origin in reused:
        yield Mark("DuocSoHoa", "1", leaf, file)
        if origin in (COMPONENT, RESULT):
            yield Mark("DuocTaiSuDung", "2" if origin == RESULT else "1", leaf, file)
        if origin == RESULT:
            codes = (c.result for c in components if c.file and c.file[0] == file)
            if code := next(codes, None):
                yield Mark("MaKetQuaThayThe", code, leaf, file)


def _found(events: Iterable[StoredPayload], source: str) -> Iterator[int]:
    """The leaves of prefills and confirmations in which the source answered `found`."""
    for leaf, payload in events:
        if any(read.source == source and read.outcome == "found" for read in reads_of(payload)):
            yield leaf


def _outcomes(events: Iterable[StoredPayload], source: str) -> list[str]:
    """What the source answered, the latest first."""
    reads = [read for _, payload in events for read in reads_of(payload)]
    return [read.outcome for read in reversed(reads) if read.source == source]


def reads_of(payload: CasePayload) -> tuple[Read, ...]:
    """The reads of a prefill or a confirmation; nothing else reads."""
    return payload.reads if isinstance(payload, PrefillPayload | ConfirmationPayload) else ()
