"""A hundred falls at random moments: nothing that was answered is lost, and the log only grows."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kills.campaign import RESTART_BUDGET_SECONDS, Campaign, figures
from tests.kills.conftest import FORMS

KILLS = 100
DEPLOYMENTS = 3


@pytest.mark.threat(22, 24, 56)
async def test_hundred_kills_lose_double_fork_nothing(
    tmp_path: Path, source: Mapping[str, str], schemas: Path
) -> None:
    share = -(-KILLS // DEPLOYMENTS)
    campaigns = [
        Campaign(tmp_path / str(seed), source, seed, FORMS, schemas) for seed in range(DEPLOYMENTS)
    ]
    outcomes = await asyncio.gather(*(campaign.run(share) for campaign in campaigns))

    done = figures(outcomes)
    assert done["kills"] >= KILLS
    assert min(done["prefills"], done["submissions"], done["checkpoints"], done["proofs"]) > 50
    assert done["asked_again"] > 50
    # beside other tests a single start may wait for the processor; alone, every one is held to it
    assert done["restarts"]["median"] < RESTART_BUDGET_SECONDS
