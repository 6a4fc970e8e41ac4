"""The rows about the denominator and the baseline: one person's dossier, and a registered form changed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mocks.igate import stories
from tests.before.stage import GATEWAY, Json, Said, Seen, apart, gateway, recompute, row
from tests.conftest import SCHEMAS, House
from tests.few_forms import schemas_with
from tests.journeys.audited import age_identity, unpack
from tests.verify import closing as made
from tests.verify.building import definition

FORM, PROCEDURE = "social-pension", "1.014027"
ASKED = ("diaChiLienLac", "tinhTrangHo", "noiNhanTroCap", "tenTaiKhoan", "soTaiKhoan", "nganHang")
"""Six required questions of the form that stand for an item each."""

Change = Callable[[list[Json], Json], Any]


def as_it_is(components: list[Json], bindings: Json) -> None:
    """Change nothing."""


def schemas_of(folder: Path, change: Change = as_it_is, code: str = FORM) -> Path:
    """Schemas with the form alone, its components and bindings changed, under its own or another code."""
    schemas_with(folder)
    changed = folder / "forms" / code
    changed.mkdir()
    form = json.loads((SCHEMAS / "forms" / FORM / "form.json").read_bytes())
    bindings = json.loads((SCHEMAS / "forms" / FORM / "bindings.json").read_bytes())
    change(form["components"], bindings)
    bindings["form"] = code
    (changed / "form.json").write_text(json.dumps(form))
    (changed / "bindings.json").write_text(json.dumps(bindings))
    return folder


def every(components: list[Json]) -> Iterator[Json]:
    """All components, whatever they stand in."""
    for one in components:
        yield one
        yield from every(one.get("components") or [])
        for column in one.get("columns") or []:
            yield from every(column["components"])


def flagged(**flags: Any) -> Change:
    """Give the six questions these members; as no source fills them, they are typed."""

    def change(components: list[Json], bindings: Json) -> None:
        forget(bindings)
        for one in every(components):
            if one.get("key") in ASKED:
                one.update(flags)

    return change


def without(components: list[Json], bindings: Json) -> None:
    """Take the six questions out of the form."""

    def kept(within: list[Json]) -> list[Json]:
        for one in within:
            if "components" in one:
                one["components"] = kept(one["components"])
            for column in one.get("columns") or []:
                column["components"] = kept(column["components"])
        return [one for one in within if one.get("key") not in ASKED]

    components[:] = kept(components)
    forget(bindings)


def forget(bindings: Json) -> None:
    """Say nothing more of the six questions."""
    bindings["bindings"] = [b for b in bindings["bindings"] if b["field"] not in ASKED]
    for name in ("items", "item_sources", "not_supplied"):
        for key in ASKED:
            bindings.get(name, {}).pop(key, None)


@contextmanager
def opened(folder: Path, schemas: Path, **limits: Any) -> Iterator[House]:
    house = House(folder, schemas=schemas, **limits)
    try:
        yield house
    finally:
        house.close()


def hand_in(house: House, code: str = FORM, **more: Any) -> Json:
    """One person fills the form and hands it in after some minutes; what was left empty is missing."""
    answer = house.filled({**house.question(FORM, "ordinary"), "form": code, **more})
    house.clock.forward(minutes=10)
    return house.accepted({"receipt": answer["receipt"], "data": answer["data"]})


def core(house: House) -> Json:
    """What the tenant's own figures say of everything so far."""
    report = house.get("/v1/metrics/field-reduction", "h99").json()
    total: Json = report["total"]["online"]
    return total


def of(figure: Json) -> str:
    return f"{figure['numerator']}/{figure['denominator']}"


@row("D1", "addressee: true on typed questions, or calculateValue: 'value = value'")
def out_of_the_count(folder: Path) -> Iterator[Seen]:
    with opened(folder / "honest", schemas_of(folder / "typed", flagged())) as house:
        honest = hand_in(house)["counts"]["declared"]
    for tried, change in {
        "addressee": flagged(properties={"addressee": True}),
        "value = value": flagged(calculateValue="value = value"),
    }.items():
        schemas = schemas_of(folder / tried, change)
        file = schemas / "forms" / FORM / "form.json"
        if gateway("forms", "check", file).status != 0:
            yield Seen(tried, "refused by forms check", False)
            continue
        with opened(folder / f"data {tried}", schemas) as house:
            counted = hand_in(house)["counts"]["declared"]
        yield Seen(tried, f"declared {honest} -> {counted}", counted < honest)


@row("D2", "six required questions removed, then `gateway log roll`")
def forgotten_by_the_next_log(folder: Path) -> Iterator[Seen]:
    data, of_data = folder / "data", {"GATEWAY_DATA": str(folder / "data"), "GATEWAY_MOCK": "true"}
    full, shorter = schemas_of(folder / "full"), schemas_of(folder / "shorter", without)
    with opened(data, full):
        pass
    with opened(data, shorter) as house:
        hand_in(house)
        honest = core(house)
        assert honest["dropped"] == len(ASKED), honest["dropped"]
    assert gateway("log", "roll", "--leave-open", **of_data).status == 0
    with opened(data, shorter) as house:
        house.clock.forward(days=9)
        hand_in(house)
        yield moved("after the roll", honest, core(house))


def moved(tried: str, honest: Json, after: Json) -> Seen:
    """The fault is another core where the same was dropped."""
    got = f"dropped {honest['dropped']} -> {after['dropped']}, core {of(honest['core'])} -> {of(after['core'])}"
    return Seen(tried, got, after["dropped"] < honest["dropped"])


@row("D3", "the same form, six questions shorter, under another form code")
def forgotten_by_another_code(folder: Path) -> Iterator[Seen]:
    found = {}
    for code in (FORM, "social-pension-2"):
        data = folder / f"data {code}"
        with opened(data, schemas_of(folder / f"full {code}")):
            pass
        with opened(data, schemas_of(folder / f"shorter {code}", without, code)) as house:
            hand_in(house, code)
            found[code] = core(house)
    assert found[FORM]["dropped"] == len(ASKED)
    yield moved("another code", found[FORM], found["social-pension-2"])


LICENCE, NUMBER = "driving-licence-exchange", "soGiayPhepLaiXe"


def papers_of(house: House, n: int) -> list[Json]:
    """The records that the mocks make of a person's papers."""
    try:
        from mocks.people.knowledge import records_of
    except ImportError:  # in the older tree the population makes them
        return list(house.population.records_of(n))
    return list(records_of(house.population, n))


@row("D4", "a typed, unsigned record posted 1 s before the dossier is first named")
def a_record_of_this_moment(folder: Path) -> Iterator[Seen]:
    with opened(folder / "data", schemas_with(folder / "schemas", LICENCE)) as house:
        person = house.population.persona("driver")
        (typed,) = (one for one in papers_of(house, person.n) if one["kind"] == "driving_licence")
        assert house.post("/v1/records", typed).status_code == 201
        house.clock.forward(seconds=1)
        answer = house.filled(house.question(LICENCE, person))
        (field,) = (one for one in answer["fields"] if one["path"] == NUMBER)
        assert field["source"] == "records"
        house.accepted({"receipt": answer["receipt"], "data": answer["data"]})
        got = f"class {field['class']}, core {of(core(house)['core'])}"
    yield Seen("the licence's number", got, field["class"] == "fact")


COMPANY, MONTH = "single-member-llc-registration", "2026-11"
OPTIONAL = {
    "tenTiengNuocNgoai": "Mock Company Limited",
    "tenVietTat": "MOCK CO",
    "faxTruSo": "02838000000",
    "websiteTruSo": "mock.example",
    "hoTenGiamDoc": "Nguyễn Văn Mẫu",
    "hoTenKeToan": "Trần Thị Mẫu",
}
"""Answers that the form asks and does not require."""


@row("D5", "optional fields stripped from data before the submission")
def stripped(folder: Path) -> Iterator[Seen]:
    filed: dict[str, Json] = {}
    with opened(folder / "data", schemas_with(folder / "schemas", COMPANY)) as house:
        people = {story.n: story for story in stories(house.population, COMPANY, 40, 5)}
        for n in [*people][:12]:
            question = house.question(COMPANY, house.population.person(n))
            answer = house.filled({**question, "dossier": house.dossier()})
            house.clock.forward(minutes=20)
            whole = {**answer["data"], **OPTIONAL}
            submitted = {key: one for key, one in whole.items() if key not in OPTIONAL}
            taken = house.accepted({"receipt": answer["receipt"], "data": submitted})
            kept = {
                "receipts": [answer["receipt"]],
                "data": submitted,
                "evidence": taken["evidence"],
            }
            filed[taken["leaf"]] = {"kept": kept, "filed": whole}
        declared = taken["counts"]["declared"]
        journal = [one.request_id for one in house.database.state.journal if one.request_id]
    with opened(folder / "honest", folder / "schemas") as house:
        answer = house.filled(house.question(COMPANY, house.population.person(n)))
        house.clock.forward(minutes=20)
        data = {**answer["data"], **OPTIONAL}
        honest = house.accepted({"receipt": answer["receipt"], "data": data})["counts"]["declared"]
    assert declared == honest - len(OPTIONAL)
    found = sampled(folder, filed, journal)
    wrong = sum(one["failed"] is not None for one in found)
    got = f"declared {honest} -> {declared}; of {len(found)} openings {wrong} wrong"
    yield Seen("six answers of 12 dossiers", got, not wrong)


def sampled(folder: Path, filed: dict[str, Json], journal: list[str]) -> list[Json]:
    """What the widest sample that the tree knows finds, everything being opened."""

    def done(*words: str | Path) -> Said:
        of_data = {"GATEWAY_DATA": str(folder / "data"), "GATEWAY_MOCK": "true"}
        said = gateway(*words, **of_data)
        assert said.status == 0, f"{words}: {said}"
        return said

    office, pack = folder / "office", folder / "office" / "pack"
    office.mkdir()
    done("metrics", "close", MONTH)
    done("log", "publish")
    key = office / "auditor.key"
    made_key = apart(*GATEWAY, "audit", "key", "inspectorate.example/before")
    key.write_text(made_key.out)
    identity, recipient = age_identity(office)
    done("audit", "accredit", "Inspectorate", made_key.err.strip(), recipient)
    done("audit", "export", pack, "--for", "Inspectorate", "--month", MONTH)
    unpack(pack, identity)
    (office / "public").write_bytes(b"Xo so 2026-12-01: 04 11 23 38 41 45\n")

    whole = "--frame" in gateway("audit", "sample", "commit", "--help").out
    much = ("--frame", "submissions") if whole else ("--count", "100")
    at = {name: office / name for name in ("nonce", "request", "entered", "drawn", "opened")}
    asked = ("--month", MONTH, "--sign", key, "--nonce", at["nonce"], "--out", at["request"])
    done("audit", "sample", "commit", pack, *asked, *much)
    done("audit", "sample", "enter", at["request"], "--out", at["entered"])
    files = ("--nonce", at["nonce"], "--public", office / "public", "--entered", at["entered"])
    draw = ("draw", pack, at["request"], *files, "--at", "2099-12-01T18:30+07:00")
    done("audit", "sample", *draw, "--out", at["drawn"])
    for name in ("openings", "filed/portal"):
        (office / name).mkdir(parents=True)
    for one in json.loads(at["drawn"].read_bytes())["drawn"]:
        given = filed[one["hash"]]
        (office / "openings" / f"{one['leaf']}.json").write_text(json.dumps(given["kept"]))
        (office / "filed/portal" / f"{one['leaf']}.json").write_text(json.dumps(given["filed"]))
    (office / "journal.json").write_text(json.dumps({"population": journal}))
    beside = ("--filed", office / "filed") if whole else ("--journal", office / "journal.json")
    done(
        "audit",
        "sample",
        "open",
        pack,
        at["drawn"],
        office / "openings",
        *beside,
        "--out",
        at["opened"],
    )
    results: list[Json] = json.loads(at["opened"].read_bytes())["results"]
    return results


@row("D6", "instant rule 1 s + 1 s outside a mock")
def instant_rule_lowered(folder: Path) -> Iterator[Seen]:
    low = {"GATEWAY_INSTANT_SECONDS": "1", "GATEWAY_INSTANT_SECONDS_PER_FIELD": "1"}
    of_data = {"GATEWAY_DATA": str(folder / "data"), "GATEWAY_MOCK": "false"}
    named = ("clients", "register", "h99", "--name", "Tỉnh H", "--agency", "H99")
    assert gateway(*named, **of_data).status == 0
    said = gateway("log", "publish", **of_data, **low)
    got = "starts" if said.status == 0 else f"refused, exit {said.status}"
    yield Seen("the settings", got, said.status == 0)
    log = made.closed_log(measure=definition(instant_seconds=1))
    said = recompute(log.write(folder / "log"))
    visits = "instant_seconds" in said.remarks
    yield Seen("a log's definition", "a remark" if visits else "no remark", not visits)


@row("D7", "a procedure with its tail, 1.014027.000.00.00.H99")
def a_tail(folder: Path) -> Iterator[Seen]:
    with opened(folder / "data", schemas_of(folder / "schemas")) as house:
        for code in (PROCEDURE, f"{PROCEDURE}.000.00.00.H99"):
            ground = {"kind": "procedure", "reference": code}
            hand_in(house, procedure=code, legal_basis=ground)
        report = house.get("/v1/metrics/field-reduction?by=procedure", "h99").json()
    rows = [one["procedure"] for one in report["forms"]]
    yield Seen("two dossiers of it", f"rows {', '.join(rows)}", len(rows) > 1)


@row("D8", "core beside a lower ceiling; forms coverage above 100 %")
def ceilings(folder: Path) -> Iterator[Seen]:
    with opened(folder / "data", schemas_with(folder / "schemas", "death-registration")) as house:
        story = house.story("death-registration")
        house.file_records_of(*story.owners)
        walk = house.walk(story)
        house.clock.forward(minutes=10)
        house.accepted(walk.submission())
        total = core(house)
    beside = total.get("ceiling")
    over = beside is not None and beside["value"] < total["core"]["value"]
    got = f"core {of(total['core'])} beside " + (f"{of(beside)}" if beside else "no ceiling")
    yield Seen("the figures", got, over)

    rows = json.loads(gateway("forms", "coverage", "--json").out)
    assert len(rows) > 30
    above = {
        one["form"]: one["bound"] / one["ceiling"] for one in rows if one["bound"] > one["ceiling"]
    }
    most = f"up to {max(above.values()):.0%}" if above else "none"
    yield Seen("forms coverage", f"{len(above)} forms above 100 %: {most}", bool(above))


@row("D9", "the demo's numbers lead to no release; figures.csv has another root")
def unexplained(folder: Path) -> Iterator[Seen]:
    said = apart(*GATEWAY, "demo", "--dossiers", "20", "--out", folder / "out", "--json")
    assert said.status == 0, said.err
    (path,) = (folder / "out" / "evidence" / "releases").glob("*.json")
    release, sheet = json.loads(path.read_bytes()), (folder / "out" / "figures.csv").read_text()
    same = f"root {release['root']}" in sheet
    got = "the root of the release" if same else "another root than the release"
    yield Seen("figures.csv", got, not same)
    funnel = said.document.get("funnel", {})
    steps = [f"{one['number']} {one['step']}" for one in funnel.get("steps", [])]
    visits = said.document["visits"]["held"]
    got = (
        " > ".join(steps) or f"{visits} visits, {release['range']['last']} leaves, no step between"
    )
    yield Seen("from visits to the release", got, not funnel.get("adds_up"))
