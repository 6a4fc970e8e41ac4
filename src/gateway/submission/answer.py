"""What is answered to a submission, and to the same one again?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, select

from gateway.domain.errors import Conflict
from gateway.domain.letters import VERDICT_LETTERS, unspell
from gateway.domain.verdicts import Verdict
from gateway.forms.catalogue import RegisteredForm
from gateway.receipts.disputes import Ticket, TicketDesk
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import Tagger
from gateway.storage.schema import bodies, chains, leaves
from gateway.submission.judging.content import visible_content
from gateway.submission.judging.locked import with_switches
from gateway.submission.judging.opened import opened
from gateway.submission.request import SubmissionRequest
from gateway.submission.sealing import commitment, content_of, in_form_order

_VERDICT_OF = {letter: verdict for verdict, letter in VERDICT_LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that was judged and recorded: verdicts by path, counts, evidence, leaf."""

    verdicts: tuple[tuple[str, Verdict], ...]
    counts: Mapping[str, int]
    evidence: Mapping[str, Any] | None = field(repr=False)
    leaf: bytes
    tickets: tuple[Ticket, ...]


def answered_before(
    connection: Connection,
    receipt: Receipt,
    form: RegisteredForm,
    request: SubmissionRequest,
    desk: TicketDesk,
) -> Accepted | None:
    """What the same content was answered before, None before the first time.

    Raises Conflict `already_submitted` for other content, or when the body is no more.
    """
    chain = connection.execute(select(chains).where(chains.c.chain == receipt.chain)).one_or_none()
    if chain is None or chain.state != "submitted":
        return None
    row = connection.execute(
        select(bodies.c.body, leaves.c.hash)
        .join(leaves, leaves.c.idx == bodies.c.idx)
        .where(bodies.c.idx == chain.submission_leaf)
    ).one_or_none()
    if row is None:
        raise Conflict("already_submitted", "this chain was submitted; its body was destroyed")
    body = orjson.loads(row.body)
    fields = [template.path for template in form.declarable]
    letters = unspell(fields, body["vd"], body.get("vr", {}))
    verdicts = in_form_order(form, ((path, _VERDICT_OF[one]) for path, one in letters.items()))
    content = content_of(_visible_content(form, receipt, request), request)
    if commitment(chain.content_salt, content) != body["cc"]:
        raise Conflict("already_submitted", "this chain was submitted with other content")
    tickets = desk.of_submission(connection, chain.submission_leaf)
    return Accepted(verdicts, body["n"], None, row.hash, tickets)


def _visible_content(
    form: RegisteredForm, receipt: Receipt, request: SubmissionRequest
) -> tuple[tuple[str, str], ...]:
    """The canonical visible content once more, for a chain whose key is gone."""
    without_key = opened(form, receipt, Tagger.of(bytes(32), receipt.chain, request.tenant, "", ""))
    return visible_content(without_key, with_switches(without_key, request.data))
