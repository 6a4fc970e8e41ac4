"""Draw an auditor's sample again, before the province discloses anything for it.

The province trusts no list of units: it draws them from the payloads in its database and the public leaves
of its published log, by code that shares only the draw's arithmetic with the verifier. The
units of a frame are numbered as `gateway_verify/sampling/units.py` defines them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.audits._samples import is_entered, read_sample_request
from gateway.domain.errors import BadRequest, Conflict
from gateway.domain.identifiers import RECORDS as RECORDS_SOURCE
from gateway.domain.verdicts import NOTHING, UNNUMBERED, VERDICT_LETTERS, Verdict, decode_letters
from gateway.log.entries import (
    FormVersionLeaf,
    GrantLeaf,
    PublicLeaf,
    SubmissionLetters,
    SubmissionPayload,
    decode_leaf,
    decode_payload,
    is_case_entry,
)
from gateway.log.publishing import WIDTH, LogFolder
from gateway.sources.registry import registered
from gateway.storage.schema import bodies, leaves
from gateway_verify.sampling.draw import FIELDS, RECORDS, commitment, draw_numbers, frame_of, share
from gateway_verify.text.notes import MalformedNote, decode_base64

_AUTO = VERDICT_LETTERS[Verdict.AUTO]

DrawnUnit = tuple[int, int, str | None]
"""A submission leaf, which of its units, and in the frame `fields` the field's path."""


@dataclass(frozen=True, slots=True)
class DrawnUnits:
    """The units that are to be disclosed of `units`, and the leaf hash of each one's submission."""

    frame: str
    units: int
    drawn: tuple[DrawnUnit, ...]
    hashes: Mapping[int, bytes]


def draw_again(connection: Connection, log: LogFolder, document: object) -> DrawnUnits:
    """Draw the sample of `document`, a decoded `sample-drawn` file, again.

    Raises BadRequest for a file or request that cannot be read or was forged, Conflict `sample_not_entered`
    for a request that no leaf here holds, `audit_of_another_log` for a range beyond the published log,
    `sample_not_drawn` where this province's payloads give other units.
    """
    if not isinstance(document, dict):
        raise BadRequest("audit_unreadable", "no drawn sample")
    try:
        request, nonce = read_sample_request(document["request"]), decode_base64(document["nonce"])
        public, drawn = decode_base64(document["draw"]), document["drawn"]
        committed = commitment(nonce) == decode_base64(request["commitment"])
        named = tuple((one["leaf"], one["ordinal"], one["path"]) for one in drawn)
    except (KeyError, TypeError, ValueError, AttributeError, MalformedNote):
        raise BadRequest("audit_unreadable", "no drawn sample") from None
    if not is_entered(connection, request):
        raise Conflict("sample_not_entered", "no commitment to this sample stands there", "request")
    if not committed or not public:
        raise Conflict("sample_not_drawn", "not the nonce that was committed to", "nonce")
    units = list(_units(connection, log, request["range"], frame_of(request)))
    year_units = request.get("year_units")
    if year_units is not None and request["count"] != share(len(units), year_units):
        raise Conflict("sample_not_drawn", "another share than the month's of the year", "count")
    root = decode_base64(request["root"])
    numbers = draw_numbers(root, nonce, public, len(units), request["count"])
    mine = tuple(units[number] for number in numbers)
    if named != mine:
        raise Conflict("sample_not_drawn", "the draw gives other units than these", "drawn")
    wanted = select(leaves.c.idx, leaves.c.hash).where(leaves.c.idx.in_({one[0] for one in mine}))
    hashes = {row.idx: row.hash for row in connection.execute(wanted)}
    return DrawnUnits(frame_of(request), len(units), mine, hashes)


def _units(
    connection: Connection, log: LogFolder, span: Sequence[int], frame: str
) -> Iterator[DrawnUnit]:
    first, last = span
    public = list(_public(log, last))
    forms = {at: leaf for at, leaf in public if isinstance(leaf, FormVersionLeaf)}
    fields = {at: [one.path for one in form.fields] for at, form in forms.items()}
    grants = (leaf for _, leaf in public if isinstance(leaf, GrantLeaf))
    tests = {grant.tenant for grant in grants if grant.is_test}
    wanted = (
        select(bodies.c.idx, bodies.c.body)
        .where(bodies.c.kind == "submission", bodies.c.idx.between(first, last))
        .order_by(bodies.c.idx)
    )
    for row in connection.execute(wanted):
        payload = decode_payload(row.body)
        if isinstance(payload, SubmissionPayload) and payload.tenant not in tests:
            paths = _of_one(frame, payload.letters, fields[payload.form_version])
            for ordinal, path in enumerate(paths):
                yield row.idx, ordinal, path


def _of_one(frame: str, letters: SubmissionLetters, fields: list[str]) -> Iterable[str | None]:
    """The path of each unit of one submission; None in the frames whose units have none."""
    verdicts = decode_letters(fields, letters.verdicts, letters.verdict_rows)
    saved = [path for path, letter in verdicts.items() if letter == _AUTO]
    if frame == FIELDS:
        return saved
    if frame != RECORDS:
        return [None]
    if letters.records is None:
        sources = decode_letters(fields, letters.sources, letters.source_rows)
        own = registered().by_id[RECORDS_SOURCE].letters
        return [None for path in saved if sources.get(path) in own]
    records = decode_letters(fields, letters.records, letters.record_rows)
    behind = [records.get(path, NOTHING) for path in saved]
    named = set(behind) - {NOTHING, UNNUMBERED}
    return [None] * (len(named) + behind.count(UNNUMBERED))


def _public(log: LogFolder, last: int) -> Iterator[tuple[int, PublicLeaf]]:
    """The public leaves of the bundles up to a leaf."""
    published = log.published()
    size = 0 if published is None else published.checkpoint.size
    if last >= size:
        raise Conflict("audit_of_another_log", "the range lies within the published log", "range")
    for number in range(last // WIDTH + 1):
        entries = log.tiles.entries(number, min(WIDTH, size - number * WIDTH))
        for at, entry in enumerate(entries, number * WIDTH):
            if not is_case_entry(entry):
                yield at, decode_leaf(entry)
