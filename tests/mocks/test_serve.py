"""The mocks as a process of their own: addresses by rename, a clean end, nothing of the gateway."""

import asyncio
import json
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mocks.papers import LOGIN as PAPERS_LOGIN
from mocks.population import PopulationMockSettings, sign_in_headers
from mocks.portal import LOGIN as PORTAL_LOGIN
from mocks.serve import OTHERS
from tests.mocks.asking import Caller, citizens

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    info = tmp_path_factory.mktemp("serve") / "info.json"
    command = [
        sys.executable,
        "-m",
        "mocks.serve",
        "--info",
        str(info),
        "--officer",
        "H99.01.cb099",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not info.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process, info
    if process.poll() is None:
        process.terminate()
    process.communicate(timeout=60)


def told(info: Path) -> dict[str, str]:
    return dict(json.loads(info.read_text())["population"])


def settings(info: Path) -> PopulationMockSettings:
    told_ = told(info)
    return PopulationMockSettings(told_["service_url"], told_["username"], told_["secret"])


def test_file_equips_client_and_is_private(running: tuple[Any, Path]) -> None:
    _, info = running
    document = json.loads(info.read_text())
    assert set(document) == {"population", "portal", "papers"}
    assert document["portal"] is document["papers"] is None
    assert set(told(info)) == {"url", "service_url", "username", "secret", "officer", "agency"}
    assert told(info)["url"].startswith("http://127.0.0.1:")
    assert told(info)["url"].endswith("/dancu/1.0")
    assert told(info)["officer"] == "H99.01.cb099"
    assert stat.S_IMODE(info.stat().st_mode) == 0o600
    assert [path.name for path in info.parent.iterdir()] == [info.name]


async def test_client_that_read_file_is_answered(running: tuple[Any, Path], caller: Caller) -> None:
    _, info = running
    person = caller.people.persona("ordinary")
    fields = caller.fields(person, MaCanBo=told(info)["officer"], MaDonVi=told(info)["agency"])
    headers = sign_in_headers(settings(info), str(int(time.time())))
    async with httpx.AsyncClient() as http:
        response = await http.post(
            told(info)["url"],
            content=caller.envelope(fields),
            headers={**headers, "Content-Type": "application/xml"},
        )
    assert len(citizens(response)) == 1


async def test_cut_answer_breaks_on_the_wire(running: tuple[Any, Path], caller: Caller) -> None:
    _, info = running
    base = told(info)["url"].removesuffix("/dancu/1.0")
    headers = sign_in_headers(settings(info), str(int(time.time())))
    body = caller.envelope(caller.fields(caller.people.persona("ordinary")))
    async with httpx.AsyncClient() as http:
        await http.post(f"{base}/_mock/faults", json={"cut_after_bytes": 50, "calls": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post(
                told(info)["url"],
                content=body,
                headers={**headers, "Content-Type": "application/xml"},
            )


async def test_it_ends_cleanly_when_told_to(running: tuple[Any, Path]) -> None:
    process, _ = running
    process.terminate()
    output = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0
    assert output == (b"", b"")


def test_mocks_share_one_process_and_end(tmp_path: Path) -> None:
    info = tmp_path / "info.json"
    ports = [part for name in OTHERS for part in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "mocks.serve", *ports, "--info", str(info)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not info.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    document = json.loads(info.read_text())
    portal, papers, ministry = (document[name] for name in OTHERS)
    answers = [
        httpx.post(
            told["url"] + path,
            params={"dstcode": told["dstcode"], **more},
            json={"username": told["username"], "password": told["password"]},
        ).json()
        for told, path, more in (
            (portal, PORTAL_LOGIN, {}),
            (papers, PAPERS_LOGIN, {"providerurl": papers["provider_url"]}),
        )
    ]
    client = {name: ministry[name] for name in ("client_id", "client_secret")}
    token = httpx.post(f"{ministry['url']}/token", data=client).json()
    process.terminate()
    output = process.communicate(timeout=60)

    assert [answer["error_code"] for answer in answers] == ["0", "0"]
    assert token["token_type"] == "Bearer"
    assert set(portal) == {"url", "dstcode", "username", "password", "agency"}
    assert (process.returncode, output) == (0, (b"", b""))


def test_the_mocks_stand_without_the_gateway() -> None:
    code = (
        "import sys; import mocks.serve, mocks.people, mocks.population, mocks.portal, mocks.ministry; "
        "from mocks.people.knowledge import records_of; "
        "records_of(mocks.population.create_population_mock().population, 2); "
        "print(sorted(m for m in sys.modules if m.split('.')[0] == 'gateway'))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert ran.stdout == b"[]\n"


def test_mocks_never_import_the_gateway() -> None:
    for path in (ROOT / "mocks").rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [x for x in lines if x.lstrip().startswith(("import gateway", "from gateway"))]
