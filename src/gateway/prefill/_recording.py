"""What a prefill leaves behind: the payload of its leaf, and tickets for papers of another holder.

The payload holds letters and counts, no value and no name. The body that keeps a paper under the number
of somebody else is informed by a correction ticket, one for each fact that stays empty over it.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence

from gateway.domain.clock import hour_of
from gateway.domain.replies import Found, Reply, outcome_of
from gateway.domain.verdicts import CLASS_LETTERS, REASON_LETTERS, Reason, encode_letters
from gateway.log.entries import Offered, PrefillPayload, Read
from gateway.prefill._asking.knowledge import Answer
from gateway.prefill._case import Case
from gateway.prefill.form import Carried, Empty, Entry, Filled, FilledForm, summary_of
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import commit_to
from gateway.receipts.tickets import Disputed
from gateway.sources.registry import registered


def prefill_payload(
    case: Case,
    case_ref: str,
    form_leaf: int,
    filled_form: FilledForm,
    answers: tuple[Answer, ...],
    receipt: Receipt,
) -> PrefillPayload:
    """What the `prefill` case leaf seals: of every field a letter each for its state and source."""
    summary, chain = summary_of(filled_form), case.chain
    fields = [template.path for template in case.form.declarable]
    entries = filled_form.entries
    filled = [entry for entry in entries if not isinstance(entry, Empty)]
    states, state_rows = encode_letters(
        fields, {e.instance.path: _state_letter(e) for e in entries}
    )
    sources, source_rows = encode_letters(
        fields, {e.instance.path: _source_letter(e) for e in filled}
    )
    return PrefillPayload(
        case=case_ref,
        chain=chain.id,
        form_version=form_leaf,
        grant=case.asker.grant_leaf,
        tenant=case.asker.tenant,
        procedure=case.procedure,
        channel=case.request.channel,
        hour=hour_of(case.now),
        previous=None if chain.state is None else chain.state.leaf,
        receipt_digest=_base64(hashlib.sha256(receipt.signing_input).digest()),
        key_commitment=_base64(commit_to(chain.key)),
        verified_by=case.request.account.verified_by or "not stated",
        reads=tuple(
            Read(a.source, outcome_of(a.reply), a.reply.attempts, _surplus(a.reply))
            for a in answers
        ),
        states=states,
        sources=sources,
        offered=Offered(summary.declarable, summary.filled),
        state_rows=state_rows,
        source_rows=source_rows if state_rows else None,
    )


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _surplus(reply: Reply) -> int:
    return reply.surplus if isinstance(reply, Found) else 0


def _state_letter(entry: Entry) -> str:
    if isinstance(entry, Empty):
        return REASON_LETTERS[entry.reason]
    if isinstance(entry, Carried):
        return CLASS_LETTERS[entry.claim.field_class]
    return CLASS_LETTERS[entry.field_class]


def _source_letter(entry: Filled | Carried) -> str:
    source = entry.source if isinstance(entry, Filled) else entry.claim.source
    return registered().letters[source]


HOLDER = "holder"
"""Why a ticket was opened: the paper is in another name, or of another birth date."""


def others_papers(filled_form: FilledForm, answers: Sequence[Answer]) -> tuple[Disputed, ...]:
    """What stays empty because the only paper that says it is another's, once for each fact."""
    found: dict[tuple[str, str, str], Disputed] = {}
    for entry in filled_form.entries:
        if not isinstance(entry, Empty) or entry.reason is not Reason.CONFLICT:
            continue
        behind = None if entry.role is None else filled_form.people.behind(entry.role)
        if entry.attribute is None or entry.role is None or not isinstance(behind, tuple):
            continue
        numbers = {person.number for person in behind}
        for answer in answers:
            if answer.number in numbers and entry.attribute in answer.conflicts:
                place = entry.role, entry.attribute, answer.source
                path = entry.instance.path
                found.setdefault(
                    place,
                    Disputed(path, entry.role, entry.attribute, answer.source, HOLDER, None),
                )
    return tuple(found.values())
