"""A night of kills: `python -m tests.kills [--kills 1000] [--deployments 4] [--seed N]`.

Writes `bench/results/kills.json`; what is lost, doubled or forked ends the run before that. Every second deployment registers all forms, and each twentieth start
is the command itself. Exit status: 0 nothing was lost and every restart kept its budget, 1 not.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress

from tests.few_forms import schemas_with
from tests.kills.campaign import RESTART_BUDGET_SECONDS, Campaign, figures
from tests.kills.gateways import ROOT, population

FORMS = ("social-pension", "tk01-passport", "ct01-temporary-residence", "birth-registration")
RESULT = ROOT / "bench" / "results" / "kills.json"
EXEC_EVERY = 20


async def night(folder: Path, kills: int, deployments: int, seed: int) -> dict[str, Any]:
    few = schemas_with(folder / "schemas", *FORMS)
    share = -(-kills // deployments)
    with population(folder) as source, Progress() as progress:
        campaigns = [
            Campaign(
                folder / str(one),
                source,
                one,
                FORMS,
                ROOT / "schemas" if (one - seed) % 2 else few,
                EXEC_EVERY,
            )
            for one in range(seed, seed + deployments)
        ]
        bars = [progress.add_task(f"seed {one.outcome.seed}", total=share) for one in campaigns]
        began = time.monotonic()
        outcomes = await asyncio.gather(
            *(
                one.run(share, lambda done, bar=bar: progress.update(bar, completed=done))
                for one, bar in zip(campaigns, bars, strict=True)
            )
        )
    return figures(outcomes) | {
        "seconds": round(time.monotonic() - began, 1),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--deployments", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eform-gateway-kills-") as folder:
        done = asyncio.run(night(Path(folder), given.kills, given.deployments, given.seed))
    RESULT.write_text(json.dumps(done, indent=1) + "\n")
    print(json.dumps(done, indent=1))
    slowest = max(done[births]["most"] for births in ("restarts", "restarts_by_command"))
    return 0 if slowest < RESTART_BUDGET_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
