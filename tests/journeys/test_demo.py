"""The demo as people and programs start it: processes of its own, figures that balance, a clean end."""

import csv
import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.cells import cell_len
from rich.console import Console

from demo._outcome.funnel import funnel_table
from demo._outcome.held import held_table
from demo._outcome.index_766 import index_table
from demo._outcome.released import Released, figures_table
from demo._portal import flags_table
from gateway.reduction.exports import csv_of, sheet_of_release
from gateway.settings import Settings
from mocks.igate import FORMS
from mocks.igate.filing import CODES_OF_OURS, PARTS, part_code

ROOT = Path(__file__).parents[2]
VISITS = 2 * len(FORMS) + 4
COMMAND = [sys.executable, "-c", "from gateway.cli.main import app; app()", "demo"]


def run(*arguments: str, out: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [*COMMAND, *arguments, "--json", "--out", str(out)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(out.parent)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Two dossiers of every form, and a few more for those who go away."""
    out = tmp_path_factory.mktemp("day") / "figures"
    return run("--dossiers", str(VISITS), out=out)[1], out


def test_day_balances_and_is_written_outside_tree(
    day: tuple[dict[str, Any], Path],
) -> None:
    document, out = day
    release, visits = document["release"], document["visits"]
    assert document["unexpected"] == []
    assert release["definition"]["mock"] is True
    assert "mock sources" in release["notice"][0] and "not over" in release["notice"][1]
    assert visits["held"] == VISITS
    for row in (*document["rows"], *release["total"].values()):
        assert row["visible"] == row["auto"] + row["declared"] + row["blank"]
        assert row["declarable"] == row["auto"] + row["declared"]
        assert row["reduction"]["denominator"] >= row["reduction"]["numerator"]
    assert json.loads((out / "figures.json").read_text()) == document
    left = [path.name for path in out.parent.iterdir()]
    assert left == ["figures"], "data and logs stay behind"


def test_every_form_is_handed_in_alike(day: tuple[dict[str, Any], Path]) -> None:
    handed_in = day[0]["visits"]["forms"]
    assert set(handed_in) == set(FORMS)
    assert set(handed_in.values()) == {2, 3}, "the forms take turns"


def test_funnel_adds_up_from_visits_to_release(day: tuple[dict[str, Any], Path]) -> None:
    document, _ = day
    funnel, visits = document["funnel"], document["visits"]
    steps = {row["step"]: row for row in funnel["steps"]}
    assert list(steps) == ["visits", "cases", "submissions", "dossiers", "confirmed", "released"]
    number = 0
    for row in funnel["steps"]:
        number += row["change"]
        assert row["number"] == number, row["step"]
        assert row["change"] == 0 or row["reason"] or row["step"] == "visits"
    assert funnel["adds_up"] is True
    assert steps["visits"]["number"] == VISITS
    assert steps["submissions"]["change"] == visits["submitted"] - VISITS < 0
    assert steps["released"]["number"] == visits["submitted"] + 3, "one citizen's three dossiers"
    beside = {row["of"]: row for row in funnel["beside"]}
    assert beside["portal"]["number"] == document["index_766"]["dossiers"]
    assert beside["held"]["number"] == document["held"]["total"]["dossiers"]


def test_written_release_is_published_release(day: tuple[dict[str, Any], Path]) -> None:
    document, out = day
    release, month = document["release"], document["proof"]["month"]
    published = (out / "evidence" / "releases" / f"{month}.json").read_bytes()
    assert release == json.loads(published), "the document that the verifier proved"
    sheet = csv_of(sheet_of_release(release, document["rows"]))
    assert (out / "figures.csv").read_bytes() == sheet.encode()
    head = [line for line in sheet.splitlines() if line.startswith("# ")]
    span = release["range"]
    assert f"# leaves {span['first']} to {span['last']}" in head
    assert f"# root {release['root']}" in head
    assert f"# definition {release['definition']['name']} {release['definition']['digest']}" in head
    table = list(csv.DictReader(line for line in sheet.splitlines() if not line.startswith("# ")))
    totals = {row["channel"]: row for row in table if row["form"] == "total"}
    for channel, total in release["total"].items():
        for name in ("dossiers", "auto", "declared", "submissions"):
            assert totals[channel][name] == str(total[name])
        assert totals[channel]["core_numerator"] == str(total["core"]["numerator"])
        of = [row for row in table if row["channel"] == channel and row["form"] != "total"]
        assert sum(int(row["dossiers"]) for row in of) == total["dossiers"]
    released = sum(cell.get("figures", cell.get("sums"))["dossiers"] for cell in release["cells"])
    assert document["funnel"]["steps"][-1]["number"] == released


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_terminal(width: int, day: tuple[dict[str, Any], Path]) -> None:
    document, _ = day
    rows = [
        {**total, "form": form, "channel": channel}
        for channel, total in document["release"]["total"].items()
        for form in FORMS
    ]
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(funnel_table(document["funnel"]))
    console.print(figures_table(Released(document["release"], rows, b""), console))
    console.print(held_table(document["held"]))
    console.print(flags_table(document["portal"]))
    console.print(index_table(document["index_766"]))
    text = console.export_text()
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    assert all(form in text for form in FORMS)
    assert "Core" in text
    assert "eiling" not in text
    assert ("Contested" in text) == (width == 120)


def test_records_hold_facts_missing_from_login(
    day: tuple[dict[str, Any], Path],
) -> None:
    held = day[0]["held"]
    assert {row["form"] for row in held["rows"]} <= set(FORMS)
    for name in ("numerator", "denominator"):
        assert held["total"]["facts"][name] == sum(row["facts"][name] for row in held["rows"])
    assert sum(row["facts"]["denominator"] > 0 for row in held["rows"]) > 0.9 * len(FORMS)
    assert held["total"]["facts"]["denominator"] > 5 * held["total"]["dossiers"]
    assert held["total"]["facts"]["value"] >= held["target"] == 0.85


def test_portal_has_dossiers_with_flags_proved(
    day: tuple[dict[str, Any], Path],
) -> None:
    portal, visits = day[0]["portal"], day[0]["visits"]
    assert portal["declared"] == visits["submitted"]
    assert portal["on_portal"] == portal["dossiers"]
    parts = portal["dossiers"] - portal["declared"]
    assert parts > 0, "a linked declaration is several dossiers on the portal"
    assert sum(portal["states"].values()) == portal["on_portal"]
    assert set(portal["states"]) == {"8", "10"}, "every dossier has come to its end"
    raised = {row["flag"]: row for row in portal["flags"]}
    assert all(row["proved"] == row["raised"] > 0 for row in raised.values())
    assert {"DSKetNoiCSDL", "KenhThucHien", "DuocSoHoa", "DuocTaiSuDung"} <= set(raised)
    assert raised["DuocSoHoa"]["raised"] < portal["on_portal"], "a citizen's own copy raises none"
    assert portal["on_paper"] > 0, "the database was down for some"
    definition = day[0]["release"]["definition"]
    assert definition["name"].endswith("/confirmed"), "figures count what the portal confirmed"


def test_recorded_result_spares_citizen_fields(
    day: tuple[dict[str, Any], Path],
) -> None:
    citizen = day[0]["citizen"]
    before, after = citizen["asked"]
    assert 0 < after < before
    assert citizen["portal"]["states"] == {"10": 3}
    assert {"flag": "MaKetQuaThayThe", "raised": 1, "proved": 1} in citizen["portal"]["flags"]


def test_gateway_and_portal_indicators_are_equal(day: tuple[dict[str, Any], Path]) -> None:
    index = day[0]["index_766"]
    assert index["same"] is True
    of_one_citizen = day[0]["citizen"]["portal"]["dossiers"]
    assert index["dossiers"] == day[0]["portal"]["dossiers"] + of_one_citizen
    rows = {row["id"]: row for row in index["rows"]}
    assert set(rows) == {"1.4", "2.1", "3.3", "3.6", "4.1", "4.2", "4.3", "4.4", "4.5a", "4.5b"}
    for row in rows.values():
        assert row["gateway"] == row["portal"]
        assert row["gateway"]["numerator"] > 0
    reused, on_time = rows["4.3"]["portal"], rows["2.1"]["portal"]
    assert reused["numerator"] < reused["denominator"]
    assert on_time["numerator"] < on_time["denominator"], "some were done too late"


def test_linked_declaration_asks_fewer_items(
    day: tuple[dict[str, Any], Path],
) -> None:
    bundles = day[0]["bundles"]
    assert {one["form"] for one in bundles} == {"bundle-birth", "bundle-death"}
    assert all(one["items"] < one["alone"] for one in bundles)


def test_month_is_proved_by_independent_verifier(
    day: tuple[dict[str, Any], Path],
) -> None:
    proof = day[0]["proof"]
    assert (proof["verdict"], proof["finding"], proof["closed"]) == ("proved", None, True)
    assert proof["releases"] == [proof["month"]]
    assert proof["witnesses"] == ["demo"]
    assert proof["cells"] > 0 < proof["cases"]
    assert proof["tallies"] >= proof["cells"]
    assert proof["entries"] > proof["cases"]


def test_changed_byte_refutes_kept_evidence(
    day: tuple[dict[str, Any], Path],
) -> None:
    out = day[1]
    assert verified(out)[0] == 0
    release = next((out / "evidence" / "releases").glob("*.json"))
    kept = release.read_bytes()
    release.write_bytes(kept.replace(b'"cases":', b'"casez":', 1))
    status, answer = verified(out)
    release.write_bytes(kept)
    assert (status, answer["verdict"]) == (1, "refuted")
    assert answer["finding"]["path"].startswith("releases/")


def verified(out: Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-I", "gateway-verify.pyz", "verify", "evidence"]
        + ["--policy", "policy.txt", "--json"],
        cwd=out,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    info = tmp_path_factory.mktemp("demo") / "info.json"
    process = subprocess.Popen(
        [*COMMAND, "--serve", "--info", str(info)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(info.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 90
    while not info.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process, info
    if process.poll() is None:
        process.kill()
    process.communicate(timeout=60)


def test_file_has_exactly_agreed_members(served: tuple[Any, Path]) -> None:
    _, info = served
    assert stat.S_IMODE(info.stat().st_mode) == 0o600
    served_info = json.loads(info.read_text())
    assert set(served_info) == {"gateway", "token", "mocks", "cases"}
    papers = {"url", "dstcode", "provider_url", "username", "password"}
    assert set(served_info["mocks"]["papers"]) == papers
    portal = {"url", "dstcode", "username", "password", "agency"}
    assert set(served_info["mocks"]["portal"]) == portal
    population = {"url", "service_url", "username", "secret", "officer", "agency"}
    assert set(served_info["mocks"]["population"]) == population
    case = {"form", "procedure", "dossier", "officer", "subject", "persona"}
    for one in served_info["cases"]:
        assert set(one) == case
        assert set(one["subject"]) == {"personal_id", "full_name", "birth_date"}
        assert one["subject"]["personal_id"].startswith("003")
    assert {one["form"] for one in served_info["cases"]} == set(FORMS)
    dossiers = [one["dossier"] for one in served_info["cases"]]
    assert len(set(dossiers)) == len(dossiers)


def test_portal_holds_cases_dossiers_alone(served: tuple[Any, Path]) -> None:
    whole = json.loads(served[1].read_text())
    served_info, cases = whole["mocks"]["portal"], whole["cases"]
    headers = {"dstcode": served_info["dstcode"]}
    account = {"username": served_info["username"], "password": served_info["password"]}
    answer = httpx.post(f"{served_info['url']}/mapi/login", headers=headers, json=account)
    assert answer.json()["session"], "the account signs in at the address"
    own = {one["dossier"] for one in cases if one["form"] not in PARTS}
    own |= {
        part_code(one["dossier"], place)
        for one in cases
        for place, _ in enumerate(PARTS.get(one["form"], ()), 1)
    }
    held = httpx.get(httpx.URL(served_info["url"]).join("/_mock/state/dossiers")).json()
    assert set(held) <= own, "it is sent in the background"


def test_every_case_has_registered_dossier(served: tuple[Any, Path]) -> None:
    served_info = json.loads(served[1].read_text())
    headers = {"Authorization": f"Bearer {served_info['token']}"}
    with httpx.Client(base_url=served_info["gateway"], headers=headers, timeout=60) as http:
        for case in served_info["cases"]:
            answer = http.get(f"/v1/dossiers/{case['dossier']}")
            assert answer.status_code == 200, (case["form"], answer.text)
            shown = answer.json()
            of_ours = CODES_OF_OURS.get(case["form"])
            assert shown["procedure"] == (case["procedure"] or of_ours)
            parts = [part["procedure"] for part in shown.get("parts", ())]
            assert sorted(parts) == sorted(PARTS.get(case["form"], ()))
            assert {one["state"] for one in shown.get("parts", [shown])} == {1}
            assert shown.get("confirmed_by") is None


def test_every_case_is_filled_before_any_simulation(
    served: tuple[Any, Path],
) -> None:
    _, info = served
    served_info = json.loads(info.read_text())
    headers = {"Authorization": f"Bearer {served_info['token']}"}
    with httpx.Client(base_url=served_info["gateway"], headers=headers, timeout=60) as http:
        before = http.get("/v1/metrics/field-reduction").json()
        assert before["forms"] == []
        for case in served_info["cases"]:
            answer = http.post("/v1/prefills", json=question(case))
            assert answer.status_code == 200, (case["form"], answer.text)
            assert answer.json()["summary"]["filled"] > 3, case
            classes = {field.get("class") for field in answer.json()["fields"]}
            assert "same_case" not in classes, "the records were there before the dossiers"


def question(case: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: case[name] for name in ("form", "procedure", "dossier", "officer", "subject")},
        "legal_basis": {"kind": "procedure", "reference": case["procedure"] or case["form"]},
    }


def test_last_case_of_form_has_ordinary_data(
    served: tuple[Any, Path],
) -> None:
    _, info = served
    last = {case["form"]: case["persona"] for case in json.loads(info.read_text())["cases"]}
    fitting = {
        "ordinary",
        "hospital_birth_parents",
        "bride",
        "hospital_death_widow",
        "beneficiary_death_widow",
        "student",
        "pensioner",
        "social_pension_applicant",
        "disability_applicant",
        "unemployed",
        "land_owner",
        "land_user",
        "business_owner",
        "vehicle_buyer",
    }
    assert set(last.values()) == fitting


def test_signal_stops_it_with_all_processes(served: tuple[Any, Path]) -> None:
    process, info = served
    served_info = json.loads(info.read_text())
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    assert served_info["token"] in out
    assert "curl -s " in out
    mocks = (served_info["mocks"][name]["url"] for name in ("population", "portal", "papers"))
    for address in (served_info["gateway"], *mocks):
        with pytest.raises(httpx.TransportError):
            httpx.get(address)
    assert [path.name for path in info.parent.iterdir()] == [info.name]


def test_only_mock_deployment_counts_instant_dossiers() -> None:
    with pytest.raises(ValueError, match="marked as mock"):
        Settings(mock=False, instant_seconds=0, instant_seconds_per_field=0)
