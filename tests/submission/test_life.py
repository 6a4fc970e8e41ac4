"""The first accepted submission is final: again the same, never another, and only by whom it concerns."""

import base64
import copy
import json
from functools import partial
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from gateway.receipts.cases import case_of, register_dossier
from gateway.receipts.tags import FieldMark, Tagger, commit_to
from gateway.retention.sweep import sweep
from gateway.storage.schema import bodies, chains
from gateway.submission.bursts import Bursts
from tests.conftest import House, Walk

FORM = "tk01-passport"


@pytest.fixture(scope="module")
def office(house: House) -> House:
    house.file_records_of(*house.story(FORM).owners)
    house.admit("h11")
    return house


@pytest.fixture
def walk(office: House) -> Walk:
    return office.walk(office.story(FORM))


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_resubmission_is_answered_alike_and_counted_once(office: House, walk: Walk) -> None:
    first = office.accepted(walk.submission())
    leaves = office.leaf_count()
    again = walk.submission()
    again["data"] = dict(reversed(again["data"].items())) | {"khongCoTrongMau": "x"}
    assert office.accepted(again) == first
    assert office.accepted(again, key="n" * 30) == first
    assert first["evidence"] is not None

    office.clock.forward(minutes=11)
    assert office.accepted(again) == {**first, "evidence": None}
    assert office.leaf_count() == leaves


@pytest.mark.threat(56)
def test_used_receipt_accepts_no_other_content(office: House, walk: Walk) -> None:
    free = next(p for p, f in walk.filled.items() if f["edit"] == "free")
    typed = walk.submission()
    typed["data"]["ngheNghiep"] = "Thợ mộc"
    office.accepted(typed)
    path = walk.locked[0]
    others: list[dict[str, Any]] = [
        walk.submission(),
        walk.submission(contested=[path]),
        walk.submission(entered_by={"ngheNghiep": "officer"}),
        {**typed, "data": {**typed["data"], "ngheNghiep": "Thợ nề"}},
        {**typed, "data": {**typed["data"], free: "khác"}},
        {**typed, "data": {}},
    ]
    for other in others:
        assert code_of(office.submit(other)) == (409, "already_submitted")
    office.clock.forward(minutes=11)
    for other in others:
        assert code_of(office.submit(other)) == (409, "already_submitted")
    again = office.prefill({**walk.questions[-1], "extends": walk.receipt})
    assert code_of(again) == (409, "already_submitted")


def test_expired_receipt_needs_a_new_prefill(office: House, walk: Walk) -> None:
    office.clock.forward(hours=72)
    assert code_of(office.submit(walk.submission())) == (422, "receipt_expired")
    extended = office.prefill({**walk.questions[-1], "extends": walk.receipt})
    assert code_of(extended) == (422, "receipt_expired")


@pytest.mark.threat(14)
def test_altered_receipt_is_refused(office: House, walk: Walk) -> None:
    head, payload, signature = walk.receipt.split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
    for entry in claims["fields"]:
        entry |= {"edit": "free"} if "tag" in entry else {}
    freed = base64.urlsafe_b64encode(orjson.dumps(claims)).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"prefill-receipt+jwt"}').decode()
    forged = [
        f"{head}.{freed}.{signature}",
        f"{unsigned.rstrip('=')}.{freed}.",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature}.x",
        office.token(),
        "",
        "a.b.c",
        "é.ü.ñ",
        "." * 1000,
    ]
    leaves = office.leaf_count()
    for receipt in forged:
        answer = office.submit({**walk.submission(), "receipt": receipt})
        assert code_of(answer)[0] == 422, receipt[:20]
        assert code_of(answer)[1] in ("receipt_forged", "receipt_unreadable")
        assert receipt == "" or receipt not in answer.text
    assert office.leaf_count() == leaves
    assert office.accepted(walk.submission())["accepted"]


def test_receipt_binds_tenant_dossier_and_person(office: House, walk: Walk) -> None:
    assert code_of(office.submit(walk.submission(), tenant="h11")) == (422, "receipt_foreign")
    other = office.population.persona("driver")
    subject = {"personal_id": other.personal_id}
    assert code_of(office.submit(walk.submission(subject=subject))) == (422, "receipt_foreign")

    story = office.story(FORM)
    bound = office.walk(story, dossier=office.dossier())
    wrong = bound.submission(dossier=office.dossier())
    assert code_of(office.submit(wrong)) == (422, "receipt_foreign")
    own = {"personal_id": story.subject["personal_id"]}
    right = bound.submission(dossier=bound.questions[0]["dossier"], subject=own)
    assert office.accepted(right)["accepted"]


def test_concurrent_submissions_record_one(office: House, walk: Walk) -> None:
    leaves = office.leaf_count()
    path = next(p for p, f in walk.filled.items() if f["edit"] != "locked")
    other = walk.submission()
    other["data"][path] = "khác"
    bodies = [walk.submission(), other] * 5
    answers = office.together(*(office.call("/v1/submissions", body) for body in bodies))
    assert sum(a.status_code == 200 for a in answers) == 1
    assert {a.status_code for a in answers} <= {200, 409}
    assert office.leaf_count() == leaves + 1


def test_evidence_opens_tags_gateway_cannot(office: House, walk: Walk) -> None:
    answer = office.accepted(walk.submission())
    evidence = answer["evidence"]
    key = base64.urlsafe_b64decode(evidence["key"] + "==")
    claims = orjson.loads(base64.urlsafe_b64decode(walk.receipt.split(".")[1] + "=="))
    form = office.form(FORM)
    tagger = Tagger.of(key, claims["chain"], "h99", form.definition.digest, form.bindings.digest)
    sex = next(f for f in claims["fields"] if f.get("attribute") == "person.sex" and "tag" in f)
    template = form.definition.field(sex["path"])
    mark = FieldMark(template.path, (), sex["role"], sex["attribute"], sex["edit"], template.type)
    value = walk.data[sex["path"]]
    canon = value["value"] if isinstance(value, dict) else value
    assert tagger.field_tag(mark, canon) == sex["tag"]

    row = office.services.database.read(
        lambda c: c.execute(select(chains).where(chains.c.chain == claims["chain"])).one()
    )
    assert (row.state, row.wrapped_key) == ("submitted", None)
    prefill = office.bodies("prefill")[-1]
    assert prefill["kc"] == base64.b64encode(commit_to(key)).decode()
    assert evidence["leaves"][-1]["leaf"] == answer["leaf"]
    assert len(evidence["leaves"]) == len(walk.questions) + 1


def test_unsubmitted_chain_is_abandoned_and_unusable(office: House) -> None:
    walk = office.walk(office.story(FORM))
    claims = json.loads(base64.urlsafe_b64decode(walk.receipt.split(".")[1] + "=="))
    office.clock.forward(hours=73)
    assert office.run(sweep(office.services.database, office.clock)) >= 1
    assert claims["chain"] in {body["chain"] for body in office.bodies("abandoned")}
    row = office.services.database.read(
        lambda c: c.execute(select(chains).where(chains.c.chain == claims["chain"])).one()
    )
    assert (row.state, row.wrapped_key) == ("abandoned", None)


@pytest.mark.threat(41)
@pytest.mark.parametrize("member", ["source", "verified", "tenant", "counts", "verdicts", "leaf"])
def test_submission_rejects_server_side_members(office: House, walk: Walk, member: str) -> None:
    assert office.submit(walk.submission(**{member: True})).status_code == 422
    claimed = copy.deepcopy(walk.submission())
    claimed["data"] |= {"verdicts": dict.fromkeys(walk.filled, "auto"), "unchanged": True}
    honest = office.accepted(claimed)["counts"]
    assert honest["auto"] <= len(walk.filled)


@pytest.mark.threat(18)
def test_t18_burst_submission_is_marked(
    office: House, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.services.cases.submissions, "_bursts", Bursts(0, 0))
    office.accepted(walk.submission())

    newest = select(bodies.c.body).where(bodies.c.kind == "submission")
    body = office.services.database.read(
        lambda c: c.execute(newest.order_by(bodies.c.idx.desc())).scalars().first()
    )
    assert body is not None and orjson.loads(body)["bu"] == 1


@pytest.mark.threat(74)
def test_dossier_named_at_submission_joins_case(office: House) -> None:
    """Registered or prefilled for the same applicant it is one case; another's dossier is refused."""
    story = office.story(FORM)
    registered, prefilled, foreign = office.dossier(), office.dossier(), office.dossier()
    database, key = office.services.database, office.services.keys.index
    now = office.clock()
    office.run(database.write(lambda c: register_dossier(c, "h99", registered, now, key)))
    office.walk(story, dossier=prefilled)
    office.filled(office.question(FORM, "driver", dossier=foreign))
    for code in (registered, prefilled):
        walk = office.walk(story)
        office.accepted(walk.submission(dossier=code))
        case = office.bodies("submission")[-1]["case"]
        assert database.read(partial(case_of, tenant="h99", dossier=code, index_key=key)) == case
        assert office.accepted(walk.submission(dossier=code))["accepted"]
    walk = office.walk(story)
    refused = office.submit(walk.submission(dossier=foreign))
    assert code_of(refused) == (409, "dossier_of_another_applicant")
    assert office.accepted(walk.submission())["accepted"]
