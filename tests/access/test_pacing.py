"""Answers that leave a person closed leave at whole multiples of a quantum."""

import pytest

from gateway.access.pacing import Pace


class Time:
    """Seconds that pass by waiting alone."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.mark.threat(36)
@pytest.mark.parametrize(
    ("took", "leaves"),
    [(0.0, 0.1), (0.003, 0.1), (0.011, 0.1), (0.0999, 0.1), (0.1, 0.2), (0.104, 0.2), (3.05, 3.1)],
)
async def test_answer_leaves_at_next_multiple(took: float, leaves: float) -> None:
    time = Time()
    pace = Pace(0.1, time, time.sleep)
    began = pace.began()
    time.now += took
    await pace.wait(began)
    assert time.now - began == pytest.approx(leaves)
