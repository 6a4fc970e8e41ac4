"""Is what was not measured charged in full, and never made up for by anything else?"""

from collections import Counter
from typing import Any

import pytest

from gateway.reduction._dossiers import Sums
from gateway.reduction._reconciliation import Measured, Supplied, reconcile

MONTH = "2026-11"


def supplied(
    counts: dict[tuple[str | None, str | None], int],
    source: str = "igate",
    leaf: int = 5,
    month: str = MONTH,
    digest: str = "sha256:a",
) -> Supplied:
    return Supplied(leaf, month, source, digest, counts, None)


def measured(
    procedure: str | None,
    dossiers: int,
    channel: str | None = "online",
    auto: int = 3,
    core: int = 1,
    declared: int = 2,
) -> Measured:
    """So many dossiers, each with `auto` saved, `core` of them core, and `declared`."""
    sums: Sums = Counter(
        {
            ("dossiers",): dossiers,
            ("verdict", "auto"): auto * dossiers,
            ("core",): core * dossiers,
            ("D",): declared * dossiers,
        }
    )
    return Measured(procedure, channel, sums)


def figures(
    counts: dict[tuple[str | None, str | None], int], *rows: Measured, source: str = "igate"
) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Coverage, the floor of the online channel, and the surplus."""
    answer = reconcile([supplied(counts, source)], [MONTH], rows)
    (count,) = answer["counts"]
    return pair(count["coverage"]), pair(count["floor"]["online"]), count["surplus"]


def pair(figure: dict[str, Any]) -> tuple[int, int]:
    return figure["numerator"], figure["denominator"]


def test_unmeasured_dossier_adds_whole_form() -> None:
    coverage, floor, surplus = figures({("p", "online"): 30}, measured("p", 20))

    assert coverage == (20, 30)
    assert floor == (20, 20 + 40 + 10 * 5)
    assert surplus == 0


def linked(dossiers: int, **parts: int) -> Measured:
    """So many linked declarations, and how many dossiers the portal has of each procedure."""
    one = measured("bundle", dossiers)
    one.sums[("bundle",)] = dossiers
    one.sums.update({("part", procedure): number for procedure, number in parts.items()})
    return one


def test_linked_declaration_covers_its_portal_dossiers() -> None:
    rows = (linked(20, p=20, q=15, r=4), measured("p", 10))
    counts = {("p", "online"): 30, ("q", "online"): 16, (None, None): 4}

    coverage, _, surplus = figures(counts, *rows, source="portal")

    assert coverage == (49, 50)
    assert surplus == 0


def test_igate_counts_linked_declaration_once() -> None:
    rows = (linked(20, p=20, q=20), measured("p", 10))
    counts = {("bundle", "online"): 20, ("p", "online"): 12}
    (count,) = reconcile([supplied(counts, source="igate")], [MONTH], rows)["counts"]

    assert pair(count["coverage"]) == (30, 32)


def test_merged_linked_declarations_cover_own_parts() -> None:
    merged = Measured(None, "online", linked(20, p=20).sums)

    counts = {("p", "online"): 20, ("q", "online"): 20}
    coverage, _, _ = figures(counts, merged, source="portal")

    assert coverage == (20, 40)


@pytest.mark.threat(17)
def test_unmeasured_dossiers_make_floor_the_headline() -> None:
    rows = [measured("p", 20), measured("q", 20)]
    full = reconcile([supplied({("p", "online"): 20, ("q", "online"): 20})], [MONTH], rows)
    gap = reconcile([supplied({("p", "online"): 20, ("q", "online"): 40})], [MONTH], rows)

    assert (full["headline"], gap["headline"]) == ("core", "floor")
    floors = [answer["counts"][0]["floor"]["online"]["value"] for answer in (full, gap)]
    assert floors[0] > floors[1]


@pytest.mark.parametrize(("dossiers", "headline"), [(95, "core"), (94, "floor")])
def test_floor_is_headline_below_95_percent(dossiers: int, headline: str) -> None:
    counts = supplied({("p", "online"): 100})

    assert reconcile([counts], [MONTH], [measured("p", dossiers)])["headline"] == headline


def test_surplus_of_procedure_covers_no_other() -> None:
    counts: dict[tuple[str | None, str | None], int] = {("p", "online"): 10, ("q", "online"): 10}

    coverage, _, surplus = figures(counts, measured("p", 20))

    assert (coverage, surplus) == ((10, 20), 10)


def test_unmeasured_procedure_uses_its_channels_mean() -> None:
    _, floor, _ = figures({("q", "online"): 4}, measured("p", 10, auto=1, core=1, declared=2))

    assert floor == (10, 10 + 20 + 4 * 3)


def test_fractional_mean_is_rounded_up() -> None:
    rows = [measured("p", 1, declared=2), measured("p", 1, declared=3)]

    _, floor, _ = figures({("p", "online"): 3}, *rows)

    assert floor == (2, 2 + 5 + 6)


def test_count_without_channels_charges_both() -> None:
    rows = [measured("p", 10), measured("p", 5, "paper")]
    answer = reconcile([supplied({("p", None): 20})], [MONTH], rows)

    (count,) = answer["counts"]
    assert pair(count["coverage"]) == (15, 20)
    assert pair(count["floor"]["online"]) == (10, 10 + 20 + 25)
    assert pair(count["floor"]["paper"]) == (5, 5 + 10 + 25)


@pytest.mark.parametrize("channel", ["online", "mixed"])
def test_merged_cells_cover_their_possible_content(channel: str) -> None:
    counts: dict[tuple[str | None, str | None], int] = {("p", "online"): 30, ("q", "online"): 4}

    coverage, _, _ = figures(counts, measured("p", 25), measured(None, 12, channel))

    assert coverage == (34, 34)
    coverage, _, _ = figures(counts, measured("p", 25), measured(None, 6, channel))
    assert coverage == (31, 34)


def test_merged_cell_covers_its_own_channel() -> None:
    coverage, _, _ = figures({("p", "paper"): 30}, measured(None, 12, "online"))

    assert coverage == (0, 30)


def test_file_covers_procedures_it_leaves_unnamed() -> None:
    counts: dict[tuple[str | None, str | None], int] = {("p", "online"): 20, (None, "online"): 15}
    rows = [measured("p", 20), measured("q", 10), measured("", 50)]

    assert figures(counts, *rows)[0] == (30, 35)


def test_latest_file_of_month_holds_whole() -> None:
    told = [
        supplied({("p", "online"): 99}, leaf=5, digest="sha256:a"),
        supplied({("p", "online"): 10}, leaf=7, digest="sha256:b"),
        supplied({("q", "online"): 10}, leaf=8, digest="sha256:b"),
    ]

    (count,) = reconcile(told, [MONTH], [measured("p", 10)])["counts"]

    assert (count["leaves"], pair(count["coverage"])) == ([7, 8], (10, 20))


def test_source_without_the_month_is_skipped() -> None:
    told = [supplied({("p", "online"): 10})]

    answer = reconcile(told, ["2026-10", MONTH], [measured("p", 10)])

    assert answer == {"counts": [], "reads": [], "headline": "core"}


def test_claimed_reads_accompany_counted_reads() -> None:
    row = Measured("p", "online", Counter({("read", "population", "reads"): 40}))
    told = Supplied(9, MONTH, "population", "sha256:r", {}, 37)

    assert reconcile([told], [MONTH], [row])["reads"] == [
        {"source": "population", "leaves": [9], "claimed": 40, "counted": 37}
    ]
