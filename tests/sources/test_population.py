import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx
from lxml import etree

from gateway.domain.codelists import CodeLists
from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.domain.facts import Coded, Held, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import AttributeName, PersonalId, TenantId
from gateway.domain.replies import Found, NoRecord, NotPermitted
from gateway.sources.population._reading import HELD
from gateway.sources.population._routes import DirectRoute
from gateway.sources.source import Purpose, Question
from mocks.people import PERSONAS, Population
from tests.sources.conftest import NOW
from tests.sources.contract import PURPOSE, SourceContract, Trial, ask, key_of
from tests.sources.population_desk import SECRET, URL, Desk, key, open_desk, source_over

NAMESPACE = {"dan": "http://dancuquocgia.bca"}
SEX = AttributeName("person.sex")


@pytest.fixture
def desk(lists: CodeLists, people: Population) -> Desk:
    return open_desk(lists, people)


class TestThePopulationDatabaseKeepsTheContract(SourceContract):
    @pytest.fixture
    def trial(self, desk: Desk, lists: CodeLists) -> Trial:
        router = respx.MockRouter()
        router.post(URL).respond(503)
        ordinary = desk.person("ordinary")
        return Trial(
            source=desk.source,
            held=HELD,
            known=key(ordinary),
            unknown=key_of("003090999999", "Người Không Có", "1990-01-01"),
            broken=source_over(httpx.MockTransport(router.async_handler), lists),
            secrets=(
                ordinary.personal_id,
                ordinary.full_name,
                ordinary.full_name.upper(),
                "TRANDUCNAM",
                "Mộ Đức",
                SECRET,
            ),
        )


async def facts_of(desk: Desk, persona: str) -> dict[str, Held]:
    reply = await ask(desk.source, key(desk.person(persona)), HELD)
    assert isinstance(reply, Found)
    return {name: fact.value for name, fact in reply.facts.items()}


def elements(request: httpx.Request) -> dict[str, str]:
    operation = etree.fromstring(request.content)[1][0]
    return {
        etree.QName(child).localname: "".join(str(text) for text in child.itertext())
        for child in operation
    }


async def test_an_ordinary_person_comes_whole(desk: Desk) -> None:
    facts = await facts_of(desk, "ordinary")
    person = desk.person("ordinary")

    assert facts["person.personal_id"] == person.personal_id
    assert facts["person.full_name"] == person.full_name.upper()
    assert facts["person.birth_date"] == PartialDate(1984, 3, 17)
    assert facts["person.sex"] == Coded("sex", "male", "Nam")
    assert facts["person.ethnicity"] == Coded("ethnicity", *person.ethnicity)
    assert facts["person.religion"] == Coded("religion", *person.religion)
    assert facts["person.nationality"] == Coded("country", "VN", "Việt Nam")
    assert facts["person.marital_status"] == Coded("marital_status", "2", "Đang có vợ/chồng")
    assert facts["person.permanent_address.province"] == Coded("province", *person.permanent[1])
    assert facts["person.permanent_address.commune"] == Coded("commune", *person.permanent[2])
    assert facts["person.permanent_address.detail"] == person.permanent.detail.upper()
    assert facts["person.permanent_address.in_vietnam"] == Coded("inland", "vn", "Trong nước")


async def test_personas_and_others_can_be_read(desk: Desk, people: Population) -> None:
    outcomes = set()
    for n in [*PERSONAS.values(), *range(300, 500)]:
        person = people.person(n)
        reply = await ask(desk.source, key(person), HELD)
        outcomes.add(type(reply).__name__)
        if isinstance(reply, Found):
            assert reply.facts[AttributeName("person.personal_id")].value == person.personal_id
    assert outcomes == {"Found", "NoRecord"}


async def test_request_follows_service_order(desk: Desk) -> None:
    person = desk.person("ordinary")
    await ask(desk.source, key(person), HELD, ref="gw-20261122-000001")

    sent = elements(desk.sent[0])
    assert list(sent.items()) == [
        ("MaYeuCau", "gw-20261122-000001"),
        ("MaDVC", "1.004222"),
        ("MaTichHop", "037"),
        ("MaCanBo", "H99.01.cb017"),
        ("MaDonVi", "H99.01"),
        ("SoDinhDanh", person.personal_id),
        ("HoVaTen", "TRANDUCNAM"),
        ("NgayThangNamSinh", "19840317"),
    ]
    headers = desk.sent[0].headers
    assert headers["content-type"] == "application/xml"
    assert headers["soapaction"] == '""'


async def test_sign_in_hashes_address_and_time(
    desk: Desk,
) -> None:
    await ask(desk.source, key(desk.person("ordinary")), HELD)
    headers = desk.sent[0].headers
    timestamp = str(int(NOW.timestamp() * 1000))
    text = f"https://csdldc.mock.example/dancugw-mock{timestamp}{SECRET}"
    user, _, signed = base64.b64decode(headers["authorization"].split()[1]).partition(b":")

    assert headers["timestamp"] == timestamp
    assert (user, signed.decode()) == (b"gw-mock", hashlib.sha256(text.encode()).hexdigest())


async def test_personal_number_is_never_in_address(desk: Desk) -> None:
    await ask(desk.source, key(desk.person("ordinary")), HELD)

    assert str(desk.sent[0].url) == URL


def purpose(**changes: Any) -> Purpose:
    given = {"procedure": None, "officer": None, "dossier": None, **changes}
    return Purpose(TenantId("h99"), given.pop("agency", "H99.01"), **given)


@pytest.mark.parametrize(
    ("given", "element", "sent"),
    [
        ({}, "MaDVC", "VPCP"),
        ({"procedure": "1.004222.000.00.00.H99"}, "MaDVC", "1.004222"),
        ({}, "MaCanBo", "cb.demo.01"),
        ({"officer": "H99.01.cb017"}, "MaCanBo", "H99.01.cb017"),
        ({"agency": ""}, "MaDonVi", "H99"),
    ],
    ids=[
        "without a procedure the constant",
        "the national part of a long procedure code",
        "without an officer the service account",
        "the officer",
        "without an agency the account's",
    ],
)
async def test_a_read_names_its_purpose(
    desk: Desk, given: dict[str, str], element: str, sent: str
) -> None:
    question = Question(key(desk.person("ordinary")), HELD, purpose(**given), "gw-1")

    assert isinstance(await desk.source.look_up(question), Found)
    assert elements(desk.sent[0])[element] == sent


async def test_unsupported_purpose_is_not_sent(desk: Desk) -> None:
    person = key(desk.person("ordinary"))
    for doubtful in (
        Question(person, HELD, purpose(officer="o" * 21), "gw-1"),
        Question(person, HELD, purpose(agency="A" * 36), "gw-1"),
        Question(person, HELD, PURPOSE, "r" * 41),
    ):
        reply = await desk.source.look_up(doubtful)
        assert reply == NotPermitted("not_sendable", attempts=0)
    assert desk.sent == []


async def test_birth_year_is_asked_as_year(desk: Desk) -> None:
    person = desk.person("ordinary")
    by_year = PersonKey(PersonalId(person.personal_id), person.full_name, PartialDate(1984))

    assert isinstance(await ask(desk.source, by_year, HELD), Found)
    assert b"<dan:Nam>1984</dan:Nam>" in desk.sent[0].content


async def test_relative_is_asked_by_numbers_year(desk: Desk) -> None:
    father = (await facts_of(desk, "ordinary"))["person.father"]
    assert isinstance(father, PersonRef) and father.personal_id is not None
    reply = await ask(desk.source, PersonKey(father.personal_id, father.full_name, None), HELD)

    assert isinstance(reply, Found)
    born = reply.facts[AttributeName("person.birth_date")].value
    assert isinstance(born, PartialDate)
    assert f"<dan:Nam>{born.year}</dan:Nam>".encode() in desk.sent[1].content


async def test_nameless_person_is_not_asked_for(desk: Desk) -> None:
    nameless = key_of(desk.person("ordinary").personal_id, "x", None)
    question = Question(PersonKey(nameless.personal_id, None, None), HELD, PURPOSE, "gw-1")

    with pytest.raises(ValueError, match="by number and name"):
        await desk.source.look_up(question)
    assert desk.sent == []


@pytest.mark.parametrize(
    "changed",
    [{"name": "Trần Đức Bắc"}, {"born": "1984-03-18"}, {"number": "003084709314"}],
    ids=lambda changed: next(iter(changed)),
)
async def test_mismatch_is_no_record(desk: Desk, changed: dict[str, str]) -> None:
    person = desk.person("ordinary")
    asked = key_of(
        changed.get("number", person.personal_id),
        changed.get("name", person.full_name),
        changed.get("born", person.birth_date),
    )

    assert await ask(desk.source, asked, HELD) == NoRecord()


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"error_code": "004"}, NotPermitted("004")),
        ({"error_code": "005"}, NotPermitted("005")),
        ({"empty_ten": True}, NoRecord()),
        ({"no_match": True}, NoRecord()),
    ],
    ids=["004", "005", "a citizen without a name", "nobody"],
)
async def test_the_databases_own_words_become_outcomes(
    desk: Desk, fault: dict[str, Any], outcome: NotPermitted | NoRecord
) -> None:
    desk.mock.state.faults.add(**fault)

    assert await ask(desk.source, key(desk.person("ordinary")), HELD) == outcome


async def test_unlicensed_procedure_and_officer_differ(desk: Desk) -> None:
    person = key(desk.person("ordinary"))
    unlicensed = Question(person, HELD, purpose(procedure="9.999999"), "gw-1")
    stranger = Question(person, HELD, purpose(officer="somebody"), "gw-1")

    assert await desk.source.look_up(unlicensed) == NotPermitted("004")
    assert await desk.source.look_up(stranger) == NotPermitted("005")


FAILURES: dict[str, tuple[dict[str, Any], type[SourceError], str, int]] = {
    "HTML": ({"garbage": "html"}, SourceBrokeContract, "unreadable", 1),
    "JSON": ({"garbage": "json"}, SourceBrokeContract, "unreadable", 1),
    "random bytes": ({"garbage": "random"}, SourceBrokeContract, "unreadable", 1),
    "half an answer": ({"garbage": "truncated"}, SourceBrokeContract, "unreadable", 1),
    "nothing": ({"garbage": "empty"}, SourceUnavailable, "empty", 2),
    "a neighbour": ({"wrong_person": True}, SourceBrokeContract, "wrong_person", 1),
    "502": ({"status": 502}, SourceUnavailable, "status_502", 2),
    "500": ({"status": 500}, SourceUnavailable, "status_500", 1),
    "429": ({"status": 429, "retry_after_seconds": 1}, SourceUnavailable, "throttled", 1),
    "too slow": ({"delay_ms": 5000}, SourceUnavailable, "timeout", 2),
}


@pytest.mark.parametrize("case", FAILURES)
async def test_bad_answer_is_source_error_with_cause(desk: Desk, case: str) -> None:
    fault, error, cause, attempts = FAILURES[case]
    desk.mock.state.faults.add(**fault)

    with pytest.raises(error) as raised:
        await ask(desk.source, key(desk.person("ordinary")), HELD)
    assert (raised.value.cause, raised.value.attempts) == (cause, attempts)
    assert len(desk.sent) == attempts


async def test_passing_failure_costs_one_more_attempt(desk: Desk) -> None:
    desk.mock.state.faults.add(status=503, calls=1)
    reply = await ask(desk.source, key(desk.person("ordinary")), HELD)

    assert isinstance(reply, Found) and reply.attempts == 2


async def test_wrong_secret_is_not_retried(lists: CodeLists, people: Population) -> None:
    desk = open_desk(lists, people)
    assert isinstance(desk.source.route, DirectRoute)
    object.__setattr__(desk.source.route.account, "secret", "another")

    with pytest.raises(SourceUnavailable, match="status_401"):
        await ask(desk.source, key(desk.person("ordinary")), HELD)
    assert len(desk.sent) == 1


@pytest.mark.threat(42)
async def test_surplus_is_dropped_and_counted(desk: Desk) -> None:
    person = key(desk.person("ordinary"))
    usual = await ask(desk.source, person, HELD)
    desk.mock.state.faults.add(surplus=True)
    more = await ask(desk.source, person, HELD)
    little = await ask(desk.source, person, frozenset({SEX}))

    assert isinstance(usual, Found) and isinstance(more, Found) and isinstance(little, Found)
    assert more.facts == usual.facts
    assert more.surplus == usual.surplus + 3
    assert set(little.facts) == {SEX}
    assert little.surplus > 10


async def test_answer_dates_from_its_stated_time(desk: Desk) -> None:
    person = key(desk.person("ordinary"))
    desk.mock.state.faults.add(data_age_days=30)
    reply = await ask(desk.source, person, HELD)

    assert isinstance(reply, Found)
    assert reply.facts[SEX].as_of == datetime(2026, 10, 22, 17, tzinfo=UTC)
    assert NOW - reply.facts[SEX].as_of < timedelta(days=31)


QUIRKS: dict[str, dict[str, object]] = {
    "year_only_birth": {"person.birth_date": PartialDate(1985)},
    "empty_nationality": {"person.nationality": None},
    "single_word_name": {
        "person.surname": None,
        "person.middle_name": None,
        "person.given_name": "THƯƠNG",
    },
    "old_unit_codes": {
        "person.permanent_address.province": Coded("province", "24", "Tỉnh Bắc Ninh"),
        "person.permanent_address.commune": None,
        "person.permanent_address.full": None,
    },
    "commune_contradicts": {
        "person.permanent_address.province": None,
        "person.permanent_address.commune": None,
        "person.permanent_address.full": None,
    },
    "no_spouse": {"person.spouse": None},
    "father_unknown": {"person.father": None},
    "ordinary": {"person.representative": None},
}


@pytest.mark.parametrize("persona", QUIRKS)
async def test_persona_is_filled_where_database_is_clear(desk: Desk, persona: str) -> None:
    facts = await facts_of(desk, persona)

    assert {name: facts.get(name) for name in QUIRKS[persona]} == QUIRKS[persona]


async def test_record_without_name_is_nobody(desk: Desk) -> None:
    assert await ask(desk.source, key(desk.person("under_verification")), HELD) == NoRecord()


@pytest.mark.threat(27)
async def test_duplicate_records_give_what_they_share(
    desk: Desk,
) -> None:
    twice, once = await facts_of(desk, "duplicate_record"), await facts_of(desk, "ordinary")

    assert "person.current_address.detail" in once
    assert "person.current_address.detail" not in twice
    assert "person.permanent_address.detail" in twice


async def test_relatives_come_with_the_same_answer(desk: Desk) -> None:
    facts, person = await facts_of(desk, "ordinary"), desk.person("ordinary")
    assert person.father is not None and person.father.personal_id is not None
    father = facts["person.father"]

    assert isinstance(father, PersonRef)
    assert father.personal_id == PersonalId(person.father.personal_id)
    assert father.full_name == person.father.full_name.upper()
    assert father.facts[AttributeName("person.nationality")] == Coded("country", "VN", "Việt Nam")
    assert father.facts[AttributeName("person.personal_id")] == person.father.personal_id


async def test_old_number_alone_cannot_be_asked(desk: Desk) -> None:
    father = (await facts_of(desk, "nine_digit_relative"))["person.father"]

    assert isinstance(father, PersonRef)
    assert father.personal_id is None and father.full_name


async def test_own_household_head_is_its_head(desk: Desk) -> None:
    head = (await facts_of(desk, "household_head"))["person.household_head"]
    own = PersonalId(desk.person("household_head").personal_id)

    assert isinstance(head, PersonRef) and head.personal_id == own


async def test_database_journal_has_our_reference(desk: Desk) -> None:
    person = desk.person("ordinary")
    await ask(desk.source, key(person), HELD, ref="gw-77")
    (asked,) = desk.mock.state.journal.about(person.personal_id)

    assert (asked.request_id, asked.service, asked.officer) == ("gw-77", "037", "H99.01.cb017")


@pytest.mark.threat(27)
@pytest.mark.parametrize(
    "number",
    ["<SoDinhDanh>003090000002</SoDinhDanh>", "<SoDinhDanh/>", ""],
    ids=["another number", "an empty number", "no number"],
)
async def test_answer_about_another_person_is_refused(lists: CodeLists, number: str) -> None:
    body = (
        "<Envelope><Body><CongdanCollection><CongDan>"
        f"{number}<HoVaTen><Ten>NGUYỄN VĂN MẪU</Ten></HoVaTen><GioiTinh>1</GioiTinh>"
        "</CongDan></CongdanCollection></Body></Envelope>"
    )
    router = respx.MockRouter()
    router.post(URL).respond(200, content=body.encode())
    source = source_over(httpx.MockTransport(router.async_handler), lists)

    with pytest.raises(SourceBrokeContract, match="wrong_person"):
        await ask(source, key_of("003090000001", "Nguyễn Văn Mẫu", "1990"), HELD)
