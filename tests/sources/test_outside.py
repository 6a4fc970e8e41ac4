"""A source that another distribution brings, as docs/adding-a-source.md says, from its files to a proof."""

import asyncio
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from gateway.forms import local_date
from gateway_verify.signing import new_auditor
from mocks.igate import FORMS, IGate
from mocks.people import Person, Population
from tests.few_forms import ONE_FORM, schemas_with
from tests.journeys.audited import age_identity, unpack
from tests.kills.gateways import Gateway, population

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-source.md"
NAME, AMOUNT = "pension_register", "mucLuongHuu"
PEOPLE = 12
PLAIN = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
Json = dict[str, Any]


def files_of_page() -> dict[str, str]:
    """The files that the page shows, by name."""
    blocks = r"^`([\w/.-]+)`\n\n```\w+\n(.*?)^```$"
    return dict(re.findall(blocks, PAGE.read_text(), re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed distributions in which the page's is one."""
    project, site = (tmp_path_factory.mktemp(name) for name in ("project", "site"))
    for name, text in files_of_page().items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    pip += ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(site), str(project)]
    subprocess.run(pip, check=True, capture_output=True)
    return site


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas of a deployment whose dictionary names the source."""
    folder = schemas_with(tmp_path_factory.mktemp("schemas"), ONE_FORM)
    dictionary = json.loads((folder / "attributes.json").read_bytes())
    for attribute, changed in json.loads(files_of_page()["attributes.json"]).items():
        dictionary["attributes"][attribute] |= changed
    (folder / "attributes.json").unlink()
    (folder / "attributes.json").write_text(json.dumps(dictionary, ensure_ascii=False))
    return folder


@pytest.fixture(scope="module")
def citizens() -> list[Person]:
    """Ordinary grown-up people of the invented country."""
    people = Population()
    found = (people.person(n) for n in range(1_000, 9_000))
    return [next(found) for _ in range(PEOPLE)]


@contextmanager
def register(site: Path, people: list[Person]) -> Iterator[Any]:
    """The page's mock, in which these people have a pension."""
    spec = importlib.util.spec_from_file_location("pension_mock", site / "pension_mock.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pensions = {
        one.personal_id: {
            "full_name": one.full_name,
            "birth_date": one.birth_date,
            "amount": str(3_000_000 + number),
            "since": "2019-05-01",
        }
        for number, one in enumerate(people)
    }
    mock = module.PensionMock(pensions)
    thread = threading.Thread(target=mock.serve_forever)
    thread.start()
    try:
        yield mock
    finally:
        mock.shutdown()
        thread.join()
        mock.server_close()


def question(person: Person) -> Json:
    return {
        "form": ONE_FORM,
        "procedure": FORMS[ONE_FORM].procedure,
        "subject": {
            "personal_id": person.personal_id,
            "full_name": person.full_name,
            "birth_date": person.birth_date,
        },
        "account": {"verified_by": "vneid"},
        "legal_basis": {"kind": "procedure", "reference": FORMS[ONE_FORM].procedure},
        "data": {"cheDoDangHuong": {"luong_huu": True}},
    }


def python(
    *arguments: str | Path, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """`gateway …`, or a module by `-m`, in a process of its own."""
    start = [] if arguments[0] == "-m" else ["-c", "from gateway.cli.main import app; app()"]
    command = [sys.executable, *start, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


class Month:
    """A running month of twelve citizens, closed at the end."""

    def __init__(self, gateway: Gateway, mock: Any) -> None:
        self.gateway, self.mock = gateway, mock
        self.name = f"{local_date(datetime.now(UTC)):%Y-%m}"
        self.answers: list[Json] = []

    def run(self, *command: str | Path, alone: bool = False) -> str:
        """A command in this deployment's environment, or, `alone`, without the distribution."""
        done = python(*command, environment=PLAIN if alone else self.gateway.environment)
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout

    def read(self, *command: str | Path, alone: bool = False) -> Any:
        return json.loads(self.run(*command, "--json", alone=alone))

    @property
    def public(self) -> Path:
        return self.gateway.data / "log" / "public"

    async def live(self, people: list[Person]) -> None:
        """From the gateway's start to its end."""
        await self.gateway.start("exec")
        try:
            await self.fill(people)
        finally:
            await self.gateway.stop()

    async def fill(self, people: list[Person]) -> None:
        """Everybody's form filled and submitted."""
        new = await self.gateway.admit()
        granted = ("--source", "population", "--source", "records", "--source", NAME)
        self.run("clients", "grant", "tinh-mau", *granted)
        async with httpx.AsyncClient(base_url=self.gateway.address, timeout=30) as http:
            igate = IGate(http)
            await igate.sign_in(new.client_id, new.secret)
            for person in people:
                asked = await igate.prefill(question(person))
                assert asked.status == 200, asked.body
                self.answers.append(asked.body)
                data = question(person)["data"] | asked.body["data"]
                taken = await igate.submit({"receipt": asked.body["receipt"], "data": data})
                assert taken.status == 200, taken.body


@pytest.fixture(scope="module")
def month(
    tmp_path_factory: pytest.TempPathFactory, site: Path, schemas: Path, citizens: list[Person]
) -> Iterator[Month]:
    folder = tmp_path_factory.mktemp("deployment")
    with population(folder) as told, register(site, citizens) as mock:
        paths = {"PYTHONPATH": f"{site}:{PLAIN['PYTHONPATH']}"}
        access = {"GATEWAY_PENSIONS_URL": mock.url, "GATEWAY_PENSIONS_SECRET": "mock-secret"}
        gateway = Gateway(folder, told, schemas, **paths, **access)
        month = Month(gateway, mock)
        asyncio.run(month.live(citizens))
        month.run("metrics", "close", month.name)
        month.run("log", "publish")
        yield month


def test_it_is_asked_by_its_contract(month: Month, citizens: list[Person]) -> None:
    asked = [one["asked"]["personal_id"] for one in month.mock.exchanges]
    assert asked == [one.personal_id for one in citizens]
    contract = Draft202012Validator(json.loads(files_of_page()["pension-register.schema.json"]))
    for exchange in month.mock.exchanges:
        contract.validate(exchange)


def test_its_value_stands_under_its_name(month: Month) -> None:
    for number, answer in enumerate(month.answers):
        (field,) = [one for one in answer["fields"] if one["path"] == AMOUNT]
        assert answer["data"][AMOUNT] == 3_000_000 + number
        assert (field["state"], field["class"], field["source"]) == ("filled", "fact", NAME)
        assert NAME in {one["source"] for one in answer["sources"]}


def leaves_of(month: Month, kind: str) -> list[Json]:
    """The published public leaves of a kind, as any reader finds them in the entry bundles."""
    found: list[Json] = []
    for bundle in sorted((month.public / "tile" / "entries").rglob("*")):
        raw = bundle.read_bytes() if bundle.is_file() else b""
        while raw:
            length = int.from_bytes(raw[:2], "big")
            found.append(json.loads(raw[2 : 2 + length]))
            raw = raw[2 + length :]
    return [leaf for leaf in found if leaf["kind"] == kind]


def test_form_version_names_it_with_its_letters(month: Month) -> None:
    leaf = leaves_of(month, "form-version")[-1]
    assert leaf["letters"] == [[NAME, "e", "f"]]
    assert {path: sources for path, *_, sources in leaf["fields"]}[AMOUNT][0] == NAME
    assert NAME in leaves_of(month, "grant")[-1]["connected"]


def test_it_is_counted_in_tally_report_and_release(month: Month) -> None:
    sums: Json = {}
    for leaf in leaves_of(month, "tally"):
        sums |= leaf["sums"]
    assert sums[f"source/{NAME}/A"] == 2 * PEOPLE
    assert sums[f"read/{NAME}/reads"] == PEOPLE
    release = json.loads((month.public / "releases" / f"{month.name}.json").read_bytes())
    report = month.read("metrics", "report")
    for figures in (report["total"]["online"], release["total"]["online"]):
        assert figures["by_source"][NAME]["auto"] == 2 * PEOPLE
        assert figures["source_failures"][NAME]["reads"] == PEOPLE


def test_review_names_its_title(month: Month) -> None:
    assert "sổ hưu trí" in month.run("forms", "review")


def test_coverage_counts_it_as_connected(month: Month, schemas: Path, tmp_path: Path) -> None:
    """An item that nobody else holds is connected where the distribution is installed."""
    shutil.copytree(schemas, tmp_path / "schemas")
    path = tmp_path / "schemas" / "attributes.json"
    dictionary = json.loads(path.read_bytes())
    dictionary["attributes"]["poverty.status"]["sources"] = [NAME]
    path.write_text(json.dumps(dictionary))
    own = {**PLAIN, "GATEWAY_SCHEMAS": str(tmp_path / "schemas")}
    installed = own | {"PYTHONPATH": month.gateway.environment["PYTHONPATH"]}
    rows = [
        json.loads(python("forms", "coverage", "--json", environment=one).stdout)[0]
        for one in (installed, own)
    ]
    assert rows[0]["connected"] == rows[1]["connected"] + 1
    assert rows[0]["ceiling"] == rows[1]["ceiling"]


def test_verifier_proves_log_without_the_distribution(month: Month, tmp_path: Path) -> None:
    answer = month.read("-m", "gateway_verify", "verify", month.public, alone=True)
    assert answer["verdict"] == "proved"
    identity, recipient = age_identity(tmp_path)
    key = str(new_auditor("inspectorate.example/audit").key)
    month.run("audit", "accredit", "Inspectorate", key, recipient)
    pack = tmp_path / "pack"
    month.run("audit", "export", pack, "--for", "Inspectorate", "--month", month.name)
    unpack(pack, identity)
    counted = month.read("-m", "gateway_verify", "recompute", pack, alone=True)
    assert (counted["verdict"], counted["proved"]["recomputed"]) == ("proved", [month.name])


REFUSED: dict[str, tuple[Mapping[str, str], str]] = {
    "a letter that the log declares otherwise": (
        {'young_letter="f"': 'young_letter="g"'},
        "this log declares the letters e and f for it",
    ),
    "a letter of population": (
        {'letter="e"': 'letter="p"'},
        "the letter 'p' belongs to population",
    ),
    "one letter alone": ({'    young_letter="f",\n': ""}, "it brings two letters and its settings"),
    "a name of ours": (
        {'SourceId("pension_register")': 'SourceId("records")'},
        "belongs to records",
    ),
    "no source at all": (
        {"SOURCE = SourceSpec(": "SOURCE = dict([(1, 2)]); (lambda *a, **k: None)("},
        "SOURCE is not a SourceSpec",
    ),
    "another name than the dictionary's": (
        {'SourceId("pension_register")': 'SourceId("pensions")'},
        "the dictionary names pension_register, which no source is",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_gateway_starts_with_no_distribution_that_has(
    name: str, month: Month, site: Path, tmp_path: Path
) -> None:
    changes, says = REFUSED[name]
    shutil.copytree(site, tmp_path / "site")
    module = tmp_path / "site" / NAME / "__init__.py"
    text = module.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    module.write_text(text)
    environment = month.gateway.environment
    paths = environment["PYTHONPATH"].replace(str(site), str(tmp_path / "site"))
    done = python("serve", environment={**environment, "PYTHONPATH": paths})
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr
