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


def test_every_dossier_that_was_not_measured_adds_a_whole_form_to_the_floor() -> None:
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


def test_the_portal_s_dossiers_of_a_linked_declaration_are_covered_by_it() -> None:
    rows = (linked(20, p=20, q=15, r=4), measured("p", 10))
    counts = {("p", "online"): 30, ("q", "online"): 16, (None, None): 4}

    coverage, _, surplus = figures(counts, *rows, source="portal")

    assert coverage == (49, 50)
    assert surplus == 0


def test_igate_counts_a_linked_declaration_once_under_its_own_procedure() -> None:
    rows = (linked(20, p=20, q=20), measured("p", 10))
    counts = {("bundle", "online"): 20, ("p", "online"): 12}
    (count,) = reconcile([supplied(counts, source="igate")], [MONTH], rows)["counts"]

    assert pair(count["coverage"]) == (30, 32)


def test_linked_declarations_that_were_merged_away_fill_up_nothing_but_their_parts() -> None:
    merged = Measured(None, "online", linked(20, p=20).sums)

    counts = {("p", "online"): 20, ("q", "online"): 20}
    coverage, _, _ = figures(counts, merged, source="portal")

    assert coverage == (20, 40)


@pytest.mark.threat(17)
def test_dossiers_that_nobody_measured_lower_the_floor_and_make_it_the_headline() -> None:
    rows = [measured("p", 20), measured("q", 20)]
    full = reconcile([supplied({("p", "online"): 20, ("q", "online"): 20})], [MONTH], rows)
    gap = reconcile([supplied({("p", "online"): 20, ("q", "online"): 40})], [MONTH], rows)

    assert (full["headline"], gap["headline"]) == ("core", "floor")
    floors = [answer["counts"][0]["floor"]["online"]["value"] for answer in (full, gap)]
    assert floors[0] > floors[1]


@pytest.mark.parametrize(("dossiers", "headline"), [(95, "core"), (94, "floor")])
def test_below_95_of_100_the_floor_is_the_headline(dossiers: int, headline: str) -> None:
    counts = supplied({("p", "online"): 100})

    assert reconcile([counts], [MONTH], [measured("p", dossiers)])["headline"] == headline


def test_a_surplus_of_one_procedure_covers_no_other() -> None:
    counts: dict[tuple[str | None, str | None], int] = {("p", "online"): 10, ("q", "online"): 10}

    coverage, _, surplus = figures(counts, measured("p", 20))

    assert (coverage, surplus) == ((10, 20), 10)


def test_a_procedure_never_measured_is_charged_by_the_mean_of_its_channel() -> None:
    _, floor, _ = figures({("q", "online"): 4}, measured("p", 10, auto=1, core=1, declared=2))

    assert floor == (10, 10 + 20 + 4 * 3)


def test_a_mean_that_is_no_whole_number_is_rounded_up() -> None:
    rows = [measured("p", 1, declared=2), measured("p", 1, declared=3)]

    _, floor, _ = figures({("p", "online"): 3}, *rows)

    assert floor == (2, 2 + 5 + 6)


def test_a_count_without_channels_is_charged_to_both() -> None:
    rows = [measured("p", 10), measured("p", 5, "paper")]
    answer = reconcile([supplied({("p", None): 20})], [MONTH], rows)

    (count,) = answer["counts"]
    assert pair(count["coverage"]) == (15, 20)
    assert pair(count["floor"]["online"]) == (10, 10 + 20 + 25)
    assert pair(count["floor"]["paper"]) == (5, 5 + 10 + 25)


@pytest.mark.parametrize("channel", ["online", "mixed"])
def test_merged_cells_fill_up_what_may_be_in_them_and_no_more(channel: str) -> None:
    counts: dict[tuple[str | None, str | None], int] = {("p", "online"): 30, ("q", "online"): 4}

    coverage, _, _ = figures(counts, measured("p", 25), measured(None, 12, channel))

    assert coverage == (34, 34)
    coverage, _, _ = figures(counts, measured("p", 25), measured(None, 6, channel))
    assert coverage == (31, 34)


def test_a_merged_cell_of_one_channel_fills_up_nothing_of_the_other() -> None:
    coverage, _, _ = figures({("p", "paper"): 30}, measured(None, 12, "online"))

    assert coverage == (0, 30)


def test_what_a_file_does_not_name_holds_the_procedures_that_it_does_not_name() -> None:
    counts: dict[tuple[str | None, str | None], int] = {("p", "online"): 20, (None, "online"): 15}
    rows = [measured("p", 20), measured("q", 10), measured("", 50)]

    assert figures(counts, *rows)[0] == (30, 35)


def test_the_latest_file_of_a_month_holds_with_all_its_leaves() -> None:
    told = [
        supplied({("p", "online"): 99}, leaf=5, digest="sha256:a"),
        supplied({("p", "online"): 10}, leaf=7, digest="sha256:b"),
        supplied({("q", "online"): 10}, leaf=8, digest="sha256:b"),
    ]

    (count,) = reconcile(told, [MONTH], [measured("p", 10)])["counts"]

    assert (count["leaves"], pair(count["coverage"])) == ([7, 8], (10, 20))


def test_a_source_that_left_a_month_out_is_not_compared() -> None:
    told = [supplied({("p", "online"): 10})]

    answer = reconcile(told, ["2026-10", MONTH], [measured("p", 10)])

    assert answer == {"counts": [], "reads": [], "headline": "core"}


def test_reads_claimed_stand_beside_reads_that_the_source_counted() -> None:
    row = Measured("p", "online", Counter({("read", "population", "reads"): 40}))
    told = Supplied(9, MONTH, "population", "sha256:r", {}, 37)

    assert reconcile([told], [MONTH], [row])["reads"] == [
        {"source": "population", "leaves": [9], "claimed": 40, "counted": 37}
    ]
