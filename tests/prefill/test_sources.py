"""Who is asked, for whom, and what may leave the house."""

from collections import Counter
from typing import Any

import pytest

from gateway.domain.identifiers import POPULATION, RECORDS
from mocks.igate import FORMS
from tests.conftest import House, empties, filled

PASSPORT = "tk01-passport"

CAST = [
    "ordinary",
    "single_word_name",
    "very_long_name",
    "nfd_name",
    "year_only_birth",
    "old_unit_codes",
    "empty_nationality",
    "father_unknown",
    "wrong_official_value",
    "foreign_spouse",
    "duplicate_record",
    "under_verification",
    "deceased",
]


@pytest.fixture(scope="module")
def office(house: House) -> House:
    house.file_records_of(*(house.population.persona(name).n for name in CAST))
    return house


@pytest.mark.threat(42)
@pytest.mark.parametrize("form", FORMS)
def test_only_bound_fields_leave(office: House, faults: Any, form: str) -> None:
    """Surplus in a source's answer changes nothing; each person is asked for once a call."""
    bound = office.form(form).bindings.by_field
    names = {f.path for f in office.form(form).definition.fields}
    hidden = set(office.form(form).bindings.sets)
    for persona in CAST:
        question = office.question(form, persona, data={})
        office.database.state.journal.clear()
        plain = office.filled(question)
        asked = office.asked()
        assert len(asked) == len(set(asked)), persona
        for (source, role), times in reads_of(plain).items():
            assert times <= people_behind(office, form, role, plain["data"]), (source, role)
        faults.add(surplus=True)
        more = office.filled(question)
        faults.clear()
        assert more["data"] == plain["data"], persona
        assert top_level(plain["data"]) <= names | hidden | {n.partition("[")[0] for n in names}
        for path, said in filled(plain).items():
            template = path.partition("[")[0] + "[]" + path.partition("]")[2]
            own = bound[path if "[" not in path else template]
            assert said["attribute"] == own.attribute


def reads_of(answer: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter((said["source"], said["role"]) for said in answer["sources"])


def people_behind(office: House, form: str, role: str, data: dict[str, Any]) -> int:
    """How many people a role stands for: one, or as many as its group got rows."""
    repeating = office.form(form).bindings.repeating
    groups = [group for group, of in repeating.items() if of == role]
    return max((len(data.get(group, ())) for group in groups), default=1)


def top_level(data: dict[str, Any]) -> set[str]:
    return set(data)


@pytest.mark.threat(42)
def test_unasked_field_costs_no_read(office: House, faults: Any) -> None:
    question = office.question("driving-licence-exchange", "driver", data={})
    office.filled(question)
    person = office.population.persona("driver")
    assert set(office.asked()) <= {person.personal_id}


def test_a_declined_source_is_not_asked(office: House, faults: Any) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    answer = office.filled({**question, "without": ["population"]})
    assert office.asked() == []
    assert "declined" in empties(answer).values()
    assert all(f["source"] != "population" for f in filled(answer).values())
    neither = office.filled({**question, "without": ["population", "records"]})
    assert {f["source"] for f in filled(neither).values()} == {"session"}
    assert neither["sources"] == []


def test_only_declined_field_stays_empty(office: House) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    usual = office.filled(question)
    for path in filled(usual):
        answer = office.filled({**question, "without": [path]})
        assert empties(answer)[path] == "declined"
        same = {p for p in filled(usual) if p != path}
        assert same - filled(answer).keys() <= {
            f["path"] for f in answer["fields"] if f["visible"] is not True
        }


@pytest.mark.parametrize("misspelt", ["populaton", "gioi_tinh", "thanhVien[0]", "", "gioiTinh "])
def test_empty_decline_is_refused_before_reading(office: House, faults: Any, misspelt: str) -> None:
    question = office.question(PASSPORT, "ordinary", data={})
    answer = office.prefill({**question, "without": ["records", misspelt]})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_declined")
    assert (answer.json()["member"], office.asked()) == ("without", [])


def test_declined_cell_of_row_stays_empty(office: House) -> None:
    form = "ct01-permanent-residence"
    data = {"hoDangKy": "hien_tai", "coThanhVienCungThayDoi": "co"}
    question = office.question(form, "ordinary", data=data)
    cell = next(p for p in filled(office.filled(question)) if p.startswith("thanhVien[0]."))
    answer = office.filled({**question, "without": [cell, "thanhVien[].hoTenThanhVien"]})
    assert empties(answer)[cell] == "declined"
    assert office.prefill({**question, "without": ["thanhVien[0]"]}).status_code == 400


def test_a_declined_group_gets_no_rows(office: House) -> None:
    form = "ct01-permanent-residence"
    data = {"hoDangKy": "hien_tai", "coThanhVienCungThayDoi": "co"}
    question = office.question(form, "ordinary", data=data)
    assert any(p.startswith("thanhVien[") for p in filled(office.filled(question)))
    answer = office.filled({**question, "without": ["thanhVien", "personal_papers"]})
    assert not any(p.startswith("thanhVien[") for p in filled(answer))


def test_source_outside_grant_is_not_read(office: House, faults: Any) -> None:
    office.admit("h31", frozenset({RECORDS}))
    office.admit("h32", frozenset({POPULATION, RECORDS}), frozenset({"1.004222"}))
    question = office.question(PASSPORT, "ordinary", data={})
    for tenant in ("h31", "h32"):
        answer = office.filled(question, tenant=tenant)
        assert "not_permitted" in empties(answer).values()
    assert office.asked() == []
    assert {f["source"] for f in filled(office.filled(question, tenant="h32")).values()} == {
        "session"
    }


@pytest.mark.threat(42)
def test_other_procedures_reference_opens_no_source(office: House, faults: Any) -> None:
    """A tenant for residence is refused a passport that it asks for on that ground."""
    office.admit("h33", frozenset({POPULATION, RECORDS}), frozenset({"1.004222"}))
    question = office.question(PASSPORT, "ordinary", data={})
    del question["procedure"]
    question["legal_basis"] = {"kind": "procedure", "reference": "1.004222"}
    answer = office.prefill(question, tenant="h33")
    assert (answer.status_code, answer.json()["code"]) == (422, "legal_basis_unknown")
    assert office.asked() == []


@pytest.mark.parametrize("form", FORMS)
def test_sensitive_value_waits_until_surely_asked(office: House, form: str) -> None:
    one = office.form(form)
    sensitive = {b.field for b in one.bindings.bindings if one.dictionary[b.attribute].sensitive}
    for answers in ({}, {"nguoiYeuCau": "nu", "quanHe": "me", "nguoiKhai": "ban_than"}):
        known = {k: v for k, v in answers.items() if k in {f.path for f in one.definition.fields}}
        answer = office.filled(office.question(form, "ordinary_woman", data=known))
        for said in answer["fields"]:
            if said["path"] in sensitive and said["visible"] == "open":
                assert said["state"] == "empty"
                assert said["reason"] in ("withheld", "declined")


def test_open_ethnicity_question_is_withheld(office: House) -> None:
    answer = office.filled(office.question("birth-registration", "ordinary_woman", data={}))
    open_ones = {f["path"] for f in answer["fields"] if f["visible"] == "open"}
    assert "danTocKhacTre" in open_ones
    assert empties(answer)["danTocKhacTre"] == "withheld"


def test_ethnicity_fills_once_bride_is_known(office: House) -> None:
    form = "marriage-registration"
    path = "danTocBenNu"
    before = office.filled(office.question(form, "ordinary_woman", data={"nguoiYeuCau": "nam"}))
    assert path in empties(before)
    after = office.filled(office.question(form, "ordinary_woman", data={"nguoiYeuCau": "nu"}))
    assert filled(after)[path]["class"] == "fact"
