"""The bound that a sample proves, against its definition and the published numbers."""

from math import comb

import pytest

from gateway_verify.sampling.bound import PARTS, upper_bound


@pytest.mark.parametrize(
    ("drawn", "wrong", "says"),
    [(299, 0, "1.00"), (299, 1, "1.58"), (59, 0, "4.95"), (10, 10, "100.00"), (0, 0, "100.00")],
)
def test_bound_is_the_textbook_one(drawn: int, wrong: int, says: str) -> None:
    assert f"{upper_bound(drawn, wrong) / PARTS * 100:.2f}" == says


def test_one_percent_needs_299_correct_units() -> None:
    assert upper_bound(299, 0) < PARTS // 100 < upper_bound(298, 0)


@pytest.mark.parametrize(("drawn", "wrong"), [(1, 0), (40, 3), (299, 1), (500, 25), (500, 499)])
def test_bound_is_tight(drawn: int, wrong: int) -> None:
    def chance(parts: int) -> float:
        p = parts / PARTS
        return sum(comb(drawn, k) * p**k * (1 - p) ** (drawn - k) for k in range(wrong + 1))

    bound = upper_bound(drawn, wrong)
    assert chance(bound) <= 0.05 + 1e-9
    assert chance(bound - 1) > 0.05 - 1e-9


@pytest.mark.parametrize(("drawn", "wrong"), [(5, 6), (5, -1), (-1, 0), (10**6, 0)])
def test_empty_sample_has_no_bound(drawn: int, wrong: int) -> None:
    with pytest.raises(ValueError, match="drawn"):
        upper_bound(drawn, wrong)
