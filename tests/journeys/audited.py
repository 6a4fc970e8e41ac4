"""A province whose month is closed and published, with everything that its dossiers hold."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyrage
import pytest
from click.testing import Result
from typer.testing import CliRunner

from gateway.cli.main import app
from mocks.igate import stories
from mocks.people.knowledge import records_of
from tests.clock import Clock
from tests.conftest import House

Json = dict[str, Any]
FORM = "ct01-permanent-residence"
MONTH = "2026-11"
CASES = 12
STRIPPED = "diaChiNoiDangKy"
"""An answer that two citizens type and that never comes to the gateway."""

WHOLE = {"hoDangKy": "hien_tai", "coThanhVienCungThayDoi": "co"}
"""Answers that open the group of household members."""


@dataclass
class Audited:
    """A closed month: the data folder, what every dossier keeps, and what the source counted.

    `papers` is by record what its paper is known by, `files` the digitised files by their digests; `filed`
    by a submission's leaf hash the declaration as the citizen filed it, where an answer was left out before
    it came to the gateway.
    """

    folder: Path
    data: Path
    dossiers: list[Json] = field(default_factory=list)
    journal: list[str] = field(default_factory=list)
    papers: dict[str, Json] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    filed: dict[str, Json] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)

    def by_leaf(self) -> dict[str, Json]:
        """Each dossier by every leaf that it has the evidence of."""
        return {leaf["leaf"]: d for d in self.dossiers for leaf in d["evidence"]["leaves"]}

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


def file_papers(house: House, province: Audited, people: Iterable[int]) -> None:
    """Post these people's records, each with a digitised file, a day before anybody comes."""
    for n in dict.fromkeys(people):
        for record in records_of(house.population, n):
            file = f"scan of {record['kind']} of {n}".encode()
            digest = sha256(file).hexdigest()
            said = {"name": "scan.pdf", "sha256": digest, "media_type": "application/pdf"}
            answer = house.post("/v1/records", {**record, "file": said})
            assert answer.status_code == 201, answer.text
            province.files[digest] = file
            known = {name: record.get(name) for name in ("kind", "number", "issuer", "issued_on")}
            owner = record["owner"]["personal_id"]
            province.papers[answer.json()["id"]] = {**known, "owner": owner, "file": digest}
    house.clock.forward(days=1, minutes=1)


def dossiers_of(house: House, province: Audited) -> Iterator[Json]:
    """Twelve people fill a form and submit it; what each dossier keeps afterwards."""
    told = {story.n: story for story in stories(house.population, FORM, 40, 5)}
    assert len(told) >= CASES
    owners = [n for story in list(told.values())[:8] for n in story.owners]
    file_papers(house, province, owners)
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
        filed = dict(submission["data"])
        if dossier.endswith("2"):
            del submission["data"][STRIPPED]
        answer = house.accepted(submission)
        if dossier.endswith("2"):
            province.filed[answer["leaf"]] = filed
        yield {
            "receipts": [*receipts, walk.receipt],
            "data": submission["data"],
            "evidence": answer["evidence"],
        }


@contextmanager
def audited(folder: Path) -> Iterator[Audited]:
    house = House(folder / "data")
    province = Audited(folder, folder / "data", clock=house.clock)
    try:
        province.dossiers += dossiers_of(house, province)
        told = house.database.state.journal
        province.journal += [one.request_id for one in told if one.request_id]
    finally:
        house.close()
    (folder / "reads.json").write_text(json.dumps({"reads": len(province.journal)}))
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
