"""Results and papers flow in as records: when they are reused, when they wait, and when they are not."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from mocks.people import Person
from tests.conftest import SCHEMAS, House, Json, empties, filled

FORM = "driving-licence-exchange"
LICENCE_FIELDS = {"hangDaCo", "soGiayPhepLaiXe", "coQuanCap", "ngayCapGiayPhep"}
ISSUER = "Sở Xây dựng tỉnh Mẫu"
_KEY = OKPKey.import_key(Ed25519PrivateKey.generate())
_OTHER_KEY = OKPKey.import_key(Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A province with one form and one issuer whose key it holds."""
    schemas = tmp_path_factory.mktemp("schemas")
    for path in SCHEMAS.iterdir():
        if path.name != "forms":
            (schemas / path.name).symlink_to(path)
    (schemas / "forms").mkdir()
    (schemas / "forms" / FORM).symlink_to(SCHEMAS / "forms" / FORM)
    keys = {"issuers": {ISSUER: [_KEY.as_dict(private=False)]}}
    (schemas / "record-issuers.json").write_text(json.dumps(keys))
    house = House(tmp_path_factory.mktemp("house"), schemas=Path(schemas))
    yield house
    house.close()


class Driver:
    """A person without papers here, and the licence that the province will hold of them."""

    def __init__(self, office: House, household: int) -> None:
        self.office = office
        self.person: Person = office.population.person(household * 60 + 2)
        self.dossier = office.dossier()
        self.question = office.question(FORM, self.person, dossier=self.dossier, data={})

    @property
    def owner(self) -> Json:
        return {"personal_id": self.person.personal_id, "full_name": self.person.full_name}

    def licence(self, **more: Any) -> Json:
        return {
            "kind": "driving_licence",
            "owner": self.owner,
            "number": f"X-{self.person.n:07d}",
            "issuer": ISSUER,
            "issued_on": "2020-05-04",
            "content": {
                "number": "X-0000003",
                "class": "B2",
                "issuer": ISSUER,
                "issued_on": "2020-05-04",
            },
            **more,
        }

    def store(self, record: Json) -> Json:
        answer = self.office.post("/v1/records", record)
        assert answer.status_code in (200, 201), answer.text
        # a record that nobody vouches for is a fact from an age of one day on
        self.office.clock.forward(days=int("expected_at" not in record), seconds=5)
        stored: Json = answer.json()
        return stored

    def announce(self, **ahead: float) -> str:
        expected = (self.office.clock() + timedelta(**ahead)).isoformat()
        said = {"kind": "driving_licence", "owner": self.owner, "expected_at": expected}
        return str(self.store(said)["id"])

    def ask(self, **more: Any) -> Json:
        self.office.clock.forward(seconds=5)
        return self.office.filled({**self.question, **more})

    def ask_in_another_dossier(self) -> Json:
        return self.ask(dossier=self.office.dossier())


_households = iter(range(4000, 5000))


@pytest.fixture
def someone(office: House) -> Driver:
    return Driver(office, next(_households))


def classes(answer: Json) -> set[str]:
    """The classes of what records filled."""
    return {f["class"] for f in filled(answer).values() if f["source"] == "records"}


def waiting(answer: Json) -> dict[str, str]:
    """The fields that wait, and until when."""
    return {f["path"]: f["retry_at"] for f in answer["fields"] if f.get("reason") == "deferred"}


def claims(answer: Json) -> Json:
    payload = str(answer["receipt"]).split(".")[1]
    read: Json = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


def signed(record: Json, key: OKPKey = _KEY) -> str:
    """The issuer's signature of a record, over the members that `issuers.py` names."""
    vouched = {name: record.get(name) for name in ("kind", "number", "issuer", "issued_on")}
    vouched |= {"valid_until": None, "content": record["content"], "file": None}
    vouched["owner"] = record["owner"]["personal_id"]
    registry = jws.JWSRegistry(algorithms=["Ed25519"])
    return jws.serialize_compact(
        {"alg": "Ed25519"}, json.dumps(vouched).encode(), key, registry=registry
    )


def test_record_before_dossier_is_a_fact(someone: Driver) -> None:
    someone.store(someone.licence())
    answer = someone.ask()
    assert filled(answer).keys() >= LICENCE_FIELDS
    assert classes(answer) == {"fact"}


@pytest.mark.threat(59)
def test_record_after_opening_is_own_case(someone: Driver) -> None:
    someone.ask()
    someone.store(someone.licence())
    assert classes(someone.ask()) == {"same_case"}
    assert classes(someone.ask_in_another_dossier()) == {"fact"}


@pytest.mark.threat(59)
def test_record_brought_by_dossier_is_own_case(someone: Driver) -> None:
    someone.store(someone.licence(dossier=someone.dossier))
    answer = someone.ask()
    assert classes(answer) == {"same_case"}
    judged = someone.office.accepted({"receipt": answer["receipt"], "data": answer["data"]})
    verdicts = {f["path"]: f["verdict"] for f in judged["fields"]}
    assert {verdicts[path] for path in LICENCE_FIELDS} == {"officer"}
    assert judged["counts"]["officer"] >= len(LICENCE_FIELDS)
    assert classes(someone.ask_in_another_dossier()) == {"fact"}


def figures(office: House) -> Json:
    headers = {"Authorization": f"Bearer {office.token()}"}
    answer = office.run(office._http.get("/v1/metrics/field-reduction", headers=headers))
    (row,) = answer.json()["forms"]
    read: Json = row
    return read


@pytest.mark.threat(59)
def test_papers_typed_by_officers_move_no_numerator(office: House) -> None:
    def hand_in(typed: bool) -> Json:
        driver = Driver(office, next(_households))
        if typed:
            driver.store(driver.licence(dossier=driver.dossier))
        answer = driver.ask()
        office.accepted({"receipt": answer["receipt"], "data": answer["data"]})
        return figures(office)

    before = hand_in(typed=False)
    after = hand_in(typed=True)

    assert after["core"]["numerator"] == before["core"]["numerator"]
    assert after["beyond_login"]["numerator"] == before["beyond_login"]["numerator"]
    assert after["officer"] == before["officer"] + len(LICENCE_FIELDS)


@pytest.mark.threat(59)
def test_retyped_paper_keeps_its_first_dossier(
    someone: Driver,
) -> None:
    first = someone.store(someone.licence())
    someone.ask()
    again = someone.store(someone.licence(dossier=someone.dossier))
    assert again == {"id": first["id"], "created": False}
    assert classes(someone.ask()) == {"fact"}


@pytest.mark.threat(59)
def test_earlier_announcement_does_not_age_record(
    someone: Driver,
) -> None:
    announced = someone.announce(days=1)
    someone.ask()
    someone.store(someone.licence(announced=announced))
    assert classes(someone.ask()) == {"same_case"}


@pytest.mark.threat(59)
def test_issuer_signed_record_is_not_typed(someone: Driver) -> None:
    someone.ask()
    record = someone.licence(dossier=someone.dossier)
    someone.store({**record, "issuer_signature": signed(record)})
    assert classes(someone.ask()) == {"fact"}


@pytest.mark.threat(59)
def test_late_issuer_signature_vouches_typed_record(someone: Driver) -> None:
    someone.ask()
    record = someone.licence()
    typed = someone.store(record)
    assert classes(someone.ask()) == {"same_case"}
    assert someone.store({**record, "issuer_signature": signed(record)})["id"] == typed["id"]
    assert classes(someone.ask()) == {"fact"}


@pytest.mark.threat(59)
@pytest.mark.parametrize(
    "changed",
    [{"number": "X-0000009"}, {"owner": None}, {"content": {"class": "C"}}, {"issuer": "Ai đó"}],
    ids=["number", "owner", "content", "issuer"],
)
def test_signature_vouches_its_own_record_only(someone: Driver, changed: Json) -> None:
    record = someone.licence()
    signature = signed(record)
    another = Driver(someone.office, next(_households)).owner
    changed = {name: value or another for name, value in changed.items()}
    answer = someone.office.post(
        "/v1/records", {**record, **changed, "issuer_signature": signature}
    )
    code = "issuer_unknown" if "issuer" in changed else "signature_refused"
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.threat(59)
@pytest.mark.parametrize("signature", ["x", "a.b.c", "…", " "])
def test_what_is_no_signature_is_refused(someone: Driver, signature: str) -> None:
    record = someone.licence(issuer_signature=signature)
    answer = someone.office.post("/v1/records", record)
    assert answer.status_code == 422
    assert answer.json()["member"] == "issuer_signature"


@pytest.mark.threat(59)
def test_foreign_key_signs_nothing_here(someone: Driver) -> None:
    record = someone.licence()
    forged = {**record, "issuer_signature": signed(record, _OTHER_KEY)}
    answer = someone.office.post("/v1/records", forged)
    assert (answer.status_code, answer.json()["code"]) == (422, "signature_refused")


def test_revoked_record_is_no_longer_reused(someone: Driver) -> None:
    stored = someone.store(someone.licence())
    assert classes(someone.ask()) == {"fact"}
    someone.office.post(f"/v1/records/{stored['id']}/revoke", {"reason": "withdrawn"})
    answer = someone.ask()
    assert classes(answer) == set()
    assert {empties(answer)[path] for path in LICENCE_FIELDS} == {"no_record"}


def test_record_is_not_reused_after_expiry(someone: Driver) -> None:
    last = (someone.office.clock() + timedelta(days=1)).date()
    someone.store(someone.licence(valid_until=last.isoformat()))
    assert classes(someone.ask()) == {"fact"}
    someone.office.clock.forward(days=1)
    assert classes(someone.ask_in_another_dossier()) == set()


def test_field_awaiting_digitisation_names_return_time(someone: Driver) -> None:
    someone.announce(days=10)
    came_back = someone.office.clock() + timedelta(days=10, seconds=-5)

    answer = someone.ask()

    assert waiting(answer).keys() >= LICENCE_FIELDS
    assert {datetime.fromisoformat(when) for when in waiting(answer).values()} == {came_back}
    licence = [read for read in answer["sources"] if read["source"] == "records"]
    assert [read["outcome"] for read in licence] == ["no_record"]
    assert classes(answer) == set()
    assert filled(answer)["hoTen"]["class"] == "known"
    body = someone.office.bodies("prefill")[-1]
    assert body["st"].count("e") == len(waiting(answer))


def test_deferred_receipt_lives_up_to_thirty_days(
    someone: Driver,
) -> None:
    plain = someone.ask()
    assert claims(plain)["exp"] - claims(plain)["iat"] == 72 * 3600
    someone.announce(days=10)
    waits = claims(someone.ask())
    assert 12 < (waits["exp"] - waits["iat"]) / 86400 <= 13
    assert {"path", "reason", "retry_at", "role", "attribute"} in [set(f) for f in waits["fields"]]

    longer = Driver(someone.office, next(_households))
    longer.announce(days=29)
    claimed = claims(longer.ask())
    assert claimed["exp"] - claimed["iat"] == 30 * 86400


def test_return_keeps_entries_and_fills_rest(
    someone: Driver,
) -> None:
    announced = someone.announce(days=10)
    first = someone.ask()
    someone.office.clock.forward(days=9)
    record = someone.licence(announced=announced)
    someone.store({**record, "issuer_signature": signed(record)})

    second = someone.ask(data=first["data"], extends=first["receipt"])

    before = {f["path"]: f for f in claims(first)["fields"] if "tag" in f}
    after = {f["path"]: f for f in claims(second)["fields"] if "tag" in f}
    assert before
    assert {path: after[path] for path in before} == before
    assert filled(second).keys() >= LICENCE_FIELDS
    assert classes(second) == {"fact"}
    assert waiting(second) == {}
    judged = someone.office.accepted(
        {"receipt": second["receipt"], "data": first["data"] | second["data"]}
    )
    verdicts = {f["path"]: f["verdict"] for f in judged["fields"]}
    assert {verdicts[path] for path in LICENCE_FIELDS} == {"auto"}


def test_ended_or_withdrawn_wait_defers_nothing(someone: Driver) -> None:
    announced = someone.announce(hours=1)
    assert waiting(someone.ask())
    someone.office.clock.forward(hours=1)
    assert not waiting(someone.ask())
    someone.announce(days=1)
    assert waiting(someone.ask())
    found = someone.office.search(someone.owner).json()["awaited"]
    assert announced in {one["id"] for one in found}
    for one in found:
        ended = someone.office.post(f"/v1/records/{one['id']}/revoke", {"reason": "withdrawn"})
        assert ended.json() == {"id": one["id"], "state": "revoked"}
    assert not waiting(someone.ask())


def test_present_record_is_not_waited_for(someone: Driver) -> None:
    someone.store(someone.licence())
    someone.announce(days=1)
    assert classes(someone.ask()) == {"fact"}


def test_other_persons_digitisation_defers_nothing(someone: Driver) -> None:
    someone.announce(days=1)
    assert not waiting(Driver(someone.office, next(_households)).ask())


def test_record_names_announcement_of_own_kind(someone: Driver) -> None:
    announced = someone.announce(days=1)
    another = Driver(someone.office, next(_households))
    for record, code in (
        (another.licence(announced=announced), "not_announced"),
        (
            {**someone.licence(announced=announced), "kind": "general", "content": {}},
            "not_announced",
        ),
        (someone.licence(announced="rec_none"), "unknown_record"),
    ):
        assert someone.office.post("/v1/records", record).json()["code"] == code
    someone.store(someone.licence(announced=announced))
    again = someone.office.post("/v1/records", someone.licence(announced=announced, number="1"))
    assert again.json()["code"] == "unknown_record"


BAD_ANNOUNCEMENTS: dict[str, tuple[Json, str]] = {
    "no offset": ({"expected_at": "2026-12-01T00:00:00"}, "malformed_time"),
    "no time": ({"expected_at": "mai"}, "malformed_time"),
    "the past": ({"expected_at": "2020-01-01T00:00:00+07:00"}, "not_awaited"),
    "too far ahead": ({"expected_at": "2030-01-01T00:00:00+07:00"}, "not_awaited"),
    "content as well": ({"content": {}, "expected_at": "…"}, "unknown_member"),
    "an unknown kind": ({"kind": "x", "expected_at": "2030-01-01T00:00:00Z"}, "unknown_kind"),
}


@pytest.mark.parametrize("what", BAD_ANNOUNCEMENTS)
def test_bad_announcement_is_refused(someone: Driver, what: str) -> None:
    more, code = BAD_ANNOUNCEMENTS[what]
    answer = someone.office.post(
        "/v1/records", {"kind": "driving_licence", "owner": someone.owner, **more}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_accompanying_data_is_kept_and_found(someone: Driver) -> None:
    told = {
        "procedure": "3.000347",
        "came_as": "result",
        "result_code": "KQ.G07.000122",
        "dossier": "H99.01-20260101-0000001",
        "qr": {
            "dossier": "H99.01-20260101-0000001",
            "procedure": "3.000347",
            "owner": someone.person.personal_id,
            "title": "Giấy phép lái xe",
        },
    }
    someone.store(someone.licence(**told))
    (found,) = someone.office.search(someone.owner).json()["records"]
    assert {name: found["record"][name] for name in told} == told


@pytest.mark.parametrize(
    ("told", "code", "member"),
    [
        ({"qr": {"owner": "003090000124"}}, "qr_disagrees", "qr.owner"),
        (
            {"procedure": "3.000347", "qr": {"procedure": "1.000001"}},
            "qr_disagrees",
            "qr.procedure",
        ),
        ({"procedure": "lái xe"}, "malformed_procedure", "procedure"),
        ({"result_code": "kq 1"}, "malformed_result_code", "result_code"),
        ({"qr": {"dossier": "x"}}, "malformed_dossier", "qr.dossier"),
    ],
)
def test_accompanying_data_must_match_its_paper(
    someone: Driver, told: Json, code: str, member: str
) -> None:
    answer = someone.office.post("/v1/records", someone.licence(**told))
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["member"]) == (code, member)
    assert someone.person.personal_id not in answer.text
