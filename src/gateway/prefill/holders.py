"""Which papers, kept under a person's number, belong to somebody else by their own words?

The body that keeps such a paper is told by a correction ticket, one for each fact that stays empty
over it; the ticket holds no value.
"""

from collections.abc import Sequence

from gateway.domain.verdicts import Reason
from gateway.prefill.asking.answers import Answer
from gateway.prefill.filling.desk import Sheet
from gateway.prefill.filling.entries import Empty
from gateway.receipts.disputes import Disputed

HOLDER = "holder"
"""Why a ticket was opened: the paper is in another name, or of another birth date."""


def others_papers(sheet: Sheet, answers: Sequence[Answer]) -> tuple[Disputed, ...]:
    """What stays empty because the only paper that says it is another's, once for each fact."""
    found: dict[tuple[str, str, str], Disputed] = {}
    for entry in sheet.entries:
        if not isinstance(entry, Empty) or entry.reason is not Reason.CONFLICT:
            continue
        behind = None if entry.role is None else sheet.people.behind(entry.role)
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
