"""`gateway log check` on a deployment that lived, and on copies that somebody meddled with."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from tests.conftest import House
from tests.databases import edit_by_hand

FORM = "social-pension"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = House(tmp_path_factory.mktemp("lived") / "data")
    walk = house.walk(house.story(FORM))
    house.accepted(walk.submission())
    house.close()
    return house.folder


@pytest.fixture
def data(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "data"))


def check(data: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["log", "check", *options], env={"GATEWAY_DATA": str(data)})
    return result.exit_code, result.stdout


def flip(path: Path, place: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def widest(folder: Path) -> Path:
    """The partial file of the published size; those of earlier sizes stand beside it."""
    return max(folder.iterdir(), key=lambda path: int(path.name))


def test_everything_fits_and_nothing_is_written(data: Path) -> None:
    before = {p: p.read_bytes() for p in (data / "log").rglob("*") if p.is_file()}

    status, told = check(data)

    assert (status, "everything fits" in told) == (0, True)
    assert {p: p.read_bytes() for p in (data / "log").rglob("*") if p.is_file()} == before


MEDDLED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a change without its leaf": (
        lambda data: edit_by_hand(data, "UPDATE receipts SET leaf = 9000"),
        "a receipt names it and the log has no such leaf",
    ),
    "a leaf without its change": (
        lambda data: edit_by_hand(data, "DELETE FROM receipts"),
        "no receipt stands behind it",
    ),
    "an entry of the published bundle": (
        lambda data: flip(widest(data / "log/public/tile/entries/000.p"), 4000),
        "its tile of level 0 holds another hash",
    ),
    "a torn bundle": (
        lambda data: tear(widest(data / "log/public/tile/entries/000.p")),
        "its entry bundle is missing or torn",
    ),
    "a hash of the published tile": (
        lambda data: flip(widest(data / "log/public/tile/0/000.p"), 33),
        "the database holds another leaf than was published",
    ),
    "a torn tile": (
        lambda data: tear(widest(data / "log/public/tile/0/000.p")),
        "its tile of level 0 is torn",
    ),
}


@pytest.mark.threat(21, 24)
@pytest.mark.parametrize("what", MEDDLED)
def test_tampering_is_named_by_leaf(data: Path, what: str) -> None:
    meddle, says = MEDDLED[what]
    meddle(data)

    status, told = check(data, "--json")

    assert status == 1
    found = json.loads(told)["differences"]
    assert says in {one["says"] for one in found}
    assert all(isinstance(one["leaf"], int) for one in found)
    assert check(data)[0] == 1


def test_folder_without_deployment_cannot_be_checked(tmp_path: Path) -> None:
    assert check(tmp_path)[0] == 2
