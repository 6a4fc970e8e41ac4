"""One bit turned anywhere in the published files or in the signer's memory: no false signature follows."""

import random
import shutil
from pathlib import Path

import pytest

from gateway.log.publishing._folder import LogStopped
from gateway.log.publishing._opening import incident_at_start
from gateway.log.tree import root_of
from tests.log.building import SmallLog, hashes

FLIPS = 60
SIZE, MORE = 600, 7


@pytest.mark.threat(21, 22)
async def test_flipped_bit_is_found_before_next_signature(
    tmp_path: Path,
) -> None:
    """Each place on a copy: the log stops, or what it signs next is the root of the true leaves."""
    (tmp_path / "origin").mkdir()
    origin = SmallLog(tmp_path / "origin")
    await origin.grow(SIZE)
    await origin.publisher.publish()
    await origin.grow(MORE)
    origin.close()
    files = [p for p in (tmp_path / "origin/log").rglob("*") if p.is_file() and p.stat().st_size]
    chance, stopped = random.Random(2026), 0
    true_root = root_of(hashes(SIZE + MORE))

    for number in range(FLIPS):
        where = files[number % len(files)].relative_to(tmp_path / "origin")
        copy = Path(shutil.copytree(tmp_path / "origin", tmp_path / f"copy-{number}"))
        raw = bytearray((copy / where).read_bytes())
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        (copy / where).write_bytes(raw)

        signed = await _signed_after(copy)
        if signed is None:
            stopped += 1
            # nobody of those who may sign was asked to
            assert (copy / "log/signer/last").read_bytes() == (
                raw
                if where.name == "last"
                else (tmp_path / "origin" / "log/signer/last").read_bytes()
            ), where
        else:
            assert signed == (SIZE + MORE, true_root), where
        shutil.rmtree(copy)

    assert stopped > FLIPS / 3


async def _signed_after(folder: Path) -> tuple[int, bytes] | None:
    """What a restart on this folder signs; None where it stops."""
    try:
        log = SmallLog(folder)
    except LogStopped:
        return None
    try:
        if incident_at_start(log.folder, log.rows, log.signer, None) is not None:
            return None
        signed = await log.publisher.publish()
        assert signed is not None
        return signed.checkpoint.size, signed.checkpoint.root
    except LogStopped:
        return None
    finally:
        log.close()
