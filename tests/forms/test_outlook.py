"""A form while it is being filled: what was decided is given again only while it holds."""

from typing import Any

import pytest

from gateway.forms.definition import FormDefinition
from gateway.forms.fields import Decision, copy_of
from gateway.forms.outlook import Outlook, instances_before_submission
from tests.forms.building import form_of, part, text, when

CHOICE = part("radio", "loai", values=[{"value": "a", "label": "A"}, {"value": "b", "label": "B"}])
BY_CHOICE = form_of(CHOICE, text("theoA", conditional=when("loai", "a")))
BY_TEXT = form_of(text("ten"), text("theoTen", conditional=when("ten", "An")))
BY_ALL = form_of(
    text("ten"),
    text("rieng", conditional={"json": {"==": [{"var": {"cat": ["data.", "ten"]}}, "An"]}}),
)
IN_ROWS = form_of(
    CHOICE,
    part(
        "datagrid",
        "nguoi",
        components=[text("ten", conditional=when("loai", "a")), text("tuoi", hidden=True)],
    ),
)


@pytest.mark.parametrize(
    ("form", "turns"),
    [
        (BY_CHOICE, [{}, {"loai": "a"}, {"loai": "b"}, {"loai": None}, {"loai": "a", "x": 1}]),
        (BY_TEXT, [{}, {"ten": "An"}, {"ten": "Bình"}, {"ten": "An"}]),
        (BY_ALL, [{"ten": "Bình"}, {"ten": "An"}, {}]),
        (IN_ROWS, [{"loai": "a"}, {"loai": "a", "nguoi": [{}, {}]}, {"loai": "a", "nguoi": []}]),
    ],
    ids=["a choice", "a text", "a path that is worked out", "rows"],
)
def test_outlook_matches_full_decision(form: FormDefinition, turns: list[dict[str, Any]]) -> None:
    outlook = Outlook(form)
    for data in (*turns, *turns):
        assert outlook.instances(copy_of(data)) == instances_before_submission(form, data)


def test_group_is_asked_while_rows_may_show() -> None:
    for _ in range(2):
        outlook = Outlook(IN_ROWS)
        for answer, shows in (("a", True), ("b", False), ("a", True)):
            decided = outlook.decided_of("nguoi", {"loai": answer})
            assert decided is (Decision.VISIBLE if shows else Decision.HIDDEN)


def test_group_is_open_while_trigger_is_unanswered() -> None:
    table = part("datagrid", "nguoi", components=[text("ten")], conditional=when("loai", "a"))
    outlook = Outlook(form_of(CHOICE, table))
    decided = [outlook.decided_of("nguoi", data) for data in ({}, {"loai": "a"}, {"loai": "b"})]
    assert decided == [Decision.OPEN, Decision.VISIBLE, Decision.HIDDEN]


def test_decisions_by_choices_are_cached() -> None:
    first = Outlook(BY_CHOICE).instances({"loai": "b"})
    assert Outlook(BY_CHOICE).instances({"loai": "b"}) is first


@pytest.mark.parametrize("said", ["An", "c", 1, ["a"]], ids=str)
def test_decisions_by_typed_words_are_not_cached(said: object) -> None:
    for form, key in ((BY_TEXT, "ten"), (BY_CHOICE, "loai")):
        first = Outlook(form).instances({key: said})
        assert Outlook(form).instances({key: said}) is not first
