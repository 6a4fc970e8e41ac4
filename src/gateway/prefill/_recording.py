"""What a prefill leaves behind: the payload of its leaf, and tickets for papers of another holder.

The payload holds letters and counts, no value and no name. The body that keeps a paper under the number
of somebody else is informed by a correction ticket, one for each fact that stays empty over it.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from gateway.domain.letters import CLASS_LETTERS, REASON_LETTERS, SOURCE_LETTERS, spell
from gateway.domain.replies import Found, Reply, outcome_of
from gateway.domain.verdicts import Reason
from gateway.prefill._asking.knowledge import Answer
from gateway.prefill._case import Case
from gateway.prefill.form import Carried, Empty, Entry, Filled, FilledForm, summary_of
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import commit_to
from gateway.receipts.tickets import Disputed


def prefill_body(
    case: Case,
    case_ref: str,
    form_leaf: int,
    filled_form: FilledForm,
    answers: tuple[Answer, ...],
    receipt: Receipt,
) -> dict[str, Any]:
    """The body of the `prefill` case leaf, as `docs/log-leaves.md` lists its members."""
    summary, chain = summary_of(filled_form), case.chain
    return {
        "k": "prefill",
        "case": case_ref,
        "chain": chain.id,
        "fv": form_leaf,
        "gr": case.asker.grant_leaf,
        "ten": case.asker.tenant,
        "proc": case.procedure,
        "ch": case.request.channel,
        "h": int(case.now.timestamp()) // 3600,
        "prev": None if chain.state is None else chain.state.leaf,
        "rd": _base64(hashlib.sha256(receipt.signing_input).digest()),
        "kc": _base64(commit_to(chain.key)),
        "vb": case.request.account.verified_by or "not stated",
        "q": [
            [a.source, outcome_of(a.reply), a.reply.attempts, _surplus(a.reply)] for a in answers
        ],
        **_letters(case, filled_form),
        "n": [summary.declarable, summary.filled],
    }


def _letters(case: Case, filled_form: FilledForm) -> dict[str, Any]:
    """State and source of every field, one letter each."""
    fields = [template.path for template in case.form.declarable]
    filled = [entry for entry in filled_form.entries if not isinstance(entry, Empty)]
    state, state_rows = spell(
        fields, {e.instance.path: _state_letter(e) for e in filled_form.entries}
    )
    source, source_rows = spell(fields, {e.instance.path: _source_letter(e) for e in filled})
    rows = {"sr": state_rows, "or": source_rows} if state_rows else {}
    return {"st": state, "so": source, **rows}


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
    return SOURCE_LETTERS[source]


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
