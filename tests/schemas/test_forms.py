"""Are the declarations that we hand to provinces whole, and do their bindings fit them?"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway.forms._reading.bindings import read_bindings
from gateway.forms.attributes import read_dictionary
from gateway.forms.definition import read_definition

SCHEMAS = Path(__file__).parents[2] / "schemas"
FOLDERS = sorted(path.parent.name for path in (SCHEMAS / "forms").glob("*/form.json"))
DECLARED = json.loads((Path(__file__).parent / "declarations.json").read_text())["forms"]
LISTS = json.loads((SCHEMAS / "code-lists.json").read_text())["lists"]
ATTRIBUTES = json.loads((SCHEMAS / "attributes.json").read_text())["attributes"]
DICTIONARY = read_dictionary(SCHEMAS / "attributes.json")

CATALOGUE = re.compile(
    r"/catalogue/(provinces|countries|business-lines|banks"
    r"|(?:communes|hospitals)\?province=\{\{ (data|row)\.([A-Za-z]\w*)\.value \}\})"
)
COMPONENT_TYPES = {
    "text": {"textfield", "textarea", "email", "phoneNumber", "select", "file"},
    "date": {"datetime", "day"},
    "number": {"number", "currency", "textfield"},
    "choice": {"select", "radio", "checkbox", "selectboxes"},
    "table": {"datagrid", "editgrid", "textfield"},
}
ASKED_FOR_A_SELECT_OPTION = {"code:province", "code:commune", "code:country"}
"""Coded facts whose choices come from the catalogue, not from the form."""
SHORT_OF_THE_CEILING = {"construction-permit"}
"""Whose `not_supplied` names every required field that keeps it below; two of all forms at most."""

pytestmark = pytest.mark.parametrize("form", FOLDERS)


@cache
def definition(form: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SCHEMAS / "forms" / form / "form.json").read_text())
    return read


@cache
def bindings(form: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((SCHEMAS / "forms" / form / "bindings.json").read_text())
    return read


def walk(components: list[dict[str, Any]], group: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every component with its path template; a layout's path is its key."""
    for component in components:
        yield group + component["key"], component
        rows = component["type"] in ("datagrid", "editgrid")
        below = f"{group}{component['key']}[]." if rows else group
        yield from walk(component.get("components", []), below)
        for column in component.get("columns", []):
            yield from walk(column["components"], below)


@cache
def inputs(form: str) -> dict[str, dict[str, Any]]:
    """What holds data: fields, groups, hidden components."""
    return {
        path: component
        for path, component in walk(definition(form)["components"])
        if component["input"] and component["type"] != "button"
    }


@cache
def fields(form: str) -> dict[str, dict[str, Any]]:
    groups_and_hidden = ("datagrid", "editgrid", "hidden")
    return {p: c for p, c in inputs(form).items() if c["type"] not in groups_and_hidden}


@cache
def item_of(form: str) -> dict[str, str]:
    read = bindings(form)
    bound: dict[str, str] = {b["field"]: b["item"] for b in read["bindings"] if b.get("item")}
    rest: dict[str, str] = read.get("items", {})
    return bound | rest


def declared_fields(form: str) -> list[list[Any]]:
    """The countable fields of the declaration: an addressee line is none (Kính gửi)."""
    return [field for field in DECLARED[form]["fields"] if not field[0].startswith("addressee")]


def is_marked(component: dict[str, Any], mark: str) -> bool:
    return component.get("properties", {}).get(mark) is True


def options_of(component: dict[str, Any]) -> list[dict[str, str]] | None:
    if component["type"] == "select":
        return component["data"]["json"] if component["dataSrc"] == "json" else None
    return component.get("values")


def comparisons(rule: object) -> Iterator[tuple[str, object]]:
    """Each `var` of a JSONLogic rule, with the literal it is compared with."""
    if isinstance(rule, list):
        for part in rule:
            yield from comparisons(part)
    if isinstance(rule, dict):
        for operator, operands in rule.items():
            if operator == "var":
                yield (operands if isinstance(operands, str) else operands[0]), None
            elif operator in ("==", "===", "!=", "!==") and "var" in operands[0]:
                yield operands[0]["var"], operands[1]
            else:
                yield from comparisons(operands)


def triggers(component: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What a component's condition reads, in the form `key` or `key.value`, and what it awaits."""
    conditional = component.get("conditional") or {}
    if conditional.get("when"):
        yield conditional["when"], conditional["eq"]
    for condition in conditional.get("conditions", []):
        yield condition["component"], condition.get("value")
    for name, literal in comparisons(conditional.get("json")):
        scope, _, rest = name.partition(".")
        assert scope in ("data", "row"), "a JSONLogic variable begins with its scope"
        yield rest, literal


def test_engine_accepts_form_and_bindings(form: str) -> None:
    folder = SCHEMAS / "forms" / form
    read = read_definition((folder / "form.json").read_bytes())
    fitted = read_bindings((folder / "bindings.json").read_bytes(), read, DICTIONARY)
    declarable = {path for path, c in fields(form).items() if not is_marked(c, "addressee")}
    assert {field.path for field in read.fields} == declarable
    assert fitted.form == form == definition(form)["path"] == bindings(form)["form"]


def test_official_field_has_exactly_one_component(form: str) -> None:
    assert Counter(item_of(form).values()) == Counter(f[0] for f in declared_fields(form))


def test_component_is_official_or_opens_others(form: str) -> None:
    extra = [
        path
        for path, component in fields(form).items()
        if path not in item_of(form)
        and not is_marked(component, "control")
        and not is_marked(component, "addressee")
    ]
    assert extra == []


def test_field_is_required_as_declared(form: str) -> None:
    component_of = {item: inputs(form)[path] for path, item in item_of(form).items()}
    for key, _, required, *_ in declared_fields(form):
        assert component_of[key]["validate"]["required"] is required, key


def test_field_has_input_of_its_kind(form: str) -> None:
    component_of = {item: inputs(form)[path] for path, item in item_of(form).items()}
    path_of = {item: path for path, item in item_of(form).items()}
    worked_out = {b["field"] for b in bindings(form)["bindings"] if "of" in b}
    for key, kind, *_ in declared_fields(form):
        # A choice that follows from another one is shown as the text that it comes to.
        as_text = {"textfield"} if kind == "choice" and path_of[key] in worked_out else set()
        assert component_of[key]["type"] in COMPONENT_TYPES[kind] | as_text, key


def test_exactly_rows_stand_in_groups(form: str) -> None:
    path_of = {item: path for path, item in item_of(form).items()}
    for key, _, _, _, repeated, _ in declared_fields(form):
        assert ("[]." in path_of[key]) is repeated, key
    for group, key in bindings(form).get("row_key", {}).items():
        assert f"{group}[].{key}" in fields(form)


def test_addressee_line_is_required_without_item(form: str) -> None:
    marked = [path for path, c in fields(form).items() if is_marked(c, "addressee")]
    assert len(marked) == sum(f[0].startswith("addressee") for f in DECLARED[form]["fields"])
    for path in marked:
        assert fields(form)[path]["validate"]["required"] is True
        assert path not in item_of(form)


def test_control_is_optional_defaulted_and_unofficial(form: str) -> None:
    for path, component in fields(form).items():
        if is_marked(component, "control"):
            assert component["validate"]["required"] is False, path
            assert "defaultValue" in component, path
            assert path not in item_of(form), path


def test_no_two_components_share_a_key(form: str) -> None:
    keys = Counter(component["key"] for _, component in walk(definition(form)["components"]))
    assert [key for key, times in keys.items() if times > 1] == []


def test_condition_names_component_and_possible_answer(form: str) -> None:
    known = {path.replace("[]", ""): component for path, component in inputs(form).items()}
    by_row_key = {path.rsplit(".", 1)[-1]: component for path, component in known.items()}
    for path, component in walk(definition(form)["components"]):
        for trigger, awaited in triggers(component):
            key = trigger.removesuffix(".value")
            named = known.get(key) or by_row_key.get(key)
            assert named is not None, f"{path} waits for {trigger}, which no component is"
            assert trigger.endswith(".value") == (named["type"] == "select"), (path, trigger)
            choices = options_of(named)
            if choices is not None and awaited not in (None, ""):
                assert awaited in [choice["value"] for choice in choices], (path, awaited)


def test_condition_lists_name_no_unreadable_select(form: str) -> None:
    for path, component in walk(definition(form)["components"]):
        for condition in (component.get("conditional") or {}).get("conditions", []):
            assert "." not in condition["component"] or "[]" in path, path


def test_form_has_no_script_or_foreign_address(form: str) -> None:
    text = json.dumps(definition(form))
    assert "://" not in text
    for path, component in walk(definition(form)["components"]):
        for scripted in ("customConditional", "calculateValue", "customDefaultValue", "logic"):
            assert not component.get(scripted), (path, scripted)
        assert component.get("dataSrc") in (None, "json", "url", "values"), path


def test_fetched_list_is_catalogued_by_province(form: str) -> None:
    for path, component in fields(form).items():
        if component["type"] != "select" or component["dataSrc"] != "url":
            continue
        match = CATALOGUE.fullmatch(component["data"]["url"])
        assert match, path
        # else the renderer asks for the first hundred, and no more
        assert component["disableLimit"] is True, path
        scope, province = match[2], match[3]
        if province:
            row = path.rpartition(".")[0] + "." if "[]." in path else ""
            assert f"{row if scope == 'row' else ''}{province}" in fields(form), path
            assert component["refreshOn"].rpartition(".")[2] == province, path


def test_choices_have_own_value_and_label(form: str) -> None:
    for path, component in fields(form).items():
        choices = options_of(component)
        if choices is None:
            continue
        assert choices, path
        for member in ("value", "label"):
            texts = [choice[member] for choice in choices]
            assert all(texts) and len(set(texts)) == len(texts), (path, member)


def test_default_is_one_of_the_choices(form: str) -> None:
    for path, component in fields(form).items():
        choices, default = options_of(component), component.get("defaultValue")
        if choices is None or default in (None, ""):
            continue
        if component["type"] == "selectboxes":
            assert set(default) <= {choice["value"] for choice in choices}, path
        elif isinstance(default, dict):
            assert default in [{k: c[k] for k in ("label", "value")} for c in choices], path
        else:
            assert default in [choice["value"] for choice in choices], path


def test_coded_choice_offers_every_list_label(form: str) -> None:
    for binding in bindings(form)["bindings"]:
        kind = ATTRIBUTES[binding["attribute"]]["type"]
        choices = options_of(fields(form)[binding["field"]])
        if kind.startswith("code:") and kind not in ASKED_FOR_A_SELECT_OPTION and choices:
            offered = {choice["label"] for choice in choices}
            missing = set(LISTS[kind.removeprefix("code:")].values()) - offered
            assert missing == set(), binding["field"]


def test_title_procedure_and_ceiling_are_official(form: str) -> None:
    code, ceiling = DECLARED[form]["procedure"], DECLARED[form]["ceiling"]
    assert bindings(form)["procedures"] == ([code] if code else [])
    assert bindings(form)["ceiling"] == ceiling
    assert bindings(form)["title"] == definition(form)["title"]


def test_bound_share_is_near_the_ceiling(form: str) -> None:
    component_of = {item: path for path, item in item_of(form).items()}
    required = {component_of[key] for key, _, required, *_ in declared_fields(form) if required}
    bound = required & {binding["field"] for binding in bindings(form)["bindings"]}
    ceiling = DECLARED[form]["ceiling"]
    if form in SHORT_OF_THE_CEILING:
        named = required & set(bindings(form)["not_supplied"])
        assert len(bound) < 0.95 * ceiling <= len(bound | named)
    else:
        assert len(bound) >= 0.95 * ceiling


def test_required_field_is_bound_or_explained(form: str) -> None:
    component_of = {item: path for path, item in item_of(form).items()}
    bound = {binding["field"] for binding in bindings(form)["bindings"]}
    unexplained = [
        key
        for key, _, required, _, _, source in declared_fields(form)
        if required and source != "citizen_only"
        if component_of[key] not in bound | set(bindings(form).get("not_supplied", {}))
    ]
    assert unexplained == []


def test_portal_fills_only_the_applicants_identity(form: str) -> None:
    at_login = {"person.full_name", "person.personal_id", "person.birth_date"}
    at_login |= {name for name, a in ATTRIBUTES.items() if a.get("part_of") == "person.full_name"}
    attribute_of = {b["field"]: b["attribute"] for b in bindings(form)["bindings"]}
    for path in bindings(form).get("login_fills", []):
        assert attribute_of[path] in at_login, path


def test_the_last_component_submits(form: str) -> None:
    assert definition(form)["components"][-1]["type"] == "button"
    assert definition(form)["components"][-1]["action"] == "submit"
