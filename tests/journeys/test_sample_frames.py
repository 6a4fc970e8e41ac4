"""Whole submissions against the dossier as filed, and the papers behind unvouched records."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.audits._disclosures import STEPS_OF
from gateway_verify.archive import write_archive
from gateway_verify.sampling.bound import PARTS, bound_of
from gateway_verify.signing import new_auditor, read_auditor, sign_leaf
from tests.journeys.audited import MONTH, STRIPPED, Audited, age_identity, province, unpack

assert province, "the fixture of this module"

Json = dict[str, Any]
DRAWN_AT = "2099-12-01T18:30+07:00"
OPTIONS = {"submissions": "--filed", "records": "--issuers"}


@pytest.fixture(scope="module")
def office(province: Audited, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The auditor's office: key, pack with bodies, the public draw, and what issuers say."""
    office = tmp_path_factory.mktemp("office")
    auditor = new_auditor("inspectorate.example/frames")
    (office / "auditor.key").write_text(f"{auditor}\n")
    identity, recipient = age_identity(office)
    province.done("audit", "accredit", "Inspectorate", str(auditor.key), recipient)
    province.done("audit", "export", office / "pack", "--for", "Inspectorate", "--month", MONTH)
    unpack(office / "pack", identity)
    (office / "public").write_bytes(b"Xo so 2026-12-01: 04 11 23 38 41 45\n")
    issued: dict[str, list[str]] = {}
    for paper in province.papers.values():
        issued.setdefault(paper["issuer"], []).append(paper["number"])
    (office / "issuers.json").write_text(json.dumps(issued))
    return office


@pytest.fixture(scope="module", params=["submissions", "records"])
def frame(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def committed(province: Audited, office: Path, frame: str, year_units: int) -> Path:
    """A frame's request that stands in the log; gives the auditor's folder for it."""
    mine = office / f"{frame}-{year_units}"
    if mine.exists():
        return mine
    mine.mkdir()
    asked = ["--month", MONTH, "--frame", frame, "--year-units", str(year_units)]
    files = ["--sign", office / "auditor.key", "--nonce", mine / "nonce", "--out", mine / "request"]
    result = province.command("audit", "sample", "commit", office / "pack", *asked, *files)
    assert result.exit_code == 0, result.output
    province.done("audit", "sample", "enter", mine / "request", "--out", mine / "entered")
    drawn = ["--nonce", mine / "nonce", "--public", office / "public", "--at", DRAWN_AT]
    drawn += ["--entered", mine / "entered", "--out", mine / "drawn"]
    province.done("audit", "sample", "draw", office / "pack", mine / "request", *drawn)
    return mine


def supplied(province: Audited, mine: Path) -> Path:
    """What the province supplies, and what the portal holds as filed, under the auditor's folder."""
    by_leaf = province.by_leaf()
    folder, portal = mine / "openings", mine / "filed" / "portal"
    if folder.exists():
        return folder
    (folder / "files").mkdir(parents=True)
    portal.mkdir(parents=True)
    for digest, file in province.files.items():
        (folder / "files" / digest).write_bytes(file)
    for one in json.loads((mine / "drawn").read_bytes())["drawn"]:
        dossier = by_leaf[one["hash"]]
        opening = json.dumps({**dossier, "papers": province.papers})
        (folder / f"{one['leaf']}.json").write_text(opening)
        (portal / f"{one['leaf']}.json").write_text(json.dumps(dossier["data"]))
    return folder


@pytest.fixture(scope="module")
def whole(province: Audited, office: Path, frame: str) -> Path:
    """Every unit of the frame drawn and truly supplied."""
    mine = committed(province, office, frame, 12)
    supplied(province, mine)
    return mine


def opened(province: Audited, office: Path, mine: Path, frame: str, at: Path, *more: str) -> Json:
    """What comes of openings and copies that lie under `at`."""
    beside = {"submissions": at / "filed", "records": office / "issuers.json"}[frame]
    if frame == "records" and (at / "issuers.json").exists():
        beside = at / "issuers.json"
    asked = ["open", office / "pack", mine / "drawn", at / "openings", OPTIONS[frame], beside]
    province.done("audit", "sample", *asked, "--out", at / "opened", *more)
    found: Json = json.loads((at / "opened").read_bytes())
    return found


def test_true_province_opens_every_unit(
    province: Audited, office: Path, frame: str, whole: Path
) -> None:
    found = opened(province, office, whole, frame, whole)
    assert {one["failed"] for one in found["results"]} == {None}
    assert len(found["results"]) == found["units"] > 0
    sign = ["--sign", office / "auditor.key", "--out", whole / "audit.json"]
    said = province.done("audit", "sample", "report", whole / "opened", *sign)
    assert (said["frame"], said["wrong"], said["bound"]) == (frame, 0, 0.0), "all were opened"
    assert province.done("audit", "accept", whole / "audit.json")["result"] == "sampled"
    province.done("log", "publish")
    after = whole / "after"
    province.done("audit", "export", after)
    answer = json.loads(province.command("audit", "verify", str(after), "--json").stdout)
    assert answer["verdict"] == "proved"
    year = province.done("audit", "sample", "year", after, "2026")[frame]
    assert (year["units"], year["drawn"], year["wrong"]) == (found["units"], found["units"], 0)
    assert (year["months"], year["bound"]) == ([MONTH], 0.0)


def test_month_gives_its_share_of_year(province: Audited, office: Path) -> None:
    mine = committed(province, office, "submissions", 900)
    drawn = json.loads((mine / "drawn").read_bytes())
    assert (drawn["units"], len(drawn["drawn"])) == (12, 4), "299 x 12 / 900, rounded up"
    assert drawn["request"]["year_units"] == 900


@pytest.mark.parametrize("name", ["fields", "submissions", "records"])
def test_province_and_verifier_draw_alike(
    name: str, province: Audited, office: Path, tmp_path: Path
) -> None:
    """By the province's own bodies, and by the one file that knows nothing of the gateway."""
    mine = committed(province, office, name, 2_000)
    drawn = json.loads((mine / "drawn").read_bytes())
    due = province.done("audit", "sample", "due", mine / "drawn", "--out", tmp_path / "due")
    assert (due["units"], due["drawn"]) == (drawn["units"], len(drawn["drawn"]))
    hashes = {str(one["leaf"]): one["hash"] for one in drawn["drawn"]}
    assert json.loads((tmp_path / "due").read_bytes()) == hashes
    write_archive(tmp_path / "verify.pyz")
    again = ["-I", tmp_path / "verify.pyz", "drawn", office / "pack"]
    said = subprocess.run(
        [sys.executable, *again, mine / "drawn", "--json"], capture_output=True, text=True
    )
    proved = json.loads(said.stdout)
    assert (said.returncode, proved["proved"]["drawn"]) == (0, len(drawn["drawn"])), said.stdout
    drawn["drawn"][0]["ordinal"] += 1
    (tmp_path / "other").write_text(json.dumps(drawn))
    refused = province.command("audit", "sample", "due", tmp_path / "other")
    assert (refused.exit_code, "other units" in refused.output) == (1, True), refused.output
    said = subprocess.run([sys.executable, *again, tmp_path / "other"], capture_output=True)
    assert said.returncode == 1


FALSE: dict[str, tuple[Callable[[Json], None], str]] = {
    "another nonce": (lambda said: said.update(nonce="A" * 43 + "="), "committed to"),
    "no public draw": (lambda said: said.update(draw=""), "committed to"),
    "no draw": (lambda said: said.pop("drawn"), "no drawn sample"),
    "a request that was edited": (lambda said: said["request"].update(count=1), "not signed"),
}


@pytest.mark.parametrize("case", FALSE)
def test_province_opens_nothing_for(
    case: str, province: Audited, office: Path, tmp_path: Path
) -> None:
    drawn = json.loads((committed(province, office, "records", 12) / "drawn").read_bytes())
    change, says = FALSE[case]
    change(drawn)
    (tmp_path / "drawn").write_text(json.dumps(drawn))
    refused = province.command("audit", "sample", "due", tmp_path / "drawn")
    assert (refused.exit_code, says in refused.output) == (1, True), refused.output


def test_province_opens_only_entered_samples(
    province: Audited, office: Path, tmp_path: Path
) -> None:
    drawn = json.loads((committed(province, office, "records", 12) / "drawn").read_bytes())
    asked = ["commit", office / "pack", "--month", MONTH, "--frame", "records", "--count", "1"]
    files = ["--sign", office / "auditor.key", "--nonce", tmp_path / "n", "--out", tmp_path / "r"]
    assert province.command("audit", "sample", *asked, *files).exit_code == 0
    drawn["request"] = json.loads((tmp_path / "r").read_bytes())
    (tmp_path / "drawn").write_text(json.dumps(drawn))
    refused = province.command("audit", "sample", "due", tmp_path / "drawn")
    assert (refused.exit_code, "no commitment" in refused.output) == (1, True), refused.output


Change = Callable[[Json], None]


def _text_in(copy: Json) -> str:
    """A field that holds a text."""
    return next(name for name in sorted(copy) if isinstance(copy[name], str) and copy[name])


def _emptied(copy: Json) -> None:
    copy[_text_in(copy)] = ""


def _changed(copy: Json) -> None:
    copy[_text_in(copy)] = "Something else"


DIFFERS: dict[str, Change] = {"added": _emptied, "changed": _changed}


def _copied(whole: Path, folder: Path) -> Path:
    for name in ("openings", "filed"):
        shutil.copytree(whole / name, folder / name)
    return folder


@pytest.fixture
def submissions(province: Audited, office: Path, tmp_path: Path) -> tuple[Path, Path, int]:
    """The drawn submissions, a copy of what was supplied, and one of their leaves."""
    mine = committed(province, office, "submissions", 12)
    supplied(province, mine)
    leaf = json.loads((mine / "drawn").read_bytes())["drawn"][0]["leaf"]
    return mine, _copied(mine, tmp_path), leaf


@pytest.mark.threat(70)
def test_answer_stripped_before_submission_is_found(
    province: Audited, office: Path, submissions: tuple[Path, Path, int]
) -> None:
    mine, at, _ = submissions
    drawn = json.loads((mine / "drawn").read_bytes())["drawn"]
    leaves = {one["leaf"]: province.filed.get(one["hash"]) for one in drawn}
    stripped = {leaf: filed for leaf, filed in leaves.items() if filed is not None}
    assert stripped, "somebody left an answer out"
    for leaf, filed in stripped.items():
        (at / "filed" / "portal" / f"{leaf}.json").write_text(json.dumps(filed))
    results = opened(province, office, mine, "submissions", at)["results"]
    failed = {one["leaf"]: one["differs"] for one in results if one["failed"] == "as_filed"}
    assert failed.keys() == stripped.keys()
    assert list(failed.values()) == [[[STRIPPED, "stripped"]]] * len(stripped)


@pytest.mark.threat(70)
@pytest.mark.parametrize("holder", ["portal", "citizen"])
@pytest.mark.parametrize("case", DIFFERS)
def test_submission_unlike_filed_dossier_fails(
    case: str,
    holder: str,
    province: Audited,
    office: Path,
    submissions: tuple[Path, Path, int],
) -> None:
    mine, at, leaf = submissions
    copy = json.loads((at / "filed" / "portal" / f"{leaf}.json").read_text())
    DIFFERS[case](copy)
    (at / "filed" / holder).mkdir(exist_ok=True)
    (at / "filed" / holder / f"{leaf}.json").write_text(json.dumps(copy))
    results = opened(province, office, mine, "submissions", at)["results"]
    (wrong,) = [one for one in results if one["failed"]]
    assert (wrong["leaf"], wrong["failed"]) == (leaf, "as_filed")
    assert {found for _, found in wrong["differs"]} == {case}
    result = province.command("audit", "sample", "report", at / "opened", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["wrong"], said["differs"]) == (1, 1, {case: 1})
    assert said["bound"] == bound_of(12, 12, 1) / PARTS == 0.083334
    shown = province.command("audit", "sample", "report", at / "opened")
    assert wrong["differs"][0][0] in shown.output
    written = (at / "opened").read_text() + shown.output
    assert "Something else" not in written


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"a": NaN}'])
def test_without_readable_copy_it_fails(
    text: str | None, province: Audited, office: Path, submissions: tuple[Path, Path, int]
) -> None:
    mine, at, leaf = submissions
    path = at / "filed" / "portal" / f"{leaf}.json"
    path.unlink()
    (at / "filed" / "province").mkdir()
    (at / "filed" / "province" / path.name).write_text(json.dumps({}))
    if text is not None:
        path.write_text(text)
    results = opened(province, office, mine, "submissions", at)["results"]
    assert {one["failed"] for one in results if one["leaf"] == leaf} == {"filed"}
    assert {one["failed"] for one in results if one["leaf"] != leaf} == {None}


def test_missing_late_and_doubled_disclosures_fail(
    province: Audited, office: Path, submissions: tuple[Path, Path, int]
) -> None:
    mine, at, leaf = submissions
    leaves = [one["leaf"] for one in json.loads((mine / "drawn").read_bytes())["drawn"]]
    folder = at / "openings"
    for one in leaves:
        os.utime(folder / f"{one}.json", (1_000, 1_000))
    os.utime(folder / f"{leaves[1]}.json", (4_000_000_000, 4_000_000_000))
    (folder / f"{leaf}.json").unlink()
    shutil.copy(folder / f"{leaves[2]}.json", folder / f"{leaves[2]} (2).json")
    due = ("--due", "2026-12-20T17:00+07:00")
    results = opened(province, office, mine, "submissions", at, *due)["results"]
    failed = {one["leaf"]: one["failed"] for one in results}
    assert [failed[one] for one in leaves[:3]] == ["supplied", "late", "doubled"]
    assert {failed[one] for one in leaves[3:]} == {None}


def test_false_whole_submission_fails_by_step(
    province: Audited, office: Path, submissions: tuple[Path, Path, int]
) -> None:
    mine, at, leaf = submissions
    path = at / "openings" / f"{leaf}.json"
    opening = json.loads(path.read_text())
    opening["data"] = {}
    path.write_text(json.dumps(opening))
    (at / "filed" / "portal" / f"{leaf}.json").write_text("{}")
    results = opened(province, office, mine, "submissions", at)["results"]
    assert {one["failed"] for one in results if one["leaf"] == leaf} == {"content"}


@pytest.mark.parametrize("change", ["doubled", "left out"])
def test_report_counts_every_drawn_unit_once(
    change: str, province: Audited, office: Path, submissions: tuple[Path, Path, int]
) -> None:
    mine, at, _ = submissions
    found = opened(province, office, mine, "submissions", at)
    found["results"][0:1] = [found["results"][1]] if change == "doubled" else []
    (at / "opened").write_text(json.dumps(found))
    result = province.command("audit", "sample", "report", at / "opened")
    says = {"doubled": "stands twice", "left out": "are missing"}[change]
    assert (result.exit_code, says in result.output) == (2, True), result.output


def test_units_of_records_are_unvouched_ones(province: Audited, office: Path) -> None:
    mine = committed(province, office, "records", 12)
    drawn = json.loads((mine / "drawn").read_bytes())["drawn"]
    assert {one["path"] for one in drawn} == {None}
    by_leaf = province.by_leaf()
    assert {one["hash"] for one in drawn} < by_leaf.keys(), "some had no record"


def _without_file(opening: Json, _: Path) -> None:
    for paper in opening["papers"].values():
        paper["file"] = None


def _of_another_issuer(opening: Json, _: Path) -> None:
    for paper in opening["papers"].values():
        paper["issuer"] = "Another office"


def _nothing_said(opening: Json, _: Path) -> None:
    del opening["papers"]


def _not_a_paper(opening: Json, _: Path) -> None:
    opening["papers"] = dict.fromkeys(opening["papers"], {"file": 7})


def _file_lost(_: Json, at: Path) -> None:
    shutil.rmtree(at / "openings" / "files")


def _other_file(opening: Json, at: Path) -> None:
    for path in (at / "openings" / "files").iterdir():
        path.write_bytes(b"another scan")


def _not_issued(_: Json, at: Path) -> None:
    (at / "issuers.json").write_text("{}")


PAPERS: dict[str, tuple[Callable[[Json, Path], None], str]] = {
    "no file when it was filled": (_without_file, "paper"),
    "another issuer": (_of_another_issuer, "paper"),
    "no paper named": (_nothing_said, "paper"),
    "no description": (_not_a_paper, "paper"),
    "the file is lost": (_file_lost, "file"),
    "another file": (_other_file, "file"),
    "its issuer knows nothing": (_not_issued, "issuer"),
}


@pytest.mark.threat(69)
@pytest.mark.parametrize("case", PAPERS)
def test_record_without_its_paper_fails(
    case: str, province: Audited, office: Path, tmp_path: Path
) -> None:
    mine = committed(province, office, "records", 12)
    supplied(province, mine)
    at = _copied(mine, tmp_path)
    change, step = PAPERS[case]
    leaf = json.loads((mine / "drawn").read_bytes())["drawn"][0]["leaf"]
    path = at / "openings" / f"{leaf}.json"
    opening = json.loads(path.read_text())
    change(opening, at)
    path.write_text(json.dumps(opening))
    results = opened(province, office, mine, "records", at)["results"]
    assert {one["failed"] for one in results if one["leaf"] == leaf} == {step}
    shared = step in ("file", "issuer")
    assert {one["failed"] for one in results if one["leaf"] != leaf} == {step if shared else None}


def test_frames_cannot_stand_in_for_others(
    province: Audited, office: Path, whole: Path, frame: str, tmp_path: Path
) -> None:
    other = "records" if frame == "submissions" else "submissions"
    request = json.loads((whole / "request").read_bytes())
    (tmp_path / "request").write_text(json.dumps({**request, "frame": other}))
    nonce = ["--nonce", whole / "nonce", "--public", office / "public", "--at", DRAWN_AT]
    asked = ["draw", office / "pack", tmp_path / "request", "--entered", whole / "entered", *nonce]
    result = province.command("audit", "sample", *asked, "--out", tmp_path / "out")
    assert (result.exit_code, "not signed" in result.output) == (1, True), result.output
    entered = committed(province, office, other, 12) / "entered"
    asked = ["draw", office / "pack", whole / "request", "--entered", entered, *nonce]
    result = province.command("audit", "sample", *asked, "--out", tmp_path / "out")
    assert (result.exit_code, "another request" in result.output) == (1, True), result.output


OUTCOMES: dict[str, Callable[[Json], None]] = {
    "a unit left out": lambda sample: sample.update(drawn=3, bound=[bound_of(12, 3, 0), PARTS]),
    "a unit too many": lambda sample: sample.update(drawn=5, bound=[bound_of(12, 5, 0), PARTS]),
    "another frame": lambda sample: sample.update(frame="fields"),
    "no frame": lambda sample: [sample.pop(name) for name in ("frame", "units")][:0],
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_outcome_of_another_sample_is_refused(
    case: str, province: Audited, office: Path, tmp_path: Path
) -> None:
    mine = committed(province, office, "submissions", 900)
    request = json.loads((mine / "request").read_bytes())
    entered = json.loads((mine / "entered").read_bytes())["index"]
    sample = {"frame": "submissions", "units": 12, "drawn": 4, "wrong": 0, "entered": entered}
    sample["bound"] = [bound_of(12, 4, 0), PARTS]
    OUTCOMES[case](sample)
    same = {name: request[name] for name in ("month", "range", "size", "root", "auditor")}
    leaf = {"kind": "audit", "v": 1, **same, "result": "sampled", "differences": 0}
    auditor = read_auditor(office / "auditor.key")
    (tmp_path / "audit").write_bytes(sign_leaf(auditor, {**leaf, "sample": sample}))
    result = province.command("audit", "accept", tmp_path / "audit")
    assert (result.exit_code, "no commitment" in result.output) == (1, True), result.output


@pytest.mark.parametrize("name", ["fields", "submissions", "records"])
def test_each_frame_needs_its_own_list(
    name: str, province: Audited, office: Path, tmp_path: Path
) -> None:
    mine = committed(province, office, name, 12)
    asked = ["open", office / "pack", mine / "drawn", tmp_path, "--out", tmp_path / "out"]
    result = province.command("audit", "sample", *asked)
    says = {"fields": "--journal", **OPTIONS}[name]
    assert (result.exit_code, f"asks for {says}" in result.output) == (2, True), result.output


def test_frame_that_is_none_is_refused(province: Audited, office: Path, tmp_path: Path) -> None:
    asked = ["commit", office / "pack", "--month", MONTH, "--frame", "people"]
    files = ["--sign", office / "auditor.key", "--nonce", tmp_path / "n", "--out", tmp_path / "r"]
    result = province.command("audit", "sample", *asked, *files)
    assert (result.exit_code, "a frame is one of" in result.output) == (2, True)


def test_every_step_of_frame_has_test() -> None:
    told = Path(__file__).read_text() + (Path(__file__).parent / "test_sample.py").read_text()
    steps = {step for frame in STEPS_OF.values() for step in frame} - {"record"}
    assert [step for step in steps if f'"{step}"' not in told] == []
