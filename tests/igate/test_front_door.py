"""What comes to the door in iGate's shape and cannot be used is refused by its own keys."""

import copy
from typing import Any

import pytest

from mocks.igate.dossiers import WRAPPER, applicant_data, eform_id
from tests.conftest import House, Json

FORM = "marriage-registration"
NOWHERE = "f" * 24


def dossier(house: House, form: str = FORM, **data: Any) -> Json:
    person = house.population.persona("ordinary")
    subject = {
        "personal_id": person.personal_id,
        "full_name": person.full_name,
        "birth_date": person.birth_date,
    }
    account = {"phone": person.phone, "email": person.email}
    return {
        "procedure": {"id": NOWHERE, "code": house.form(form).bindings.procedures[0]},
        "applicant": {"eformId": WRAPPER, "data": applicant_data(subject, account)},
        "eForm": {"id": eform_id(form), "data": data},
        "agency": {"id": NOWHERE},
        "dossierStatus": 0,
    }


def ask(house: House, body: Json, eform: str | None = None) -> tuple[int, Json]:
    answer = house.post(f"/v1/igate/eforms/{eform or body['eForm']['id']}/prefill", body)
    return answer.status_code, answer.json()


def filled(house: House, body: Json) -> Json:
    status, answer = ask(house, body)
    assert status == 200, answer
    return answer


def test_plain_igate_dossier_is_filled(house: House) -> None:
    answer = filled(house, dossier(house))
    assert answer.keys() == {"applicant", "eForm", "prefill"}
    assert answer["eForm"]["id"] == eform_id(FORM)
    assert len(answer["eForm"]["data"]["tinhNoiCuTruBenNam"]["value"]) == 24
    assert answer["prefill"]["receipt"] and answer["prefill"]["leaf"]


def test_applicant_part_repeats_filled_values_only(
    house: House,
) -> None:
    answer = filled(house, dossier(house))
    data, form = answer["applicant"]["data"], answer["eForm"]["data"]

    assert data["gender"] == 1
    assert form["nguoiYeuCau"] == "nam"
    assert data["province"] == form["tinhNoiCuTruBenNam"]
    assert data["district"] == form["xaNoiCuTruBenNam"]
    said = {one["key"]: one["reason"] for one in answer["prefill"]["applicant"]}
    assert said["birthday"] == "already_given"
    assert not {"identityDate", "identityAgency", "phoneNumber", "email"} & data.keys()


def test_owner_is_read_instead_of_submitter(house: House) -> None:
    body = dossier(house)
    mother = house.population.persona("single_word_name")
    body["applicant"]["data"] |= {
        "isOwnerDossier": False,
        "ownerFullname": mother.full_name,
        "ownerIdentityNumber": mother.personal_id,
        "ownerBirthday": mother.birth_date,
    }
    house.database.state.journal.clear()
    filled(house, body)
    assert set(house.asked()) == {mother.personal_id}


def test_ticked_box_makes_submitter_owner(house: House) -> None:
    body = dossier(house)
    body["applicant"]["data"] |= {"isOwnerDossier": True, "ownerIdentityNumber": "003"}
    house.database.state.journal.clear()
    filled(house, body)
    assert house.asked() == [body["applicant"]["data"]["identityNumber"]]


BROKEN: dict[str, tuple[list[str], Any, tuple[int, str, str | None]]] = {
    "an eForm that is not set": (["eForm", "id"], NOWHERE, (404, "unknown_eform", "eForm.id")),
    "an applicant's part that is not set": (
        ["applicant", "eformId"],
        NOWHERE,
        (404, "unknown_eform", "applicant.eformId"),
    ),
    "an id that is none": (["eForm", "id"], "x", (422, "validation", "eForm.id")),
    "an organisation": (
        ["applicant", "data", "chonDoiTuong"],
        {"label": "Tổ chức", "value": 2},
        (400, "not_a_person", "applicant.data.chonDoiTuong"),
    ),
    "a number of eleven digits": (
        ["applicant", "data", "identityNumber"],
        "00309000012",
        (422, "validation", "applicant.data.identityNumber"),
    ),
    "a number that is a list": (
        ["applicant", "data", "identityNumber"],
        ["003090000123"],
        (422, "validation", "applicant.data.identityNumber"),
    ),
    "no name": (
        ["applicant", "data", "fullname"],
        None,
        (422, "validation", "applicant.data.fullname"),
    ),
    "a birthday of no calendar": (
        ["applicant", "data", "birthday"],
        "30/02/1990",
        (400, "not_a_date", "applicant.data.birthday"),
    ),
    "a dossier code of no format": (["code"], "H99-1", (422, "validation", "code")),
    "a procedure code of no format": (
        ["procedure", "code"],
        "1234",
        (422, "validation", "procedure.code"),
    ),
    "a procedure that the form does not serve": (
        ["procedure", "code"],
        "1.999999",
        (400, "procedure_not_served", "procedure"),
    ),
    "a member that iGate does not have": (["tenant"], "h98", (422, "validation", "tenant")),
    "a member of ours that is unknown": (
        ["prefill"],
        {"class": "fact"},
        (422, "validation", "prefill.class"),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.threat(31)
def test_unusable_member_has_igate_key_without_value(house: House, what: str) -> None:
    way, value, expected = BROKEN[what]
    body = dossier(house)
    at = body
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = value

    answer = house.post(f"/v1/igate/eforms/{body['eForm']['id']}/prefill", body)

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem.get("member")) == expected
    secrets = (body["applicant"]["data"]["fullname"], "00309000012", "30/02/1990", "Tổ chức")
    assert not any(secret and secret in answer.text for secret in secrets)


def test_address_and_body_name_same_eform(house: House) -> None:
    status, problem = ask(house, dossier(house), eform_id("tk01-passport"))
    assert (status, problem["code"]) == (400, "eform_mismatch")


def test_officer_without_dossier_is_refused(house: House) -> None:
    status, problem = ask(house, dossier(house) | {"prefill": {"officer": "H99.01.cb017"}})
    assert (status, problem["code"]) == (403, "dossier_missing")


def test_unset_choice_is_named_for_citizen(house: House) -> None:
    body = dossier(house, tinhNoiCuTruBenNam={"label": "Tỉnh Không Có", "value": NOWHERE})
    answer = filled(house, body)
    assert answer["prefill"]["unmapped"] == ["tinhNoiCuTruBenNam"]
    (field,) = [f for f in answer["prefill"]["fields"] if f["path"] == "tinhNoiCuTruBenNam"]
    assert field["reason"] == "already_given"
    assert "Tỉnh Không Có" not in str(answer)


def test_dossier_without_receipt_cannot_be_judged(house: House) -> None:
    answer = house.post("/v1/igate/dossiers", dossier(house))
    assert (answer.status_code, answer.json()["code"]) == (400, "receipt_missing")


def test_changed_locked_choice_is_refused(house: House) -> None:
    body = dossier(house, "social-pension")
    answer = filled(house, body)
    handed_in = copy.deepcopy(body)
    assert answer["eForm"]["data"]["gioiTinh"] == "1"
    handed_in["eForm"]["data"] = answer["eForm"]["data"] | {"gioiTinh": 0}
    handed_in["prefill"] = {"receipt": answer["prefill"]["receipt"]}

    refused = house.post("/v1/igate/dossiers", handed_in)

    assert refused.status_code == 422
    assert refused.json()["fields"] == [{"path": "gioiTinh", "code": "locked_value_changed"}]


def test_same_key_gets_same_igate_answer(house: House) -> None:
    key, body = "k" * 30, dossier(house)
    path = f"/v1/igate/eforms/{body['eForm']['id']}/prefill"
    first = house.post(path, body, key=key)
    again = house.post(path, body, key=key)
    assert first.status_code == 200
    assert again.content == first.content


def test_filled_values_survive_repeated_question(house: House) -> None:
    body = dossier(house)
    first = filled(house, body)
    again = copy.deepcopy(body)
    again["eForm"]["data"] = first["eForm"]["data"]
    again["prefill"] = {"receipt": first["prefill"]["receipt"]}

    second = filled(house, again)

    one = {f["path"] for f in first["prefill"]["fields"] if f["state"] == "filled"}
    other = {f["path"] for f in second["prefill"]["fields"] if f["state"] == "filled"}
    assert one <= other
