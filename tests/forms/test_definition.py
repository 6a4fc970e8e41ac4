"""What a definition says of its fields, and which ones are refused."""

import hashlib
import json
import time
from typing import Any

import pytest

from gateway.domain.errors import FormRefused
from gateway.forms._showing.sentences import condition_in_words
from gateway.forms.definition import Option, read_definition
from gateway.forms.fields import drop_invisible
from gateway.forms.values import EMPTY, canonical

from .building import box, form_of, outlook, part, shown, text, typed, when


def refusals(*components: Any) -> set[tuple[str, str]]:
    with pytest.raises(FormRefused) as refused:
        form_of(*components)
    return {(problem.path, problem.code) for problem in refused.value.problems}


def refused_bytes(raw: bytes) -> str:
    with pytest.raises(FormRefused) as refused:
        read_definition(raw)
    return refused.value.problems[0].code


def test_digest_is_of_exported_bytes() -> None:
    raw = b'{"title": "T",  "components": []}\n'
    form = read_definition(raw)
    assert form.digest == "sha256:" + hashlib.sha256(raw).hexdigest()
    assert (form.raw, form.title, form.fields) == (raw, "T", ())


def test_paths_omit_layout_and_contain_scopes() -> None:
    form = form_of(
        part("panel", "p", components=[
            part("columns", "c", columns=[{"components": [text("a")]}, {"components": [text("b")]}]),
            part("table", "t", rows=[[{"components": [text("d")]}]]),
            part("tabs", "x", components=[{"key": "tab", "label": "Tab", "components": [text("e")]}]),
        ]),
        part("container", "k", components=[part("fieldset", "f", components=[text("g")])]),
        part("datagrid", "grid", components=[
            text("h"), part("editgrid", "inner", components=[text("i")]),
        ]),
    )  # fmt: skip
    paths = [field.path for field in form.fields]
    assert paths == ["a", "b", "d", "e", "k.g", "grid[].h", "grid[].inner[].i"]
    assert form.groups == ("grid", "grid[].inner")
    assert form.field("grid[].inner[].i").groups == ("grid", "grid[].inner")


def test_only_declared_input_is_field() -> None:
    form = form_of(
        part("hidden", "h"),
        part("button", "b"),
        part("content", "c", html="<p>…</p>"),
        part("htmlelement", "e"),
        text("sum", calculateValue={"+": [{"var": "data.own"}, 1]}),
        text("own", calculateValue="value = 1", allowCalculateOverride=True),
        text("off", disabled=True),
        text("to", label="Kính gửi", properties={"addressee": True}),
        text("which", properties={"control": "true"}),
        part("file", "f"),
    )
    assert [field.path for field in form.fields] == ["own", "off", "which", "f"]
    assert [field.path for field in form.addressees] == ["to"]
    assert form.field("which").control
    assert form.field("f").is_file
    with pytest.raises(KeyError):
        form.field("to")


def test_survey_is_one_field_per_question() -> None:
    questions = [{"value": "q1", "label": "Câu 1"}, {"value": "q2", "label": "Câu 2"}]
    answers = [{"value": "1", "label": "Có"}]
    form = form_of(
        part("survey", "s", questions=questions, values=answers, validate={"required": True}),
        part("address", "dc", components=[text("city"), text("street")]),
        part("day", "d", dayFirst=True, fields={"day": {"hide": True}}),
        part("selectboxes", "x", values=[*answers, {"value": "", "label": ""}]),
    )
    paths = [(field.path, field.label) for field in form.fields]
    assert paths == [("s.q1", "Câu 1"), ("s.q2", "Câu 2"), ("dc", "dc"), ("d", "d"), ("x", "x")]
    assert form.field("s.q2").required
    assert form.field("s.q1").options == (Option("1", "Có"),)
    assert form.field("dc").subkeys == ("city", "street")
    assert form.field("d").day_parts == ("month", "year")
    assert form.field("x").options == (Option("1", "Có"),)


def test_choices_are_in_form_or_catalogue() -> None:
    url = "/catalogue/communes?province={{ row.tinh.value }}"
    form = form_of(
        part("select", "a", data={"values": [{"value": 1, "label": "Nam"}]}, multiple=True),
        part("select", "b", dataSrc="json", data={"json": '[{"value": "x", "label": "X"}]'}),
        part("select", "c", dataSrc="json", valueProperty="ma", template="<b>{{ item.ten }}</b>",
             data={"json": [{"ma": 2.50, "ten": "Hai"}]}),
        part("select", "d", dataSrc="url", data={"url": url}),
        part("select", "e", dataSrc="url", data={"url": url}, valueProperty="value"),
        part("radio", "f", values=[{"value": True, "label": "Có"}]),
    )  # fmt: skip
    read = {f.path: (f.options, f.item_shape, f.remote) for f in form.fields}
    assert read["a"] == ((Option("1", "Nam"),), False, None)
    assert read["b"] == ((Option("x", "X"),), True, None)
    assert read["c"] == ((Option("2.5", "Hai"),), False, None)
    assert read["d"] == (None, True, url)
    assert read["e"] == (None, False, url)
    assert read["f"] == ((Option("true", "Có"),), False, None)
    assert form.field("a").multiple


def test_datetime_has_time_only_where_asked() -> None:
    form = form_of(
        part("datetime", "a", enableTime=True),
        part("datetime", "b", enableTime=False, format="dd/MM/yyyy hh:mm"),
        part("datetime", "c", format="dd/MM/yyyy"),
        part("datetime", "d", format="dd/MM/yyyy HH:mm"),
    )
    assert [field.with_time for field in form.fields] == [True, False, False, True]


SCRIPT = {"customConditional": "show = data.a === '1'"}
LOGIC = {"type": "property", "property": {"value": "hidden"}, "state": True}
REFUSED: dict[str, tuple[list[Any], set[tuple[str, str]]]] = {
    "a condition in JavaScript on a field": ([text("a", **SCRIPT)], {("a", "script_condition")}),
    "a condition in JavaScript on a panel with fields": (
        [part("panel", "p", components=[text("a")], **SCRIPT)], {("p", "script_condition")}),
    "a condition in JavaScript on a hidden trigger": (
        [part("hidden", "h", **SCRIPT), text("a", conditional=when("h", "1"))],
        {("h", "script_condition")}),
    "logic in JavaScript that hides": (
        [text("a", logic=[{"trigger": {"type": "javascript"}, "actions": [LOGIC]}])],
        {("a", "script_logic")}),
    "logic that sets a value": (
        [text("a", logic=[{"trigger": {"type": "simple"}, "actions": [{"type": "value"}]}])],
        {("a", "script_logic")}),
    "logic without JavaScript that hides": (
        [text("a", logic=[{"trigger": {"type": "simple"}, "actions": [LOGIC]}])],
        {("a", "unsupported_logic")}),
    "a script as default": ([text("a", customDefaultValue="value = 1")], {("a", "script_value")}),
    "a script as data source": ([part("select", "a", dataSrc="custom")], {("a", "script_value")}),
    "a select that reads from elsewhere": (
        [part("select", "a", dataSrc="url", data={"url": "https://x.example/list"})],
        {("a", "absolute_address")}),
    "a select that reads from elsewhere without saying how": (
        [part("select", "a", dataSrc="url", data={"url": "//x.example/catalogue/"})],
        {("a", "absolute_address")}),
    "a relative address outside the catalogue": (
        [part("select", "a", dataSrc="url", data={"url": "/v1/records"})],
        {("a", "foreign_address")}),
    "an address that climbs out of the catalogue": (
        [part("select", "a", dataSrc="url", data={"url": "/catalogue/%2e%2e/v1"})],
        {("a", "foreign_address")}),
    "a resource of a Form.io server": (
        [part("select", "a", dataSrc="resource")], {("a", "unsupported_source")}),
    "an upload to elsewhere": (
        [part("file", "a", storage="url", url="http://x.example/")], {("a", "absolute_address")}),
    "a picture from elsewhere": (
        [part("content", "c", html="<img src='https://x.example/a.png'>"), text("a")],
        {("c", "absolute_address")}),
    "a text with a script": (
        [part("content", "c", html="<p>a</p><script>b()</script>")], {("c", "script_content")}),
    "a text with a handler": (
        [part("content", "c", html="<img src='a.png' onerror=b()>")], {("c", "script_content")}),
    "a handler after a quoted sign": (
        [part("content", "c", html="<img alt='a > b' onerror=b()>")], {("c", "script_content")}),
    "a link that is a script": (
        [part("content", "c", html="<a href='JavaScript:b()'>a</a>")], {("c", "script_content")}),
    "an element that is a script": (
        [part("htmlelement", "e", tag="script", content="b()")], {("e", "script_content")}),
    "an element with a handler": (
        [part("htmlelement", "e", tag="p", attrs=[{"attr": "onClick", "value": "b()"}])],
        {("e", "script_content")}),
    "one place for two fields": (
        [text("a"), part("panel", "p", components=[text("a")])], {("a", "duplicate_path")}),
    "one place for two fields in rows": (
        [part("datagrid", "g", components=[text("a"), part("number", "a")])],
        {("g[].a", "duplicate_path")}),
    "a type nobody knows": ([part("sketchpad", "a")], {("a", "unknown_type")}),
    "no type": ([{"key": "a"}], {("a", "unknown_type")}),
    "no key": ([{"type": "textfield"}], {("", "bad_key")}),
    "a key that looks like a row": ([text("a[0]")], {("a[0]", "bad_key")}),
    "JSONLogic beyond json-logic-js": (
        [text("a", conditional={"json": {"_has": [{"var": "data"}, "b"]}})],
        {("a", "unsupported_operator")}),
    "JSONLogic over the form itself": (
        [text("a", conditional={"json": {"var": "form.title"}})], {("a", "unsupported_scope")}),
    "choices that cannot be read": (
        [part("select", "a", dataSrc="json", data={"json": "[{"})], {("a", "bad_options")}),
    "something else than a component": (["a"], {("", "bad_component")}),
    "everything at once": (
        [text("a", **SCRIPT), part("datagrid", "g", components=[part("zz", "b")])],
        {("a", "script_condition"), ("g.b", "unknown_type")}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_place_is(case: str) -> None:
    components, problems = REFUSED[case]
    assert refusals(*components) == problems


def test_scripts_without_effect_on_counting_are_accepted() -> None:
    disabling = {"type": "property", "property": {"value": "disabled"}, "state": True}
    form = form_of(
        part("content", "c", html="<a href='https://x.example'>on = …</a>", **SCRIPT),
        part("button", "b", **SCRIPT),
        text("a", logic=[{"trigger": {"type": "javascript"}, "actions": [disabling]}],
             validate={"custom": "valid = true"}, customDefaultValue="", customConditional=" "),
    )  # fmt: skip
    assert [field.path for field in form.fields] == ["a"]


def test_cycle_of_conditions_is_not_refused() -> None:
    form = form_of(
        text("a", conditional=when("b", "1")), text("b", conditional=typed(("a", "isEqual", "1")))
    )
    assert len(form.fields) == 2


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b'{"components": [], "components": []}', "not_json"),
        (b'{"components": [], "a": NaN}', "not_json"),
        (b'{"components": [], "a": 1e400}', "not_json"),
        (b'{"components": [], "a": "\\ud800"}', "not_json"),
        (b"[]", "not_a_form"),
        (b"{}", "not_a_form"),
        (b'{"components": {}}', "not_a_form"),
        (b'{"components": ' * 100_000, "too_deep"),
        (b'{"components": [], "a": ' + b"[" * 100 + b"]" * 100 + b"}", "too_deep"),
        (b'{"components": [], "a": ' + b"9" * 5000 + b"}", "not_json"),
    ],
)
def test_bytes_without_form_are_refused_by_name(raw: bytes, code: str) -> None:
    assert refused_bytes(raw) == code


def test_brackets_within_texts_are_no_nesting() -> None:
    label = '[{"\\' * 300
    raw = json.dumps({"components": [text("a", label=label)]}).encode()
    assert read_definition(raw).fields[0].label == label


HOSTILE = [
    "<",
    "‹",
    "<<<‹",
    "src= ",
    "src=" + " " * 65_000,
    "<a ",
    " on",
    "<a title='",
    '\\"',
    "{{",
    "&#",
]


@pytest.mark.threat(80)
@pytest.mark.parametrize("piece", HOSTILE, ids=lambda piece: repr(piece[:8]))
def test_hostile_texts_are_checked_in_time(piece: str) -> None:
    hostile = (piece * (65_536 // len(piece) + 1))[:65_536]
    texts = dict.fromkeys(
        ["label", "html", "content", "description", "customClass", "template"], hostile
    )
    choice = {"value": hostile, "label": hostile}
    components = [
        part("content", "c", **texts, attrs=[{"attr": "title", "value": hostile}]),
        part("select", "s", **texts, data={"values": [choice]}, placeholder=hostile),
        text("a", **texts, conditional=typed(("s", "isDateEqual", hostile))),
        text("b", conditional={"json": {"==": [{"var": "data.s"}, hostile]}}),
    ]
    raw = json.dumps({"components": components}).encode()
    begun = time.thread_time()
    form = read_definition(raw)
    read = time.thread_time()
    decided = shown(form, {"s": hostile})
    assert set(decided) == {"s", "a", "b"}
    # twenty such texts in one form, each of them 64 KB
    assert read - begun < 20 * 0.2 and time.thread_time() - read < 0.2


def test_clock_dependent_dates_are_refused() -> None:
    def lines(condition: Any) -> tuple[dict[str, Any], ...]:
        item = part("select", "s", dataSrc="json", data={"json": [{"value": "x", "label": "X"}]})
        return (part("day", "d"), part("file", "f"), item, text("a", conditional=condition))

    accepted = typed(("d", "isDateEqual", "09/26/2024"), ("a", "isEqual", {}))
    assert form_of(*lines(accepted)).fields
    for trigger, compared in (("d", {}), ("d", [2024]), ("f", "2024"), ("s", "2024")):
        refused = typed((trigger, "dateLessThan", compared))
        assert refusals(*lines(refused)) == {("a", "unsupported_date")}
    without = typed(("d", "isDateEqual", ""))
    del without["conditions"][0]["value"]
    assert refusals(*lines(without)) == {("a", "unsupported_date")}


def test_long_keys_and_paths_have_limits() -> None:
    long = "k" * 255
    form = form_of(part("container", long, components=[text(long)]))
    assert form.fields[0].path == f"{long}.{long}"
    assert refusals(text(long + "k")) == {(long + "k", "bad_key")}
    nested = text(long)
    for _ in range(3):
        nested = part("container", long, components=[nested])
    path = ".".join([long] * 4)
    assert refusals(nested) == {(path, "path_too_long")}


def test_more_fields_than_leaf_holds_are_refused() -> None:
    assert len(form_of(*[text(f"k{number}") for number in range(1_200)]).fields) == 1_200
    assert refusals(*[text(f"{'k' * 200}{number}") for number in range(400)]) == {("", "too_large")}


def test_boxes_of_one_name_are_one_field() -> None:
    form = form_of(box("1"), box("2", validate={"required": True}), text("a"))
    assert [field.path for field in form.fields] == ["chon", "a"]
    field = form.field("chon")
    assert (field.type, field.required, field.label) == ("radio", True, "Chọn 1 / Chọn 2")
    assert field.options == (Option("1", "Chọn 1"), Option("2", "Chọn 2"))
    assert canonical(field, "2") == "2" and not form.uncounted
    assert [canonical(field, unticked) for unticked in (False, None, "")] == [EMPTY] * 3
    assert canonical(field, True) == "true" and field.default is None
    assert refusals(box("1"), text("chon")) == {("chon", "duplicate_path")}


def test_boxes_of_one_name_show_together() -> None:
    form = form_of(
        text("t"),
        box("1", conditional=when("t", "x")),
        box("2", conditional=when("t", "y")),
        text("b", conditional=when("chon", "2")),
        text("c", conditional=typed(("chon", "isEqual", "1"))),
    )
    for answer, seen in (("x", "visible"), ("y", "visible"), ("z", "hidden")):
        data: dict[str, Any] = {"t": answer, "chon": "2"}
        assert shown(form, data) == {"t": "visible", "chon": seen, "b": "visible", "c": "hidden"}
        assert ("chon" in drop_invisible(form, data)) is (seen == "visible")
    assert outlook(form, {})["chon"] == "open" and outlook(form, {"t": "x"})["chon"] == "visible"


@pytest.mark.parametrize("around", ["", "container", "datagrid", "editgrid"])
def test_conditions_name_boxes_by_name_and_key(around: str) -> None:
    """A bare name means nothing below a scope; a box's own key is found wherever it stands."""
    path = "s.chon" if around else "chon"
    inside = [
        box("1"),
        box("2"),
        text("a", conditional=when(path, "2")),
        text("b", conditional=typed(("box1", "isEqual", "2"))),
        text("c", conditional=when("chon", "2")),
    ]
    form = form_of(part(around, "s", components=inside)) if around else form_of(*inside)
    given: Any = {"chon": "2"}
    data = {"s": given if around == "container" else [given]} if around else given
    seen = {path.rpartition(".")[2]: decision for path, decision in shown(form, data).items()}
    assert seen == {
        "chon": "visible", "a": "visible", "b": "visible", "c": "hidden" if around else "visible",
    }  # fmt: skip


def test_boxes_of_one_name_have_words() -> None:
    form = form_of(
        text("t"),
        box("1", conditional=when("t", "x")),
        box("2", conditional=when("t", "y")),
        text("a", conditional=when("chon", "2")),
        text("b", conditional=when("box1", "1", show=False)),
    )
    words = [condition_in_words(node) for node in form.roots[1:]]
    shown_by_either = "«t» là «x» hoặc «t» là «y»"
    assert words == [shown_by_either] * 2 + [
        "«Chọn 1 / Chọn 2» là «Chọn 2»",
        "ẩn khi «Chọn 1 / Chọn 2» là «Chọn 1»",
    ]
    always = form_of(box("1"), box("2", conditional=when("t", "x")), text("t"))
    assert condition_in_words(always.roots[1]) == ""


def test_box_properties_do_not_exclude_other_boxes() -> None:
    first = box("1", label="Kính gửi", properties={"addressee": True})
    form = form_of(first, box("2", properties={"control": True}))
    assert [field.path for field in form.fields] == ["chon"] and not form.addressees
    assert not form.fields[0].control


def test_field_after_shown_box_is_open() -> None:
    form = form_of(
        text("t"),
        box("1", conditional=when("t", "x")),
        box("2", conditional=when("t", "y")),
        text("a", conditional=when("chon", "2")),
    )
    for begun in ("", False, None):
        assert outlook(form, {"t": "y", "chon": begun})["a"] == "open"
    assert outlook(form, {"t": "z"})["a"] == "hidden"


def test_named_box_is_of_radio_type() -> None:
    """The renderer writes such a value under the name, core reads it under the key."""
    assert refusals(box("1", inputType="checkbox")) == {("box1", "named_checkbox")}
    assert form_of(box("1", inputType="checkbox", name="")).fields[0].type == "checkbox"
