"""Settle the units of an address of the population database, which names no code set.

An address holds MaTinhThanh (2 digits), MaQuanHuyen (3), MaPhuongXa (5), ChiTiet, QuocGia, or, as
QCVN 109 has it, one MaDonViHanhChinh. Districts ended on 1 July 2025, so a record with MaQuanHuyen
is read by the older codes and one without by today's (ours). Old communes have no successor on
record here: only the province is carried over. MaDonViHanhChinh does not say which set it uses, so
of it only a province's code is taken, which leads to the same province by either. A commune that its province does not hold makes
both codes doubtful, and no unit is taken.
"""

from collections.abc import Mapping

from gateway.domain.codelists import (
    COUNTRY,
    HOME_COUNTRY,
    CodeLists,
    folded,
    without_province_word,
)
from gateway.domain.facts import Coded
from gateway.sources._papers.places import Place
from gateway.sources.identity import one_blank

_DISTRICT_WORDS = ("huyện ", "quận ", "thị xã ", "thành phố ", "tp. ", "tp ")


def read_place(parts: Mapping[str, str], lists: CodeLists) -> Place | None:
    """Settle the units of one address element's texts; None where nothing is said."""
    if not any(parts.values()):
        return None
    country = lists.coded(COUNTRY, parts.get("QuocGia", ""))
    detail = one_blank(parts.get("ChiTiet", ""))
    if parts.get("QuocGia") not in (None, "", HOME_COUNTRY):
        return Place(country, None, None, detail or None)
    if parts.get("MaQuanHuyen"):
        old = parts.get("MaTinhThanh", "")
        province = lists.province_before_2025(old)
        return Place(country, province, None, _without_old_province(detail, old, province, lists))
    province, commune = _units(parts, lists)
    return Place(country, province, commune, _without_units(detail, province, commune))


def _units(parts: Mapping[str, str], lists: CodeLists) -> tuple[Coded | None, Coded | None]:
    code = parts.get("MaTinhThanh", "")
    if not code:
        return lists.province_before_2025(parts.get("MaDonViHanhChinh", "")), None
    province = lists.province(code)
    if not parts.get("MaPhuongXa"):
        return province, None
    commune = lists.commune(code, parts["MaPhuongXa"])
    return (None, None) if commune is None else (province, commune)


def _without_units(detail: str, province: Coded | None, commune: Coded | None) -> str | None:
    """The detail without the unit names that it repeats at its end."""
    if province is None:
        return detail or None
    kept = _without_province(detail.split(","), (province.label,))
    if commune is not None:
        named = folded(commune.label)
        rest = list(kept)
        while rest and folded(rest[-1]).startswith(_DISTRICT_WORDS):
            rest.pop()
        if rest and folded(rest[-1]) == named:
            kept = rest[:-1]
    return _joined(kept)


def _without_old_province(
    detail: str, code: str, province: Coded | None, lists: CodeLists
) -> str | None:
    """The detail without the province; the old commune and district stay, no unit says them."""
    if province is None:
        return detail or None
    return _joined(
        _without_province(detail.split(","), (province.label, lists.old_names.get(code, "")))
    )


def _without_province(parts: list[str], labels: tuple[str, ...]) -> list[str]:
    """The parts before the province's name, which is taken away once: a city may bear it too."""
    names = {without_province_word(folded(label)) for label in labels}
    kept = list(parts)
    while kept and folded(kept[-1]) in ("", "việt nam"):
        kept.pop()
    if kept and without_province_word(folded(kept[-1])) in names:
        kept.pop()
    return kept


def _joined(parts: list[str]) -> str | None:
    return ", ".join(part.strip() for part in parts if part.strip()) or None
