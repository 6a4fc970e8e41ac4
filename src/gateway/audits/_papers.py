"""Check that an unvouched record which filled a field rests on a paper of its issuer.

A record without a vouching issuer may have been typed by the province itself. For each drawn one the province
supplies, besides the disclosure of its submission, what identifies the paper (`papers`: by the record's id the
members of `records/paper.py`) and the digitised file (`files/<SHA-256 in hex>` in the folder of the
disclosures); the auditor asks the issuer which numbers of that kind it issued. After the steps of every
disclosure, classes, records and verdicts are those of the leaf, and

    record    the receipt names one unvouched record for all fields of the unit
    paper     the record's tag in the receipt is that of what was supplied: kind, number, issuer, owner, day
              of issue and file are those of the record when the form was filled
    file      there is a digitised file, and its SHA-256 is the one of the record
    issuer    the issuer's own list holds the paper's number
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path

from gateway.audits._disclosures import (
    CheckedDisclosure,
    Disclosure,
    DisclosureError,
    check_disclosure,
    submission_of,
)
from gateway.forms.catalogue import RegisteredForm
from gateway.judging.opened import OpenedReceipt
from gateway.receipts.tags import same_tag
from gateway.records.paper import MEMBERS, paper_digest
from gateway_verify.sampling.units import Opened, Unit

_DIGITS = frozenset("0123456789abcdef")


def check_paper(
    unit: Unit,
    chain: Collection[Opened],
    opening: Disclosure,
    form: RegisteredForm,
    files: Path,
    issued: Mapping[str, Collection[str]],
) -> None:
    """Check a record in every step; `issued` holds per issuer the numbers that it issued.

    Raises DisclosureError with the first step that fails.
    """
    shown = check_disclosure(unit, chain, opening, form)
    stated = submission_of(unit).letters
    shown.check_classes(stated)
    shown.check_verdicts(stated)
    record = _record(unit, shown)
    paper = _paper(shown.receipt, record, opening.papers.get(record))
    if not _there(files, paper["file"]):
        raise DisclosureError("file")
    issuer = paper["issuer"]
    if issuer is None or paper["number"] not in issued.get(issuer, ()):
        raise DisclosureError("issuer")


def _record(unit: Unit, shown: CheckedDisclosure) -> str:
    unvouched = {one.path: one.unvouched for one in shown.judgement.fields}
    records = {unvouched.get(path) for path in unit.paths}
    record = records.pop() if len(records) == 1 else None
    if record is None:
        raise DisclosureError("record")
    return record


def _paper(receipt: OpenedReceipt, record: str, supplied: object) -> Mapping[str, str | None]:
    """The supplied paper, whose digest is that of the record's tag."""
    if not isinstance(supplied, dict) or supplied.keys() != MEMBERS:
        raise DisclosureError("paper")
    if not all(one is None or isinstance(one, str) for one in supplied.values()):
        raise DisclosureError("paper")
    tag = next((one.tag for one in receipt.claims.records if one.id == record), None)
    opened = receipt.tagger.record_tag(record, paper_digest(supplied))
    if tag is None or not same_tag(opened, tag):
        raise DisclosureError("paper")
    return dict(supplied)


def _there(files: Path, digest: str | None) -> bool:
    """Whether the file of this digest was supplied; a digest cannot name another path."""
    if digest is None or len(digest) != 64 or not set(digest) <= _DIGITS:
        return False
    try:
        with (files / digest).open("rb") as file:
            found = sha256()
            while piece := file.read(1 << 20):
                found.update(piece)
    except OSError:
        return False
    return found.hexdigest() == digest
