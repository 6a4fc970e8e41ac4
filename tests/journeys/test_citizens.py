"""A citizen's journey through the front door: the form is filled, acted on, handed in and counted."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mocks.igate import FORMS, Behaviour, Outcome, Story, Visit, stories
from mocks.igate.crowd import FAULTS
from tests.journeys.conftest import Province, province_in

SEED = 2026


async def visited(
    province: Province, story: Story, behaviour: Behaviour, number: int = 1
) -> Outcome:
    visit = Visit(
        province.igate, story, behaviour, seed=SEED, dossier=f"H99.01-20261122-{number:07d}"
    )
    return await visit.run()


def story_of(province: Province, form: str, persona: str = "ordinary") -> Story:
    told = stories(province.population, form, 8, SEED)
    return next(story for story in told if story.persona == persona)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_province(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Province]:
    """One for everybody who only accepts: reading the forms anew for each is most of a visit."""
    async with province_in(tmp_path_factory.mktemp("one")) as opened:
        yield opened


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("form", FORMS)
async def test_accepting_citizen_types_less_than_asked(one_province: Province, form: str) -> None:
    story = story_of(one_province, form)
    await one_province.file_records_of([story])
    dossier = list(FORMS).index(form) + 1
    outcome = await visited(one_province, story, Behaviour.ACCEPT, dossier)
    assert outcome.unexpected == ()
    assert outcome.submitted
    assert outcome.counts["auto"] > outcome.counts["visible"] // 4
    assert outcome.counts["missing"] == outcome.counts["contested"] == 0
    assert (
        outcome.counts["visible"]
        == outcome.counts["auto"] + outcome.counts["declared"] + outcome.counts["blank"]
    )


async def test_population_database_fills_without_any_paper(
    province: Province,
) -> None:
    outcome = await visited(province, story_of(province, "tk01-passport"), Behaviour.ACCEPT)
    assert outcome.submitted
    assert outcome.reasons["no_record"] + outcome.counts["manual"] > 0
    assert outcome.counts["auto"] > 5


def asked(province: Province) -> list[str | None]:
    return [entry.number for entry in province.database.state.journal]


async def test_population_database_reveals_nothing_beyond_papers(
    province: Province,
) -> None:
    story = story_of(province, "driving-licence-exchange")
    await province.file_records_of([story])
    outcome = await visited(province, story, Behaviour.ACCEPT)
    assert outcome.counts["auto"] > 10
    read = list(province.database.state.journal)
    assert [entry.service for entry in read] == ["033"], "a yes or no, and no record"


async def test_only_applicant_and_named_relatives_are_read(
    province: Province,
) -> None:
    story = story_of(province, "tk01-passport")
    await province.file_records_of([story])
    await visited(province, story, Behaviour.ACCEPT)
    named = {one.said["personal_id"] for one in story.people.values()}
    assert story.subject["personal_id"] in asked(province)
    assert set(asked(province)) <= named


async def test_bride_reads_groom_after_naming_him(province: Province) -> None:
    story = story_of(province, "marriage-registration", "bride")
    await province.file_records_of([story])
    outcome = await visited(province, story, Behaviour.ACCEPT)
    groom = story.people["groom"].said["personal_id"]
    assert asked(province).count(groom) == 1
    assert outcome.prefills >= 2


async def test_silent_change_of_locked_value_is_refused(
    province: Province,
) -> None:
    story = story_of(province, "tk01-passport")
    await province.file_records_of([story])
    outcome = await visited(province, story, Behaviour.TAMPER)
    assert len(outcome.refused) == 1
    assert outcome.unexpected == ()
    assert outcome.submitted
    assert outcome.counts["contested"] == 1


async def test_wrong_official_value_is_contested_without_delay(
    province: Province,
) -> None:
    story = story_of(province, "ct01-permanent-residence", "wrong_official_value")
    await province.file_records_of([story])
    outcome = await visited(province, story, Behaviour.CONTEST)
    assert outcome.submitted
    assert outcome.counts["contested"] == 1


async def test_permitted_correction_is_override(province: Province) -> None:
    story = story_of(province, "tk01-passport")
    await province.file_records_of([story])
    outcome = await visited(province, story, Behaviour.CORRECT)
    assert outcome.counts["override"] >= 1


async def test_omitted_field_is_missing_and_dossier_accepted(
    province: Province,
) -> None:
    missing = 0
    for number, story in enumerate(stories(province.population, "marriage-registration", 5, SEED)):
        outcome = await visited(province, story, Behaviour.SKIP, 9_000 + number)
        assert outcome.submitted
        missing += outcome.counts["missing"]
    assert missing > 0


@pytest.mark.parametrize("fault", dict(FAULTS).values(), ids=dict(FAULTS))
async def test_failing_source_costs_only_own_fields(
    province: Province, fault: dict[str, object]
) -> None:
    story = story_of(province, "household-business-registration")
    await province.file_records_of([story])
    well = await visited(province, story, Behaviour.ACCEPT, 1)
    province.database.state.faults.add(**fault)
    ill = await visited(province, story, Behaviour.ACCEPT, 2)
    assert ill.unexpected == ()
    assert ill.submitted
    assert ill.counts["visible"] > well.counts["visible"]
    assert ill.counts["manual"] > well.counts["manual"]


async def test_figures_sum_what_citizens_saw(province: Province) -> None:
    told = [story_of(province, form) for form in FORMS]
    await province.file_records_of(told)
    kinds = (Behaviour.ACCEPT, Behaviour.CORRECT, Behaviour.CONTEST, Behaviour.ABANDON)
    summed: Counter[str] = Counter()
    submitted = 0
    for number, story in enumerate(told, start=1):
        outcome = await visited(province, story, kinds[number % len(kinds)], number)
        assert outcome.unexpected == ()
        summed.update(outcome.counts)
        submitted += outcome.submitted
    answer = await province.igate.figures()
    assert answer.status == 200
    assert answer.body["balances"] == "ok"
    assert "figures from mock sources" in answer.body["notice"][0]
    total = answer.body["total"]["online"]
    assert total["dossiers"] == submitted
    for verdict in ("auto", "override", "contested", "manual", "missing", "blank", "hidden"):
        assert total[verdict] == summed[verdict], verdict
    assert total["declarable"] == summed["auto"] + summed["declared"]


async def test_repeated_visit_ends_in_same_counts(province: Province) -> None:
    story = story_of(province, "bundle-birth")
    await province.file_records_of([story])
    visits = [
        Visit(province.igate, story, Behaviour.CORRECT, seed=SEED, dossier=None) for _ in range(2)
    ]
    first, second = [await visit.run() for visit in visits]
    assert first == second
    assert first.submitted
