"""Two sources that differ: the dictionary's order settles it, or nobody is believed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.domain.facts import Coded, Fact, Held, Paper, PartialDate, PersonKey, PersonRef
from gateway.domain.identifiers import (
    PERSONAL_PAPERS,
    POPULATION,
    RECORDS,
    SESSION,
    AttributeName,
    PersonalId,
    RoleName,
    SourceId,
)
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.domain.verdicts import Reason
from gateway.forms.attributes import read_dictionary
from gateway.prefill._asking.knowledge import (
    Asked,
    Identities,
    Knowledge,
    Known,
    Meant,
    Missing,
    Person,
    Unasked,
    agree,
)
from gateway.prefill._asking.matching import Matching, Terms

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
DICTIONARY = read_dictionary(Path(__file__).parents[2] / "schemas" / "attributes.json")
EVERY = frozenset({POPULATION, RECORDS, PERSONAL_PAPERS})
SOMEBODY = Person(PersonKey(PersonalId("003090000001"), "Nguyễn Văn Mẫu", PartialDate(1990)))

MATCHED = Terms(
    may_ask=True,
    declined=False,
    is_vouched_for=True,
    at_desk=False,
    matched_before=lambda _: True,
    tied_before=lambda _: False,
    head_before=lambda _: False,
    may_open=lambda *_: True,
)

NUMBER, PLACE = AttributeName("licence.number"), AttributeName("birth.office")
"""One whose order settles nothing, and one whose order does."""


def says(name: AttributeName, value: Held) -> Found:
    return Found((Paper({name: Fact(value, NOW)}),))


def knowledge(
    replies: Mapping[SourceId, Reply],
    connected: frozenset[SourceId] = EVERY,
    declined: frozenset[str] = frozenset(),
) -> Knowledge:
    assert SOMEBODY.key is not None
    identities = Identities()
    meant = Meant(identities[SOMEBODY.key], SOMEBODY.key)
    matching = Matching(MATCHED, meant)
    role = RoleName("applicant")
    matching.learn(Asked(source, role, meant, said, "gw-1", 1) for source, said in replies.items())
    answers = matching.answers()
    return Knowledge(DICTIONARY, connected, EVERY, declined, NOW, answers, identities)


def test_dictionary_order_settles_a_conflict() -> None:
    known = knowledge({PERSONAL_PAPERS: says(PLACE, "Xã B"), RECORDS: says(PLACE, "Xã A")})

    assert known.state_of(SOMEBODY, PLACE) == Known(Fact("Xã A", NOW), RECORDS, was_provided=False)


def test_unordered_conflict_leaves_field_blank() -> None:
    known = knowledge({RECORDS: says(NUMBER, "1"), PERSONAL_PAPERS: says(NUMBER, "2")})

    assert known.state_of(SOMEBODY, NUMBER) == Missing(Reason.CONFLICT)


def test_citizens_value_settles_no_conflict() -> None:
    known = knowledge({RECORDS: says(NUMBER, "1"), PERSONAL_PAPERS: says(NUMBER, "2")})
    told = Person(SOMEBODY.key, {NUMBER: Fact("2", NOW)})

    assert known.state_of(told, NUMBER) == Missing(Reason.CONFLICT)


def test_agreeing_sources_answer_as_the_first() -> None:
    known = knowledge({PERSONAL_PAPERS: says(NUMBER, "ab  1"), RECORDS: says(NUMBER, "AB 1")})

    assert known.state_of(SOMEBODY, NUMBER) == Known(Fact("AB 1", NOW), RECORDS, was_provided=False)


@pytest.mark.parametrize("first", [RECORDS, PERSONAL_PAPERS])
def test_answer_waits_for_the_other_source(first: SourceId) -> None:
    (other,) = {RECORDS, PERSONAL_PAPERS} - {first}
    known = knowledge({first: says(NUMBER, "1")})

    assert known.state_of(SOMEBODY, NUMBER) == Unasked(SOMEBODY, frozenset({other}))


@pytest.mark.parametrize("silent", [NoRecord(), NotPermitted("-5"), Unavailable("timeout")])
def test_silent_source_contradicts_nobody(silent: Reply) -> None:
    known = knowledge({RECORDS: says(NUMBER, "1"), PERSONAL_PAPERS: silent})

    assert known.state_of(SOMEBODY, NUMBER) == Known(Fact("1", NOW), RECORDS, was_provided=False)


def test_declined_source_neither_answers_nor_contradicts() -> None:
    known = knowledge({RECORDS: says(NUMBER, "1")}, declined=frozenset({PERSONAL_PAPERS}))

    assert known.state_of(SOMEBODY, NUMBER) == Known(Fact("1", NOW), RECORDS, was_provided=False)


def test_stale_value_yields_to_next_source() -> None:
    name = AttributeName("licence.pending_violation")
    months_ago = Found((Paper({name: Fact(True, NOW - timedelta(days=90))}),))
    known = knowledge({RECORDS: months_ago, PERSONAL_PAPERS: says(name, False)})

    assert known.state_of(SOMEBODY, name) == Known(Fact(False, NOW), PERSONAL_PAPERS, False)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (NoRecord(), Reason.NO_RECORD),
        (Found(()), Reason.NOT_HELD),
        (Unavailable("timeout"), Reason.SOURCE_UNAVAILABLE),
        (NotPermitted("-5"), Reason.NOT_PERMITTED),
    ],
)
def test_unconnected_source_gives_no_reason(reply: Reply, reason: Reason) -> None:
    alone = knowledge({RECORDS: reply}, connected=frozenset({RECORDS}))
    beside = knowledge({RECORDS: NoRecord(), PERSONAL_PAPERS: reply})

    assert alone.state_of(SOMEBODY, NUMBER) == Missing(reason)
    assert beside.state_of(SOMEBODY, NUMBER) == Missing(reason)


def test_without_any_source_nothing_is_held() -> None:
    assert knowledge({}, frozenset()).state_of(SOMEBODY, NUMBER) == Missing(Reason.NOT_HELD)


AN, BINH = PersonRef(PersonalId("003090000001"), "An"), PersonRef(PersonalId("003090000002"), "An")
BORN = PartialDate(1990, 1, 31)
AGREEING: dict[str, tuple[Held, Held]] = {
    "case and blanks": ("Nguyễn  Văn A", "NGUYỄN VĂN A"),
    "decomposed letters": ("Hà", "Ha\u0300"),
    "one label under two codes": (Coded("sex", "1", "Nam"), Coded("sex", "male", "NAM")),
    "a year and a day of it": (PartialDate(1990), BORN),
    "one person under two names": (AN, PersonRef(AN.personal_id, "Nguyễn An")),
    "two lists of one person each": ((AN,), (AN,)),
    "a number with and without decimals": (Decimal("1.0"), Decimal(1)),
}
DIFFERING: dict[str, tuple[Held, Held]] = {
    "texts": ("A", "B"),
    "marks over letters": ("Hà", "Ha"),
    "labels under one code": (Coded("sex", "1", "Nam"), Coded("sex", "1", "Nữ")),
    "days": (PartialDate(1990, 1, 30), BORN),
    "a year and a day of another": (PartialDate(1991), BORN),
    "namesakes": (AN, BINH),
    "namesakes of whom nothing else is known": (PersonRef(None, "An"), PersonRef(None, "An")),
    "members of a list": ((AN,), (BINH,)),
    "a list and a longer one": ((AN,), (AN, BINH)),
    "truth values": (True, False),
    "types": ("1", Decimal(1)),
    "a truth value and a number": (True, Decimal(1)),
}


@pytest.mark.parametrize("case", AGREEING)
def test_equivalent_notations_agree(case: str) -> None:
    one, other = AGREEING[case]
    assert agree(one, other) and agree(other, one)


@pytest.mark.parametrize("case", DIFFERING)
def test_different_values_do_not_agree(case: str) -> None:
    one, other = DIFFERING[case]
    assert not agree(one, other) and not agree(other, one)


def test_conflict_is_refused_by_right_paper_only() -> None:
    """What the population database answers has an order; the session is never one of two sources."""
    refusing = [one for one in DICTIONARY.attributes.values() if one.refuses_conflict]

    assert refusing
    for one in refusing:
        assert one.sources == (RECORDS, PERSONAL_PAPERS)
        assert SESSION not in one.read_from
