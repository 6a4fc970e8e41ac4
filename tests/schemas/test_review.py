"""Is the review list of the forms the one that `schemas/` makes, and does it leave nothing out?"""

import re
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli._forms.review import review_of
from gateway.cli.main import app
from gateway.domain.identifiers import FormCode
from gateway.forms.catalogue import Catalogue, RegisteredForm, read_catalogue
from gateway.forms.unreached import Unreached, read_all_unreached
from gateway.sources.registry import registered

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "schemas" / "forms.md"
FOLDERS = sorted(path.parent.name for path in (ROOT / "schemas" / "forms").glob("*/form.json"))


@cache
def catalogue() -> Catalogue:
    return read_catalogue(ROOT / "schemas")


@cache
def unreached() -> dict[FormCode, tuple[Unreached, ...]]:
    return read_all_unreached(ROOT / "schemas", catalogue())


def chapter(form: str) -> str:
    chapters = re.split(r'^<a id="([\w-]+)"></a>$', DOCUMENT.read_text(), flags=re.MULTILINE)
    return dict(zip(chapters[1::2], chapters[2::2], strict=True))[form]


def left(form: str) -> str:
    return chapter(form).partition("Công dân tự khai, và vì sao:")[2]


def rows(form: str) -> dict[str, list[str]]:
    """The cells of each field's row, by the field's path."""
    found = re.findall(r"^\| (.*<br>`([^`]+)` \w+) \| (.*) \|$", chapter(form), re.MULTILINE)
    return {path: [first, *rest.split(" | ")] for first, path, rest in found}


def can_be_filled(form: RegisteredForm, path: str) -> bool:
    binding = form.bindings.by_field.get(path)
    if binding is None:
        return False
    attribute = form.dictionary[binding.attribute]
    return attribute.computed or bool(registered().ids & set(attribute.sources))


def test_document_is_made_from_registered_forms() -> None:
    made = review_of(catalogue(), unreached())
    assert DOCUMENT.read_text() == made, "run: gateway forms review --write"


def test_the_command_prints_the_document() -> None:
    answer = CliRunner().invoke(
        app, ["forms", "review"], env={"GATEWAY_SCHEMAS": str(ROOT / "schemas")}
    )
    assert (answer.exit_code, answer.stdout) == (0, DOCUMENT.read_text())


@pytest.mark.parametrize("code", FOLDERS)
def test_every_field_has_item_and_source(code: str) -> None:
    form, listed = catalogue().form_for(code), rows(code)
    assert list(listed) == [field.path for field in form.definition.fields]
    for field in form.definition.fields:
        first, item, _, origin, edit = listed[field.path]
        assert ("\\*<br>" in first) is field.required, field.path
        assert item == (f"`{named}`" if (named := form.bindings.item_of(field.path)) else "")
        assert bool(origin) is bool(edit) is (field.path in form.bindings.by_field), field.path


@pytest.mark.parametrize("code", FOLDERS)
def test_unfilled_field_has_one_reason(code: str) -> None:
    form = catalogue().form_for(code)
    unfilled = [f.path for f in form.definition.fields if not can_be_filled(form, f.path)]
    explained = form.bindings.not_supplied.keys()
    listed = re.findall(r"\(`([\w.\[\]]+)`\)", left(code))
    assert sorted(listed) == sorted({*unfilled, *explained})
    assert all(len(line) > 4 for line in re.findall(r"^- (.*): .*`\)", left(code), re.MULTILINE))


@pytest.mark.parametrize("code", FOLDERS)
def test_conditions_are_written_in_words(code: str) -> None:
    form = catalogue().form_for(code)
    nodes = [node for root in form.definition.roots for node in root.walk()]
    for node in nodes:
        for template in node.templates:
            if not template.addressee:
                said = rows(code)[template.path][2]
                assert bool(said) is (node.gate is not None), template.path
                assert "{" not in said, template.path


@pytest.mark.parametrize("code", FOLDERS)
def test_every_role_explains_finding_its_person(code: str) -> None:
    named = re.findall(r"^- `(\w+)`: \S", chapter(code), re.MULTILINE)
    assert named == list(catalogue().form_for(code).bindings.roles)


@pytest.mark.parametrize("code", FOLDERS)
def test_page_names_every_missing_item(code: str) -> None:
    said = chapter(code).partition("Mục mà nguồn có thể giữ nhưng không về, và vì sao:")[2]
    lines = re.findall(r"^- Mục ((?:`\w+`(?:, )?)+): .+ – (.+)$", said, re.MULTILINE)
    named = [(tuple(re.findall(r"`(\w+)`", items)), why) for items, why in lines]
    assert named == [(one.items, one.why) for one in unreached()[FormCode(code)]]
