"""Does every form that we hand to provinces load in Form.io's own renderer? Asked of node and jsdom."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.api.options import read_options
from gateway.domain.facts import Coded
from gateway.forms.fields import put_value, value_at
from gateway.forms.shapes import shape_value
from gateway.forms.values import EMPTY, canonical
from tests.formio.node import ask, install

from .building import box, form_of, part, text

SCHEMAS = Path(__file__).parents[2] / "schemas"
FORMS = {path.parent.name: path for path in sorted((SCHEMAS / "forms").glob("*/form.json"))}
NEEDED = ("@formio/js", "jsdom", "flatpickr", "moment-timezone")
MADE_BADLY = {
    "a list that nobody serves": {
        "type": "select",
        "dataSrc": "url",
        "data": {"url": "/catalogue/nowhere"},
        "lazyLoad": False,
        "template": "<span>{{ item.label }}</span>",
    },
    "a script that fails": {"customDefaultValue": "value = nobody.knows.this"},
}


@pytest.fixture(scope="module")
def renderer() -> Any:
    """Asks the renderer, which is installed once."""
    install(NEEDED)
    return render


def render(definitions: list[Any], **used: Any) -> list[Any]:
    """What the renderer drew, asked for and said of each form, with the gateway's own lists.

    `used` are the data it is given and the inputs that are clicked.
    """
    return ask("render.js", [catalogue(), *({"form": each, **used} for each in definitions)])


def catalogue() -> Any:
    """The lists below `/catalogue/`, as the gateway serves them."""
    options = read_options(SCHEMAS)
    return {
        "lists": {name: json.loads(served) for name, served in options.lists.items()},
        "by_province": {
            name: {code: json.loads(served) for code, served in lists.items()}
            for name, lists in options.by_province.items()
        },
    }


def shown_at_once(components: list[Any]) -> Iterator[str]:
    """The keys of the components that no condition and no row stands over."""
    for component in components:
        if component.get("conditional") or component.get("hidden"):
            continue
        yield component["key"]
        if component["type"] not in ("datagrid", "editgrid"):
            yield from shown_at_once(component.get("components", []))
            for column in component.get("columns", []):
                yield from shown_at_once(column["components"])


def test_every_form_renders_without_complaint(renderer: Any) -> None:
    definitions = [json.loads(path.read_bytes()) for path in FORMS.values()]
    answers = dict(zip(FORMS, renderer(definitions), strict=True))
    assert {form: answer["said"] for form, answer in answers.items() if answer["said"]} == {}
    for form, definition in zip(FORMS, definitions, strict=True):
        missing = set(shown_at_once(definition["components"])) - set(answers[form]["drawn"])
        assert missing == set(), form
    addresses = [one for answer in answers.values() for one in answer["asked"]]
    assert any("/catalogue/" in address for address in addresses)


@pytest.mark.parametrize("flaw", MADE_BADLY)
def test_renderer_reports_bad_form(renderer: Any, flaw: str) -> None:
    bad, good = ({"components": [text("a", **more)]} for more in (MADE_BADLY[flaw], {}))
    complaints = [answer["said"] for answer in renderer([bad, good])]
    assert complaints[0] and not complaints[1]


@pytest.mark.parametrize("values", [("1", "2"), (1, 2)], ids=["texts", "numbers"])
@pytest.mark.parametrize("around", ["", "container", "datagrid"])
def test_boxes_of_one_name_hold_read_value(renderer: Any, around: str, values: Any) -> None:
    """One is filled; the citizen ticks the other, and then unticks it."""
    boxes = [box(value) for value in values]
    components = [part(around, "s", components=boxes)] if around else boxes
    form = form_of(*components)
    field = form.fields[0]
    data: dict[str, Any] = {}
    path = field.path.replace("[]", "[0]")
    if around == "datagrid":
        data["s"] = [{}]
    put_value(data, path, shape_value(field, Coded("", "", "Chọn 2")))
    (answer,) = renderer([{"components": components}], data=data, click=[0, 0])
    assert answer["said"] == []
    held = [value_at(state["data"], path) for state in answer["states"]]
    assert [canonical(field, each) for each in held] == [EMPTY, "2", "1", EMPTY]
    assert [state["ticked"] for state in answer["states"]] == [[], [1], [0], []]
