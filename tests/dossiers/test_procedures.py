from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.domain.errors import DossierRefused, SourceError
from gateway.dossiers._portal.procedures import abolished, changes
from mocks.portal.catalogue import Change

from .world import World, dossier, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path)
    yield world
    world.close()


async def test_catalogue_changes_are_reported_once(world: World) -> None:
    assert await world.procedures.refresh() == ()
    catalogue = world.mock.state.catalogue
    catalogue.change(Change(code="9.000777", title="Thủ tục mới"))
    catalogue.change(Change(code="1.004222", days=9))
    catalogue.change(Change(code="1.001193", public=False))

    seen = await world.procedures.refresh()
    again = await world.procedures.refresh()

    assert {(one.code, one.change) for one in seen} == {
        ("9.000777", "new"),
        ("1.004222", "changed"),
        ("1.001193", "abolished"),
    }
    assert again == ()
    kept = {one.code: one.change for one in world.database.read(changes)}
    assert kept == {one.code: one.change for one in seen}


async def test_form_for_abolished_procedure_is_flagged(world: World) -> None:
    await world.procedures.refresh()
    world.mock.state.catalogue.change(Change(code="1.001193", public=False))
    await world.procedures.refresh()

    bound = ("1.001193", "1.001193.000.00.00.H99", "1.004222")
    assert world.database.read(lambda c: abolished(c, bound)) == set(bound[:2])


async def test_restored_procedure_is_known_again(world: World) -> None:
    await world.procedures.refresh()
    for public in (False, True):
        world.mock.state.catalogue.change(Change(code="1.001193", public=public))
        await world.procedures.refresh()

    assert world.database.read(lambda c: abolished(c, ("1.001193",))) == set()


@pytest.mark.parametrize(
    ("code", "refusal"), [("9.999999", "unknown_procedure"), ("1.001193", "procedure_abolished")]
)
async def test_dossier_without_procedure_in_force_is_refused(
    world: World, code: str, refusal: str
) -> None:
    world.mock.state.catalogue.change(Change(code="1.001193", public=True))
    await world.procedures.refresh()
    world.mock.state.catalogue.change(Change(code="1.001193", public=False))
    await world.procedures.refresh()

    with pytest.raises(DossierRefused, match=refusal):
        await world.register(dossier(procedure=code))


async def test_unreachable_portal_changes_nothing(world: World) -> None:
    await world.procedures.refresh()
    world.faults.add(service="LayThuTuc", garbage="html")
    world.mock.state.catalogue.change(Change(code="1.001193", public=False))

    with pytest.raises(SourceError):
        await world.procedures.refresh()
    assert world.database.read(changes) == ()


async def test_forms_come_first_at_reading_limit(
    world: World,
) -> None:
    hurried = replace(world.procedures, trees_at_a_time=1)
    await hurried.refresh(("1.004222.000.00.00.H99",))

    assert world.procedures.find("1.004222") is not None
    assert world.calls("LayThuTuc") == 1
