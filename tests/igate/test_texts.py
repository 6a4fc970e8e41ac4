"""What a citizen writes into an eForm is taken; a label that is not its value's own is refused."""

from typing import Any

import pytest

from tests.conftest import House
from tests.igate.test_front_door import dossier, filled

pytestmark = pytest.mark.threat(66)


def submitted(house: House, **data: Any) -> Any:
    body = dossier(house)
    answer = filled(house, body)
    body["eForm"]["data"] = answer["eForm"]["data"] | data
    body["prefill"] = {"receipt": answer["prefill"]["receipt"]}
    return answer, house.post("/v1/igate/dossiers", body)


def test_own_words_are_taken_from_igate(house: House) -> None:
    body = dossier(house)
    body["applicant"]["data"]["noidungyeucaugiaiquyet"] = "Xin cấp lần đầu \U0001fae8\u200b"
    assert house.post(f"/v1/igate/eforms/{body['eForm']['id']}/prefill", body).status_code == 200
    _, judged = submitted(house, ghiChuRieng="nội\u00addung \U00031350")
    assert judged.status_code == 200, judged.text


def test_applicants_name_names_character(house: House) -> None:
    body = dossier(house)
    name = next(k for k, v in body["applicant"]["data"].items() if isinstance(v, str) and " " in v)
    body["applicant"]["data"][name] += "\u200b"
    answer = house.post(f"/v1/igate/eforms/{body['eForm']['id']}/prefill", body)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "format_character")
    assert said["member"] == f"applicant.data.{name}" and "U+200B" in said["detail"]


def test_forged_labels_are_refused_from_igate(house: House) -> None:
    answer, accepted = submitted(house)
    locked = {f["path"] for f in answer["prefill"]["fields"] if f.get("edit") == "locked"}
    choices = {
        path: held
        for path, held in answer["eForm"]["data"].items()
        if path in locked and isinstance(held, dict) and held.get("label")
    }
    assert accepted.status_code == 200 and choices
    for path, held in choices.items():
        _, judged = submitted(house, **{path: {**held, "label": "Nhãn giả mạo"}})
        assert judged.status_code == 422
        assert [f["path"] for f in judged.json()["fields"]] == [path]
