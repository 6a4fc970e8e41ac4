"""The answer to a submission that was judged before: the same content gets the same answer."""

import hmac

from sqlalchemy import Connection, select

from gateway.domain.errors import Conflict, ReceiptRefused
from gateway.domain.verdicts import VERDICT_LETTERS, decode_letters
from gateway.judging.encoding import commitment, content_of, in_form_order
from gateway.judging.judge import visible_content
from gateway.judging.locked import with_switches
from gateway.judging.opened import FormTexts
from gateway.log.entries import EntryUnreadable, SubmissionPayload, decode_payload
from gateway.receipts.cases import case_of, person_index
from gateway.receipts.claims import ReceiptClaims
from gateway.receipts.receipt import ReceiptStore
from gateway.storage.schema import bodies, chains, leaves
from gateway.submission.request import Accepted, SubmissionRequest

_VERDICT_OF = {letter: verdict for verdict, letter in VERDICT_LETTERS.items()}


def answered_before(
    connection: Connection,
    request: SubmissionRequest,
    claims: ReceiptClaims,
    texts: FormTexts,
    receipts: ReceiptStore,
) -> Accepted | None:
    """What the same content was answered before, None before the first time.

    Raises ReceiptRefused `receipt_foreign` where another dossier or applicant is named, Conflict
    `already_submitted` for other content, or when the payload is no more.
    """
    chain = connection.execute(select(chains).where(chains.c.chain == claims.chain)).one_or_none()
    if chain is None or chain.state != "submitted":
        return None
    row = connection.execute(
        select(bodies.c.body, leaves.c.hash)
        .join(leaves, leaves.c.idx == bodies.c.idx)
        .where(bodies.c.idx == chain.submission_leaf)
    ).one_or_none()
    if row is None:
        raise Conflict("already_submitted", "this chain was submitted; its payload was destroyed")
    _check_whose(connection, chain.case_ref, chain.applicant, request, receipts.keys.index)
    payload = decode_payload(row.body)
    if not isinstance(payload, SubmissionPayload):
        raise EntryUnreadable("a chain names a leaf that is no submission")
    form = texts.form
    fields = [template.path for template in form.declarable]
    letters = decode_letters(fields, payload.letters.verdicts, payload.letters.verdict_rows)
    verdicts = in_form_order(form, ((path, _VERDICT_OF[one]) for path, one in letters.items()))
    visible = visible_content(texts, with_switches(claims, request.data))
    content = content_of(visible, request.contested, request.entered_by_officer)
    if commitment(chain.content_salt, content) != payload.content_commitment:
        raise Conflict("already_submitted", "this chain was submitted with other content")
    tickets = receipts.tickets.of_submission(connection, chain.submission_leaf)
    return Accepted(verdicts, payload.counts, None, row.hash, tickets)


def _check_whose(
    connection: Connection,
    case_ref: str,
    applicant: bytes | None,
    request: SubmissionRequest,
    index_key: bytes,
) -> None:
    """Dossier and applicant, where they are named, by the blind index: the chain's key is gone."""
    if request.dossier is not None:
        case = case_of(connection, request.tenant, request.dossier.text, index_key)
        if case != case_ref:
            raise ReceiptRefused("receipt_foreign", "the receipt belongs to another dossier")
    if request.subject is not None and applicant is not None:
        named = person_index(index_key, request.subject.digits)
        if not hmac.compare_digest(named, applicant):
            raise ReceiptRefused("receipt_foreign", "the receipt belongs to another applicant")
