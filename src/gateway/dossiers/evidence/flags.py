"""Which of the portal's reuse flags may this dossier raise, and which leaf proves each?

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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION
from gateway.dossiers.evidence.reuse import COMPONENT, RESULT, last_ways
from gateway.storage.schema import bodies

CHANNEL_CODES = {"desk": "1", "online": "2", "post": "3"}
VNEID = "vneid"
_EVENTS = (
    select(bodies.c.idx, bodies.c.body)
    .where(bodies.c.case_ref == bindparam("of"))
    .order_by(bodies.c.idx)
)
_EVENT = select(bodies.c.body).where(bodies.c.idx == bindparam("leaf"))

Event = tuple[int, dict[str, Any]]
"""A case leaf: its index and its body."""


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


def events_of(connection: Connection, case_ref: str) -> tuple[Event, ...]:
    """The case's leaves whose bodies are still there, oldest first.

    With them the prefills of every submission, which stand in another case where the dossier joined it.
    """
    rows = connection.execute(_EVENTS, {"of": case_ref})
    events = {row.idx: orjson.loads(row.body) for row in rows}
    wanted = [body.get("pf") for body in events.values() if body["k"] == "submission"]
    while wanted:
        leaf = wanted.pop()
        if leaf is None or leaf in events:
            continue
        text = connection.execute(_EVENT, {"leaf": leaf}).scalar_one_or_none()
        if text is not None:
            events[leaf] = orjson.loads(text)
            wanted.append(events[leaf].get("prev"))
    return tuple(sorted(events.items()))


def marks_of(
    channel: str,
    components: Sequence[Mapping[str, Any]],
    events: Sequence[Event],
    population_code: str,
) -> tuple[Mark, ...]:
    """Every flag that may be raised; `components` as the registry keeps them."""
    marks = [*_of_the_person(events, population_code), *_of_the_channel(channel, events)]
    from_store = next(_found(events, PERSONAL_PAPERS), None)
    if from_store is not None:
        files = [one["file"][0] for one in components if one["from_store"] and one["file"]]
        marks += [Mark("DuocLayTuKhoDMQG", "1", from_store, file) for file in files]
    return (*marks, *_of_the_records(components, events))


def with_earlier(marks: Sequence[Mark], told: Sequence[Mark]) -> tuple[Mark, ...]:
    """These flags, and those that a closed log proved and of which this one says nothing else."""
    said = {(mark.flag, mark.file) for mark in marks}
    earlier = (one for one in told if one.leaf < 0 and (one.flag, one.file) not in said)
    return (*marks, *earlier)


def on_paper(
    components: Sequence[Mapping[str, Any]], events: Sequence[Event]
) -> tuple[OnPaper, ...]:
    """Components whose place a read was to take that did not come about."""
    missing = []
    for one in components:
        source = one["replaced_by"]
        if source is not None and next(_found(events, source), None) is None:
            reason = next(iter(_outcomes(events, source)), "not_read")
            missing.append(OnPaper(one["component"], source, reason))
    return tuple(missing)


def _of_the_person(events: Sequence[Event], population_code: str) -> Iterator[Mark]:
    read = next(_found(events, POPULATION), None)
    if read is not None:
        yield Mark("DSKetNoiCSDL", population_code, read)
    for leaf, body in events:
        if body["k"] == "prefill" and body["vb"] == VNEID:
            yield Mark("TaiKhoanDuocXacThucVoiVNeID", "1", leaf)
            return


def _of_the_channel(channel: str, events: Sequence[Event]) -> Iterator[Mark]:
    """A channel that was registered, where the log has seen the dossier come by it."""
    for kind in ("submission", "prefill"):
        said = [(leaf, body["ch"]) for leaf, body in events if body["k"] == kind]
        if said:
            leaf, came_by = said[-1]
            if came_by == channel:
                yield Mark("KenhThucHien", CHANNEL_CODES[channel], leaf)
            return


def _of_the_records(
    components: Sequence[Mapping[str, Any]], events: Sequence[Event]
) -> Iterator[Mark]:
    said = last_ways(events)
    if said is None or not said[1]:
        return
    leaf, ways = said
    yield Mark("HoSoCoThanhPhanSoHoa", "1", leaf)
    for _, file, way in ways:
        yield Mark("DuocSoHoa", "1", leaf, file)
        if way in (COMPONENT, RESULT):
            yield Mark("DuocTaiSuDung", "2" if way == RESULT else "1", leaf, file)
        if way == RESULT:
            code = next(c["result"] for c in components if c["file"] and c["file"][0] == file)
            yield Mark("MaKetQuaThayThe", code, leaf, file)


def _found(events: Iterable[Event], source: str) -> Iterator[int]:
    """The leaves of prefills and confirmations in which the source answered `found`."""
    for leaf, body in events:
        if any(q[0] == source and q[1] == "found" for q in body.get("q", ())):
            yield leaf


def _outcomes(events: Iterable[Event], source: str) -> list[str]:
    """What the source answered, the latest first."""
    answers = [q[1] for _, body in events for q in body.get("q", ()) if q[0] == source]
    return answers[::-1]
