"""A chain: asked again with the data so far, only what is new is read, and nothing is forgotten."""

import base64
import copy
from typing import Any

import orjson
import pytest

from gateway.domain.identifiers import RoleName
from gateway.forms.fields import value_at
from mocks.igate import FORMS
from mocks.people.knowledge import records_of
from tests.conftest import House, Walk, empties, filled

BRIDE = "marriage-registration"
PASSPORT = "tk01-passport"


@pytest.fixture(scope="module")
def office(house: House) -> House:
    for form in (BRIDE, PASSPORT):
        house.file_records_of(*house.story(form).owners)
    house.admit("h11")
    return house


def claims_of(receipt: str) -> dict[str, Any]:
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(receipt.split(".")[1] + "=="))
    return claims


def entries(receipt: str) -> dict[str, Any]:
    return {f["path"]: f for f in claims_of(receipt)["fields"] if "tag" in f}


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("form", FORMS)
def test_extension_copies_entries_and_rereads_nobody(office: House, form: str) -> None:
    walk = office.walk(office.story(form))
    before = entries(walk.receipt)
    office.database.state.journal.clear()

    again = office.filled({**walk.questions[-1], "data": walk.data, "extends": walk.receipt})

    after = entries(again["receipt"])
    assert {path: after[path] for path in before} == before
    assert office.asked() == []
    assert claims_of(again["receipt"])["prev"] == claims_of(walk.receipt)["jti"]
    assert claims_of(again["receipt"])["chain"] == claims_of(walk.receipt)["chain"]
    mine = {**walk.submission(), "receipt": again["receipt"]}
    counts = office.accepted(mine)["counts"]
    assert counts["contested"] == 0
    assert counts["filled"] == len(after)


def test_naming_groom_reads_groom_only(office: House) -> None:
    story = office.story(BRIDE, "bride")
    groom = story.people["groom"].said
    question = office.question(BRIDE, "bride", data={"nguoiYeuCau": "nu"})
    first = office.filled(question)
    given = office.form(BRIDE).bindings.roles[RoleName("groom")][-1].given
    assert given is not None
    parts = groom["full_name"].split()
    names = {
        "personal_id": groom["personal_id"],
        "full_name": groom["full_name"],
        "birth_date": "/".join(reversed(groom["birth_date"].split("-"))),
        "surname": parts[0],
        "middle_name": " ".join(parts[1:-1]),
        "given_name": parts[-1],
    }
    data = {**question["data"], **first["data"]}
    data |= {path: names[member] for member, path in given.items() if names.get(member)}
    office.database.state.journal.clear()
    second = office.filled({**question, "data": data, "extends": first["receipt"]})
    assert set(office.asked()) == {groom["personal_id"]}
    assert len(filled(second)) > len(filled(first))


@pytest.mark.threat(57)
@pytest.mark.parametrize("latest", [True, False])
def test_of_a_fork_one_end_lives(office: House, latest: bool) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    first = office.filled(question)
    ends = [office.filled({**question, "extends": first["receipt"]}) for _ in range(2)]
    alive, dead = ends[1], ends[0]
    body = {"receipt": dead["receipt"], "data": dead["data"] | first["data"]}
    assert code_of(office.submit(body)) == (409, "receipt_closed")
    used = alive if latest else first
    body = {"receipt": used["receipt"], "data": first["data"] | used["data"]}
    assert office.accepted(body)["accepted"]
    for other in (dead, first if latest else alive):
        again = office.prefill({**question, "extends": other["receipt"]})
        assert code_of(again) == (409, "already_submitted")


def test_earlier_receipt_serves_until_later_is_used(office: House) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    first = office.filled(question)
    second = office.filled({**question, "extends": first["receipt"]})
    third = office.filled({**question, "extends": second["receipt"]})
    closed = office.submit({"receipt": first["receipt"], "data": first["data"]})
    assert code_of(closed) == (409, "receipt_closed")
    assert office.accepted({"receipt": third["receipt"], "data": first["data"]})["accepted"]


def test_receipt_extends_its_own_case_only(office: House) -> None:
    dossier = office.dossier()
    question = office.question(PASSPORT, "ordinary", dossier=dossier)
    first = office.filled(question)
    other_person = office.question(PASSPORT, "driver", dossier=dossier)
    other_form = office.question(BRIDE, "ordinary", dossier=dossier)
    without_dossier = {k: v for k, v in question.items() if k != "dossier"}
    leaves = office.leaf_count()
    for body in (
        {**question, "dossier": office.dossier()},
        without_dossier,
        other_person,
        other_form,
    ):
        answer = office.prefill({**body, "extends": first["receipt"]})
        assert code_of(answer) == (422, "receipt_foreign")
    foreign = office.prefill({**question, "extends": first["receipt"]}, tenant="h11")
    assert code_of(foreign) == (422, "receipt_foreign")
    assert office.leaf_count() == leaves


def test_locked_steering_value_cannot_be_exchanged(office: House) -> None:
    form = "birth-registration"
    office.file_records_of(*office.story(form).owners)
    walk = office.walk(office.story(form))
    steering = {
        path
        for ways in office.form(form).bindings.roles.values()
        for way in ways
        for path in (way.given or {}).values()
    } & set(walk.locked)
    assert steering
    stranger = office.population.persona("driver")
    for path in steering:
        data = copy.deepcopy(walk.data)
        data[path] = stranger.personal_id
        office.database.state.journal.clear()
        answer = office.prefill({**walk.questions[-1], "data": data, "extends": walk.receipt})
        assert code_of(answer) == (422, "locked_value_changed")
        assert [f["path"] for f in answer.json()["fields"]] == [path]
        assert office.asked() == []


def holds(when: Any, data: dict[str, Any]) -> bool:
    """Whether the form's data hold what a role's way hangs on."""
    held = {path: value_at(data, path) for path in when}
    bare = {p: v["value"] if isinstance(v, dict) else v for p, v in held.items()}
    return all(str(bare[path]) in accepted for path, accepted in when.items())


@pytest.mark.threat(58)
@pytest.mark.parametrize("form", FORMS)
def test_value_from_question_is_no_reuse(office: House, form: str) -> None:
    told = {
        "person.personal_id",
        "person.full_name",
        "person.birth_date",
        "person.phone",
        "person.email",
        "person.surname",
        "person.middle_name",
        "person.given_name",
        "person.middle_and_given_name",
    }
    walk = office.walk(office.story(form))
    claims = entries(walk.receipt)
    given = {p for q in walk.questions[:1] for p in q["data"]}
    own = {
        role
        for role, (way, *_) in office.form(form).bindings.roles.items()
        if way.subject and holds(way.when or {}, walk.data)
    }
    seen = 0
    for path, entry in claims.items():
        if entry["role"] in own and entry["attribute"] in told:
            assert entry["class"] in ("known", "repeat", "extra"), path
            assert entry["source"] == "session"
            seen += 1
    assert seen
    assert {p for p in given if claims.get(p, {}).get("class") in ("fact", "suggested")} == set()


@pytest.mark.threat(58)
@pytest.mark.parametrize("form", FORMS)
def test_given_data_is_already_given_or_known(office: House, form: str) -> None:
    walk = office.walk(office.story(form))
    fresh = office.filled({**walk.questions[0], "data": walk.data})
    gains = ("fact", "suggested")
    given = {p for p in walk.filled if value_at(walk.data, p) not in (None, "", [], {}, False)}
    bound = office.form(form).bindings.by_field
    told = {(bound[p].role, bound[p].attribute) for p in given if "[" not in p}
    for path, said in filled(fresh).items():
        if "[" not in path and said["class"] in gains:
            assert (bound[path].role, bound[path].attribute) not in told, path
    reasons = empties(fresh)
    untouched = {p for p in given if p not in filled(fresh)}
    assert {reasons[p] for p in untouched if p in reasons} <= {"already_given", "hidden"}


@pytest.mark.threat(58)
def test_value_from_first_question_stays_known(
    office: House,
) -> None:
    """Birth date and phone are told once; the field that asks for them opens only later."""
    form = "social-pension"
    story = office.story(form)
    question = office.question(form, office.population.person(story.n), data={})
    first = office.filled(question)
    silent = copy.deepcopy(question)
    del silent["subject"]["birth_date"]
    silent["account"] = {"verified_by": "vneid"}
    silent["data"] = {**first["data"], "nguoiKhai": "ban_than"}
    second = office.filled({**silent, "extends": first["receipt"]})
    told = ("person.birth_date", "person.phone", "person.email")
    for path, said in filled(second).items():
        if said["attribute"] in told:
            assert said["class"] in ("known", "repeat"), path


@pytest.mark.threat(58)
def test_value_in_hidden_field_stays_known(office: House) -> None:
    form, person = PASSPORT, office.population.persona("temporary_resident")
    office.file_records_of(person.n)
    bound = office.form(form).bindings.bindings
    path = next(b.field for b in bound if b.attribute.startswith("residence.temporary_address"))
    question = office.question(form, person)
    shown = office.filled({**question, "data": {"coTamTru": "co"}})
    assert filled(shown)[path]["class"] == "fact"
    hidden = {"coTamTru": "khong", path: shown["data"][path]}
    first = office.filled({**question, "data": hidden})
    assert empties(first)[path] == "hidden"
    data = {**first["data"], "coTamTru": "co"}
    second = office.filled({**question, "data": data, "extends": first["receipt"]})
    assert filled(second)[path]["class"] == "known"


def test_fact_filled_earlier_is_a_repeat(office: House) -> None:
    """The address asked for a second time, where the money is to be brought, is no second gain."""
    form = "social-pension"
    office.file_records_of(*office.story(form).owners)
    bound = office.form(form).bindings.bindings
    places = [
        b.field
        for b in bound
        if b.attribute == "person.current_address.full" and b.role == "applicant"
    ]
    assert len(places) == 2
    person = office.population.person(office.story(form).n)
    question = office.question(form, person, data={"nguoiKhai": "ban_than"})
    first = office.filled(question)
    assert filled(first)[places[0]]["class"] == "fact"
    second = office.filled(
        {
            **question,
            "data": question["data"] | first["data"] | {"loaiDeNghi": "noi_cu_tru_moi"},
            "extends": first["receipt"],
        }
    )
    assert filled(second)[places[1]]["class"] == "repeat"


@pytest.mark.threat(59)
@pytest.mark.parametrize("with_dossier", [True, False])
def test_record_after_case_began_is_no_reuse(office: House, with_dossier: bool) -> None:
    form = "driving-licence-exchange"
    person = office.population.person(office.story(form).n + (6000 if with_dossier else 6060))
    record = next(
        r
        for r in records_of(office.population, office.story(form).n)
        if r["kind"] == "driving_licence"
    )
    more: dict[str, Any] = {"dossier": office.dossier()} if with_dossier else {}
    question = office.question(form, person, data={}, **more)
    first = office.filled(question)
    office.clock.forward(seconds=5)
    owner = {"personal_id": person.personal_id, "full_name": person.full_name}
    stored = office.post("/v1/records", {**record, "owner": owner, "number": "X-0000001"})
    assert stored.status_code in (200, 201), stored.text
    office.clock.forward(seconds=5)
    typed = {"lyDo": "het_han"}
    silent = {p: r for p, r in empties(first).items() if r == "no_record"}
    assert silent
    again = {**question, "data": typed | first["data"]}
    second = office.filled(again)
    extended = office.filled({**again, "extends": first["receipt"]})
    of_licence = {
        p: f["class"]
        for answer in ([second] if with_dossier else []) + [extended]
        for p, f in filled(answer).items()
        if f["source"] == "records"
    }
    assert set(of_licence.values()) <= {"same_case"}
    if with_dossier:
        assert of_licence


@pytest.mark.threat(59)
def test_dossiers_own_record_is_declared(office: House) -> None:
    form = "driving-licence-exchange"
    story = office.story(form)
    person = office.population.person(story.n + 6120)
    dossier = office.dossier()
    record = next(
        r for r in records_of(office.population, story.n) if r["kind"] == "driving_licence"
    )
    owner = {"personal_id": person.personal_id, "full_name": person.full_name}
    body = {**record, "owner": owner, "number": "X-0000002", "dossier": dossier}
    assert office.post("/v1/records", body).status_code in (200, 201)
    office.clock.forward(minutes=1)
    answer = office.filled(office.question(form, person, dossier=dossier, data={}))
    own = [p for p, f in filled(answer).items() if f["class"] == "same_case"]
    assert own
    judged = office.accepted({"receipt": answer["receipt"], "data": answer["data"]})
    verdicts = {f["path"]: f["verdict"] for f in judged["fields"]}
    assert {verdicts[p] for p in own} <= {"officer", "hidden"}


def test_same_key_is_answered_once(office: House) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    leaves = office.leaf_count()
    answers = [office.prefill(question, key="p" * 30) for _ in range(3)]
    assert len({a.text for a in answers}) == 1
    assert office.leaf_count() == leaves + 1
    other = office.prefill({**question, "data": {"ngheNghiep": "x"}}, key="p" * 30)
    assert code_of(other) == (422, "idempotency_key_reused")


def test_a_walk_is_what_it_says(office: House) -> None:
    walk: Walk = office.walk(office.story(PASSPORT))
    assert walk.answer["summary"]["declarable"] == sum(
        f["visible"] is True for f in walk.answer["fields"]
    )
    assert walk.answer["summary"]["filled"] == sum(
        f["visible"] is True and f["state"] == "filled" for f in walk.answer["fields"]
    )


def test_empty_cell_in_row_keeps_reason(office: House, faults: Any) -> None:
    story = office.story("tk1-ts-social-insurance")
    office.file_records_of(*story.owners)
    person = office.population.person(story.n)
    members = [n for n in story.owners if n != story.n]
    for n in members:
        faults.add(number=office.population.person(n).personal_id, status=503)
    data = {**story.answers, "tinhTrangMaHo": "chua_biet"}
    question = office.question(story.form, person, data=data)
    first = office.filled(question)
    down = {
        path: reason
        for path, reason in empties(first).items()
        if "[" in path and reason in ("source_unavailable", "withheld")
    }
    assert "source_unavailable" in down.values()

    held = {**question["data"], **first["data"]}
    again = office.filled({**question, "data": held, "extends": first["receipt"]})

    assert {path: empties(again)[path] for path in down} == down


def test_rows_with_sensitive_cell_wait(office: House) -> None:
    story = office.story("tk1-ts-social-insurance")
    office.file_records_of(*story.owners)
    person = office.population.person(story.n)
    question = office.question(story.form, person, data=story.answers)
    first = office.filled(question)
    assert "tinhTrangMaHo" in empties(first)
    assert "thanhVien" not in first["data"]

    for answer, rows in (("da_biet", 0), ("chua_biet", len(person.residence.members) - 1)):
        held = {**story.answers, **first["data"], "tinhTrangMaHo": answer}
        again = office.filled({**question, "data": held, "extends": first["receipt"]})
        assert len(again["data"].get("thanhVien", ())) == rows
        first = {**first, "receipt": again["receipt"]}

    column = "thanhVien[{}].danTocThanhVien"
    assert {filled(again)[column.format(row)]["class"] for row in range(rows)} == {"fact"}


def test_proxy_starts_over_without_own_data(
    office: House,
) -> None:
    form = "social-pension"
    question = office.question(form, "ordinary", data={"nguoiKhai": "ban_than"})
    first = office.filled(question)
    another = {**first["data"], "nguoiKhai": "giam_ho"}

    refused = office.prefill({**question, "data": another, "extends": first["receipt"]})

    assert code_of(refused) == (422, "role_changed")
    assert refused.json()["fields"] == [{"path": "nguoiKhai", "code": "role_changed"}]
    handed_in = {"receipt": first["receipt"], "data": another}
    verdicts = {f["path"]: f["verdict"] for f in office.accepted(handed_in)["fields"]}
    applicants = {
        p for p, f in filled(first).items() if f["visible"] is True and f["class"] != "constant"
    }
    assert applicants
    assert "auto" not in {verdicts[path] for path in applicants}
