"""The report of the reduction, and the notice that comes before every figure.

The document of `gateway metrics report --json` and of `GET /v1/metrics/field-reduction`:

    notice       the lines that every reader must see first
    definition   {"leaf", "name", "digest", "instant_seconds", "instant_seconds_per_field", "mock"}
    range        {"first", "last"}: the unbroken range of leaves it was counted from
    root         base64 of the RFC 6962 root over the leaf hashes 0 to `last`
    unit         what is counted
    tenant       whose dossiers, or null for all but those of test tenants
    period       {"from", "to"}: days by the calendar of Việt Nam, inclusive; null without a limit
    by           what the rows are: `series`, `form` or `procedure`
    forms        the rows, paper and online apart, each with the figures of `figures.py`
    total        {"online", "paper"}: the same figures over all rows of the channel
    reconciliation  the counts of other systems, where they cover all months of the period and all tenants
                 (`_reconciliation.py`)
    balances     "ok": both balances hold for every submission, else there is no report
"""

from base64 import b64encode
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TypedDict, final

from gateway.domain.errors import BadRequest
from gateway.domain.facts import PartialDate
from gateway.forms.values import LOCAL_ZONE
from gateway.log.stored import log_size
from gateway.log.tree import EMPTY_ROOT
from gateway.reduction._cases import ONLINE, PAPER, Row
from gateway.reduction._definitions import Definitions, FormVersion
from gateway.reduction._dossiers import Sums
from gateway.reduction._measure import Measurement, Scope
from gateway.reduction._reading import cases_of, definitions_of, root_at, supplied_counts
from gateway.reduction._reconciliation import Measured, Reconciliation, Supplied, reconcile
from gateway.reduction.figures import Figure, Figures, figure, figures_of
from gateway.reduction.months import Month
from gateway.storage.database import Database

NOT_FOR_PUBLICATION = "không dùng để công bố / not for publication"
UNIT = "declarable field instances that are visible at submission"

SERIES, FORM, PROCEDURE = "series", "form", "procedure"
GROUPINGS: Mapping[str, Callable[[Row], Row]] = {
    SERIES: lambda row: row,
    FORM: lambda row: Row(row.form, "", "", row.channel),
    PROCEDURE: lambda row: Row("", row.procedure, "", row.channel),
}


@dataclass(frozen=True, slots=True)
class Question:
    """The parameters of a report: tenant, days (inclusive), and what a row is."""

    tenant: str | None = None
    first: date | None = None
    last: date | None = None
    by: str = SERIES

    @property
    def scope(self) -> Scope:
        """The hours since 1970 UTC that the days cover."""
        after = None if self.last is None else self.last + timedelta(days=1)
        return Scope(
            self.tenant,
            None if self.first is None else _hour(self.first),
            None if after is None else _hour(after) - 1,
        )


def question_of(tenant: str | None, first: str | None, last: str | None, by: str) -> Question:
    """Read the parameters of a report; a month means all its days.

    Raises BadRequest `parameter_unusable` naming `from`, `to` or `by`.
    """
    if by not in GROUPINGS:
        raise BadRequest("parameter_unusable", "a row is a series, a form or a procedure", "by")
    begin, end = _days(first, "from"), _days(last, "to")
    if begin is not None and end is not None and end[1] < begin[0]:
        raise BadRequest("parameter_unusable", "the period ends before it begins", "to")
    return Question(tenant, begin and begin[0], end and end[1], by)


def _days(text: str | None, member: str) -> tuple[date, date] | None:
    """First and last day of `2026-11-22` or `2026-11`."""
    if text is None:
        return None
    try:
        read = PartialDate.parse(text)
    except ValueError:
        read = None
    if read is None or read.month is None or not 1970 <= read.year < 9999:
        raise BadRequest("parameter_unusable", "a period reads 2026-11-22 or 2026-11", member)
    length = monthrange(read.year, read.month)[1]
    return (
        date(read.year, read.month, read.day or 1),
        date(read.year, read.month, read.day or length),
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the figures were counted from: the log's size, root and definitions.

    `supplied` are the counts of other systems up to that size.
    """

    size: int
    root: bytes
    definitions: Definitions
    supplied: Sequence[Supplied] = ()


@dataclass(slots=True)
class Counted:
    """The rows of a measurement, each with its form versions."""

    sums: Mapping[Row, Sums]
    forms: Mapping[Row, Sequence[FormVersion]]


class LeafRange(TypedDict):
    """An unbroken range of leaves, both ends included."""

    first: int | None
    last: int | None


class ReportTotal(Figures):
    """The figures over all rows of a channel, and the share that all sources could fill."""

    potential: Figure


class ReportRow(ReportTotal):
    """One row of a report."""

    form: str | None
    procedure: str | None
    series: str | None
    channel: str
    versions: Sequence[str]
    items: Mapping[str, Sequence[str]]
    uncounted: Sequence[Sequence[str]]


@final
class Report(TypedDict):
    """The document of a report; the module's docstring says what its members mean."""

    notice: Sequence[str]
    definition: Mapping[str, object] | None
    range: LeafRange
    root: str
    unit: str
    tenant: str | None
    period: Mapping[str, str | None]
    by: str
    forms: Sequence[ReportRow]
    total: Mapping[str, ReportTotal]
    reconciliation: Reconciliation
    balances: str


def report_from_log(database: Database, question: Question) -> Report:
    """Count the log up to its present end.

    Raises CannotMeasure, naming the leaf, for a payload that cannot be counted. The time is linear in the
    log's size: call it off the event loop.
    """
    size = database.read(log_size)
    definitions = database.read(lambda connection: definitions_of(connection, size))
    measurement = Measurement(definitions, question.scope)
    for case in cases_of(database, 0, size - 1):
        measurement.add_case(case.payloads)
    counted = Counted(measurement.sums(), measurement.forms())
    supplied = database.read(lambda connection: supplied_counts(connection, size))
    evidence = Evidence(size, root_at(database, size), definitions, supplied)
    return report(question, counted, evidence)


def report(question: Question, counted: Counted, evidence: Evidence) -> Report:
    """The whole document; it holds only numbers, digests and registered codes."""
    measures = evidence.definitions.measures
    measured = [Measured(row.procedure, row.channel, sums) for row, sums in counted.sums.items()]
    edition = evidence.definitions.edition
    reconciliation = reconcile(evidence.supplied, _months(question), measured, edition)
    total = {channel: _total(counted, channel, edition) for channel in (ONLINE, PAPER)}
    return {
        "notice": _notice(question, evidence.definitions, reconciliation, total),
        "definition": asdict(measures[-1]) if measures else None,
        "range": {"first": 0 if evidence.size else None, "last": _last(evidence.size)},
        "root": b64encode(evidence.root if evidence.size else EMPTY_ROOT).decode(),
        "unit": UNIT,
        "tenant": question.tenant,
        "period": {"from": _day(question.first), "to": _day(question.last)},
        "by": question.by,
        "forms": _rows(question.by, counted, evidence.definitions),
        "total": total,
        "reconciliation": reconciliation,
        "balances": "ok",
    }


def _notice(
    question: Question,
    definitions: Definitions,
    reconciliation: Reconciliation,
    total: Mapping[str, Figures],
) -> list[str]:
    lines = [*notice_of(definitions, reconciliation, total), NOT_FOR_PUBLICATION]
    if question.tenant in definitions.test_tenants:
        lines.append("đơn vị thử nghiệm / a test tenant")
    return lines


def _months(question: Question) -> list[str]:
    """The whole months of a period; none where it has parts of months, which others do not count."""
    first, last = question.first, question.last
    if question.tenant is not None or first is None or last is None:
        return []
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return []
    return [str(m) for m in Month(first.year, first.month).up_to(Month(last.year, last.month))]


def _rows(by: str, counted: Counted, definitions: Definitions) -> list[ReportRow]:
    group = GROUPINGS[by]
    keyed = sorted(counted.sums, key=lambda row: (group(row), row))
    return [_row(one, list(rows), counted, definitions) for one, rows in groupby(keyed, key=group)]


def _row(row: Row, rows: Sequence[Row], counted: Counted, definitions: Definitions) -> ReportRow:
    forms = _forms(counted, rows)
    return {
        "form": row.form or None,
        "procedure": row.procedure or None,
        "series": row.series or None,
        "channel": row.channel,
        "versions": [form.version for form in forms],
        **figures_of(_sum(counted.sums[one] for one in rows), edition=definitions.edition),
        "potential": _potential(forms),
        "items": _items(rows, forms, definitions),
        "uncounted": _uncounted(forms),
    }


def _total(counted: Counted, channel: str, edition: int) -> ReportTotal:
    rows = [row for row in counted.sums if row.channel == channel]
    figures = figures_of(_sum(counted.sums[row] for row in rows), edition=edition)
    return {**figures, "potential": _potential(_forms(counted, rows))}


def _sum(sums: Iterable[Sums]) -> Sums:
    total: Sums = Counter()
    for one in sums:
        total.update(one)
    return total


def _forms(counted: Counted, rows: Iterable[Row]) -> list[FormVersion]:
    found = {form.leaf: form for row in rows for form in counted.forms[row]}
    return [found[leaf] for leaf in sorted(found)]


def _potential(forms: Iterable[FormVersion]) -> Figure:
    """The potential of every series by its newest version; it is never added to realised figures."""
    newest = {form.series: form.potential for form in forms}
    return figure(sum(s for s, _ in newest.values()), sum(a for _, a in newest.values()))


def _items(
    rows: Sequence[Row], forms: Sequence[FormVersion], definitions: Definitions
) -> dict[str, list[str]]:
    """Items that no field asks, and what changed since the baseline."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for form in forms:
        found["absent"] |= set(form.absent_items)
        for procedure in {row.procedure for row in rows}:
            baseline = definitions.baseline(form, procedure)
            gone = baseline.required - form.items
            found["dropped"] |= gone - form.abolished
            found["abolished"] |= gone & form.abolished
            found["added"] |= form.items - baseline.items
    return {what: sorted(found[what]) for what in ("absent", "dropped", "abolished", "added")}


def _uncounted(forms: Sequence[FormVersion]) -> list[list[str]]:
    """Path, component type and reason of every input of the versions that is not counted."""
    return [list(one) for one in sorted({one for form in forms for one in form.uncounted})]


def _last(size: int) -> int | None:
    return size - 1 if size else None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _hour(day: date) -> int:
    """The hour since 1970 UTC in which a day begins in Việt Nam."""
    return int(datetime.combine(day, time(), LOCAL_ZONE).timestamp()) // 3600


MOCK = "SỐ LIỆU TỪ NGUỒN MÔ PHỎNG / figures from mock sources"
PARTIAL = "tháng chưa kết thúc / the month is not over"
NO_INSTANT_RULE = "không loại hồ sơ nộp tức thời / the instant rule is set to 0"
UNCONFIRMED = "chưa xác nhận: chưa kết nối Cổng / unconfirmed: no portal connected"
NO_COUNT = "chưa có số liệu đối chiếu của bên khác / no count supplied by anybody else"
FLOOR = "độ phủ dưới 95 %: đọc mức sàn trước / coverage below 95 %: the floor is the headline"
YOUNG = (
    "quá nửa mức cốt lõi dựa trên giấy tờ mới nhập, chưa được xác nhận / "
    "more than half of core rests on young records that nobody vouches for"
)
ONLY_THE_GATEWAY = (
    "chỉ chứng minh những gì đi qua cổng, không phải những gì hiện trên màn hình / "
    "proves what passed through the gateway, not what stood on a screen"
)


def notice_of(
    definitions: Definitions,
    reconciliation: Reconciliation,
    total: Mapping[str, Figures],
    *,
    partial: bool = False,
) -> list[str]:
    """The notice that follows from the definitions, the reconciliation and the totals.

    Figures from mock sources say so in the first line, those of a month that is not over in the next.
    """
    measures = definitions.measures
    lines = [MOCK] if any(measure.mock for measure in measures) else []
    if partial:
        lines.append(PARTIAL)
    if any(0 in (m.instant_seconds, m.instant_seconds_per_field) for m in measures):
        lines.append(NO_INSTANT_RULE)
    if not measures or not measures[-1].confirmed:
        lines.append(UNCONFIRMED)
    if not reconciliation["counts"]:
        lines.append(NO_COUNT)
    if reconciliation["headline"] == "floor":
        lines.append(FLOOR)
    if any(2 * one.get("young", 0) > one["core"]["numerator"] for one in total.values()):
        lines.append(YOUNG)
    return [*lines, ONLY_THE_GATEWAY]
