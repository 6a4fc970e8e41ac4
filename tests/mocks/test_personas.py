"""Every persona is what its name says, whatever the seed."""

import unicodedata

import pytest

from mocks.people import PERSONAS, Person, Population
from mocks.people.knowledge import records_of, truth_of
from mocks.people.words import COMMUNES_OF
from tests.mocks.asking import Caller, text

REUSED_PROVINCE_CODES = {"15", "24", "44", "52", "80", "82", "91"}


@pytest.fixture(params=[2026, 1, 99])
def anybody(request: pytest.FixtureRequest) -> Population:
    return Population(request.param)


def kinds(people: Population, name: str) -> set[str]:
    return {record["kind"] for record in records_of(people, PERSONAS[name])}


def age(person: Person) -> int:
    return 2026 - person.birth_year


def test_personas_live_in_every_seed(anybody: Population) -> None:
    for n in PERSONAS.values():
        person = anybody.person(n)
        assert anybody.by_number(person.personal_id) == person
        assert person.personal_id.startswith("003")


def test_the_ordinary_person_has_nothing_peculiar(anybody: Population) -> None:
    person = anybody.persona("ordinary")
    assert person.wire.units == "new"
    assert person.wire.state == "plain"
    assert len(person.birth_date) == 10
    assert None not in (person.father, person.mother, person.spouse, person.residence)
    assert person.father is not None
    assert person.father.personal_id is not None
    assert len(person.children) == 2
    assert {
        "identity_card",
        "residence_confirmation",
        "marriage_certificate",
        "insurance_card",
        "driving_licence",
    } <= kinds(anybody, "ordinary")


def test_names_of_one_and_many_words(anybody: Population) -> None:
    assert " " not in anybody.persona("single_word_name").full_name
    assert 80 <= len(anybody.persona("very_long_name").full_name) <= 100


def test_birth_certificate_may_hold_former_name(anybody: Population) -> None:
    person = anybody.persona("changed_name")
    names = {r["kind"]: r["owner"]["full_name"] for r in records_of(anybody, person.n)}
    former = names.pop("birth_certificate")
    birth = next(r for r in records_of(anybody, person.n) if r["kind"] == "birth_certificate")
    assert former == birth["content"]["full_name"] != person.full_name
    assert names and set(names.values()) == {person.full_name}


def test_a_foreign_name_holds_signs(anybody: Population) -> None:
    assert {"-", "'"} <= set(anybody.persona("foreign_name").full_name)


def test_dates_with_a_year_only(anybody: Population) -> None:
    assert len(anybody.persona("year_only_birth").birth_date) == 4
    assert len(anybody.persona("year_only_child").birth_date) == 4


def test_births_under_other_clocks(anybody: Population) -> None:
    assert "1943" < anybody.persona("born_1943_to_1975").birth_date < "1975"
    assert anybody.persona("born_when_clocks_changed").birth_date == "1959-12-31"


def test_only_some_couples_have_hospital_notice(
    anybody: Population,
) -> None:
    mother = anybody.persona("hospital_birth_parents")
    assert mother.sex == "female"
    assert mother.spouse is not None
    assert mother.spouse.n == PERSONAS["hospital_birth_father"]
    assert age(mother) < 40
    assert "birth_notice" in kinds(anybody, "hospital_birth_parents")
    assert "birth_notice" not in kinds(anybody, "home_birth_parents")
    for name in ("hospital_birth_parents", "hospital_birth_father", "home_birth_parents"):
        newborn = truth_of(anybody, PERSONAS[name])["newborn"]
        assert newborn["mother"] is not None
        assert newborn["father"] is not None
        assert newborn["full_name"].split()[0] == newborn["father"]["full_name"].split()[0]


def test_a_child_has_no_card(anybody: Population) -> None:
    child = anybody.persona("child_without_card")
    assert age(child) < 14
    assert child.card_issued_on is None
    assert "identity_card" not in kinds(anybody, "child_without_card")


def test_a_father_may_be_unknown(anybody: Population) -> None:
    child = anybody.persona("father_unknown")
    assert child.father is None
    assert child.mother is not None
    assert child.full_name.split()[0] == child.mother.full_name.split()[0]
    assert child.n not in anybody.person(child.n - 2).children
    birth = next(r for r in records_of(anybody, child.n) if r["kind"] == "birth_certificate")
    assert birth["content"]["father"] is None


def test_the_ethnic_group_may_be_another(anybody: Population) -> None:
    assert anybody.persona("ethnic_other").ethnicity == ("17", "Chăm")


def test_a_head_of_household_heads_it(anybody: Population) -> None:
    head = anybody.persona("household_head")
    assert head.residence is not None
    assert head.residence.head == head.n
    assert len(head.residence.members) >= 5


def test_tenant_is_registered_with_landlord(anybody: Population) -> None:
    tenant, landlord = anybody.persona("tenant_in_household"), anybody.persona("landlord")
    assert tenant.residence == landlord.residence
    assert tenant.residence is not None
    assert tenant.residence.head == landlord.n
    assert tenant.temporary == landlord.permanent
    assert tenant.permanent != landlord.permanent
    paper = truth_of(anybody, tenant.n)["papers"]["residence_confirmation"]
    assert paper["residence_type"] == "temporary"
    assert paper["dwelling"]["ownership"] == "rented"
    assert paper["dwelling"]["owner"]["personal_id"] == landlord.personal_id


def test_a_temporary_resident_lives_elsewhere(anybody: Population) -> None:
    person = anybody.persona("temporary_resident")
    assert person.temporary == person.current != person.permanent


def test_person_may_contradict_the_register(anybody: Population) -> None:
    person = anybody.persona("wrong_official_value")
    said = truth_of(anybody, person.n)["person"]
    assert said["ethnicity"]["code"] != person.ethnicity.code
    assert said["hometown"]["commune"]["code"] != person.hometown.commune.code
    assert said["full_name"] == person.full_name


def test_a_person_who_moved_says_so(anybody: Population) -> None:
    person = anybody.persona("moved_house")
    said = truth_of(anybody, person.n)["person"]
    assert said["current_address"]["commune"]["code"] != person.current.commune.code


def test_a_foreign_spouse_has_no_number(anybody: Population) -> None:
    spouse = anybody.persona("foreign_spouse").spouse
    assert spouse is not None
    assert (spouse.personal_id, spouse.nationality) == (None, "JP")
    assert "marriage_certificate" in kinds(anybody, "foreign_spouse")


def test_relative_may_have_only_old_number(anybody: Population) -> None:
    father = anybody.persona("nine_digit_relative").father
    assert father is not None
    assert father.personal_id is None
    assert father.old_number is not None
    assert father.n is not None
    assert anybody.person(father.n).old_number == father.old_number


def test_one_person_may_have_both_numbers(anybody: Population) -> None:
    person = anybody.persona("cmnd_and_cccd")
    assert person.old_number is not None
    assert len(person.old_number) == 9
    assert anybody.by_number(person.old_number) == anybody.by_number(person.personal_id)


def test_single_people_who_may_marry(anybody: Population) -> None:
    groom, bride = anybody.persona("groom"), anybody.persona("bride")
    assert (groom.sex, bride.sex) == ("male", "female")
    for person in (groom, bride, anybody.persona("no_spouse")):
        assert person.spouse is None
        assert person.marital_status == "single"
        assert age(person) >= 20


def test_divorced_share_judgment_and_live_apart(anybody: Population) -> None:
    man, woman = anybody.persona("divorced"), anybody.persona("divorced_wife")
    assert man.marital_status == woman.marital_status == "divorced"
    assert man.spouse is woman.spouse is None
    assert man.residence != woman.residence
    judgments = [truth_of(anybody, p.n)["papers"]["divorce_judgment"] for p in (man, woman)]
    assert judgments[0] == judgments[1]


def test_widowed_hold_the_death_certificate(anybody: Population) -> None:
    widow, dead = anybody.persona("widowed"), anybody.persona("deceased")
    assert dead.died_on is not None
    assert widow.marital_status == "widowed"
    assert widow.spouse is None
    for name in ("widowed", "deceased"):
        held = [r for r in records_of(anybody, PERSONAS[name]) if r["kind"] == "death_certificate"]
        assert dead.personal_id in {r["content"]["deceased"]["personal_id"] for r in held}
    assert "death_notice" in kinds(anybody, "widowed")


def test_pensions(anybody: Population) -> None:
    pensioner = anybody.persona("pensioner")
    assert pensioner.died_on is None
    card = truth_of(anybody, pensioner.n)["papers"]["insurance_card"]
    assert card["pension_amount"] > 0
    assert card["pension_from"] is not None
    applicant = anybody.persona("social_pension_applicant")
    papers = truth_of(anybody, applicant.n)["papers"]
    assert applicant.died_on is None
    assert age(applicant) >= 75
    assert papers.get("insurance_card", {}).get("pension_amount") is None
    assert papers["poverty_certificate"]["status"] == "near_poor"
    assert "bank_account" in papers


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("driver", "driving_licence"),
        ("business_owner", "business_registration"),
        ("business_owner", "tax_notice"),
        ("land_owner", "land_certificate"),
        ("disabled", "disability_certificate"),
        ("passport_holder", "passport"),
        ("merit_beneficiary", "social_benefit_decision"),
        ("beneficiary_death", "social_benefit_decision"),
        ("company_owner", "business_registration"),
        ("company_owner", "investment_certificate"),
        ("haulier", "transport_licence"),
        ("social_facility_head", "social_facility_certificate"),
        ("authorised_agent", "authorisation"),
        ("land_user", "cadastral_extract"),
        ("land_user", "land_use_paper"),
        ("land_user", "construction_permit"),
        ("unemployed", "termination_decision"),
        ("self_employed", "insurance_household"),
        ("vehicle_buyer", "vehicle_invoice"),
        ("disability_applicant", "disability_conclusion"),
        ("student", "scholarship_decision"),
        ("student", "tuition_decision"),
        ("certificate_of_identity", "identity_certificate"),
    ],
)
def test_owners_hold_their_papers(anybody: Population, name: str, kind: str) -> None:
    assert kind in kinds(anybody, name)
    assert anybody.persona(name).died_on is None


def test_new_applicants_lack_these_papers(anybody: Population) -> None:
    assert "disability_certificate" not in kinds(anybody, "disability_applicant")
    assert "identity_card" not in kinds(anybody, "certificate_of_identity")
    assert age(anybody.persona("certificate_of_identity")) >= 18
    assert 18 <= age(anybody.persona("student")) <= 22
    jobless = truth_of(anybody, PERSONAS["unemployed"])["papers"]["insurance_card"]
    assert jobless["employer"] is None
    assert 12 <= jobless["unemployment_months"] <= 120


@pytest.mark.parametrize("dead", ["hospital_death", "beneficiary_death"])
def test_hospital_death_is_known_to_family_alone(anybody: Population, dead: str) -> None:
    person = anybody.persona(dead)
    assert person.died_on is None
    assert {"identity_card", "residence_confirmation"} <= kinds(anybody, dead)
    for who, relation in (("widow", "Vợ"), ("child", "Con")):
        left = anybody.persona(f"{dead}_{who}")
        papers = truth_of(anybody, left.n)["papers"]
        notice = papers["death_notice"]
        assert notice["deceased"]["personal_id"] == person.personal_id
        assert notice["owner_relation"]["label"] == relation
        assert notice["died_on"][:7] == "2026-11"
        certified = [r for r in records_of(anybody, left.n) if r["kind"] == "death_certificate"]
        numbers = [r["content"]["deceased"]["personal_id"] for r in certified]
        assert person.personal_id not in numbers
        listed = [member["personal_id"] for member in papers["residence_confirmation"]["members"]]
        if left.residence == person.residence:
            assert person.personal_id in listed


@pytest.mark.parametrize(("name", "motors"), [("vehicle_buyer", 1), ("electric_vehicle_buyer", 2)])
def test_invoice_and_fee_notice_name_one_vehicle(
    anybody: Population, name: str, motors: int
) -> None:
    papers = truth_of(anybody, PERSONAS[name])["papers"]
    invoice, notice = papers["vehicle_invoice"], papers["registration_fee_notice"]
    numbers = ("engine_number", "second_engine_number", "chassis_number")
    assert [invoice[number] for number in numbers] == [notice[number] for number in numbers]
    assert sum(invoice[number] is not None for number in numbers[:2]) == motors


def test_ended_marriage_leaves_its_certificate(anybody: Population) -> None:
    for name in ("widowed", "divorced", "divorced_wife"):
        assert "marriage_certificate" in kinds(anybody, name)


def test_company_has_number_and_director(anybody: Population) -> None:
    firm = truth_of(anybody, PERSONAS["company_owner"])["papers"]["business_registration"]
    assert firm["number"].isdigit()
    assert len(firm["number"]) == 10
    assert firm["name"].startswith("CÔNG TY TNHH")
    assert firm["representative"] == firm["owner"]
    assert firm["representative_title"] == "Giám đốc"


async def test_a_decomposed_name_is_sent_decomposed(caller: Caller) -> None:
    sent = text(await caller.ask_persona("nfd_name"), "HoVaTen/Ten")
    name = caller.people.persona("nfd_name").full_name
    assert unicodedata.is_normalized("NFD", sent)
    assert sent != name.upper()
    assert unicodedata.normalize("NFC", sent) == name.upper()


async def test_a_year_is_never_completed(caller: Caller) -> None:
    found = await caller.ask_persona("year_only_birth")
    assert text(found, "NgayThangNamSinh/Nam") == "1985"
    assert text(found, "NgayThangNamSinh/NgayThangNam") == ""


async def test_an_empty_nationality_is_sent_empty(caller: Caller) -> None:
    assert text(await caller.ask_persona("empty_nationality"), "QuocTich") == ""
    assert text(await caller.ask_persona("ordinary"), "QuocTich") == "VN"


async def test_new_codes_come_without_a_district(caller: Caller) -> None:
    found = await caller.ask_persona("new_unit_codes")
    province = text(found, "ThuongTru/MaTinhThanh")
    assert text(found, "ThuongTru/MaQuanHuyen") == ""
    communes = {commune.code for commune in COMMUNES_OF[province]}
    assert text(found, "ThuongTru/MaPhuongXa") in communes


@pytest.mark.parametrize(
    ("name", "province", "reused"),
    [("old_unit_codes", "24", True), ("old_unit_code_not_reused", "27", False)],
)
async def test_old_codes_come_with_a_district(
    caller: Caller, name: str, province: str, reused: bool
) -> None:
    found = await caller.ask_persona(name)
    assert text(found, "ThuongTru/MaTinhThanh") == province
    assert (province in REUSED_PROVINCE_CODES) == reused
    assert len(text(found, "ThuongTru/MaQuanHuyen")) == 3
    commune = text(found, "ThuongTru/MaPhuongXa")
    assert all(commune != c.code for communes in COMMUNES_OF.values() for c in communes)
    assert caller.people.persona(name).permanent.province.code == "24"


async def test_a_commune_may_contradict_its_province(caller: Caller) -> None:
    found = await caller.ask_persona("commune_contradicts")
    province, commune = text(found, "ThuongTru/MaTinhThanh"), text(found, "ThuongTru/MaPhuongXa")
    assert province == "24"
    assert text(found, "ThuongTru/MaQuanHuyen") == ""
    assert commune not in {c.code for c in COMMUNES_OF[province]}


async def test_unknown_father_is_empty_structure(caller: Caller) -> None:
    found = await caller.ask_persona("father_unknown")
    assert text(found, "Cha/HoVaTen") == text(found, "Cha/SoDinhDanh") == ""
    assert text(found, "Me/SoDinhDanh") != ""


async def test_relatives_old_number_stands_alone(caller: Caller) -> None:
    found = await caller.ask_persona("nine_digit_relative")
    assert text(found, "Cha/SoDinhDanh") == ""
    assert len(text(found, "Cha/SoCMND")) == 9


async def test_foreign_spouse_has_only_nationality(caller: Caller) -> None:
    found = await caller.ask_persona("foreign_spouse")
    assert text(found, "VoChong/QuocTich") == "JP"
    assert text(found, "VoChong/SoDinhDanh") == text(found, "VoChong/SoCMND") == ""
