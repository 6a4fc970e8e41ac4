"""How a judgement is written into the log: the commitment to the content, and one letter a field."""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import zip_longest

import orjson

from gateway.domain.identifiers import RECORDS
from gateway.domain.verdicts import (
    CLASS_LETTERS,
    NOTHING,
    RECORD_LETTERS,
    UNNUMBERED,
    VERDICT_LETTERS,
    Verdict,
    encode_letters,
)
from gateway.forms import steps_of
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.fields import template_of
from gateway.judging.judge import JudgedField, Judgement
from gateway.log.entries import SubmissionLetters
from gateway.sources.registry import registered

_CONTENT = b"eform-gateway/content/v1"


def content_of(
    content: tuple[tuple[str, str], ...], contested: Iterable[str], by_officer: Iterable[str]
) -> bytes:
    """The visible content and the marks in one canonical text."""
    return orjson.dumps([sorted(content), sorted(set(contested)), sorted(by_officer)])


def commitment(salt: bytes, content: bytes) -> str:
    """The salted commitment to the content: SHA-256(tag || 32-byte salt || content), in base64."""
    return b64encode(hashlib.sha256(_CONTENT + salt + content).digest()).decode()


def in_form_order(
    form: RegisteredForm, verdicts: Iterable[tuple[str, Verdict]]
) -> tuple[tuple[str, Verdict], ...]:
    """Verdicts by path as the form reads, row after row, however they were come by."""
    places = {template.path: number for number, template in enumerate(form.declarable)}
    groups: dict[str, int] = {}
    for path, number in places.items():
        groups.setdefault(path.partition("[]")[0], number)

    def place(one: tuple[str, Verdict]) -> tuple[int, tuple[int, ...], int]:
        template = template_of(one[0])
        rows = tuple(step for step in steps_of(one[0]) if isinstance(step, int))
        return groups[template.partition("[]")[0]], rows, places[template]

    return tuple(sorted(verdicts, key=place))


def letters_of(judgement: Judgement, form: RegisteredForm) -> SubmissionLetters:
    """Verdict, class and source of every field, one letter each.

    Where a record of the province filled one, besides by which unvouched record each was filled.
    """
    fields = [template.path for template in form.declarable]

    def spelled(letter: Callable[[JudgedField], str]) -> tuple[str, dict[str, str]]:
        return encode_letters(fields, {judged.path: letter(judged) for judged in judgement.fields})

    verdicts, verdict_rows = spelled(lambda judged: VERDICT_LETTERS[judged.verdict])
    classes, class_rows = spelled(_class_letter)
    sources, source_rows = spelled(_source_letter)
    letters = SubmissionLetters(verdicts, classes, sources, verdict_rows, class_rows, source_rows)
    if not any(judged.filled and judged.filled.source == RECORDS for judged in judgement.fields):
        return letters
    records, record_rows = spelled(_record_letters(judgement))
    return replace(letters, records=records, record_rows=record_rows)


def _record_letters(judgement: Judgement) -> Callable[[JudgedField], str]:
    named = (judged.unvouched for judged in judgement.fields)
    records = dict.fromkeys(record for record in named if record is not None)
    letters = dict(zip_longest(records, RECORD_LETTERS[: len(records)], fillvalue=UNNUMBERED))

    def letter(judged: JudgedField) -> str:
        return NOTHING if judged.unvouched is None else letters[judged.unvouched]

    return letter


def _class_letter(judged: JudgedField) -> str:
    return NOTHING if judged.filled is None else CLASS_LETTERS[judged.filled.field_class]


def _source_letter(judged: JudgedField) -> str:
    filled = judged.filled
    if filled is None:
        return NOTHING
    # a young paper that only confirms what the session said is at the bottom of no fact
    sources = registered()
    young = sources.young_letters.get(filled.source) if filled.young else None
    return young or sources.letters[filled.source]
