"""Processes beside each other: one that will not start or that falls is named."""

import asyncio
import sys
from pathlib import Path

import pytest

from demo._deployment import Deployment, deployment
from demo._outcome.proof import close_and_prove, lines_of
from demo._processes import DidNotStart
from tests.clock import NOON


async def test_process_that_exits_is_named(tmp_path: Path) -> None:
    staying = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=-1)
    falling = await asyncio.create_subprocess_exec(sys.executable, "-c", "pass")
    running = Deployment(tmp_path, "", {}, {"gateway": staying, "mocks": falling}, NOON.date())
    try:
        assert await asyncio.wait_for(running.fallen(), 20) == "mocks"
    finally:
        staying.kill()
        await staying.wait()


async def test_failed_start_is_explained_and_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PYTHONUTF8", "neither 0 nor 1")
    with pytest.raises(DidNotStart, match=r"mocks\n(.*\n)*.*PYTHONUTF8"):
        async with deployment():
            raise AssertionError("nothing is up")
    assert held(tmp_path) == []


def held(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_empty_month_stays_open_with_log_proved(
    tmp_path: Path,
) -> None:
    async with deployment() as running:
        proof = await close_and_prove(running, tmp_path)
    assert proof.unexpected == ()
    assert (proof.document["closed"], proof.document["releases"]) == (False, [])
    assert (proof.document["verdict"], proof.document["witnesses"]) == ("proved", ["demo"])
    assert "fewer than 10 persons" in lines_of(proof.document, tmp_path)[0]
