"""Every field ends in exactly one verdict, and every submission balances, whatever is sent."""

import copy
import random
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.domain.verdicts import DECLARED, Verdict
from gateway.forms.fields import instances_at_submission, put_value, remove_value, value_at
from mocks.igate import FORMS
from tests.conftest import House, Walk
from tests.submission.changes import another_fitting, instances

ROUNDS = 2
PER_ROUND = 2


@pytest.fixture(scope="module")
def office(house: House) -> House:
    for form in FORMS:
        house.file_records_of(*house.story(form).owners)
    return house


def balance(answer: Mapping[str, Any], filled: int) -> None:
    counts = answer["counts"]
    assert counts["visible"] == counts["auto"] + counts["declared"] + counts["blank"]
    assert counts["declared"] == sum(counts[verdict] for verdict in DECLARED)
    assert counts["filled"] == filled
    for verdict in Verdict:
        said = sum(f["verdict"] == verdict for f in answer["fields"])
        assert said == counts[verdict]
    paths = [f["path"] for f in answer["fields"]]
    assert len(paths) == len(set(paths))


def at_random(
    office: House, form: str, walk: Walk, chance: random.Random
) -> tuple[dict[str, Any], set[str], set[str]]:
    """Data in which some values were changed or emptied, with what became of the filled ones.

    A default is left alone: the story may have chosen otherwise, and another choice be the default.
    """
    data, changed, contested = copy.deepcopy(walk.data), set[str](), set[str]()
    places = instances(office, form, data)
    for path, said in walk.filled.items():
        drawn = chance.random()
        if value_at(data, path) in (None, "", [], {}):
            continue
        if said["edit"] == "locked":
            if drawn < 0.2:
                contested.add(path)
                if drawn < 0.1:
                    put_value(data, path, "sửa")
        elif drawn < 0.15 and said["class"] != "constant":
            put_value(data, path, another_fitting(office, places[path], data))
            changed.add(path)
        elif drawn < 0.25:
            remove_value(data, path)
            changed.add(path)
    for path in list(data):
        if path not in walk.filled and chance.random() < 0.1:
            fits = path in places and not places[path].template.is_file
            other = another_fitting(office, places[path], data) if fits else None
            data[path] = chance.choice(["", None, other])
    return data, changed, contested


@pytest.mark.threat(19)
@pytest.mark.parametrize("form", FORMS)
def test_random_submissions_balance_without_touched_savings(office: House, form: str) -> None:
    chance = random.Random(f"verdicts {form}")
    taken = 0
    for _ in range(ROUNDS):
        walk = office.walk(office.story(form))
        for _ in range(PER_ROUND):
            data, changed, contested = at_random(office, form, walk, chance)
            officer = {p: "officer" for p in walk.filled if chance.random() < 0.2}
            answer = office.submit(
                walk.submission(contested=sorted(contested), entered_by=officer) | {"data": data}
            )
            if answer.status_code == 422:
                refused = {f["path"] for f in answer.json()["fields"]}
                assert not refused & contested
                continue
            assert answer.status_code == 200, answer.text
            taken += 1
            body = answer.json()
            balance(body, len(walk.filled))
            verdicts = {f["path"]: f["verdict"] for f in body["fields"]}
            for path in contested & verdicts.keys():
                assert verdicts[path] in ("contested", "hidden", "withdrawn")
            for path in changed & verdicts.keys():
                expected = "officer" if path in officer else "override"
                assert verdicts[path] in (expected, "hidden", "withdrawn"), path
            saved = {p for p, v in verdicts.items() if v == "auto"}
            assert saved <= {p for p in walk.filled if p not in changed | contested} | {
                p for p in saved if "[" in p
            }
            break
    assert taken >= 1


@pytest.mark.threat(15)
@pytest.mark.parametrize("form", FORMS)
def test_registered_form_alone_decides_visibility(office: House, form: str) -> None:
    """And phantom fields in the data change no count."""
    plain, stuffed = (office.walk(office.story(form)) for _ in range(2))
    definition = office.form(form).definition
    shown = {
        i.path
        for i in instances_at_submission(definition, copy.deepcopy(plain.data))
        if i.decision == "visible" and not i.template.is_file
    }
    answer = office.accepted(plain.submission())
    told = {f["path"] for f in answer["fields"] if f["verdict"] not in ("hidden", "withdrawn")}
    assert told == shown
    assert answer["counts"]["visible"] == len(shown)

    body = stuffed.submission()
    body["data"] |= {f"truongMa{n}": f"giá trị {n}" for n in range(50)}
    assert office.accepted(body)["counts"] == answer["counts"]


@pytest.mark.threat(19)
def test_what_an_officer_types_is_declared(office: House) -> None:
    form = "social-pension"
    walk = office.walk(office.story(form))
    manual = office.accepted(walk.submission())
    typed = [f["path"] for f in manual["fields"] if f["verdict"] == "manual"]
    assert typed
    other = office.walk(office.story(form))
    marks = dict.fromkeys(typed, "officer")
    answer = office.accepted(other.submission(entered_by=marks))
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert {verdicts[path] for path in typed} == {"officer"}
    assert answer["counts"]["declared"] == manual["counts"]["declared"]
    assert answer["counts"]["auto"] == manual["counts"]["auto"]


def test_replaced_person_keeps_nothing_of_first(office: House) -> None:
    """A bride who changes the groom's number has no value of his counted as saved."""
    walk = office.walk(office.story("marriage-registration", "bride"))
    key = next(p for p in walk.data if p.startswith("soDinhDanh") and p not in walk.filled)
    role = office.form("marriage-registration").bindings
    groom = [p for p in walk.filled if role.by_field[p].role == "groom"]
    assert groom
    body = walk.submission()
    body["data"][key] = office.population.persona("driver").personal_id
    answer = office.accepted(body)
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert {verdicts[p] for p in groom} <= {"override", "hidden"}


def test_hidden_number_takes_nothing_with_it(office: House) -> None:
    """Somebody with an insurance number is not asked for the rest: nobody else was put in."""
    walk = office.walk(office.story("tk1-ts-social-insurance"))
    answer = office.accepted(walk.submission())
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert verdicts["soDinhDanhMoi"] == "hidden"
    assert verdicts["maSoBHXH"] == "auto"


def test_required_papers_are_counted_by_supplier(office: House) -> None:
    paper = {"name": "anh.pdf", "sha256": "0" * 64}
    abroad = {"loaiDangKyKetHon": {"value": "yeu_to_nuoc_ngoai"}}

    def counted(data: Mapping[str, Any], *by_officer: str) -> dict[str, int]:
        walk = office.walk(office.story("marriage-registration", "bride"))
        body = walk.submission(entered_by=dict.fromkeys(by_officer, "officer"))
        office.accepted({**body, "data": walk.data | data})
        told: dict[str, int] = office.bodies("submission")[-1]["att"]
        return told

    assert counted({"anhBenNu": paper}) == {}  # two citizens of Vietnam are asked for no photograph
    assert counted(abroad) == {"blank": 2}
    assert counted(abroad | {"anhBenNu": paper, "anhBenNam": []}) == {"uploaded": 1, "blank": 1}
    both = abroad | {"anhBenNu": paper, "anhBenNam": paper}
    assert counted(both, "anhBenNam") == {"uploaded": 1, "officer": 1}


@pytest.mark.parametrize(("ticked", "verdict"), [(False, "blank"), (True, "manual")])
def test_unticked_box_is_blank(office: House, ticked: bool, verdict: str) -> None:
    """`false` is what Form.io sends for a box that nobody touched; only a tick is an answer."""
    walk = office.walk(office.story("bundle-birth"))
    answer = office.accepted(walk.submission() | {"data": walk.data | {"daChetMe": ticked}})
    assert {f["path"]: f["verdict"] for f in answer["fields"]}["daChetMe"] == verdict
