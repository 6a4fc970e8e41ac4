import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.schema import DropTable

from gateway.domain.codelists import CodeLists
from gateway.domain.facts import Coded, Fact, Held, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import AttributeName, PersonalId, TenantId
from gateway.domain.replies import Found, NoRecord
from gateway.records.store import RecordStore
from gateway.sources.identity import FULL_NAME, NAME_PARTS
from gateway.sources.records._client import RecordsSource
from gateway.sources.source import Purpose, Question
from gateway.storage.schema import records
from mocks.people import Population
from mocks.people.knowledge import records_of
from tests.databases import open_database
from tests.sources.conftest import NOW
from tests.sources.contract import PURPOSE, ROOT, SourceContract, Trial, ask, key_of

TENANT = PURPOSE.tenant
OWNER, WIFE, FATHER = "003090000001", "003192000002", "003060000003"
HUSBAND_PERSON = {"personal_id": OWNER, "full_name": "Nguyễn Văn Mẫu", "birth_date": "1990-01-31"}
WIFE_PERSON = {"personal_id": WIFE, "full_name": "Lê Thị Mẫu", "birth_date": "1992-02-28"}


@dataclass
class Vault:
    """The vault with its source, and the day it is."""

    store: RecordStore
    source: RecordsSource

    async def put(self, kind: str, content: dict[str, Any], **more: Any) -> str:
        sent = {
            "kind": kind,
            "owner": {"personal_id": OWNER},
            "number": f"{kind}-1",
            "issuer": "Cơ quan mẫu",
            "issued_on": "2020-05-04",
            "content": content,
        }
        return (await self.store.put(TENANT, sent | more))[0]

    async def facts(self, *wanted: str, owner: str = OWNER) -> dict[str, Fact]:
        names = frozenset(map(AttributeName, wanted)) or self.source.held
        reply = await ask(self.source, PersonKey(PersonalId(owner), None, None), names)
        assert isinstance(reply, Found), reply
        return {str(name): fact for name, fact in reply.facts.items()}

    async def values(self, *wanted: str, owner: str = OWNER) -> dict[str, Held]:
        facts = await self.facts(*wanted, owner=owner)
        return {name: fact.value for name, fact in facts.items()}


@pytest.fixture
def vault(store: RecordStore, lists: CodeLists) -> Vault:
    return Vault(store, RecordsSource(store, lists, lambda: NOW))


class TestTheRecordsKeepTheContract(SourceContract):
    @pytest.fixture
    async def trial(
        self,
        store: RecordStore,
        broken_store: RecordStore,
        lists: CodeLists,
        people: Population,
    ) -> Trial:
        ordinary = people.persona("ordinary")
        for paper in records_of(people, ordinary.n):
            await store.put(TENANT, paper)
        return Trial(
            source=RecordsSource(store, lists, lambda: NOW),
            held=RecordsSource(store, lists, lambda: NOW).held,
            known=key_of(ordinary.personal_id, ordinary.full_name, ordinary.birth_date),
            unknown=key_of("003090999999", "Người Không Có", None),
            broken=RecordsSource(broken_store, lists, lambda: NOW),
            secrets=(
                ordinary.personal_id,
                ordinary.full_name,
                ordinary.permanent.commune.label,
                str(ordinary.card_issued_on),
            ),
        )


@pytest.fixture
async def broken_store(store: RecordStore, tmp_path: Path) -> AsyncIterator[RecordStore]:
    """The same vault over a database that has lost its table."""
    (tmp_path / "broken").mkdir()
    database = open_database(tmp_path / "broken")
    await database.write(lambda connection: connection.execute(DropTable(records)))
    yield RecordStore(database, store.vault, store.kinds, store.index_key, store.clock)
    database.close()


async def test_personas_can_be_read_from_vault(vault: Vault, people: Population) -> None:
    answered: set[str] = set()
    for n in range(240):
        for paper in records_of(people, n):
            await vault.store.put(TENANT, paper)
    for n in range(240):
        reply = await ask(
            vault.source,
            PersonKey(PersonalId(people.number_of(n)), None, None),
            vault.source.held,
        )
        if isinstance(reply, Found):
            answered |= set(reply.facts)
    assert {name for name in vault.source.held if name not in answered} <= {
        "insurance.benefit_amount",
        "insurance.benefit_from",
        "spouse_death.number",
        "spouse_death.date",
        "spouse_death.office",
    }


async def test_card_gives_dates_issuer_and_place(vault: Vault) -> None:
    content = {
        "card_number": OWNER,
        "issue_date": "2024-04-27",
        "issuer": " Bộ  Công an ",
        "birth_place": "Quảng Ngãi",
        "expiry_date": None,
    }
    record_id = await vault.put("identity_card", content, issued_on="2024-04-27")
    facts = await vault.facts()

    assert {name: fact.value for name, fact in facts.items()} == {
        "identity_card.number": OWNER,
        "identity_card.issue_date": PartialDate(2024, 4, 27),
        "identity_card.issuer": "Bộ Công an",
        "identity_card.birth_place": Coded("province", "51", "Tỉnh Quảng Ngãi"),
        "identity_card.paper_type": Coded("identity_paper", "can_cuoc", "Thẻ căn cước"),
    }
    for fact in facts.values():
        assert fact.as_of == datetime(2024, 4, 26, 17, tzinfo=UTC)
        assert fact.record is not None
        assert (fact.record.id, fact.record.kind) == (record_id, "identity_card")
        assert (fact.record.stored_at, fact.record.dossier) == (NOW, None)


async def test_value_names_its_records_dossier(vault: Vault) -> None:
    code = "H99.01-20261122-0000001"
    await vault.put("tax_notice", {"tax_code": "1"}, dossier=code)
    record = (await vault.facts("tax.code"))["tax.code"].record

    assert record is not None and record.dossier == code


@pytest.mark.parametrize("issued_on", [None, "2027-01-01"], ids=["undated", "of the future"])
async def test_record_dates_no_later_than_stored(vault: Vault, issued_on: str | None) -> None:
    await vault.put("tax_notice", {"tax_code": "1"}, issued_on=issued_on)

    assert (await vault.facts("tax.code"))["tax.code"].as_of == NOW


async def test_newest_record_of_kind_is_used(vault: Vault) -> None:
    for year, number in (("2019", "B"), ("2023", "C"), ("2021", "A")):
        await vault.put("passport", {"number": number}, issued_on=f"{year}-01-01")

    assert await vault.values("passport.number") == {"passport.number": "C"}


async def test_expired_record_exists_but_is_silent(vault: Vault) -> None:
    await vault.put("passport", {"number": "C"}, valid_until="2026-11-21")
    assert await vault.values("passport.number") == {}


async def test_record_is_valid_through_last_day(vault: Vault) -> None:
    await vault.put("passport", {"number": "C"}, valid_until="2026-11-22")
    assert await vault.values("passport.number") == {"passport.number": "C"}


async def test_day_ends_at_vietnamese_midnight(store: RecordStore, lists: CodeLists) -> None:
    late = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)
    vault = Vault(store, RecordsSource(store, lists, lambda: late))
    await vault.put("passport", {"number": "C"}, valid_until="2026-11-22")

    assert await vault.values("passport.number") == {}


async def test_revocation_ends_reuse_at_once(vault: Vault) -> None:
    record_id = await vault.put("passport", {"number": "C"})
    assert await vault.values("passport.number") == {"passport.number": "C"}
    await vault.store.revoke(TENANT, record_id, "annulled")

    wanted = frozenset({AttributeName("passport.number")})
    owner = PersonKey(PersonalId(OWNER), None, None)
    assert await ask(vault.source, owner, wanted) == NoRecord()


@pytest.mark.threat(1)
async def test_another_tenants_records_are_not_there(vault: Vault) -> None:
    await vault.put("passport", {"number": "C"})
    elsewhere = Purpose(TenantId("h98"), "H98", None, None, None)
    owner = PersonKey(PersonalId(OWNER), None, None)
    question = Question(owner, vault.source.held, elsewhere, "gw-1")

    assert await vault.source.look_up(question) == NoRecord()


async def test_other_kind_is_no_record(vault: Vault) -> None:
    await vault.put("passport", {"number": "C"})
    wanted = frozenset({AttributeName("tax.code")})

    assert await ask(vault.source, PersonKey(PersonalId(OWNER), None, None), wanted) == NoRecord()


async def test_unanswerable_question_reads_nothing(
    broken_store: RecordStore, lists: CodeLists
) -> None:
    unread = RecordsSource(broken_store, lists, lambda: NOW)
    wanted = frozenset({AttributeName("person.religion")})

    assert await ask(unread, PersonKey(PersonalId(OWNER), None, None), wanted) == NoRecord()


MARRIAGE = {"number": "12/2015", "husband": HUSBAND_PERSON, "wife": WIFE_PERSON}


@pytest.mark.parametrize(("owner", "other"), [(OWNER, WIFE), (WIFE, OWNER)])
async def test_other_marriage_party_is_the_spouse(vault: Vault, owner: str, other: str) -> None:
    await vault.put("marriage_certificate", MARRIAGE, owner={"personal_id": owner})
    spouse = (await vault.values("person.spouse", owner=owner))["person.spouse"]

    assert isinstance(spouse, PersonRef) and spouse.personal_id == PersonalId(other)
    assert spouse.birth_date is not None and spouse.birth_date.full


async def test_a_foreign_spouse_has_no_number(vault: Vault) -> None:
    foreign = {"personal_id": None, "full_name": "Mori Kenji", "nationality": "JP"}
    content = {"husband": foreign, "wife": HUSBAND_PERSON}
    await vault.put("marriage_certificate", content)
    spouse = (await vault.values("person.spouse"))["person.spouse"]

    assert isinstance(spouse, PersonRef) and spouse.personal_id is None
    assert spouse.facts[AttributeName("person.nationality")] == Coded("country", "JP", "Nhật Bản")


@pytest.mark.parametrize(
    "content",
    [
        {"husband": HUSBAND_PERSON},
        {"husband": WIFE_PERSON | {"personal_id": FATHER}, "wife": WIFE_PERSON},
        {"husband": HUSBAND_PERSON, "wife": HUSBAND_PERSON},
    ],
    ids=["one side missing", "the owner on neither side", "the owner on both"],
)
async def test_marriage_without_owner_names_no_spouse(
    vault: Vault, content: dict[str, Any]
) -> None:
    await vault.put("marriage_certificate", content)

    assert await vault.values("person.spouse") == {}


async def test_a_later_divorce_ends_the_marriage(vault: Vault) -> None:
    await vault.put("marriage_certificate", MARRIAGE, issued_on="2015-09-12")
    await vault.put("divorce_judgment", {"number": "1"}, issued_on="2019-03-03")

    assert await vault.values("person.spouse") == {}
    assert await vault.values("marriage.number") == {"marriage.number": "12/2015"}


async def test_earlier_divorce_ended_another_marriage(vault: Vault) -> None:
    await vault.put("divorce_judgment", {"number": "1"}, issued_on="2012-03-03")
    await vault.put("marriage_certificate", MARRIAGE, issued_on="2015-09-12")

    assert set(await vault.values("person.spouse")) == {"person.spouse"}


DEATH = {
    "number": "7/2024",
    "registered_on": "2024-06-12",
    "office": "UBND",
    "deceased": WIFE_PERSON,
}


async def test_death_certificate_matches_marriages_spouse(
    vault: Vault,
) -> None:
    await vault.put("marriage_certificate", MARRIAGE)
    await vault.put("death_certificate", DEATH, issued_on="2024-06-12")

    assert await vault.values("spouse_death.number", "spouse_death.date", "person.spouse") == {
        "spouse_death.number": "7/2024",
        "spouse_death.date": PartialDate(2024, 6, 12),
    }


async def test_unnumbered_spouse_needs_name_and_date(
    vault: Vault,
) -> None:
    unnumbered = WIFE_PERSON | {"personal_id": None}
    await vault.put("marriage_certificate", MARRIAGE | {"wife": unnumbered})
    await vault.put("death_certificate", DEATH | {"deceased": unnumbered})
    assert set(await vault.values("spouse_death.number")) == {"spouse_death.number"}


@pytest.mark.threat(48)
async def test_namesake_of_same_year_is_no_spouse(vault: Vault) -> None:
    unnumbered = WIFE_PERSON | {"personal_id": None, "birth_date": "1992"}
    await vault.put("marriage_certificate", MARRIAGE | {"wife": unnumbered})
    await vault.put("death_certificate", DEATH | {"deceased": unnumbered})
    assert await vault.values("spouse_death.number") == {}


@pytest.mark.parametrize("deceased", [HUSBAND_PERSON, WIFE_PERSON | {"personal_id": FATHER}])
async def test_other_deaths_are_not_spouses(vault: Vault, deceased: dict[str, Any]) -> None:
    await vault.put("marriage_certificate", MARRIAGE)
    await vault.put("death_certificate", DEATH | {"deceased": deceased})

    assert await vault.values("spouse_death.number") == {}


async def test_death_certificate_needs_a_marriage(vault: Vault) -> None:
    await vault.put("death_certificate", DEATH)

    assert await vault.values("spouse_death.number") == {}


async def test_childs_birth_certificate_is_not_parents(vault: Vault) -> None:
    child = {"birth_date": "2019-08-21", "sex": "female", "father": HUSBAND_PERSON}
    await vault.put("birth_certificate", child)
    assert await vault.values("person.birth_date", "person.sex", "person.father") == {}


async def test_birth_certificate_gives_addresses_and_parents(vault: Vault) -> None:
    place = {
        "country": "VN",
        "province": {"code": "51", "label": "Tỉnh Quảng Ngãi"},
        "commune": {"code": "21400", "label": "Xã Mộ Đức"},
        "detail": "Thôn 5",
    }
    content = {
        "sex": "male",
        "birth_place": place,
        "ethnicity": {"code": "04", "label": "Mường"},  # the code of another list
        "nationality": "VN",
        "mother": WIFE_PERSON,
    }
    await vault.put("birth_certificate", content)
    values = await vault.values()

    assert values["birth.place.full"] == "Thôn 5, Xã Mộ Đức, Tỉnh Quảng Ngãi"
    assert values["birth.place.commune"] == Coded("commune", "21400", "Xã Mộ Đức")
    assert values["person.ethnicity"] == Coded("ethnicity", "06", "Mường")
    assert values["person.sex"] == Coded("sex", "male", "Nam")
    assert isinstance(values["person.mother"], PersonRef)
    assert "person.father" not in values


ADDRESSES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "an old province's name under a code of today": (
        {"province": {"code": "24", "label": "Bắc Giang"}, "detail": "Thôn 1"},
        {"detail"},
    ),
    "a commune whose name is another's": (
        {
            "province": {"code": "51", "label": "Tỉnh Quảng Ngãi"},
            "commune": {"code": "21400", "label": "Xã Khác"},
            "detail": "Thôn 1",
        },
        {"detail"},
    ),
    "a commune by its name alone": (
        {"province": "Tỉnh Quảng Ngãi", "commune": "Xã Mộ Đức", "detail": "Thôn 1"},
        {"detail"},
    ),
    "a province alone": ({"province": "Quảng Ngãi"}, {"province", "in_vietnam"}),
    "a place abroad": ({"country": "JP", "detail": "Tokyo"}, {"country", "detail", "in_vietnam"}),
}


@pytest.mark.parametrize("case", ADDRESSES)
async def test_unit_needs_matching_name_and_code(vault: Vault, case: str) -> None:
    address, parts = ADDRESSES[case]
    await vault.put("business_registration", {"head_office": address})

    assert {name.rpartition(".")[2] for name in await vault.values()} == parts


async def test_residence_describes_its_members(vault: Vault) -> None:
    members = [
        HUSBAND_PERSON | {"sex": "male", "relation_to_head": {"code": "01", "label": "Chủ hộ"}},
        WIFE_PERSON | {"sex": "female", "relation_to_head": "Vợ"},
    ]
    dwelling = {"ownership": "rented", "owner": {"full_name": "Trần Văn Chủ"}}
    await vault.put("residence_confirmation", {"members": members, "dwelling": dwelling})
    values = await vault.values()
    persons = values["residence.members"]

    assert isinstance(persons, tuple)
    assert [person.facts[AttributeName("residence.relation_to_head")] for person in persons] == [
        Coded("household_relation", "01", "Chủ hộ"),
        Coded("household_relation", "02", "Vợ"),
    ]
    assert [person.facts[AttributeName("person.sex")] for person in persons] == [
        Coded("sex", "male", "Nam"),
        Coded("sex", "female", "Nữ"),
    ]
    kind = values["residence.dwelling_kind"]
    owner = values["residence.dwelling_owner"]
    assert isinstance(kind, Coded) and kind.code == "rented"
    assert isinstance(owner, PersonRef) and owner.full_name == "Trần Văn Chủ"


async def test_different_benefits_stand_together(vault: Vault) -> None:
    for name, amount in (("social", 750_000), ("merit", Decimal("2789000.50"))):
        content = {"benefit": name, "amount": amount, "from_date": "2022-01-01"}
        await vault.put("social_benefit_decision", content, number=name)

    assert await vault.values() == {
        "benefit.social_amount": Decimal(750_000),
        "benefit.social_from": PartialDate(2022, 1, 1),
        "benefit.merit_amount": Decimal("2789000.50"),
        "benefit.merit_from": PartialDate(2022, 1, 1),
    }


@pytest.mark.parametrize(
    ("content", "workplace"),
    [
        ({"employer": "Công ty Mẫu", "employer_address": "Xã Mẫu"}, "Công ty Mẫu, Xã Mẫu"),
        ({"employer": "Công ty Mẫu"}, None),
        ({"employer_address": "Xã Mẫu"}, None),
    ],
)
async def test_workplace_is_employer_with_address(
    vault: Vault, content: dict[str, Any], workplace: str | None
) -> None:
    await vault.put("insurance_card", content)

    assert (await vault.values()).get("insurance.workplace") == workplace


async def test_licence_is_exchanged_for_same_class(vault: Vault) -> None:
    await vault.put("driving_licence", {"class": "B1", "pending_violation": False})

    assert await vault.values() == {
        "licence.class": Coded("licence_class", "B1", "B1"),
        "licence.requested_class": Coded("licence_class", "B1", "B1"),
        "licence.pending_violation": False,
    }


async def test_unlisted_class_keeps_its_name(vault: Vault) -> None:
    await vault.put("driving_licence", {"class": "B2"})

    assert (await vault.values("licence.class"))["licence.class"] == Coded(
        "licence_class", "B2", "B2"
    )


def test_kinds_answer_all_dictionary_record_attributes(vault: Vault) -> None:
    dictionary = json.loads((ROOT / "schemas" / "attributes.json").read_bytes())["attributes"]
    expected = {
        name
        for name, entry in dictionary.items()
        if "records" in entry["sources"] and entry["type"] != "address"
    }
    who_was_asked_for = NAME_PARTS | {FULL_NAME, "person.personal_id"}

    assert expected - vault.source.held <= who_was_asked_for
