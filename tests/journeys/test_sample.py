"""A sampling audit from commitment to leaf, and every way in which an opening can be wrong."""

import json
import shutil
import subprocess
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.audits._disclosures import STEPS, DisclosureError, check_field, read_disclosure
from gateway.forms.catalogue import RegisteredForm, read_catalogue
from gateway.storage.schema import bodies
from gateway_verify.evidence import Way, verify_log
from gateway_verify.locations import Folder
from gateway_verify.sampling.units import Opened, Unit, Units, leaves_of_chains
from gateway_verify.signing import new_auditor, read_auditor
from tests.conftest import SCHEMAS
from tests.databases import open_database
from tests.journeys.audited import FORM, MONTH, Audited, age_identity, province, unpack

assert province, "the fixture of this module"

Json = dict[str, Any]
PUBLIC = b"Xo so 2026-12-01: 04 11 23 38 41 45\n"
COUNT = 40
DRAWN_AT = "2099-12-01T18:30+07:00"


@pytest.fixture(scope="module")
def office(province: Audited, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The auditor's office: key, pack with bodies, what the source counted, the public draw."""
    office = tmp_path_factory.mktemp("office")
    auditor = new_auditor("inspectorate.example/sample")
    (office / "auditor.key").write_text(f"{auditor}\n")
    identity, recipient = age_identity(office)
    province.done("audit", "accredit", "Inspectorate", str(auditor.key), recipient)
    province.done("audit", "export", office / "pack", "--for", "Inspectorate", "--month", MONTH)
    unpack(office / "pack", identity)
    (office / "public").write_bytes(PUBLIC)
    (office / "journal.json").write_text(json.dumps({"population": province.journal}))
    return office


@pytest.fixture(scope="module")
def drawn(province: Audited, office: Path) -> Json:
    """The auditor commits, the lottery is drawn, the fields are drawn."""
    asked = ["commit", office / "pack", "--month", MONTH, "--count", str(COUNT)]
    files = [
        "--sign",
        office / "auditor.key",
        "--nonce",
        office / "nonce",
        "--out",
        office / "request",
    ]
    result = province.command("audit", "sample", *asked, *files)
    assert result.exit_code == 0, result.output
    enter = ("audit", "sample", "enter", office / "request", "--out", office / "entered")
    entered = province.done(*enter)
    assert province.done(*enter)["index"] == entered["index"]
    said = draw(province, office, office / "drawn")
    assert said["drawn"] == COUNT < said["units"]
    assert [remark.partition(" / ")[2] for remark in said["remarks"]] == [
        "no witness of the policy says when the sample was entered"
    ]
    read: Json = json.loads((office / "drawn").read_bytes())
    return read


def draw(province: Audited, office: Path, out: Path, **other: Path) -> Any:
    files = {
        "nonce": office / "nonce",
        "public": office / "public",
        "request": office / "request",
        "entered": office / "entered",
    } | other
    options = ["--nonce", files["nonce"], "--public", files["public"], "--out", out]
    options += ["--entered", files["entered"], "--at", DRAWN_AT]
    return province.done("audit", "sample", "draw", office / "pack", files["request"], *options)


@pytest.fixture(scope="module")
def supplied(province: Audited, drawn: Json, office: Path) -> Path:
    """The province finds each dossier by its leaf, and supplies what it keeps."""
    by_leaf = province.by_leaf()
    folder = office / "openings"
    folder.mkdir()
    for one in drawn["drawn"]:
        (folder / f"{one['leaf']}.json").write_text(json.dumps(by_leaf[one["hash"]]))
    return folder


def opened(
    province: Audited, office: Path, folder: Path, out: Path, journal: Path | None = None
) -> list[Json]:
    files = ["--journal", journal or office / "journal.json", "--out", out]
    province.done("audit", "sample", "open", office / "pack", office / "drawn", folder, *files)
    results: list[Json] = json.loads(out.read_bytes())["results"]
    return results


def test_true_province_opens_sample_with_logged_finding(
    province: Audited, supplied: Path, office: Path
) -> None:
    results = opened(province, office, supplied, office / "opened")
    assert [one["failed"] for one in results] == [None] * COUNT
    assert {one["outside"] for one in results} >= {"population"}
    options = ["--sign", office / "auditor.key", "--out", office / "audit.json"]
    said = province.done("audit", "sample", "report", office / "opened", *options)
    assert (said["wrong"], said["bound"]) == (0, 0.072158)
    assert province.done("audit", "accept", office / "audit.json")["result"] == "sampled"
    assert not province.done("audit", "accept", office / "audit.json")["added"]
    size = province.done("log", "publish")["size"]
    province.done("audit", "export", office / "after")
    answer = province.command("audit", "verify", str(office / "after"), "--json")
    proved = json.loads(answer.stdout)
    assert (proved["verdict"], proved["proved"]["entries"]) == ("proved", size)


def test_access_commitment_and_finding_are_case_leaves(
    province: Audited, supplied: Path, office: Path
) -> None:
    with closing(open_database(province.data)) as database:
        wanted = select(bodies.c.idx, bodies.c.body).where(bodies.c.kind.in_(["access", "sample"]))
        rows = database.read(lambda c: c.execute(wanted.order_by(bodies.c.idx)).all())
    access, asked, found = ({"at": row.idx, **json.loads(row.body)} for row in rows)
    key = str(read_auditor(office / "auditor.key").key)
    assert {one["by"] for one in (access, asked, found)} == {
        "sha256:" + sha256(key.encode()).hexdigest()
    }
    request = json.loads((office / "request").read_bytes())
    assert access["rg"] == [0, access["size"] - 1]
    assert (asked["st"], asked["cm"], asked["n"]) == ("asked", request["commitment"], COUNT)
    assert (found["st"], found["rq"], found["n"], found["wr"]) == ("opened", asked["at"], COUNT, 0)


def test_draw_is_reproducible_from_definition(drawn: Json) -> None:
    request = drawn["request"]
    nonce, public = b64decode(drawn["nonce"]), b64decode(drawn["draw"])
    assert b64encode(sha256(nonce).digest()).decode() == request["commitment"]
    assert public == PUBLIC
    numbers: list[int] = []
    block = 0
    while len(numbers) < request["count"]:
        said = b64decode(request["root"]) + nonce + public + block.to_bytes(8, "big")
        number = int.from_bytes(sha256(said).digest(), "big")
        block += 1
        if number >= 2**256 - 2**256 % drawn["units"] or number % drawn["units"] in numbers:
            continue
        numbers.append(number % drawn["units"])
    places = [(one["leaf"], one["ordinal"]) for one in drawn["drawn"]]
    by_number = dict(zip(numbers, places, strict=True))
    in_order = [by_number[number] for number in sorted(by_number)]
    assert in_order == sorted(places)


def test_units_are_automated_fields_of_submissions(drawn: Json, office: Path) -> None:
    bodies = b"".join(p.read_bytes() for p in (office / "pack/bodies").rglob("*") if p.is_file())
    said = [chunk.split(b"}", 1)[0] for chunk in bodies.split(b'"k":"submission","n":{')[1:]]
    autos = [json.loads(b"{" + one + b"}")["auto"] for one in said]
    assert drawn["units"] == sum(autos)


Change = Callable[[Json, Json], None]


def _resalted(one: Json, other: Json) -> None:
    one["evidence"]["content_salt"] = other["evidence"]["content_salt"]


def _with_key_of(one: Json, other: Json) -> None:
    one["evidence"]["key"] = other["evidence"]["key"]


def _with_receipts_of(one: Json, other: Json) -> None:
    one["receipts"] = other["receipts"]


def _with_a_receipt_less(one: Json, _: Json) -> None:
    one["receipts"] = one["receipts"][1:]


def _with_evidence_of(one: Json, other: Json) -> None:
    one["evidence"] = other["evidence"]


def _with_a_leaf_less(one: Json, _: Json) -> None:
    one["evidence"]["leaves"] = one["evidence"]["leaves"][1:]


def _with_another_salt(one: Json, _: Json) -> None:
    salt = urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
    one["evidence"]["leaves"][0]["salt"] = salt


def _with_data_of(one: Json, other: Json) -> None:
    one["data"] = other["data"]


def _contested_afterwards(one: Json, _: Json) -> None:
    one["contested"] = ["hoTen"]


def _with_no_receipt_at_all(one: Json, _: Json) -> None:
    one["receipts"][0] = "x"


def _with_a_text_for_receipts(one: Json, _: Json) -> None:
    one["receipts"] = "x"


def _edited_receipt(one: Json, _: Json) -> None:
    head, body, signature = one["receipts"][-1].split(".")
    padded = body + "=" * (-len(body) % 4)
    claims = json.loads(b64decode(padded, altchars=b"-_"))
    claims["fields"][0]["class"] = "fact"
    again = urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    one["receipts"][-1] = f"{head}.{again}.{signature}"


WRONG: dict[str, tuple[Change, str]] = {
    "evidence of another dossier": (_with_evidence_of, "leaves"),
    "evidence without a leaf of the chain": (_with_a_leaf_less, "leaves"),
    "a salt that opens nothing": (_with_another_salt, "leaves"),
    "the key of another chain": (_with_key_of, "key"),
    "receipts of another chain": (_with_receipts_of, "receipt"),
    "a receipt of the chain left out": (_with_a_receipt_less, "receipt"),
    "a receipt that is none": (_with_no_receipt_at_all, "form"),
    "a text in place of receipts": (_with_a_text_for_receipts, "form"),
    "a receipt that was edited": (_edited_receipt, "receipt"),
    "the content of another dossier": (_with_data_of, "content"),
    "the salt of another content": (_resalted, "content"),
    "a field contested afterwards": (_contested_afterwards, "content"),
}


@pytest.mark.parametrize("case", WRONG)
def test_disclosure_fails_with(
    case: str, province: Audited, drawn: Json, supplied: Path, office: Path, tmp_path: Path
) -> None:
    change, step = WRONG[case]
    shutil.copytree(supplied, tmp_path / "openings")
    leaf = drawn["drawn"][0]["leaf"]
    mine = json.loads((supplied / f"{leaf}.json").read_text())
    other = next(d for d in province.dossiers if d["evidence"] != mine["evidence"])
    change(mine, deepcopy(other))
    (tmp_path / "openings" / f"{leaf}.json").write_text(json.dumps(mine))
    results = opened(province, office, tmp_path / "openings", tmp_path / "opened")
    assert {one["failed"] for one in results if one["leaf"] == leaf} == {step}
    assert {one["failed"] for one in results if one["leaf"] != leaf} == {None}


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"evidence": {}}', b"\xff\xfe", b'{"a": NaN}', b"[" * 10_000]
)
def test_invalid_disclosure_fails_without_traceback(
    text: bytes, province: Audited, drawn: Json, supplied: Path, office: Path, tmp_path: Path
) -> None:
    shutil.copytree(supplied, tmp_path / "openings")
    leaf = drawn["drawn"][0]["leaf"]
    (tmp_path / "openings" / f"{leaf}.json").write_bytes(text)
    results = opened(province, office, tmp_path / "openings", tmp_path / "opened")
    assert {one["failed"] for one in results if one["leaf"] == leaf} == {"form"}


def test_refused_lost_or_late_enters_bound(
    province: Audited, drawn: Json, supplied: Path, office: Path, tmp_path: Path
) -> None:
    shutil.copytree(supplied, tmp_path / "openings")
    leaf = drawn["drawn"][0]["leaf"]
    (tmp_path / "openings" / f"{leaf}.json").unlink()
    results = opened(province, office, tmp_path / "openings", tmp_path / "opened")
    lost = [one for one in results if one["leaf"] == leaf]
    assert {one["failed"] for one in lost} == {"supplied"}
    result = province.command("audit", "sample", "report", tmp_path / "opened", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["wrong"], said["steps"]) == (
        1,
        len(lost),
        {"supplied": len(lost)},
    )
    assert said["bound"] > 0.072158
    shown = province.command("audit", "sample", "report", tmp_path / "opened")
    assert "supplied" in shown.output


@pytest.mark.threat(55)
def test_read_unknown_to_source_fails(
    province: Audited, supplied: Path, office: Path, tmp_path: Path
) -> None:
    (tmp_path / "journal.json").write_text(json.dumps({"population": province.journal[:-1]}))
    results = opened(
        province, office, supplied, tmp_path / "opened", tmp_path / "journal.json"
    ) + opened(province, office, supplied, tmp_path / "none", _empty(tmp_path))
    assert {one["failed"] for one in results} == {None, "read"}
    assert {one["failed"] for one in results[COUNT:]} >= {"read"}
    assert all(one["outside"] is None for one in results if one["failed"] == "read")


def _empty(folder: Path) -> Path:
    (folder / "empty.json").write_text("{}")
    return folder / "empty.json"


@dataclass(frozen=True)
class Bench:
    """Every unit of the month with its chain, its opening and its form, to be checked one by one."""

    units: list[Unit]
    chains: dict[str, list[Opened]]
    openings: dict[str, Json]
    form: RegisteredForm
    journal: dict[str, list[str]]

    def finding(self, unit: Unit) -> str | None:
        """The step that fails; None when the opening is right."""
        chain = self.chains[unit.leaf.body["chain"]]
        opening = read_disclosure(self.openings[b64encode(unit.leaf.hash).decode()])
        try:
            check_field(unit, chain, opening, self.form, self.journal)
        except DisclosureError as wrong:
            return wrong.step
        return None

    def lying(self, unit: Unit, path: str, **letters: str) -> Unit:
        """The same submission, if its body had said other letters of one field."""
        fields = [template.path for template in self.form.declarable]
        said = {
            name: unit.leaf.body[name][: fields.index(path)]
            + letter
            + unit.leaf.body[name][fields.index(path) + 1 :]
            for name, letter in letters.items()
        }
        return Unit(replace(unit.leaf, body={**unit.leaf.body, **said}), 0, path)


@pytest.fixture(scope="module")
def bench(province: Audited, office: Path) -> Bench:
    place = Folder(office / "pack")
    proved = verify_log(place, None, Way())
    (close,) = proved.story.closes()
    size = proved.checkpoint.size
    units = Units(place, size, proved.story, close, lambda done, of: None)
    every = units.numbered(range(units.count))
    chains = {unit.leaf.body["chain"] for unit in every}
    leaves = leaves_of_chains(place, size, chains, close.last, lambda done, of: None)
    by_leaf = province.by_leaf()
    form = read_catalogue(SCHEMAS).form_for(FORM)
    return Bench(every, leaves, by_leaf, form, {"population": province.journal})


def test_every_saved_field_opens_in_every_chain(
    bench: Bench,
) -> None:
    assert {bench.finding(unit) for unit in bench.units} == {None}
    assert any("[" in unit.path for unit in bench.units)
    kinds = {one.body["k"] for chain in bench.chains.values() for one in chain}
    assert kinds == {"prefill", "submission", "refusal"}
    assert any("C" in unit.leaf.body["vd"] for unit in bench.units)


def _field(bench: Bench, unit: Unit, verdict: str, class_: str) -> str:
    """A field outside of rows of which the submission says this verdict and class."""
    body = unit.leaf.body
    for template, said in zip(
        bench.form.declarable, zip(body["vd"], body["cl"], strict=True), strict=True
    ):
        if said == (verdict, class_) and "[]" not in template.path:
            return template.path
    raise AssertionError("no such field")


@pytest.mark.threat(14)
def test_hidden_field_is_not_saved(bench: Bench) -> None:
    hidden = _field(bench, bench.units[0], "-", "-")
    lie = bench.lying(bench.units[0], hidden, vd="A")
    assert bench.finding(lie) == "visibility"


def test_more_favourable_class_is_detected(bench: Bench) -> None:
    unit = next(u for u in bench.units if "K" in u.leaf.body["cl"])
    known = _field(bench, unit, "A", "K")
    assert bench.finding(bench.lying(unit, known, cl="F")) == "class"


@pytest.mark.threat(14)
def test_typed_field_counted_saved_is_detected(bench: Bench) -> None:
    typed = _field(bench, bench.units[0], "M", "-")
    assert bench.finding(bench.lying(bench.units[0], typed, vd="A")) == "tag"


def test_earlier_refused_field_is_not_saved(bench: Bench) -> None:
    unit = next(u for u in bench.units if "C" in u.leaf.body["vd"])
    place = unit.leaf.body["vd"].index("C")
    contested = bench.form.declarable[place].path
    assert bench.finding(bench.lying(unit, contested, vd="A")) == "verdict"


def test_burden_hidden_elsewhere_is_detected(bench: Bench) -> None:
    unit = bench.units[0]
    typed = _field(bench, unit, "M", "-")
    lie = bench.lying(unit, typed, vd="B")
    assert bench.finding(Unit(lie.leaf, 0, unit.path)) == "verdict"


def test_other_form_version_recounts_nothing(bench: Bench) -> None:
    other = read_catalogue(SCHEMAS).form_for("tk01-passport")
    assert replace(bench, form=other).finding(bench.units[0]) == "receipt"


def test_every_failing_step_has_test() -> None:
    told = Path(__file__).read_text()
    assert [step for step in STEPS if f'"{step}"' not in told] == []


def test_changed_input_changes_or_refuses_draw(
    province: Audited, drawn: Json, office: Path, tmp_path: Path
) -> None:
    (tmp_path / "nonce").write_text("00" * 32)
    (tmp_path / "public").write_bytes(b"another lottery")
    forged = {**drawn["request"], "count": 1}
    (tmp_path / "request").write_text(json.dumps(forged))
    (tmp_path / "nothing").write_bytes(b"")

    def refused(status: int, says: str, at: str = DRAWN_AT, **other: Path) -> None:
        names = ("nonce", "public", "entered", "request")
        options = {name: office / name for name in names} | other
        asked = ["audit", "sample", "draw", office / "pack", options.pop("request"), "--at", at]
        asked += [part for name, path in options.items() for part in (f"--{name}", path)]
        result = province.command(*asked, "--out", tmp_path / "out")
        assert (result.exit_code, says in result.output) == (status, True), result.output

    refused(1, "committed to", nonce=tmp_path / "nonce")
    refused(1, "not signed", request=tmp_path / "request")
    refused(2, "empty", public=tmp_path / "nothing")
    refused(2, "no JSON", request=tmp_path / "nothing")
    refused(2, "no nonce", nonce=office / "public")
    refused(2, "No such file", nonce=tmp_path / "absent")
    refused(2, "where a sample was entered", entered=office / "request")
    refused(1, "after the public draw", at="2026-01-01T18:30+07:00")
    refused(2, "a moment reads", at="yesterday")
    draw(province, office, tmp_path / "drawn", public=tmp_path / "public")
    other = json.loads((tmp_path / "drawn").read_bytes())
    assert other["drawn"] != drawn["drawn"]


def test_fields_not_drawn_stay_sealed(
    province: Audited, drawn: Json, supplied: Path, office: Path, tmp_path: Path
) -> None:
    (tmp_path / "drawn").write_text(json.dumps({**drawn, "drawn": drawn["drawn"][1:]}))
    asked = ["open", office / "pack", tmp_path / "drawn", supplied]
    result = province.command(
        "audit", "sample", *asked, "--journal", office / "journal.json", "--out", tmp_path / "out"
    )
    assert (result.exit_code, "other fields" in result.output) == (1, True)


def test_sample_writes_no_personal_value(province: Audited, drawn: Json, office: Path) -> None:
    written = (office / "request").read_text() + json.dumps(drawn)
    for dossier in province.dossiers:
        assert dossier["data"]["hoTen"] not in written
        assert dossier["data"]["soDinhDanh"] not in written


def test_another_auditor_cannot_sign_request(
    province: Audited, supplied: Path, office: Path, tmp_path: Path
) -> None:
    opened(province, office, supplied, tmp_path / "opened")
    (tmp_path / "key").write_text(str(new_auditor("other.example")))
    asked = ["audit", "sample", "report", tmp_path / "opened", "--sign", tmp_path / "key"]
    result = province.command(*asked, "--out", tmp_path / "audit.json")
    assert (result.exit_code, "another auditor" in result.output) == (2, True)
    assert read_auditor(office / "auditor.key").key.name == "inspectorate.example/sample"
    assert subprocess.run(["ls", tmp_path / "audit.json"], capture_output=True).returncode != 0
