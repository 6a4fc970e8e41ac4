"""What of a log that is not refuted can nobody count, or never again?

None of it contradicts the log, all of it can hide something; so each is said with its numbers:

1. Sealed entries behind the last closed month are in no figure; where witnesses say when the checkpoint was
   seen, the months that were over by then are named. 2. Months without a close of their own are counted in a later
   one. 3. Bodies were destroyed before an auditor had counted their month again, or before it was closed.
4. An auditor refuted a month. 5. Whoever asks for witnesses hears of closed months whose hours no witness bounds,
and of times by witnesses that the policy does not name.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from gateway_verify._claims.tallies import Close
from gateway_verify._claims.witnessed import seen_before
from gateway_verify.evidence import Proved
from gateway_verify.leaves import Leaf

_VIET_NAM = timedelta(hours=7)


def remarks_of(proved: Proved, *, ended: bool = False) -> list[str]:
    """The remarks in this order; `ended` where it is known that nothing follows the last entry."""
    closes = proved.story.closes()
    return [
        *_in_no_month(proved, closes, ended),
        *_counted_later(closes),
        *_destroyed(proved, closes),
        *_refuted_months(proved),
        *_untimed(proved, closes),
        *_timed_by_others(proved),
    ]


def _in_no_month(proved: Proved, closes: list[Close], ended: bool) -> Iterator[str]:
    first = closes[-1].last + 1 if closes else 0
    number = proved.story.cases_between(first, proved.checkpoint.size - 1)  # none in an empty log
    if not number:
        return
    over = _months_over(closes, proved.signed.seen_at)
    yield (
        f"{number} mục niêm phong từ mục {first} không nằm trong tháng nào đã chốt, không số liệu nào đếm"
        f" / {number} sealed entries from entry {first} on are in no closed month, no figure counts them"
        + (f"; tháng đã qua / over and not closed: {', '.join(over)}" if over else "")
        + ("; nhật ký đã đóng / the log has ended, they never will be counted" if ended else "")
    )


def _months_over(closes: list[Close], seen_at: int | None) -> list[str]:
    """The months behind the last closed one that were over when the witnesses saw the log."""
    if not closes or seen_at is None or seen_at > datetime(9999, 1, 1, tzinfo=UTC).timestamp():
        return []
    running = datetime.fromtimestamp(seen_at, UTC) + _VIET_NAM
    return _between(closes[-1].month, f"{running:%Y-%m}")


def _between(before: str, after: str) -> list[str]:
    """The months that lie between two."""
    first, last = (12 * int(one[:4]) + int(one[5:]) for one in (before, after))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last - 1)]


def _counted_later(closes: list[Close]) -> Iterator[str]:
    for before, close in zip(closes, closes[1:], strict=False):
        if skipped := _between(before.month, close.month):
            yield (
                f"{_some(skipped)}: không chốt riêng, mục {close.first}-{close.last} tính vào {close.month}"
                f" / not closed by themselves, entries {close.first} to {close.last} count in {close.month}"
            )


def _some(months: list[str]) -> str:
    return ", ".join(months) if len(months) <= 12 else f"{months[0]} … {months[-1]} ({len(months)})"


def _destroyed(proved: Proved, closes: list[Close]) -> Iterator[str]:
    story = proved.story
    audited = [
        (index, leaf["month"]) for index, leaf in story.of_kind("audit") if leaf["sample"] is None
    ]
    for index, leaf in story.of_kind("shred"):
        if leaf["origin"] != story.origin:
            continue
        seen = {month for at, month in audited if at < index}
        hit = [close for close in closes if _overlap(leaf, close) and close.month not in seen]
        if hit:
            yield _says(index, leaf, [close.month for close in hit])
        closed = max((close.last for close in closes if close.at < index), default=-1)
        begin = max(leaf["first"], closed + 1)
        if begin <= leaf["last"] and (early := story.cases_between(begin, leaf["last"])):
            yield (
                f"mục {index}: {early} mục niêm phong bị hủy nội dung trước khi tháng được chốt"
                f" / entry {index}: bodies among {early} sealed entries were destroyed before a month was closed"
            )


def _overlap(leaf: Leaf, close: Close) -> bool:
    return bool(leaf["first"] <= close.last and leaf["last"] >= close.first)


def _says(index: int, leaf: Leaf, months: list[str]) -> str:
    number, span = leaf["count"], f"{leaf['first']}-{leaf['last']}"
    return (
        f"{_some(months)}: {number} nội dung (mục {span}) đã hủy, chưa kiểm toán viên nào đếm lại"
        f" / {number} bodies of entries {span} were destroyed (entry {index}) before an auditor counted again;"
        " nobody can now"
    )


def _refuted_months(proved: Proved) -> Iterator[str]:
    for index, leaf in proved.story.of_kind("audit"):
        if leaf["result"] == "refuted":
            name, number = leaf["auditor"].partition("+")[0], leaf["differences"]
            yield (
                f"{leaf['month']}: kiểm toán viên {name} bác bỏ, {number} sai khác (mục {index})"
                f" / refuted by the auditor {name}, {number} differences (entry {index})"
            )


def _untimed(proved: Proved, closes: list[Close]) -> Iterator[str]:
    if not proved.signed.trusted:
        return
    story, months, number = proved.story, list[str](), 0
    for close in closes:
        if close.tallies[close.at]["v"] == 1:  # by the first edition every hour is let pass
            continue
        seen = seen_before(story.of_kind("witnessed"), close.at)
        if not any(one.size > close.first for one in seen):
            months.append(close.month)
            number += story.cases_between(close.first, close.last)
    if months:
        yield (
            f"{_some(months)}: giờ của {number} mục niêm phong chỉ theo đồng hồ của cổng, không có nhân chứng"
            f" / the hours of {number} sealed entries rest on the gateway's clock, no witness bounds them"
        )


def _timed_by_others(proved: Proved) -> Iterator[str]:
    trusted = proved.signed.trusted
    others = [
        index
        for index, leaf in proved.story.of_kind("witnessed")
        if not any(one["key"] in trusted for one in leaf["cosignatures"])
    ]
    if trusted and others:
        yield (
            f"{len(others)} mục giờ từ mục {others[0]} do nhân chứng ngoài chính sách xác nhận"
            f" / {len(others)} times from entry {others[0]} on are of witnesses that the policy does not name"
        )
