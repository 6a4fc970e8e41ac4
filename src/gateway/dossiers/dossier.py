"""A dossier as the province states it, before the portal is sent it.

The whole of it holds personal data and rests sealed (`outbox.py`) until the portal has the last of it.
Times are seconds since 1970 UTC. States are the portal's numbers, 1 to 10.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import TypeVar

import orjson

from gateway.domain.json_texts import own_json

NEW, ACCEPTED, REFUSED, IN_PROCESSING, SUPPLEMENT = 1, 2, 3, 4, 5
DUTY, WITHDRAWN, STOPPED, DONE, RETURNED = 6, 7, 8, 9, 10
ENDS = frozenset({REFUSED, WITHDRAWN, STOPPED, RETURNED})
"""States that no other follows."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose dossier it is (chủ hồ sơ); `number` is an enterprise's or organisation's."""

    kind: str
    name: str = field(repr=False)
    personal_id: str | None = field(default=None, repr=False)
    identity_card: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """A file where the province keeps it; `url` leads there for who may read it."""

    id: str
    name: str = field(repr=False)
    sha256: str
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One component of a dossier (thành phần hồ sơ): a file, or the read that stands in its place.

    `record` names the province's record that the file is taken from, `result` the official code of
    the result that it is; `from_store` says that it came from the citizen's store on the portal.
    """

    component: str
    name: str = field(repr=False)
    file: File | None = None
    record: str | None = None
    result: str | None = None
    from_store: bool = False
    replaced_by: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A result of the dossier (giấy tờ kết quả), by a link to its file where it is electronic."""

    id: str
    name: str = field(repr=False)
    component: str | None = None
    code: str | None = None
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee or charge (phí, lệ phí) in whole đồng; `due` says when it is taken, `kind` which it is."""

    name: str
    amount: int
    code: str | None = None
    due: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Supplement:
    """One request for more papers (yêu cầu bổ sung), and its answer where there is one."""

    id: str
    asked_by: str = field(repr=False)
    content: str = field(repr=False)
    asked: int
    received_by: str | None = field(default=None, repr=False)
    received_note: str | None = field(default=None, repr=False)
    received: int | None = None
    due_before: int | None = None
    due_after: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What came to a dossier while it was handled; what is None, and what is not named, stays."""

    results: tuple[Result, ...] = ()
    fees: tuple[Fee, ...] = ()
    payment: str | None = None
    supplements: tuple[Supplement, ...] = ()

    def written(self) -> bytes:
        """What came, as its fingerprint is taken."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier (hồ sơ thủ tục hành chính) as the province registers it.

    Without `received` it is newly registered: nobody has accepted it yet.
    """

    code: str
    procedure: str
    form: str | None
    channel: str
    owner: Owner
    abstract: str = field(repr=False)
    submitted: int
    received: int | None
    due: int
    unit: str
    return_by_post: bool
    attachments: tuple[Attachment, ...]
    results: tuple[Result, ...]
    fees: tuple[Fee, ...] = ()
    payment: str | None = None
    supplements: tuple[Supplement, ...] = ()

    @property
    def state(self) -> int:
        """The state that a dossier comes with."""
        return NEW if self.received is None else ACCEPTED

    def with_added(self, added: Added) -> "Dossier":
        """The dossier with what came to it; a result, fee or supplement named anew replaces itself."""
        return replace(
            self,
            results=_merged(self.results, added.results, "id"),
            fees=_merged(self.fees, added.fees, "name"),
            payment=added.payment or self.payment,
            supplements=_merged(self.supplements, added.supplements, "id"),
        )

    def written(self) -> bytes:
        """The dossier as it is sealed; what it does not have is not written."""
        said = asdict(self)
        for name in ("fees", "payment", "supplements"):
            if not said[name]:
                del said[name]
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of progress (tiến độ): the state from then on, who brought it there, and how."""

    state: int
    actor: str = field(repr=False)
    content: str = field(repr=False)
    at: int
    title: str | None = field(default=None, repr=False)
    unit: str | None = None
    began: int | None = None
    due: int | None = None

    def written(self) -> bytes:
        """The row as it is sealed."""
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)


def read_dossier(written: bytes) -> Dossier:
    """A dossier that was written by `Dossier.written`."""
    said = own_json(written)
    said["owner"] = Owner(**said["owner"])
    said["attachments"] = tuple(
        Attachment(**{**one, "file": one["file"] and File(**one["file"])})
        for one in said["attachments"]
    )
    for name, kind in (("results", Result), ("fees", Fee), ("supplements", Supplement)):
        said[name] = tuple(kind(**one) for one in said.get(name, ()))
    return Dossier(**said)


def read_step(written: bytes) -> Step:
    """A row that was written by `Step.written`."""
    return Step(**own_json(written))


T = TypeVar("T")


def _merged(before: tuple[T, ...], added: tuple[T, ...], key: str) -> tuple[T, ...]:
    """Entries by their key, in the order in which each came first."""
    return tuple({getattr(one, key): one for one in (*before, *added)}.values())
