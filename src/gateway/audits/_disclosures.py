"""Check that a disclosure proves a field filled by the gateway and submitted unchanged.

A **disclosure** opens the commitments of a drawn submission leaf. The province supplies it as an object:
`evidence` as the submission's answer gave it, `receipts` of the chain from the first to the one that was
used, and `data`, `contested`, `entered_by` as submitted. The steps are checked in this order; the first that
fails is the finding. Of every frame:

    supplied     something was supplied
    doubled      nothing else was supplied for the same leaf
    late         it came by the deadline
    form         it is well-formed
    leaves       the evidence holds hash and salt of every leaf of the chain up to the submission
    key          the chain's prefill leaves commit to the evidence's key (`kc`)
    receipt      each prefill leaf up to the submission is of one of the receipts (`rd`), and the
                 last one is of the chain
    content      the submission leaf commits to the content that is disclosed (`cc`)

Of a field then:

    visibility   evaluated again by the registered form version, the field is visible
    class        its class, source and record are those that the leaf states
    tag          the field's tag under the key is that of the value that was submitted
    verdict      every field of the submission gets the verdict that the leaf states
    read         where the value came from a remote source, the source's own list of requests holds
                 every answer of it that the receipts name, and there is one

Whole submissions and records have further steps (`_as_filed.py`, `_papers.py`). Refusals of the chain count
as they did when it was submitted: a field that was refused once is contested. Every member of a disclosure
is checked; a receipt's signature is not, since the leaf holds the digest of its bytes.
"""

import hashlib
from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from gateway.domain.errors import ReceiptRefused
from gateway.domain.json_texts import read_json
from gateway.domain.verdicts import Verdict
from gateway.forms.catalogue import RegisteredForm
from gateway.judging.encoding import commitment, content_of, letters_of
from gateway.judging.judge import JudgedField, Judgement, judge
from gateway.judging.locked import check_locked, with_switches
from gateway.judging.opened import FormTexts, Marks, OpenedReceipt
from gateway.log.entries import (
    EntryUnreadable,
    PrefillPayload,
    RefusalPayload,
    SubmissionLetters,
    SubmissionPayload,
    payload_of,
)
from gateway.receipts.claims import decode
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import Tagger, commit_to
from gateway.sources.registry import registered
from gateway_verify.sampling.draw import FIELDS, RECORDS, SUBMISSIONS
from gateway_verify.sampling.units import Opened, Unit

NOT_SUPPLIED, DOUBLED, LATE, UNREADABLE = "supplied", "doubled", "late", "form"
_OPENING = ("leaves", "key", "receipt", "content")
STEPS = (NOT_SUPPLIED, UNREADABLE, *_OPENING, "visibility", "class", "tag", "verdict", "read")
"""The possible findings for a field; the first two where nothing was disclosed."""

_SUPPLYING = (NOT_SUPPLIED, DOUBLED, LATE, UNREADABLE)
_BODY = ("class", "verdict")
STEPS_OF: Mapping[str, tuple[str, ...]] = {
    FIELDS: (*_SUPPLYING, *STEPS[2:]),
    SUBMISSIONS: (*_SUPPLYING, *_OPENING, *_BODY, "filed", "as_filed"),
    RECORDS: (*_SUPPLYING, *_OPENING, *_BODY, "record", "paper", "file", "issuer"),
}
"""The possible findings for a unit of each frame, in order."""

_MEMBERS = {"evidence", "receipts", "data", "contested", "entered_by", "papers"}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What the province supplies for one submission leaf."""

    key: bytes = field(repr=False)
    content_salt: bytes = field(repr=False)
    leaves: frozenset[tuple[bytes, bytes]] = field(repr=False)
    receipts: tuple[Receipt, ...] = field(repr=False)
    data: Mapping[str, object] = field(repr=False)
    contested: frozenset[str]
    by_officer: frozenset[str]
    papers: Mapping[str, object] = field(default_factory=dict, repr=False)


class DisclosureError(Exception):
    """A disclosure that was not accepted; `step` is the first that failed."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def read_disclosure(document: object) -> Disclosure:
    """Read a decoded disclosure; raises DisclosureError `form`."""
    try:
        if not isinstance(document, dict) or not document.keys() <= _MEMBERS:
            raise DisclosureError(UNREADABLE)
        if not isinstance(document["data"], dict):
            raise DisclosureError(UNREADABLE)
        evidence = document["evidence"]
        return Disclosure(
            _unpadded(evidence["key"]),
            _unpadded(evidence["content_salt"]),
            frozenset(
                (b64decode(one["leaf"], validate=True), _unpadded(one["salt"]))
                for one in evidence["leaves"]
            ),
            tuple(_receipt(text) for text in document["receipts"]),
            document["data"],
            frozenset(map(str, document.get("contested") or ())),
            frozenset(map(str, document.get("entered_by") or {})),
            dict(document.get("papers") or {}),
        )
    except (LookupError, TypeError, ValueError, AttributeError, NotBase64, ReceiptRefused):
        raise DisclosureError(UNREADABLE) from None


def _receipt(text: str) -> Receipt:
    return Receipt(decode(read_json(_unpadded(text.split(".")[1]))), text)


def _unpadded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class CheckedDisclosure:
    """A disclosure whose leaves, key, receipts and content hold: the submission as it was judged."""

    receipt: OpenedReceipt
    judgement: Judgement
    letters: SubmissionLetters = field(repr=False)

    def check_classes(self, stated: SubmissionLetters) -> None:
        """Raise DisclosureError `class` unless classes, sources and records are those that the leaf states."""
        mine = self.letters
        if stated.records is None:  # before records were numbered
            mine = replace(mine, records=None, record_rows={})
        with_verdicts = replace(mine, verdicts=stated.verdicts, verdict_rows=stated.verdict_rows)
        if with_verdicts != stated:
            raise DisclosureError("class")

    def check_verdicts(self, stated: SubmissionLetters) -> None:
        """Raise DisclosureError `verdict` unless every verdict is the one that the leaf states."""
        mine = self.letters
        if (mine.verdicts, mine.verdict_rows) != (stated.verdicts, stated.verdict_rows):
            raise DisclosureError("verdict")


def check_disclosure(
    unit: Unit, chain: Collection[Opened], opening: Disclosure, form: RegisteredForm
) -> CheckedDisclosure:
    """Check the steps from `leaves` to `content`; raises DisclosureError with the first that fails.

    `chain` are the case leaves of the unit's chain up to its submission.
    """
    submission = submission_of(unit)
    payloads = [(leaf.index, payload_of(leaf.body)) for leaf in chain]
    if not {(leaf.hash, leaf.salt) for leaf in chain} <= opening.leaves:
        raise DisclosureError("leaves")
    prefills = {at: one for at, one in payloads if isinstance(one, PrefillPayload)}
    _check_receipts(opening, _prefills_up_to(prefills, submission.prefill), submission.chain)
    if opening.receipts[-1].claims.version != form.version:
        raise DisclosureError("receipt")
    refusals = [one for _, one in payloads if isinstance(one, RefusalPayload)]
    one, judgement = _judged(opening, form, submission, _refused(refusals))
    content = content_of(judgement.content, opening.contested, opening.by_officer)
    if commitment(opening.content_salt, content) != submission.content_commitment:
        raise DisclosureError("content")
    return CheckedDisclosure(one, judgement, letters_of(judgement, form))


def check_field(
    unit: Unit,
    chain: Collection[Opened],
    opening: Disclosure,
    form: RegisteredForm,
    journal: Mapping[str, Collection[str]],
) -> str | None:
    """Check a field in every step; gives the remote source that supplied it, if one did.

    None for the facts of the sign-in and for the province's records. `journal` holds per source the request
    numbers that the source itself kept. Raises DisclosureError with the first step that fails.
    """
    shown = check_disclosure(unit, chain, opening, form)
    judged = next((one for one in shown.judgement.fields if one.path == unit.path), None)
    if judged is None or not judged.visible:
        raise DisclosureError("visibility")
    stated = submission_of(unit).letters
    shown.check_classes(stated)
    if not _opens(shown.receipt, judged, opening.data):
        raise DisclosureError("tag")
    if judged.verdict is not Verdict.AUTO:
        raise DisclosureError("verdict")
    shown.check_verdicts(stated)
    return _check_reads(judged, opening, journal)


def submission_of(unit: Unit) -> SubmissionPayload:
    """The payload of a unit's submission leaf; raises EntryUnreadable for a leaf of another kind."""
    payload = payload_of(unit.leaf.body)
    if not isinstance(payload, SubmissionPayload):
        raise EntryUnreadable("a unit stands in a leaf that is no submission")
    return payload


def _prefills_up_to(prefills: Mapping[int, PrefillPayload], last: int) -> list[PrefillPayload]:
    """The prefills from the first of the chain to the one whose receipt was used."""
    found: list[PrefillPayload] = []
    at: int | None = last
    while at is not None:
        if at not in prefills or len(found) > len(prefills):
            raise DisclosureError("leaves")
        found.append(prefills[at])
        at = prefills[at].previous
    return found[::-1]


def _check_receipts(opening: Disclosure, prefills: list[PrefillPayload], chain: str) -> None:
    committed = b64encode(commit_to(opening.key)).decode()
    if any(prefill.key_commitment != committed for prefill in prefills):
        raise DisclosureError("key")
    digests = [_digest(receipt) for receipt in opening.receipts]
    if (
        digests != [one.receipt_digest for one in prefills]
        or opening.receipts[-1].claims.chain != chain
    ):
        raise DisclosureError("receipt")


def _refused(refusals: Iterable[RefusalPayload]) -> frozenset[str]:
    """The field instances that an earlier submission was refused for: they are contested."""
    offences = (offence for refusal in refusals for offence in refusal.offences)
    return frozenset(one.path for one in offences if one.code != "row_added")


def _digest(receipt: Receipt) -> str:
    return b64encode(hashlib.sha256(receipt.signing_input).digest()).decode()


def _judged(
    opening: Disclosure,
    form: RegisteredForm,
    submission: SubmissionPayload,
    refused: frozenset[str],
) -> tuple[OpenedReceipt, Judgement]:
    """Judge the submission again as it was judged when it came."""
    digests = (form.definition.digest, form.bindings.digest)
    tagger = Tagger.of(opening.key, submission.chain, submission.tenant, *digests)
    one = OpenedReceipt(opening.receipts[-1].claims, tagger, FormTexts(form))
    data = with_switches(one.claims, opening.data)
    marks = Marks(opening.by_officer, opening.contested, refused)
    _, pairings = check_locked(one, data, marks)
    return one, judge(one, data, marks, pairings)


def _opens(one: OpenedReceipt, judged: JudgedField, data: Mapping[str, object]) -> bool:
    if judged.filled is None:
        return False
    return one.opens_at(judged.filled, data, judged.path)


def _check_reads(
    judged: JudgedField, opening: Disclosure, journal: Mapping[str, Collection[str]]
) -> str | None:
    filled = judged.filled
    named = () if filled is None else (filled.source, filled.confirmed_by)
    source = next((one for one in named if one in registered().remote), None)
    if source is None:
        return None
    reads = [
        read
        for receipt in opening.receipts
        for read in receipt.claims.reads
        if read.source == source and read.outcome != "unavailable"
    ]
    known = journal.get(source, ())
    if not reads or any(read.ref not in known for read in reads):
        raise DisclosureError("read")
    return source
