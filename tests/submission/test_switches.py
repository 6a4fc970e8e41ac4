"""Hidden components that the gateway set: what is sent in their place decides nothing."""

from typing import Any

from tests.conftest import House

FORM = "household-business-registration"
SWITCH = "matKetNoiDanCu"


def visible(house: House, body: dict[str, Any]) -> list[str]:
    return [f["path"] for f in house.accepted(body)["fields"]]


def test_sent_switch_changes_no_visibility(house: House) -> None:
    story = house.story(FORM)
    house.file_records_of(*story.owners)
    honest, altered = (house.walk(story).submission() for _ in range(2))
    assert honest["data"].get(SWITCH) is not True
    altered["data"][SWITCH] = True

    assert visible(house, altered) == visible(house, honest)


def test_switch_left_out_stays_set(house: House, faults: Any) -> None:
    faults.add(service="037", status=503)
    faults.add(service="033", status=503)
    story = house.story(FORM)
    honest, silent = (house.walk(story).submission() for _ in range(2))
    assert honest["data"].get(SWITCH) is True
    silent["data"].pop(SWITCH)

    assert visible(house, silent) == visible(house, honest)
