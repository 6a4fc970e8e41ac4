"""What records hold is known from the people, and an item counts by the rule, whatever was filled."""

from dataclasses import replace
from typing import Any

import pytest

from mocks.igate import Holdings, Story, stories
from mocks.igate.form import read_form
from mocks.igate.held import named
from mocks.igate.knowledge import outsider, someone
from mocks.igate.reuse import HeldItem, Judged, held_items
from mocks.papers import has_store
from mocks.people import PERSONAS, Population
from mocks.people.knowledge import records_of

TODAY = "2026-11-22"
ME = PERSONAS["ordinary"]
FACT, KNOWN = Judged("auto", "fact"), Judged("auto", "known")
TYPED = Judged("manual", None)


@pytest.fixture(scope="module")
def people() -> Population:
    return Population()


@pytest.fixture(scope="module")
def holdings(people: Population) -> Holdings:
    return Holdings(people, [ME, PERSONAS["driver"]], TODAY)


def text(key: str, required: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "type": "textfield",
        "input": True,
        "label": key,
        "validate": {"required": required},
    } | more


INPUTS = {
    "ten": ("applicant", "person.full_name"),
    "gioiTinh": ("applicant", "person.sex"),
    "gioiTinhLai": ("applicant", "person.sex"),
    "dangNhap": ("applicant", "person.ethnicity"),
    "ho": ("applicant", "person.surname"),
    "bangChu": ("applicant", "derived.date_in_words"),
    "sohochieu": ("applicant", "passport.number"),
    "soVo": ("wife", "person.personal_id"),
    "soBan": ("friend", "person.personal_id"),
    "danTocBan": ("friend", "person.ethnicity"),
}
FORM = read_form(
    {"components": [text(key) for key in INPUTS] + [text("ghiChu", required=False)]},
    {
        "form": "mau",
        "roles": {
            "applicant": {"is": "subject"},
            "wife": [
                {"from": "applicant", "by": "person.spouse"},
                {"given": {"personal_id": "soVo"}},
            ],
            "friend": {"given": {"personal_id": "soBan"}, "when": {"ten": ["co"]}},
        },
        "login_fills": ["dangNhap"],
        "items": {"ghiChu": "note"},
        "bindings": [
            {"field": key, "item": f"item_{key}", "role": role, "attribute": attribute}
            for key, (role, attribute) in INPUTS.items()
        ],
    },
)


@pytest.fixture(scope="module")
def story(people: Population) -> Story:
    spouse = people.person(ME).spouse
    assert spouse is not None
    assert spouse.n is not None
    told = stories(people, "cc01-identity-card", 1, 2026)[0]
    assert told.n == ME
    known = {"applicant": ME, "wife": spouse.n, "friend": PERSONAS["driver"]}
    return replace(told, people={role: someone(people, n) for role, n in known.items()})


def items(
    story: Story, holdings: Holdings, *paths: str, data: Any = None, **judged: Judged
) -> dict[str, HeldItem]:
    became = dict.fromkeys(paths, TYPED) | judged
    return {one.item: one for one in held_items(FORM, story, data or {}, became, holdings)}


def test_register_has_everybody_store_the_filed(people: Population, holdings: Holdings) -> None:
    stranger = PERSONAS["passport_holder"]
    assert {"person.sex", "person.hometown.commune", "person.father"} <= holdings.of(stranger)
    assert "passport.number" not in holdings.of(stranger)
    assert "passport.number" in Holdings(people, [stranger], TODAY).of(stranger)
    assert has_store(PERSONAS["ordinary"])
    alone = Holdings(people, [], TODAY, stores=True).of(PERSONAS["ordinary"])
    assert alone == Holdings(people, [PERSONAS["ordinary"]], TODAY).of(PERSONAS["ordinary"])


def test_store_holds_exactly_what_papers_say(people: Population, holdings: Holdings) -> None:
    driver = PERSONAS["driver"]
    assert "driving_licence" in {r["kind"] for r in records_of(people, driver)}
    held = holdings.of(driver)
    assert {"licence.number", "licence.requested_class", "residence.dwelling_owner"} <= held
    assert "business.name" not in held
    assert "residence.previous_address.detail" not in held


def test_expired_paper_holds_nothing(people: Population) -> None:
    holder = PERSONAS["certificate_of_identity"]
    assert "identity_card.paper_name" in Holdings(people, [holder], TODAY).of(holder)
    assert "identity_card.paper_name" not in Holdings(people, [holder], "2027-05-01").of(holder)


def test_nationality_sent_empty_is_not_held(people: Population) -> None:
    silent = PERSONAS["empty_nationality"]
    assert "person.nationality" not in Holdings(people, [], TODAY).of(silent)


def test_outsider_is_held_by_name_alone() -> None:
    abroad = {"personal_id": None, "full_name": "Mori Kenji", "nationality": "JP"}
    assert named(outsider(abroad).said) == {"person.full_name", "person.nationality"}


def test_item_counts_once_if_nothing_typed(story: Story, holdings: Holdings) -> None:
    assert items(story, holdings, gioiTinh=FACT)["item_gioiTinh"].fact
    for other in (TYPED, KNOWN, Judged("override", "fact"), Judged("auto", "suggested")):
        assert not items(story, holdings, gioiTinh=other)["item_gioiTinh"].fact
    asked_twice = items(story, holdings, "gioiTinh", gioiTinhLai=Judged("auto", "repeat"))
    assert set(asked_twice) == {"item_gioiTinh"}


def test_login_values_do_not_count(story: Story, holdings: Holdings) -> None:
    assert items(story, holdings, "ten", "dangNhap") == {}


def test_inferences_functions_and_unheld_are_excluded(story: Story, holdings: Holdings) -> None:
    assert "passport.number" not in holdings.of(ME)
    assert items(story, holdings, "ho", "bangChu", "sohochieu", "ghiChu") == {}


def test_hidden_fields_do_not_count(story: Story, holdings: Holdings) -> None:
    assert items(story, holdings, gioiTinh=Judged("hidden", "fact")) == {}


def test_number_named_by_record_counts(story: Story, holdings: Holdings) -> None:
    assert set(items(story, holdings, "soVo")) == {"item_soVo"}
    named_by_me = items(story, holdings, "soBan", "danTocBan", data={"ten": "co"})
    assert set(named_by_me) == {"item_danTocBan"}


def test_person_no_answer_leads_to_is_excluded(story: Story, holdings: Holdings) -> None:
    assert items(story, holdings, "danTocBan", data={"ten": "khong"}) == {}
