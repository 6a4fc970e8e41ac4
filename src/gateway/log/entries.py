"""Every kind of leaf that the log can hold, each as a dataclass with its members (docs/log-leaves.md).

A **public leaf** stands in the log as it is. A **case leaf** is `{"kind":"case","seal":"<base64>","v":1}`,
all of one length, whatever it stands for; its **payload** and a salt are kept beside the log and can be
destroyed, and the seal then says nothing any more:

    seal    SHA-256("eform-gateway/case/v1" || 32-byte salt || payload)

Leaf and payload are RFC 8785 texts: `encode` writes one, `decode_leaf` and `decode_payload` read it.
A member is named as here unless the annotation says otherwise; one with a default is left out where it
has nothing to say. The schema of a kind is `schemas/leaves/<kind>.schema.json`.

A new kind takes a class here, its schema, its chapter in docs/log-leaves.md, and its place in the
verifier (`gateway_verify/leaves.py` or `gateway_verify/_count/patterns.py`), which reads for itself.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, ClassVar, NamedTuple, TypeAlias, TypeVar, get_args

from gateway.domain.json_texts import own_json
from gateway.log._codec import ALWAYS, BIT, INLINE, Codec, Converted, Since, Until, codec_of
from gateway.log.canonical import canonical

T = TypeVar("T")

LARGEST_ENTRY_BYTES = 64 * 1024 - 1
"""What a length of two bytes in an entry bundle can say."""


class EntryUnreadable(ValueError):
    """A public entry or a payload that is not as a kind of leaf is written."""


SALT_BYTES = 32
_CASE_DOMAIN = b"eform-gateway/case/v1"
_CASE_START = b'{"kind":"case",'


def seal_of(salt: bytes, payload: bytes) -> bytes:
    """Commit to a payload: without its salt nobody can try payloads against the seal."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 32 bytes")
    return sha256(_CASE_DOMAIN + salt + payload).digest()


def case_entry(seal: bytes) -> bytes:
    """Write a case leaf, of which only the seal is ever seen."""
    return _CASE_START + b'"seal":"' + b64encode(seal) + b'","v":1}'


def is_case_entry(entry: bytes) -> bool:
    """Whether an entry is a case leaf, else a public one."""
    return entry.startswith(_CASE_START)


class LeafRange(NamedTuple):
    """First and last leaf index, both included."""

    first: int
    last: int


# Members of many payloads.
Case: TypeAlias = str
"""Random reference of the case."""
Tenant: TypeAlias = Annotated[str, "ten"]
Hour: TypeAlias = Annotated[int, "h"]
"""Hours since 1970 UTC."""
Procedure: TypeAlias = Annotated[str, "proc"]
AnyProcedure: TypeAlias = Annotated[str | None, "proc"]
Channel: TypeAlias = Annotated[str, "ch"]
"""`online`, `desk` or `post`."""
FormVersionAt: TypeAlias = Annotated[int, "fv"]
"""Index of the form-version leaf."""
GrantAt: TypeAlias = Annotated[int, "gr"]
"""Index of the grant leaf."""
PrefillAt: TypeAlias = Annotated[int, "pf"]
"""Index of the chain's latest prefill leaf."""
Rows: TypeAlias = Mapping[str, str]
"""Letters of each row of a repeating group, by the row's path (`domain/verdicts.py`)."""


class Read(NamedTuple):
    """A question to a source: its answer, attempts, members sent beyond the question."""

    source: str
    outcome: str
    attempts: int
    surplus: int


Reads: TypeAlias = Annotated[tuple[Read, ...], "q"]


class _Payload:
    """What all payloads can do; each has `case`, `tenant` and `hour`."""

    __slots__ = ()
    kind: ClassVar[str]

    def encode(self) -> bytes:
        """The RFC 8785 text that is sealed."""
        return canonical(_PAYLOADS[self.kind].encode(self))


class Offered(NamedTuple):
    """Fields whose visibility was decided, and fields filled."""

    visible: int
    filled: int


@dataclass(frozen=True, slots=True)
class PrefillPayload(_Payload):
    """One call that filled a form.

    `states` is one letter per field: its class where it was filled, else why it is empty; `sources` the
    source of what was filled. `source_rows` is None where `state_rows` holds none.
    """

    kind: ClassVar = "prefill"
    case: Case
    chain: str
    form_version: FormVersionAt
    grant: GrantAt
    tenant: Tenant
    procedure: AnyProcedure
    channel: Channel
    hour: Hour
    previous: Annotated[int | None, "prev"]
    receipt_digest: Annotated[str, "rd"]
    key_commitment: Annotated[str, "kc"]
    verified_by: Annotated[str, "vb"]
    reads: Reads
    states: Annotated[str, "st"]
    sources: Annotated[str, "so"]
    offered: Annotated[Offered, "n"]
    state_rows: Annotated[Rows, "sr"] = field(default_factory=dict)
    source_rows: Annotated[Rows | None, "or"] = None


@dataclass(frozen=True, slots=True)
class SubmissionLetters:
    """One letter per field: its verdict, and class, source and record of what had filled it.

    `records` is None where no record of the province filled a field.
    """

    verdicts: Annotated[str, "vd"]
    classes: Annotated[str, "cl"]
    sources: Annotated[str, "so"]
    verdict_rows: Annotated[Rows, "vr"] = field(default_factory=dict)
    class_rows: Annotated[Rows, "cr"] = field(default_factory=dict)
    source_rows: Annotated[Rows, "sr"] = field(default_factory=dict)
    records: Annotated[str | None, "rc"] = None
    record_rows: Annotated[Rows, "rr"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubmissionPayload(_Payload):
    """One accepted submission; `counts` are those by verdict and the two balances."""

    kind: ClassVar = "submission"
    case: Case
    chain: str
    prefill: PrefillAt
    form_version: FormVersionAt
    tenant: Tenant
    procedure: AnyProcedure
    channel: Channel
    hour: Hour
    seconds: Annotated[int, "sec"]
    content_commitment: Annotated[str, "cc"]
    letters: Annotated[SubmissionLetters, INLINE]
    attachments: Annotated[Mapping[str, int], "att"]
    counts: Annotated[Mapping[str, int], "n"]
    burst: Annotated[bool, "bu", BIT] = False


class Offence(NamedTuple):
    """A place where a submission did not agree with its receipt."""

    path: str
    code: str


@dataclass(frozen=True, slots=True)
class RefusalPayload(_Payload):
    """One submission that did not agree with its receipt."""

    kind: ClassVar = "refusal"
    case: Case
    chain: str
    prefill: PrefillAt
    form_version: FormVersionAt
    tenant: Tenant
    hour: Hour
    offences: Annotated[tuple[Offence, ...], "f"]


@dataclass(frozen=True, slots=True)
class AbandonedPayload(_Payload):
    """A chain whose last receipt expired without a submission."""

    kind: ClassVar = "abandoned"
    case: Case
    chain: str
    tenant: Tenant
    hour: Hour


@dataclass(frozen=True, slots=True)
class ConfirmationPayload(_Payload):
    """One question whether a person is who they say; `reference` is the request number."""

    kind: ClassVar = "confirmation"
    case: Case
    grant: GrantAt
    tenant: Tenant
    procedure: AnyProcedure
    legal_basis: Annotated[str, "lb"]
    channel: Channel
    hour: Hour
    reference: Annotated[str, "ref"]
    reads: Reads


@dataclass(frozen=True, slots=True)
class AlarmPayload(_Payload):
    """The limit of questions of one hour that found nobody was reached; `calls` names the calls."""

    kind: ClassVar = "alarm"
    case: Case
    tenant: Tenant
    hour: Hour
    why: str
    calls: Annotated[str, "of"]
    misses: Annotated[int, "n"]


@dataclass(frozen=True, slots=True)
class CorrectionPayload(_Payload):
    """A correction ticket was opened by the leaf `opened_by`, went on, or ended."""

    kind: ClassVar = "correction"
    case: Case
    opened_by: Annotated[int, "sub"]
    tenant: Tenant
    hour: Hour
    source: Annotated[str, "src"]
    attribute: Annotated[str, "attr"]
    why: str
    state: Annotated[str, "st"]


class ReusedComponent(NamedTuple):
    """A component on record: its code, the file's id, and `D`, `C` or `R` for how it came there."""

    component: str
    file: str
    origin: str


@dataclass(frozen=True, slots=True)
class ReusePayload(_Payload):
    """Which components of a registered dossier are on record with the province."""

    kind: ClassVar = "reuse"
    case: Case
    tenant: Tenant
    procedure: Procedure
    hour: Hour
    components: Annotated[tuple[ReusedComponent, ...], "cp"]


class RaisedFlag(NamedTuple):
    """A reuse flag that the portal was sent, and the leaf that raised it."""

    flag: str
    leaf: int


@dataclass(frozen=True, slots=True)
class SyncPayload(_Payload):
    """The national portal has the dossier, or with `part` a part of a linked declaration, in this state.

    `begun_before` says that every chain of the case began before the time of submission that the portal
    was sent.
    """

    kind: ClassVar = "sync"
    case: Case
    tenant: Tenant
    procedure: Procedure
    hour: Hour
    state: Annotated[int, "st"]
    begun_before: Annotated[bool, "pre", BIT]
    flags: Annotated[tuple[RaisedFlag, ...], "fl"]
    part: Annotated[bool, "part", BIT] = False


@dataclass(frozen=True, slots=True)
class AccessPayload(_Payload):
    """An access to personal data, or its refusal.

    Either payloads and salts of a range were encrypted to an accredited auditor: `auditor`, `log`, `leaves`
    and `size`; of no case, no tenant. Or a tenant's call read a person's data outside a form, or any call
    was refused to: `officer` is the commitment of the grant leaf, `records` how many records were handed
    out, `refused` the code of the refusal.
    """

    kind: ClassVar = "access"
    case: Case | None
    hour: Hour
    auditor: Annotated[str | None, "by"] = None
    log: str | None = None
    leaves: Annotated[LeafRange | None, "rg"] = None
    size: int | None = None
    tenant: Annotated[str, "ten"] = ""
    call: Annotated[str | None, "of"] = None
    channel: Annotated[str | None, "ch"] = None
    officer: Annotated[str | None, "ofc"] = None
    purpose: Annotated[str | None, "pu"] = None
    records: Annotated[int, "n"] = 0
    refused: Annotated[str | None, "rf"] = None


@dataclass(frozen=True, slots=True)
class SamplePayload(_Payload):
    """An auditor's commitment to a sample (`asked`), or its outcome (`opened`); of no case, no tenant.

    `units` were asked for or drawn, `wrong` of them were wrong; `asked_at` is the leaf that asked. A
    `frame` of None, before there were three, is `fields`.
    """

    kind: ClassVar = "sample"
    tenant: ClassVar = ""
    case: None
    auditor: Annotated[str, "by"]
    month: str
    leaves: Annotated[LeafRange, "rg"]
    size: int
    root: str
    hour: Hour
    state: Annotated[str, "st"]
    units: Annotated[int, "n"]
    nonce_commitment: Annotated[str, "cm"]
    wrong: Annotated[int | None, "wr"]
    asked_at: Annotated[int | None, "rq"]
    frame: Annotated[str | None, "fr"] = None
    year_units: Annotated[int | None, "yu"] = None


CasePayload: TypeAlias = (
    PrefillPayload
    | SubmissionPayload
    | RefusalPayload
    | AbandonedPayload
    | ConfirmationPayload
    | AlarmPayload
    | CorrectionPayload
    | ReusePayload
    | SyncPayload
    | AccessPayload
    | SamplePayload
)
OfChain: TypeAlias = PrefillPayload | SubmissionPayload | RefusalPayload | AbandonedPayload
"""The payloads that name a chain of prefills."""


class _Leaf:
    """What all public leaves can do; each has `v`, the version of its kind."""

    __slots__ = ()
    kind: ClassVar[str]
    versions: ClassVar[tuple[int, ...]] = (1,)

    def encode(self) -> bytes:
        """The RFC 8785 text that stands in the log; raises ValueError over 65,535 bytes."""
        entry = canonical(self.members())
        if len(entry) > LARGEST_ENTRY_BYTES:
            raise ValueError("a leaf has at most 65,535 bytes")
        return entry

    def members(self) -> dict[str, object]:
        """The JSON object that the text holds."""
        return _LEAVES[self.kind, self.v].encode(self)  # type: ignore[attr-defined]  # each leaf has one


@dataclass(frozen=True, slots=True)
class MetricDefinitionLeaf(_Leaf):
    """By which definition figures are counted from here on."""

    kind: ClassVar = "metric-definition"
    versions: ClassVar = (1, 2)
    definition: str
    digest: str
    instant_seconds: int
    instant_seconds_per_field: int
    mock: bool
    least_age_hours: Annotated[int | None, Since(2)] = None
    month: Annotated[str | None, Since(2)] = None
    v: int = 2


class CountedField(NamedTuple):
    """A declarable field: `required` is 0 or 1, `sources` can hold it, in order of precedence."""

    path: str
    component: str
    required: int
    item: str | None
    attribute: str | None
    sources: tuple[str, ...]


class UncountedInput(NamedTuple):
    """An input that no figure counts, and why."""

    path: str
    component: str
    reason: str


class ItemByAct(NamedTuple):
    """An official item that an act abolished or added."""

    item: str
    act: str


class BaselineItem(NamedTuple):
    """An official item of a baseline; 1 where a required field asked it, else 0."""

    item: str
    required: int


class Potential(NamedTuple):
    """Official items that a connected source holds, and all of them."""

    supplied: int
    items: int


class SourceLetters(NamedTuple):
    """What stands for a source in the letters of payloads, and for a young paper of it."""

    source: str
    letter: str
    young: str


@dataclass(frozen=True, slots=True)
class RepeatedBaseline:
    """A baseline that began elsewhere, with log and leaf of origin; `procedure` is a base code."""

    procedure: str | None
    log: str
    leaf: int
    items: tuple[BaselineItem, ...]


@dataclass(frozen=True, slots=True)
class FormVersionLeaf(_Leaf):
    """What one registered form version counts, and what could fill it.

    `fields` stand in the order of the letters in payloads; `letters` are those of the sources of the
    dictionary that not every log knows; `declaration` is None in version 1.
    """

    kind: ClassVar = "form-version"
    versions: ClassVar = (1, 2)
    form: str
    procedures: tuple[str, ...]
    version: str
    series: str
    form_digest: str
    bindings_digest: str
    dictionary_digest: str
    engine: str
    fields: tuple[CountedField, ...]
    absent_items: tuple[str, ...]
    potential: Potential
    declaration: Annotated[str | None, Since(2)] = None
    uncounted: Annotated[tuple[UncountedInput, ...], Since(2)] = ()
    abolished: Annotated[tuple[ItemByAct, ...], Since(2)] = ()
    added: Annotated[tuple[ItemByAct, ...], Since(2)] = ()
    baselines: Annotated[tuple[RepeatedBaseline, ...], Since(2)] = ()
    ceiling: Annotated[int, Until(1)] = 0
    letters: tuple[SourceLetters, ...] = ()
    v: int = 2


_ALL = "*"


def _listed(value: str | list[str]) -> tuple[str, ...] | None:
    return None if value == _ALL else tuple(value)


def _or_all(value: tuple[str, ...] | None) -> object:
    return _ALL if value is None else value


OrAll: TypeAlias = Annotated[tuple[str, ...] | None, Converted(_listed, _or_all)]
"""What is named, or None for all of it, which is written `*`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A leaf by its log's name and its index."""

    log: str
    leaf: int


@dataclass(frozen=True, slots=True)
class Vouch:
    """Whose records of which kind a tenant posts as the issuer's own; the issuer as a digest."""

    issuer: str
    kind: str


@dataclass(frozen=True, slots=True)
class GrantLeaf(_Leaf):
    """What a tenant may ask; `first` is where it was first granted anything, None there itself."""

    kind: ClassVar = "grant"
    versions: ClassVar = (1, 2)
    tenant: str
    agency: str
    is_test: bool
    since: str
    sources: tuple[str, ...]
    procedures: OrAll
    officers: OrAll
    connected: Annotated[tuple[str, ...], Since(2)] = ()
    first: Annotated[Place | None, Since(2)] = None
    vouches: tuple[Vouch, ...] = ()
    agencies: tuple[str, ...] = ()
    v: int = 2


_NamedOrNull: TypeAlias = Annotated[str | None, ALWAYS]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a tally is about; None for what was merged away, or a form without a procedure."""

    level: str
    procedure: _NamedOrNull = None
    form: _NamedOrNull = None
    series: _NamedOrNull = None
    channel: _NamedOrNull = None


class Quotient(NamedTuple):
    """A number as numerator and denominator."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class TallyLeaf(_Leaf):
    """What the cases of one released cell add up to; `v` is the edition of the measure.

    `definition` and `versions_counted` are leaf indices; `sums` have the parts of a key joined by `/`.
    """

    kind: ClassVar = "tally"
    versions: ClassVar = (1, 2)
    month: str
    partial: bool
    range: LeafRange
    definition: int
    cell: Annotated[Cell, "cell"]
    leaves: int
    cases: int
    versions_counted: Annotated[tuple[int, ...], "versions"]
    median_left: Quotient | None
    sums: Mapping[str, int]
    v: int = 2


@dataclass(frozen=True, slots=True)
class ProcedureCount:
    """Dossiers of a procedure and channel; None where the source does not tell them apart."""

    procedure: str | None
    channel: str | None
    dossiers: int


@dataclass(frozen=True, slots=True)
class ReconcileLeaf(_Leaf):
    """What another system counted of a month: dossiers (`counts`) or reads, the other one is None."""

    kind: ClassVar = "reconcile"
    month: str
    source: str
    counts: tuple[ProcedureCount, ...] | None
    reads: int | None
    digest: str
    v: int = 1


@dataclass(frozen=True, slots=True)
class AuditSample:
    """The outcome of a sample; `entered` is the leaf that holds the commitment."""

    drawn: int
    wrong: int
    bound: Quotient
    entered: int
    frame: str | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class AuditLeaf(_Leaf):
    """What an auditor found, signed by the auditor over the text without `signature`."""

    kind: ClassVar = "audit"
    month: str
    range: LeafRange
    size: int
    root: str
    auditor: str
    result: str
    differences: int
    sample: AuditSample | None
    signature: str
    v: int = 1


@dataclass(frozen=True, slots=True)
class ClosedLog:
    """The log that a new one follows, by its last checkpoint."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class KeySignature:
    """A signature by the `old` or the `new` key."""

    by: str
    signature: str


@dataclass(frozen=True, slots=True)
class KeyLeaf(_Leaf):
    """Which key signs the log's checkpoints of more than `since_size` leaves."""

    kind: ClassVar = "key"
    origin: str
    key: str
    since_size: int
    previous: ClosedLog | None
    old_key: str | None
    signatures: tuple[KeySignature, ...] = ()
    v: int = 1

    @property
    def signed_text(self) -> bytes:
        """What the signatures are made over: the RFC 8785 text without them."""
        members = self.members()
        members.pop("signatures", None)
        return canonical(members)


@dataclass(frozen=True, slots=True)
class ShredLeaf(_Leaf):
    """`count` payloads from `first` to `last` of the log `origin` were destroyed with their salts."""

    kind: ClassVar = "shred"
    origin: str
    first: int
    last: int
    count: int
    reason: str
    v: int = 1


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What a witness, by its verifier key, signed at its time, in seconds since 1970."""

    key: str
    time: int
    signature: str


@dataclass(frozen=True, slots=True)
class WitnessedLeaf(_Leaf):
    """When witnesses saw the log's first `size` leaves, which lead to `root`."""

    kind: ClassVar = "witnessed"
    size: int
    root: str
    cosignatures: tuple[Cosignature, ...]
    v: int = 1


PublicLeaf: TypeAlias = (
    MetricDefinitionLeaf
    | FormVersionLeaf
    | GrantLeaf
    | KeyLeaf
    | TallyLeaf
    | ReconcileLeaf
    | AuditLeaf
    | ShredLeaf
    | WitnessedLeaf
)

_PAYLOADS: Mapping[object, Codec[CasePayload]] = {
    cls.kind: codec_of(cls, head={"k": cls.kind}) for cls in get_args(CasePayload)
}
_LEAVES: Mapping[tuple[object, object], Codec[PublicLeaf]] = {
    (cls.kind, v): codec_of(cls, v, {"kind": cls.kind})
    for cls in get_args(PublicLeaf)
    for v in cls.versions
}
CASE_KINDS = frozenset(_PAYLOADS)
PUBLIC_KINDS = frozenset(kind for kind, _ in _LEAVES)


def decode_payload(text: bytes) -> CasePayload:
    """Read the payload of a case leaf; raises EntryUnreadable."""
    return payload_of(_object(text))


def payload_of(members: Mapping[str, object]) -> CasePayload:
    """The payload that a JSON object holds; raises EntryUnreadable."""
    codec = _PAYLOADS.get(members.get("k"))
    if codec is None:
        raise EntryUnreadable("a payload names one of the kinds of case leaves")
    return _decoded(codec, members)


def decode_leaf(entry: bytes) -> PublicLeaf:
    """Read a public entry; raises EntryUnreadable."""
    return leaf_of(_object(entry))


def leaf_of(members: Mapping[str, object]) -> PublicLeaf:
    """The public leaf that a JSON object holds; raises EntryUnreadable."""
    version = members.get("v")
    codec = _LEAVES.get((members.get("kind"), version)) if type(version) is int else None
    if codec is None:
        raise EntryUnreadable("a public leaf names a kind and one of its versions")
    return _decoded(codec, members)


def _object(text: bytes) -> Mapping[str, object]:
    try:
        members = own_json(text)
    except ValueError:
        raise EntryUnreadable("an entry is a JSON object") from None
    if not isinstance(members, dict):
        raise EntryUnreadable("an entry is a JSON object")
    return members


def _decoded(codec: Codec[T], members: Mapping[str, object]) -> T:
    if not members.keys() <= codec.members:
        raise EntryUnreadable("an entry has a member that its kind has not")
    try:
        return codec.decode(members)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EntryUnreadable("an entry has a member that is missing or of another shape") from None
