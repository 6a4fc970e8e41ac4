"""The bound that a sample proves, against its definition and the published numbers."""

from math import comb

import pytest

from gateway_verify.sampling.bound import PARTS, upper_bound


@pytest.mark.parametrize(
    ("drawn", "wrong", "says"),
    [(299, 0, "1.00"), (299, 1, "1.58"), (59, 0, "4.95"), (10, 10, "100.00"), (0, 0, "100.00")],
)
def test_the_bound_is_the_one_of_the_books(drawn: int, wrong: int, says: str) -> None:
    assert f"{upper_bound(drawn, wrong) / PARTS * 100:.2f}" == says


def test_two_hundred_and_ninety_nine_right_ones_are_under_one_percent_and_one_fewer_is_not() -> (
    None
):
    assert upper_bound(299, 0) < PARTS // 100 < upper_bound(298, 0)


@pytest.mark.parametrize(("drawn", "wrong"), [(1, 0), (40, 3), (299, 1), (500, 25), (500, 499)])
def test_at_the_bound_so_few_are_rare_and_just_below_it_they_are_not(
    drawn: int, wrong: int
) -> None:
    def chance(parts: int) -> float:
        p = parts / PARTS
        return sum(comb(drawn, k) * p**k * (1 - p) ** (drawn - k) for k in range(wrong + 1))

    bound = upper_bound(drawn, wrong)
    assert chance(bound) <= 0.05 + 1e-9
    assert chance(bound - 1) > 0.05 - 1e-9


@pytest.mark.parametrize(("drawn", "wrong"), [(5, 6), (5, -1), (-1, 0), (10**6, 0)])
def test_what_is_no_sample_has_no_bound(drawn: int, wrong: int) -> None:
    with pytest.raises(ValueError, match="drawn"):
        upper_bound(drawn, wrong)
