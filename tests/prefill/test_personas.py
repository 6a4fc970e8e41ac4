"""People about whom the registers say something odd: what is filled, and why the rest is not."""

from typing import Any

import pytest

from mocks.igate import FORMS
from tests.conftest import House, filled

PASSPORT = "tk01-passport"


@pytest.fixture(scope="module")
def office(house: House) -> House:
    for name in ("ordinary", "year_only_birth", "deceased", "nfd_name"):
        house.file_records_of(house.population.persona(name).n)
    return house


def of_attribute(office: House, form: str, attribute: str, role: str = "applicant") -> list[str]:
    bound = office.form(form).bindings.bindings
    return [b.field for b in bound if b.attribute == attribute and b.role == role]


def test_birth_year_fills_day_but_no_calendar(office: House) -> None:
    found: dict[str, set[str]] = {"day": set(), "datetime": set()}
    for form in FORMS:
        answer = office.filled(office.question(form, "year_only_birth", data={}))
        states = {f["path"]: f for f in answer["fields"]}
        for path in of_attribute(office, form, "person.birth_date"):
            kind = office.form(form).definition.field(path).type
            state = states[path]
            found.setdefault(kind, set()).add(state.get("reason", state["state"]))
            if state["state"] == "filled" and kind == "day":
                assert answer["data"][path] == "00/00/1985"
    assert "filled" in found["day"]
    assert found["day"] <= {"filled", "hidden", "not_held"}
    assert "not_convertible" in found["datetime"]
    assert "filled" not in found["datetime"]


@pytest.mark.parametrize("persona", ["duplicate_record", "under_verification", "deceased"])
def test_odd_record_never_breaks_a_form(office: House, persona: str) -> None:
    for form in FORMS:
        answer = office.filled(office.question(form, persona, data={}))
        body = office.accepted({"receipt": answer["receipt"], "data": answer["data"]})
        counts = body["counts"]
        assert counts["visible"] == counts["auto"] + counts["declared"] + counts["blank"]


@pytest.mark.parametrize("persona", ["single_word_name", "nfd_name", "very_long_name"])
def test_names_return_as_citizens_write_them(office: House, persona: str) -> None:
    person = office.population.persona(persona)
    form = "driving-licence-exchange"
    answer = office.filled(office.question(form, persona, data={}))
    (path,) = of_attribute(office, form, "person.full_name")
    assert answer["data"][path].casefold() == person.full_name.casefold()
    assert filled(answer)[path]["class"] == "known"
    assert filled(answer)[path]["confirmed_by"] in ("population", None)


def test_old_number_names_relative_but_reads_nothing(office: House, faults: Any) -> None:
    person = office.population.persona("nine_digit_relative")
    answer = office.filled(office.question(PASSPORT, "nine_digit_relative", data={}))
    assert person.father is not None
    number = person.father.old_number
    assert number is not None and number not in office.asked()
    states = {f["path"]: f for f in answer["fields"]}
    for path in of_attribute(office, PASSPORT, "person.birth_date", "father"):
        assert states[path].get("reason") in ("not_held", None)


@pytest.mark.threat(61)
@pytest.mark.parametrize(
    ("persona", "birth"),
    [("born_1943_to_1975", "1966-05-02"), ("born_when_clocks_changed", "1959-12-31")],
)
def test_birth_date_of_other_zone_keeps_day(office: House, persona: str, birth: str) -> None:
    seen = 0
    for form in FORMS:
        question = office.question(form, persona, data={})
        answer = office.filled(question)
        data = dict(answer["data"])
        paths = [p for p in of_attribute(office, form, "person.birth_date") if p in filled(answer)]
        for path in paths:
            data[path] = birth  # the bare date is the same day as the instant that was handed out
            seen += 1
        body = office.accepted({"receipt": answer["receipt"], "data": data})
        verdicts = {f["path"]: f["verdict"] for f in body["fields"]}
        assert {verdicts[path] for path in paths} <= {"auto", "hidden"}
    assert seen >= 3


def test_old_province_is_mapped_old_commune_blank(
    office: House,
) -> None:
    """The code of a merged province leads to one province of today; a commune's leads to several."""
    found: dict[str, set[str]] = {"province": set(), "commune": set()}
    for form in FORMS:
        answer = office.filled(office.question(form, "old_unit_codes", data={"quanHe": "me"}))
        bound = office.form(form).bindings.by_field
        for said in answer["fields"]:
            binding = bound.get(said["path"])
            if binding is None or binding.role != "applicant" or said["visible"] is not True:
                continue
            whole, _, part = binding.attribute.rpartition(".")
            if whole.startswith("person.") and part in found:
                found[part].add(said.get("reason", said["state"]))
    assert found["province"] == {"filled"}
    assert found["commune"] and "filled" not in found["commune"]
