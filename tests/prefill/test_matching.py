"""Which papers answer for whom: every cell of the table, and every exception beside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.facts import Fact, Holder, Paper, PartialDate, PersonKey
from gateway.domain.identifiers import (
    PERSONAL_PAPERS,
    POPULATION,
    RECORDS,
    AttributeName,
    PersonalId,
    RoleName,
    SourceId,
)
from gateway.domain.replies import Found, NoRecord, NotPermitted, Reply, Unavailable
from gateway.domain.verdicts import Reason
from gateway.prefill._asking.knowledge import Answer, Asked, Identities, Meant
from gateway.prefill._asking.matching import Matching, Terms

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
BANK, LICENCE = AttributeName("bank.account_number"), AttributeName("licence.number")
NAME, BORN = "Nguyễn Văn Đức", PartialDate(1990, 1, 31)
KEY = PersonKey(PersonalId("003090000001"), NAME, BORN)
IDENTITIES = Identities()
APPLICANT = Meant(IDENTITIES[KEY], KEY)
TERMS = Terms(
    may_ask=True,
    declined=False,
    is_vouched_for=False,
    at_desk=False,
    matched_before=lambda _: False,
    tied_before=lambda _: False,
    head_before=lambda _: False,
    may_open=lambda *_: True,
)

BOTH = Holder(("NGUYEN VAN DUC",), (BORN,))
NAME_ALONE = Holder((NAME,))
NEITHER = Holder()
OTHER_NAME, OTHER_DATE = Holder(("Trần Thị Lạ",), (BORN,)), Holder((NAME,), (PartialDate(1990, 2),))

FOUND = Found((Paper({}, BOTH, vouched=True),))
ROWS: dict[str, tuple[Reply | None, Terms]] = {
    "a": (FOUND, TERMS),
    "a by 033": (Found(()), TERMS),
    "a by 033 where 037 is refused": (NotPermitted("004", confirmed=True), TERMS),
    "a of an earlier call": (None, replace(TERMS, matched_before=lambda _: True)),
    "b timeout": (Unavailable("timeout"), TERMS),
    "b status": (Unavailable("status_503"), TERMS),
    "b garbage": (Unavailable("unreadable"), TERMS),
    "b throttled by the source": (Unavailable("throttled"), TERMS),
    "b refused": (NotPermitted("005"), TERMS),
    "b not connected": (None, replace(TERMS, may_ask=False)),
    "c nobody": (NoRecord(), TERMS),
    "c nobody by 033": (NotPermitted("004", confirmed=False), TERMS),
    "c limit": (Unavailable("too_many_tries", 0), TERMS),
    "c not sendable": (NotPermitted("not_sendable", 0), TERMS),
    "c declined": (None, replace(TERMS, declined=True)),
}


def asked(source: SourceId, reply: Reply, meant: Meant = APPLICANT) -> Asked:
    return Asked(source, RoleName("applicant"), meant, reply, "gw-1", 1)


def paper(holder: Holder, name: AttributeName = BANK, **more: object) -> Paper:
    return replace(Paper({name: Fact("1", NOW)}, holder), **more)  # type: ignore[arg-type]  # members by name


def matching(row: str, *papers: Paper, meant: Meant = APPLICANT) -> Matching:
    reply, terms = ROWS[row]
    one = Matching(terms, meant)
    if reply is not None:
        one.learn([asked(POPULATION, reply, meant)])
    one.learn([asked(RECORDS, Found(papers) if papers else NoRecord(), meant)])
    return one


def answer(row: str, *papers: Paper, meant: Meant = APPLICANT) -> Answer:
    return matching(row, *papers, meant=meant).answers()[meant.identity, RECORDS]


def said(row: str, *papers: Paper, name: AttributeName = BANK) -> str:
    """What is filled, or why not."""
    one = answer(row, *papers)
    if name in one.facts:
        return "answers"
    return (Reason.CONFLICT if name in one.conflicts else one.otherwise).value


VOUCHED = paper(BOTH, LICENCE, vouched=True)
_SILENT_B, _SILENT_C = "source_unavailable", "no_record"
CELLS = {
    "a": ["answers", "answers", "answers", "answers", "conflict", "conflict"],
    "b": ["answers", "answers", _SILENT_B, "answers", _SILENT_B, _SILENT_B],
    "c": ["answers", _SILENT_C, _SILENT_C, "answers", _SILENT_C, _SILENT_C],
}
COLUMNS: dict[str, tuple[Paper, ...]] = {
    "name and date": (paper(BOTH),),
    "name alone": (paper(NAME_ALONE),),
    "neither": (paper(NEITHER),),
    "neither beside a vouched paper": (paper(NEITHER), VOUCHED),
    "another name": (paper(OTHER_NAME),),
    "another date": (paper(OTHER_DATE),),
}


@pytest.mark.threat(63)
@pytest.mark.threat(64)
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", ROWS)
def test_each_cell_of_the_table(row: str, column: str) -> None:
    assert said(row, *COLUMNS[column]) == CELLS[row[0]][list(COLUMNS).index(column)]


SILENT = ["neither", "another name", "another date"]


@pytest.mark.threat(63)
@pytest.mark.parametrize("column", SILENT)
@pytest.mark.parametrize("row", [row for row in ROWS if row[0] != "a"])
def test_silent_paper_equals_no_paper(row: str, column: str) -> None:
    assert answer(row, *COLUMNS[column]) == answer(row)


@pytest.mark.parametrize("row", [r for r in ROWS if r[0] == "b"])
def test_failed_register_never_gives_no_record(row: str) -> None:
    assert isinstance(answer(row).reply, Unavailable)
    assert isinstance(answer(row, paper(NAME_ALONE)).reply, Found)


@pytest.mark.parametrize("row", ROWS)
def test_unvouched_paper_opens_no_other(row: str) -> None:
    alone, beside = said(row, paper(NEITHER)), said(row, paper(NEITHER), paper(BOTH, LICENCE))
    assert alone == beside


@pytest.mark.parametrize("holder", [NAME_ALONE, OTHER_NAME, OTHER_DATE])
@pytest.mark.parametrize("row", ["b timeout", "c nobody"])
def test_vouched_paper_without_both_opens_nothing(row: str, holder: Holder) -> None:
    expected = _SILENT_B if row[0] == "b" else _SILENT_C
    assert said(row, paper(NEITHER), paper(holder, LICENCE, vouched=True)) == expected


def test_vouched_paper_opens_other_sources_too() -> None:
    one = matching("c nobody", paper(NEITHER))
    one.learn([asked(PERSONAL_PAPERS, Found((VOUCHED,)))])
    assert BANK in one.answers()[APPLICANT.identity, RECORDS].facts


@pytest.mark.parametrize("row", ROWS)
def test_announced_record_waits_in_first_row_only(row: str) -> None:
    later = {BANK: NOW + timedelta(days=1)}
    reply, terms = ROWS[row]
    for found in (NoRecord(deferred=later), Found((paper(BOTH, LICENCE),), deferred=later)):
        one = Matching(terms, APPLICANT)
        one.learn([] if reply is None else [asked(POPULATION, reply)])
        one.learn([asked(RECORDS, found)])
        deferred = one.answers()[APPLICANT.identity, RECORDS].deferred
        assert deferred == (later if row[0] == "a" else {})


# a paper in another name

FORMER = Paper({}, Holder((NAME,), (BORN,), former_names=("TRAN THI LA",)), vouched=True)


@pytest.mark.parametrize(
    ("papers", "expected"),
    [
        ((paper(OTHER_NAME, vouched=True),), "answers"),
        ((paper(Holder(("Trần Thị Lạ",)), vouched=True),), "conflict"),
        ((paper(Holder(("Trần Thị Lạ",), (PartialDate(1991),)), vouched=True),), "conflict"),
        ((paper(OTHER_NAME), FORMER), "answers"),
        ((paper(Holder(("Trần Thị Lạ",))), FORMER), "answers"),
        ((paper(OTHER_NAME), replace(FORMER, vouched=False)), "conflict"),
        ((paper(Holder(("Lê Văn Khác",), (BORN,))), FORMER), "conflict"),
        ((paper(Holder(("Trần Thị Lạ",), other_number=True), vouched=True),), "conflict"),
    ],
    ids=[
        "vouched, date agrees",
        "vouched, no date",
        "vouched, another date",
        "former name stated",
        "former name stated, no date",
        "stated by an unvouched paper",
        "another name than the former one",
        "another number",
    ],
)
def test_paper_in_another_name(papers: tuple[Paper, ...], expected: str) -> None:
    assert said("a", *papers) == expected


def test_register_states_a_former_name() -> None:
    register = Paper({}, replace(BOTH, former_names=("Trần Thị Lạ",)), vouched=True)
    one = Matching(TERMS, APPLICANT)
    papers = (paper(OTHER_NAME),)
    one.learn([asked(POPULATION, Found((register,))), asked(RECORDS, Found(papers))])
    assert BANK in one.answers()[APPLICANT.identity, RECORDS].facts


@pytest.mark.parametrize("row", ["b timeout", "c nobody"])
def test_other_names_paper_needs_the_register(row: str) -> None:
    assert said(row, paper(OTHER_NAME, vouched=True), FORMER) != "answers"


def test_paper_is_compared_with_register_date() -> None:
    year = replace(KEY, birth_date=PartialDate(1990))
    meant = Meant(IDENTITIES[year], year)
    one = Matching(replace(TERMS, is_vouched_for=True), meant)
    papers = Found((paper(OTHER_DATE),))
    one.learn([asked(POPULATION, FOUND, meant), asked(RECORDS, papers, meant)])
    assert one.answers()[meant.identity, RECORDS].conflicts == {BANK}


# how exactly a date has to be said

Row = Callable[[Meant, Terms], Matching]
SAID = {"nothing": None, "the year": PartialDate(1990), "the month": PartialDate(1990, 1)}


@pytest.mark.threat(63)
@pytest.mark.parametrize("exact", [True, False], ids=["unvouched login", "vouched login"])
@pytest.mark.parametrize("born", SAID.values(), ids=SAID)
@pytest.mark.parametrize("reply", [FOUND, Found(()), Unavailable("timeout")])
def test_applicant_with_an_inexact_date(
    reply: Reply, born: PartialDate | None, exact: bool
) -> None:
    key = replace(KEY, birth_date=born)
    meant = Meant(IDENTITIES[key], key)
    one = Matching(replace(TERMS, is_vouched_for=not exact), meant)
    papers = Found((paper(BOTH), paper(NAME_ALONE, LICENCE)))
    one.learn([asked(POPULATION, reply, meant), asked(RECORDS, papers, meant)])
    facts = one.answers()[meant.identity, RECORDS].facts
    assert set(facts) == (set() if exact else {BANK, LICENCE})


def test_year_suffices_where_register_has_no_more() -> None:
    key = replace(KEY, birth_date=PartialDate(1990))
    meant = Meant(IDENTITIES[key], key)
    one = Matching(TERMS, meant)
    register = Paper({}, Holder((NAME,), (PartialDate(1990),)), vouched=True)
    papers = Found((paper(NAME_ALONE),))
    one.learn([asked(POPULATION, Found((register,)), meant), asked(RECORDS, papers, meant)])
    assert BANK in one.answers()[meant.identity, RECORDS].facts
    assert one.missed() == 0


def test_unmatched_person_is_counted_once() -> None:
    key = replace(KEY, birth_date=None)
    meant = Meant(IDENTITIES[key], key)
    one = Matching(TERMS, meant)
    one.learn([asked(POPULATION, FOUND, meant), asked(RECORDS, Found((paper(BOTH),)), meant)])
    assert one.missed() == 1
    assert matching("c nobody", paper(OTHER_NAME)).missed() == 0, "counted when it was asked"
    assert matching("b timeout", paper(OTHER_NAME), paper(OTHER_DATE)).missed() == 1
    assert matching("b timeout").missed() == matching("a", paper(OTHER_NAME)).missed() == 0


# persons beside the applicant

CHILD = PersonKey(PersonalId("003215000002"), "Nguyễn Thị Con", PartialDate(2015, 5, 5))
CHILD_BORN = PartialDate(2015, 5, 5)


def beside(
    of_applicant: Paper,
    of_child: Paper,
    *,
    born: PartialDate | None = CHILD_BORN,
    date_asked: bool = True,
    terms: Terms = TERMS,
    records_of_applicant: tuple[Paper, ...] = (),
) -> Answer:
    """What the records say of somebody whose number was typed or named beside the applicant."""
    key = replace(CHILD, birth_date=born)
    child = Meant(IDENTITIES[key], key, date_asked)
    one = Matching(terms, APPLICANT)
    one.learn(
        [
            asked(POPULATION, Found((of_applicant,))),
            asked(RECORDS, Found(records_of_applicant)),
            asked(POPULATION, Found((of_child,)), child),
            asked(RECORDS, Found((paper(Holder()),)), child),
        ]
    )
    return one.answers()[child.identity, RECORDS]


ME = Paper({}, BOTH, vouched=True, head="003060000009")
HER = Paper({}, Holder((CHILD.full_name or "",), (CHILD_BORN,)), vouched=True)
NUMBERS = frozenset({CHILD.personal_id.digits})

TIES: dict[str, tuple[Paper, Paper, tuple[Paper, ...], bool]] = {
    "nothing": (ME, HER, (), False),
    "the applicant's own record": (replace(ME, names=NUMBERS), HER, (), True),
    "her own record": (ME, replace(HER, names=frozenset({APPLICANT.number})), (), True),
    "one head of household": (ME, replace(HER, head="003060000009"), (), True),
    "another head of household": (ME, replace(HER, head="003060000008"), (), False),
    "a vouched paper": (ME, HER, (paper(BOTH, names=NUMBERS, vouched=True),), True),
    "a typed paper": (ME, HER, (paper(BOTH, names=NUMBERS),), False),
    "a vouched paper of somebody else": (
        ME,
        HER,
        (paper(OTHER_DATE, names=NUMBERS, vouched=True),),
        False,
    ),
}


@pytest.mark.threat(65)
@pytest.mark.parametrize("tie", TIES)
def test_who_is_tied_to_the_applicant(tie: str) -> None:
    mine, hers, papers, tied = TIES[tie]
    known = beside(mine, hers, records_of_applicant=papers)
    assert known.withholds is not tied
    undated = beside(mine, hers, born=None, records_of_applicant=papers)
    assert bool(undated.facts) is tied, "the form asks the date, and nobody said it"


@pytest.mark.threat(65)
def test_unmatched_applicant_ties_nobody() -> None:
    stranger = replace(ME, names=NUMBERS, holder=Holder((NAME,), (PartialDate(1990, 1, 31),)))
    key = replace(KEY, birth_date=None)
    meant = Meant(IDENTITIES[key], key)
    child = Meant(IDENTITIES[CHILD], CHILD, date_asked=True)
    one = Matching(TERMS, meant)
    one.learn([asked(POPULATION, Found((stranger,)), meant), asked(POPULATION, FOUND, child)])
    assert one.reads().tied == frozenset()


def test_officer_named_at_counter_restricts_nobody() -> None:
    at_desk = replace(TERMS, at_desk=True)
    known = beside(ME, HER, born=None, terms=at_desk)
    assert known.facts and not known.withholds


def test_typed_person_over_limit_is_nobody() -> None:
    closed = replace(TERMS, may_open=lambda *_: False)
    one = beside(ME, HER, terms=closed)
    assert (one.reply, one.facts, one.otherwise) == (NoRecord(), {}, Reason.NO_RECORD)
    assert not one.withholds


def test_typed_person_over_limit_stays_unmatched() -> None:
    child = Meant(IDENTITIES[CHILD], CHILD, date_asked=True)
    one = Matching(replace(TERMS, may_open=lambda *_: False), APPLICANT)
    one.learn([asked(POPULATION, Found((ME,))), asked(POPULATION, Found((HER,)), child)])
    assert one.reads().matched == {APPLICANT.identity}


def test_tie_of_an_earlier_call_holds() -> None:
    known = beside(ME, HER, terms=replace(TERMS, tied_before=lambda n: n in NUMBERS))
    assert not known.withholds


@pytest.mark.parametrize(("head", "tied"), [("003060000009", True), ("003060000008", False)])
def test_head_of_earlier_call_ties_members(head: str, tied: bool) -> None:
    terms = replace(TERMS, head_before=lambda number: number == ME.head)
    known = beside(replace(ME, head=None), replace(HER, head=head), terms=terms)
    assert known.withholds is not tied


def test_matched_and_tied_persons_are_carried_over() -> None:
    one = Matching(TERMS, APPLICANT)
    one.learn([asked(POPULATION, Found((replace(ME, names=NUMBERS),)))])
    reads = one.reads()
    assert (reads.matched, reads.tied) == ({APPLICANT.identity}, NUMBERS)
    assert reads.heads == {ME.head}
