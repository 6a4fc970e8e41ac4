"""What does the log keep of a filled form? Letters and counts, no value and no name."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from gateway.domain.letters import CLASS_LETTERS, REASON_LETTERS, SOURCE_LETTERS, spell
from gateway.domain.replies import Found, Reply
from gateway.forms.fields import Decision
from gateway.prefill.asking.answers import Answer
from gateway.prefill.case import Case
from gateway.prefill.filling.desk import Sheet
from gateway.prefill.filling.entries import Carried, Empty, Entry, Filled
from gateway.prefill.sealing import outcome_of
from gateway.receipts.receipt import Receipt
from gateway.receipts.tags import commit_to


@dataclass(frozen=True, slots=True)
class Summary:
    """How many visible fields there are, and how many of them are filled (design 5.1)."""

    declarable: int
    filled: int

    @property
    def to_declare(self) -> int:
        """Visible fields that are left to the citizen."""
        return self.declarable - self.filled

    @property
    def offered(self) -> float:
        """Filled over visible, four decimals."""
        return round(self.filled / self.declarable, 4) if self.declarable else 0.0


def summary_of(sheet: Sheet) -> Summary:
    """Count the fields that are decided visible; open ones are counted nowhere yet."""
    visible = [e for e in sheet.entries if e.instance.decision is Decision.VISIBLE]
    filled = sum(not isinstance(entry, Empty) for entry in visible)
    return Summary(len(visible), filled)


def prefill_body(
    case: Case,
    case_ref: str,
    form_leaf: int,
    sheet: Sheet,
    answers: tuple[Answer, ...],
    receipt: Receipt,
) -> dict[str, Any]:
    """The body of the `prefill` case leaf, as `docs/log-leaves.md` lists its members."""
    summary, chain = summary_of(sheet), case.chain
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
        **_letters(case, sheet),
        "n": [summary.declarable, summary.filled],
    }


def _letters(case: Case, sheet: Sheet) -> dict[str, Any]:
    """State and source of every field, one letter each."""
    fields = [template.path for template in case.form.declarable]
    filled = [entry for entry in sheet.entries if not isinstance(entry, Empty)]
    state, state_rows = spell(fields, {e.instance.path: _state_letter(e) for e in sheet.entries})
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
