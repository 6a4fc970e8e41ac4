from gateway.domain.facts import PartialDate
from gateway.sources.session import Account, session_facts
from tests.sources.conftest import NOW
from tests.sources.contract import check_type, key_of


def test_session_holds_login_values() -> None:
    subject = key_of("003090000123", "Nguyễn Văn  Mẫu", "1990-01-31")
    account = Account("vneid", "+84500000000", "mau@example.test")
    facts = session_facts(subject, account, NOW)

    assert {name: fact.value for name, fact in facts.items()} == {
        "person.personal_id": "003090000123",
        "person.full_name": "Nguyễn Văn Mẫu",
        "person.surname": "Nguyễn",
        "person.middle_name": "Văn",
        "person.given_name": "Mẫu",
        "person.middle_and_given_name": "Văn Mẫu",
        "person.birth_date": PartialDate(1990, 1, 31),
        "person.phone": "+84500000000",
        "person.email": "mau@example.test",
    }
    for name, fact in facts.items():
        assert fact.as_of == NOW and fact.record is None
        check_type(name, fact)


def test_missing_login_value_is_absent() -> None:
    facts = session_facts(key_of("003090000123", " ", None), Account(), NOW)

    assert set(facts) == {"person.personal_id"}


def test_account_hides_contact_details() -> None:
    assert repr(Account("vneid", "+84500000000", "mau@example.test")) == (
        "Account(verified_by='vneid')"
    )
