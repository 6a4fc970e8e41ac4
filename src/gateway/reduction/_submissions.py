"""Read the judged fields of a submission, and merge the submissions of one dossier."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.domain.errors import CannotMeasure
from gateway.domain.verdicts import CLASS_LETTERS, DECLARED, VERDICT_LETTERS, FieldClass, Verdict
from gateway.log.entries import SubmissionLetters, SubmissionPayload
from gateway.reduction._definitions import Definitions, FormVersion, template_of
from gateway.sources.registry import registered

TAKEN_OUT = frozenset({Verdict.WITHDRAWN, Verdict.HIDDEN})

_VERDICT = {letter: verdict for verdict, letter in VERDICT_LETTERS.items()}
_CLASS = {letter: kind for kind, letter in CLASS_LETTERS.items()}
_CLASS_ORDER = {kind: place for place, kind in enumerate(FieldClass)}
_ONLY_FILLED = TAKEN_OUT | {Verdict.AUTO, Verdict.OVERRIDE}


@dataclass(frozen=True, slots=True)
class Judged:
    """One field instance of a submission; class and source only where it was filled."""

    template: str
    verdict: Verdict
    field_class: FieldClass | None
    source: str | None
    young: bool = False


Letters: TypeAlias = Mapping[str, Judged]
"""A whole submission, by instance path."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One accepted submission, as its payload states it."""

    leaf: int
    hour: int
    form: FormVersion
    tenant: str
    procedure: str | None
    channel: str
    instant: bool
    burst: bool
    letters: Letters = field(repr=False)
    attachments: Mapping[str, int]


def read_submission(
    leaf: int,
    payload: SubmissionPayload,
    definitions: Definitions,
    known: dict[Hashable, Letters],
) -> Submission:
    """Read a submission and check both balances.

    `known` caches decoded letters, which many dossiers share. Raises CannotMeasure for a submission that does
    not balance or names a leaf that the log does not hold.
    """
    form = definitions.form(leaf, payload.form_version)
    key = form.leaf, *_key_of(payload.letters)
    if key not in known:
        known[key] = _letters(leaf, payload.letters, form)
    letters = known[key]
    declared = _check_balances(leaf, letters, payload.counts)
    in_force = definitions.in_force(leaf)
    return Submission(
        leaf=leaf,
        hour=payload.hour,
        form=form,
        tenant=payload.tenant,
        procedure=payload.procedure,
        channel=payload.channel,
        instant=payload.burst or in_force.is_instant(payload.seconds, declared),
        burst=payload.burst,
        letters=letters,
        attachments=payload.attachments,
    )


def _key_of(of: SubmissionLetters) -> Iterator[Hashable]:
    yield from (of.verdicts, of.classes, of.sources)
    for rows in (of.verdict_rows, of.class_rows, of.source_rows):
        yield tuple(sorted(rows.items()))


def _letters(leaf: int, written: SubmissionLetters, form: FormVersion) -> Letters:
    verdicts = form.read(leaf, written.verdicts, written.verdict_rows)
    classes = form.read(leaf, written.classes, written.class_rows)
    sources = form.read(leaf, written.sources, written.source_rows)
    if not classes.keys() == sources.keys() <= verdicts.keys():
        raise CannotMeasure(leaf, "a class or source stands where no verdict does")
    source_of, young = registered().source_of_letter, set(registered().young_letters.values())
    try:
        return {
            path: Judged(
                template_of(path),
                _VERDICT[letter],
                _CLASS[classes[path]] if path in classes else None,
                source_of[sources[path]] if path in sources else None,
                sources.get(path) in young,
            )
            for path, letter in verdicts.items()
        }
    except KeyError:
        raise CannotMeasure(leaf, "it holds a letter that stands for nothing") from None


def _check_balances(leaf: int, letters: Letters, stated: Mapping[str, int]) -> int:
    """Check both balances, and the payload's counts by its letters; gives the number declared."""
    fields = letters.values()
    verdicts = Counter(one.verdict for one in fields)
    filled = [one.verdict for one in fields if one.field_class is not None]
    declared = sum(verdicts[verdict] for verdict in DECLARED)
    counted = {verdict.value: verdicts[verdict] for verdict in Verdict} | {
        "filled": len(filled),
        "visible": len(letters) - sum(verdicts[verdict] for verdict in TAKEN_OUT),
        "declared": declared,
    }
    given_up = sum(v in (Verdict.CONTESTED, Verdict.OFFICER, Verdict.OVERRIDE) for v in filled)
    taken_out = verdicts[Verdict.WITHDRAWN] + verdicts[Verdict.HIDDEN]
    if (
        stated != counted
        or stated["filled"] != verdicts[Verdict.AUTO] + given_up + taken_out
        or stated["visible"] != verdicts[Verdict.AUTO] + declared + verdicts[Verdict.BLANK]
        or any(one.verdict in _ONLY_FILLED for one in fields if one.field_class is None)
    ):
        raise CannotMeasure(leaf, "its counts do not balance")
    return declared


def merge(submissions: Sequence[Submission]) -> Letters:
    """Merge the submissions of one dossier, in order, into one that counts once.

    The last one decides which fields are visible. A field is `auto` only if it was in each; else it has the
    latest verdict by which it was declared, and `blank` where it never was.
    """
    last = submissions[-1].letters
    if len(submissions) == 1:
        return last
    return {
        path: judged
        if judged.verdict in TAKEN_OUT
        else _merged(judged, [submission.letters.get(path) for submission in submissions])
        for path, judged in last.items()
    }


def _merged(last: Judged, judged: Sequence[Judged | None]) -> Judged:
    known = [one for one in judged if one is not None]
    if len(known) == len(judged) and all(one.verdict is Verdict.AUTO for one in known):
        classes = [one.field_class for one in known if one.field_class is not None]
        first = min(classes, key=_CLASS_ORDER.__getitem__)
        young = any(one.young for one in known)
        return Judged(last.template, Verdict.AUTO, first, last.source, young)
    declared = [one for one in known if one.verdict in DECLARED]
    return declared[-1] if declared else Judged(last.template, Verdict.BLANK, None, None)
