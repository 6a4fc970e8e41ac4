"""What is proved of a log, from its checkpoint to its published figures?

1. The checkpoint is signed by a known key, and the policy's quorum has seen it. 2. Every entry leads to
its root (`tree/walk.py`); a log that was seen before is its beginning. 3. The public leaves follow from
one another (`claims/story.py`); the last `key` leaf puts the signing key in force. 4. Every audit, and every
checkpoint that witnesses are said to have seen, names a root that the log had. 5. Every release follows from its tallies (`claims/releases.py`).

Without a policy, or with one that names no log, the key is taken from `key` beside the checkpoint. Where
the policy knows the key, what is published in `key` must be that one all the same, and what is published
as `policy` must be one: neither is believed, but a log that misstates them is no true log.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway_verify._claims.definitions import remarks_on
from gateway_verify._claims.leaf_order import Story
from gateway_verify._proofs import FalseProof, check_consistency
from gateway_verify._tree.resume import EVERY_BUNDLES, Remembered, lay_down, remember
from gateway_verify._tree.tiles import TileTree
from gateway_verify._tree.walk import Bundle, walk
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.locations import WIDTH, Place, read_if_there
from gateway_verify.text.notes import (
    LARGEST_NOTE_BYTES,
    Checkpoint,
    FalseSignature,
    MalformedNote,
    Note,
    VerifierKey,
    cosigned_by,
    decode_base64,
    read_checkpoint,
    read_key,
    read_note,
    signers,
)
from gateway_verify.text.policy import (
    LARGEST_POLICY_BYTES,
    MalformedPolicy,
    Policy,
    read_policy,
)

LARGEST_KEY_BYTES = 1000

UNWITNESSED = "không có nhân chứng xác nhận / unwitnessed: no witness stands behind this checkpoint"
KEY_FROM_LOG = (
    "khóa lấy từ chính nhật ký / the key was taken from the log itself, not from a policy"
)
NO_KEY_LEAF = "nhật ký chưa có mục khóa / no `key` leaf in the log names the key it is signed with"


@dataclass(slots=True)
class Signed:
    """A checkpoint whose signatures hold, and by whom."""

    checkpoint: Checkpoint
    key: VerifierKey
    witnesses: tuple[str, ...]
    remarks: list[str]
    policy_keys: tuple[VerifierKey, ...]
    trusted: frozenset[str] = frozenset()
    """The keys of the policy's witnesses; none where it asks for nobody."""
    seen_at: int | None = None
    """The latest time that a witness of the policy says, in seconds since 1970."""


@dataclass(slots=True)
class Proved:
    """A log of which nothing was refuted."""

    signed: Signed
    story: Story = field(repr=False)

    @property
    def checkpoint(self) -> Checkpoint:
        """The log's state that was proved."""
        return self.signed.checkpoint


@dataclass(frozen=True, slots=True)
class Way:
    """How a walk is watched and kept: progress by entries, each bundle, the state file and how often."""

    progress: Callable[[int, int], None] = lambda done, of: None
    visit: Callable[[Bundle, Story], None] = lambda bundle, story: None
    state: Path | None = None
    bundles_between_notes: int = EVERY_BUNDLES


def verify_log(place: Place, policy: Policy | None, way: Way) -> Proved:
    """Steps 1 to 4; raises Refuted with the first difference, Unchecked when something is missing."""
    signed = open_checkpoint(place, policy)
    checkpoint = signed.checkpoint
    known = remember(way.state, checkpoint.origin)
    if known.seen and known.seen[0] > checkpoint.size:
        says = f"the log was seen with {known.seen[0]} entries and now has fewer"
        raise Refuted(Kind.TRUNCATED, says, "checkpoint", checkpoint.size)
    try:
        story = _walk_all(place, checkpoint, known, way)
        story.check()
        _check_key_in_force(signed, story)
        signed.remarks += remarks_on(story.of_kind("metric-definition"))
        _check_roots(place, checkpoint, story)
    except Refuted:
        if way.state:  # what was walked may be what is false: the next walk begins anew
            lay_down(way.state, Remembered(known.origin, known.seen))
        raise
    if way.state:
        lay_down(way.state, known, checkpoint)
    return Proved(signed, story)


def open_checkpoint(place: Place, policy: Policy | None) -> Signed:
    """Read the checkpoint and hold it against the policy, or the log's own key."""
    note, checkpoint = parse_checkpoint(place.read("checkpoint", LARGEST_NOTE_BYTES))
    logs = policy.logs if policy else ()
    if logs and checkpoint.origin not in {key.name for key in logs}:
        raise Refuted(Kind.ORIGIN, "the policy knows no log of this origin", "checkpoint")
    witnesses = dict(policy.witnesses) if policy else {}
    keys = [key for key in logs if key.name == checkpoint.origin]
    found = _signed_by(note, [*keys, *witnesses.values()])
    by = [key for key in keys if key in found] or [_own_key(place, note, checkpoint)]
    _check_beside(place, by[0])
    seen = tuple(sorted(name for name, key in witnesses.items() if key in found))
    if policy and not policy.reached(found):
        if policy.within_reach(found):
            says = "the policy's quorum hangs on a witness whose signatures cannot be checked here"
            raise Unchecked(Kind.QUORUM, says, "checkpoint")
        raise Refuted(
            Kind.QUORUM, f"{len(seen)} witnesses are too few for the policy", "checkpoint"
        )
    remarks = [] if policy and policy.asks_for_witnesses else [UNWITNESSED]
    remarks += [] if keys else [KEY_FROM_LOG]
    seen_at = max(cosigned_by(note, witnesses.values()).values(), default=None)
    asked = witnesses.values() if policy and policy.asks_for_witnesses else ()
    trusted = frozenset(map(str, asked))
    return Signed(checkpoint, by[0], seen, remarks, tuple(keys), trusted, seen_at)


def parse_checkpoint(raw: bytes) -> tuple[Note, Checkpoint]:
    """Note and checkpoint, nothing verified; raises Refuted for text that is neither."""
    try:
        note = read_note(raw)
        return note, read_checkpoint(note.text)
    except MalformedNote as refused:
        raise Refuted(Kind.CHECKPOINT, str(refused), "checkpoint") from None


def _signed_by(note: Note, keys: list[VerifierKey]) -> frozenset[VerifierKey]:
    try:
        return signers(note, keys)
    except FalseSignature as refused:
        raise Refuted(Kind.KEY, str(refused), "checkpoint") from None


def _own_key(place: Place, note: Note, checkpoint: Checkpoint) -> VerifierKey:
    raw = read_if_there(place, "key", LARGEST_KEY_BYTES)
    if raw is None:
        raise Unchecked(Kind.KEY, "no policy knows the signing key, and there is none", "key")
    key = _published_key(raw)
    if key.name != checkpoint.origin:
        raise Refuted(Kind.ORIGIN, "the key is that of a log of another origin", "key")
    if key not in _signed_by(note, [key]):
        raise Refuted(Kind.KEY, "no known key signed it", "checkpoint")
    return key


def _published_key(raw: bytes) -> VerifierKey:
    try:
        return read_key(raw.decode().removesuffix("\n"))
    except (MalformedNote, UnicodeDecodeError):
        raise Refuted(Kind.KEY, "no verifier key", "key") from None


def _check_beside(place: Place, signed_by: VerifierKey) -> None:
    raw = read_if_there(place, "key", LARGEST_KEY_BYTES)
    if raw is not None and _published_key(raw) != signed_by:
        raise Refuted(Kind.KEY, "another key than the one that signed the checkpoint", "key")
    raw = read_if_there(place, "policy", LARGEST_POLICY_BYTES)
    try:
        if raw is not None:
            read_policy(raw)
    except MalformedPolicy as refused:
        raise Refuted(Kind.POLICY, str(refused), "policy") from None


def _walk_all(place: Place, checkpoint: Checkpoint, known: Remembered, way: Way) -> Story:
    story = Story(checkpoint.origin)
    story.take(Bundle(0, 0, [], known.public))
    roots = dict([known.seen] if known.seen else [])
    for bundle in walk(place, checkpoint, known.walked, roots):
        story.take(bundle)
        way.visit(bundle, story)
        if bundle.count == WIDTH:
            known.public += bundle.public
        if way.state and known.walked.size % (way.bundles_between_notes * WIDTH) == 0:
            lay_down(way.state, known)
        way.progress(bundle.first + bundle.count, checkpoint.size)
    return story


def _check_key_in_force(signed: Signed, story: Story) -> None:
    chain = [leaf["key"] for _, leaf in story.of_kind("key")]
    if not chain:
        signed.remarks.append(NO_KEY_LEAF)
    elif chain[-1] != str(signed.key):
        says = "the checkpoint is signed by another key than the last `key` leaf's"
        raise Refuted(Kind.KEY_CHAIN, says, "checkpoint")
    known = set(map(str, signed.policy_keys))
    if known and str(signed.key) not in known and not known & set(chain):
        raise Refuted(Kind.KEY, "no known key signed it, or handed over to its key", "checkpoint")


def _check_roots(place: Place, checkpoint: Checkpoint, story: Story) -> None:
    for kind, finding in (("audit", Kind.AUDIT), ("witnessed", Kind.TIME)):
        for index, leaf in story.of_kind(kind):
            size, root = leaf["size"], decode_base64(leaf["root"])
            if not size or root_at(place, checkpoint, size) != root:
                raise Refuted(finding, "the log never had the root that it names", index=index)


def root_at(place: Place, checkpoint: Checkpoint, size: int) -> bytes:
    """The root that the proved log had at `size` entries, out of its tiles and proved again."""
    root, nodes = TileTree(place, checkpoint.size).consistency(size)
    try:
        check_consistency((size, root), (checkpoint.size, checkpoint.root), nodes)
    except FalseProof as refused:
        raise Refuted(Kind.TILE, str(refused), "tile/0") from None
    return root
