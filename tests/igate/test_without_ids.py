"""Where the configuration lacks an id, a field is left to the citizen, and the receipt says so."""

import base64
import json
from collections.abc import Iterator

import pytest

from tests.conftest import SCHEMAS, House
from tests.igate.test_front_door import FORM, dossier, filled

COMMUNE, PROVINCE = "xaNoiCuTruBenNam", "tinhNoiCuTruBenNam"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway whose configuration knows no commune by an id."""
    schemas = tmp_path_factory.mktemp("schemas")
    for path in SCHEMAS.iterdir():
        if path.name not in ("forms", "igate-catalogues"):
            (schemas / path.name).symlink_to(path)
    (schemas / "forms").mkdir()
    (schemas / "forms" / FORM).symlink_to(SCHEMAS / "forms" / FORM)
    (schemas / "igate-catalogues").mkdir()
    for path in (SCHEMAS / "igate-catalogues").iterdir():
        text = path.read_text() if path.stem != "communes" else '{"entries": []}'
        (schemas / "igate-catalogues" / path.name).write_text(text)
    house = House(tmp_path_factory.mktemp("house"), schemas=schemas)
    yield house
    house.close()


def test_value_without_id_is_not_filled(house: House) -> None:
    answer = filled(house, dossier(house))
    said = {field["path"]: field for field in answer["prefill"]["fields"]}
    assert said[COMMUNE]["reason"] == "not_convertible"
    assert said[PROVINCE]["state"] == "filled"
    assert COMMUNE not in answer["eForm"]["data"]
    assert {"key": "district", "reason": "not_bound"} in answer["prefill"]["applicant"]
    payload = answer["prefill"]["receipt"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    (claimed,) = [field for field in claims["fields"] if field["path"] == COMMUNE]
    assert claimed["reason"] == "not_convertible" and "tag" not in claimed


def test_plain_call_fills_value_without_id(house: House) -> None:
    question = house.question(FORM, "ordinary", data={})
    said = {field["path"]: field for field in house.filled(question)["fields"]}
    assert said[COMMUNE]["state"] == "filled"


def test_typed_name_is_accepted(house: House) -> None:
    body = dossier(house)
    answer = filled(house, body)
    typed = {"label": "Xã Mộ Đức", "value": "f" * 24}
    body["eForm"]["data"] = answer["eForm"]["data"] | {COMMUNE: typed}
    body["prefill"] = {"receipt": answer["prefill"]["receipt"]}
    judged = house.post("/v1/igate/dossiers", body)
    assert judged.status_code == 200, judged.text
    verdicts = {field["path"]: field["verdict"] for field in judged.json()["fields"]}
    assert (verdicts[COMMUNE], verdicts[PROVINCE]) == ("manual", "auto")
