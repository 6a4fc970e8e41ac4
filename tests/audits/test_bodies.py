"""Bodies for an auditor: which, in which layout, and nothing left behind when it fails."""

import io
import json
import tarfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import delete, insert, select, update

from gateway.audits._auditors import Auditor
from gateway.audits._bodies import FILE, note_giving, write_bodies
from gateway.audits._packs import Pack
from gateway.domain.errors import BadRequest, CannotMeasure
from gateway.log.append import append_case
from gateway.log.notes import Checkpoint, SignedCheckpoint
from gateway.storage.database import Database
from gateway.storage.schema import bodies, metric_definitions
from gateway_verify._tree.tiles import split_bundle
from tests.databases import open_database
from tests.log.writing import an_end

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SIZE = 600
LOG = Checkpoint("gateway.test/log/2026", SIZE, bytes(32))
IDENTITY = pyrage.x25519.Identity.generate()
AUDITOR = Auditor("Inspectorate", "key", str(IDENTITY.to_public()), True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    house = open_database(tmp_path)
    await house.write(lambda c: [append_case(c, an_end()) for _ in range(SIZE)])
    row = {"leaf": SIZE, "hash": bytes(32)}
    await house.write(lambda c: c.execute(insert(metric_definitions), row))
    yield house
    house.close()


def pack_of(folder: Path) -> Pack:
    folder.mkdir()
    return Pack(folder, SignedCheckpoint(LOG, ()))


def given(pack: Pack, database: Database, first: int, last: int) -> dict[str, list[bytes]]:
    """What the auditor finds in the archive, by file."""
    path = write_bodies(pack, database, AUDITOR, (first, last), lambda done, of: None)
    plain = pyrage.decrypt(path.read_bytes(), [IDENTITY])
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        files = {m.name: archive.extractfile(m) for m in archive.getmembers()}
        return {
            name: split_bundle(name, file.read(), 0, 88 if ".p/" in name else 256)
            for name, file in files.items()
            if file is not None
        }


async def test_only_whole_bundles_around_range_are_given(
    database: Database, tmp_path: Path
) -> None:
    found = given(pack_of(tmp_path / "pack"), database, 300, 400)
    assert found.keys() == {"bodies/001"}
    found = given(pack_of(tmp_path / "again"), database, 511, 512)
    assert found.keys() == {"bodies/001", "bodies/002.p/88"}
    rows = database.read(lambda c: c.execute(select(bodies).order_by(bodies.c.idx)).all())
    held = [row.salt + row.body for row in rows]
    assert found == {"bodies/001": held[256:512], "bodies/002.p/88": held[512:]}


async def test_destroyed_payload_has_length_zero(database: Database, tmp_path: Path) -> None:
    await database.write(lambda c: c.execute(delete(bodies).where(bodies.c.idx == 3)))
    found = given(pack_of(tmp_path / "pack"), database, 0, 3)["bodies/000"]
    assert [index for index, body in enumerate(found) if not body] == [3]


async def test_oversized_payload_is_named_without_file(database: Database, tmp_path: Path) -> None:
    longest = update(bodies).where(bodies.c.idx == 7).values(body=b"x" * 70_000)
    await database.write(lambda c: c.execute(longest))
    pack = pack_of(tmp_path / "pack")
    with pytest.raises(CannotMeasure, match="leaf 7"):
        write_bodies(pack, database, AUDITOR, (0, 599), lambda done, of: None)
    assert not (pack.folder / FILE).exists()


@pytest.mark.parametrize("span", [(-1, 5), (5, 4), (0, SIZE)])
async def test_range_outside_log_is_refused(
    span: tuple[int, int], database: Database, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match="range_unusable"):
        write_bodies(pack_of(tmp_path / "pack"), database, AUDITOR, span, lambda done, of: None)


@pytest.mark.parametrize(("span", "given"), [((300, 400), [256, 511]), ((511, 599), [256, 599])])
async def test_given_bundles_are_entered_in_log(
    span: tuple[int, int], given: list[int], database: Database
) -> None:
    leaf = await database.write(lambda c: note_giving(c, AUDITOR, span, LOG, NOW))
    wanted = select(bodies.c.body).where(bodies.c.idx == leaf.index)
    said = json.loads(database.read(lambda c: c.execute(wanted).scalar_one()))
    assert (said["log"], said["rg"], said["size"]) == (LOG.origin, given, SIZE)
    assert AUDITOR.name not in json.dumps(said)
    with pytest.raises(BadRequest, match="range_unusable"):
        await database.write(lambda c: note_giving(c, AUDITOR, (4, SIZE), LOG, NOW))
