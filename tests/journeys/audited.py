"""A province whose month is closed and published, with everything that its dossiers hold."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli.main import app
from mocks.igate import stories
from tests.clock import Clock
from tests.conftest import House

Json = dict[str, Any]
FORM = "ct01-permanent-residence"
MONTH = "2026-11"
CASES = 12
WHOLE = {"hoDangKy": "hien_tai", "coThanhVienCungThayDoi": "co"}
"""Answers that open the group of household members."""


@dataclass
class Audited:
    """A closed month: the data folder, what every dossier keeps, and what the source counted."""

    folder: Path
    data: Path
    dossiers: list[Json] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)

    def command(self, *arguments: str | Path) -> Result:
        """`gateway …` of this deployment."""
        environment = {"GATEWAY_DATA": str(self.data), "GATEWAY_MOCK": "true"}
        told = list(map(str, arguments))
        return CliRunner(env=environment).invoke(app, told, obj=self.clock)

    def done(self, *arguments: str | Path) -> Any:
        """The JSON that a command gives which must succeed."""
        result = self.command(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


def dossiers_of(house: House) -> Iterator[Json]:
    """Twelve people fill a form and submit it; what each dossier keeps afterwards."""
    told = {story.n: story for story in stories(house.population, FORM, 40, 5)}
    assert len(told) >= CASES
    house.file_records_of(*(n for story in list(told.values())[:4] for n in story.owners))
    for story in list(told.values())[:CASES]:
        dossier = house.dossier()
        walk = house.walk(replace(story, answers={**story.answers, **WHOLE}), dossier=dossier)
        receipts = [one["extends"] for one in walk.questions if "extends" in one]
        house.clock.forward(minutes=20)
        submission = walk.submission()
        if dossier.endswith("1"):
            submission["data"][walk.locked[0]] = "another"
            house.refused(submission)
            submission = walk.submission()
        answer = house.accepted(submission)
        yield {
            "receipts": [*receipts, walk.receipt],
            "data": submission["data"],
            "evidence": answer["evidence"],
        }


@contextmanager
def audited(folder: Path) -> Iterator[Audited]:
    house = House(folder / "data")
    try:
        dossiers = list(dossiers_of(house))
        journal = [one.request_id for one in house.database.state.journal if one.request_id]
    finally:
        house.close()
    province = Audited(folder, folder / "data", dossiers, journal, house.clock)
    (folder / "reads.json").write_text(json.dumps({"reads": len(journal)}))
    counted = ("--source", "population", "--month", MONTH)
    province.done("metrics", "reconcile", folder / "reads.json", *counted)
    province.done("metrics", "close", MONTH)
    province.done("log", "publish")
    yield province


def age_identity(folder: Path) -> tuple[Path, str]:
    """A fresh identity of an auditor in a file, and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    path = folder / "auditor.agekey"
    path.write_text(f"{identity}\n")
    return path, str(identity.to_public())


def unpack(pack: Path, identity: Path) -> None:
    """Decrypt the bodies of a pack with a tool that is not the gateway's."""
    sealed, plain = pack / "bodies.tar.age", pack.parent / "bodies.tar"
    command = ["age", "--decrypt", "--identity", str(identity), "--output", str(plain), str(sealed)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        known = pyrage.x25519.Identity.from_str(identity.read_text().strip())
        plain.write_bytes(pyrage.decrypt(sealed.read_bytes(), [known]))
    subprocess.run(["tar", "--extract", "--file", plain, "--directory", pack], check=True)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    with audited(tmp_path_factory.mktemp("audited")) as province:
        yield province
