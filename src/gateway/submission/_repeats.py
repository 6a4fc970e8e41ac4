"""The answer to a submission that was judged before: the same content gets the same answer."""

import hmac
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.domain.errors import Conflict, ReceiptRefused
from gateway.domain.verdicts import VERDICT_LETTERS, unspell
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.remote import RemoteLists
from gateway.judging.encoding import commitment, content_of, in_form_order
from gateway.judging.judge import visible_content
from gateway.judging.locked import with_switches
from gateway.judging.opened import OpenedReceipt
from gateway.log.entries import EntryUnreadable, SubmissionPayload, decode_payload
from gateway.receipts.cases import case_of, person_index
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import Tagger
from gateway.receipts.tickets import Tickets
from gateway.storage.schema import bodies, chains, leaves
from gateway.submission.request import Accepted, SubmissionRequest

_VERDICT_OF = {letter: verdict for verdict, letter in VERDICT_LETTERS.items()}


def answered_before(
    connection: Connection,
    receipt: Receipt,
    form: RegisteredForm,
    request: SubmissionRequest,
    all_tickets: Tickets,
    lists: RemoteLists,
    index_key: bytes,
) -> Accepted | None:
    """What the same content was answered before, None before the first time.

    Raises ReceiptRefused `receipt_foreign` where another dossier or applicant is named, Conflict
    `already_submitted` for other content, or when the payload is no more.
    """
    chain = connection.execute(
        select(chains).where(chains.c.chain == receipt.claims.chain)
    ).one_or_none()
    if chain is None or chain.state != "submitted":
        return None
    row = connection.execute(
        select(bodies.c.body, leaves.c.hash)
        .join(leaves, leaves.c.idx == bodies.c.idx)
        .where(bodies.c.idx == chain.submission_leaf)
    ).one_or_none()
    if row is None:
        raise Conflict("already_submitted", "this chain was submitted; its payload was destroyed")
    _check_whose(connection, chain, request, index_key)
    payload = decode_payload(row.body)
    if not isinstance(payload, SubmissionPayload):
        raise EntryUnreadable("a chain names a leaf that is no submission")
    fields = [template.path for template in form.declarable]
    letters = unspell(fields, payload.letters.verdicts, payload.letters.verdict_rows)
    verdicts = in_form_order(form, ((path, _VERDICT_OF[one]) for path, one in letters.items()))
    content = content_of(
        _visible_content(form, receipt, request, lists),
        request.contested,
        request.entered_by_officer,
    )
    if commitment(chain.content_salt, content) != payload.content_commitment:
        raise Conflict("already_submitted", "this chain was submitted with other content")
    tickets = all_tickets.of_submission(connection, chain.submission_leaf)
    return Accepted(verdicts, payload.counts, None, row.hash, tickets)


def _check_whose(
    connection: Connection, chain: Row[Any], request: SubmissionRequest, index_key: bytes
) -> None:
    """Dossier and applicant, where they are named, by the blind index: the chain's key is gone."""
    if request.dossier is not None:
        case = case_of(connection, request.tenant, request.dossier.text, index_key)
        if case != chain.case_ref:
            raise ReceiptRefused("receipt_foreign", "the receipt belongs to another dossier")
    if request.subject is not None and chain.applicant is not None:
        named = person_index(index_key, request.subject.digits)
        if not hmac.compare_digest(named, chain.applicant):
            raise ReceiptRefused("receipt_foreign", "the receipt belongs to another applicant")


def _visible_content(
    form: RegisteredForm, receipt: Receipt, request: SubmissionRequest, lists: RemoteLists
) -> tuple[tuple[str, str], ...]:
    """The canonical visible content once more, for a chain whose key is gone."""
    tagger = Tagger.of(bytes(32), receipt.claims.chain, request.tenant, "", "")
    without_key = OpenedReceipt(form, receipt.claims, tagger, lists)
    return visible_content(without_key, with_switches(without_key, request.data))
