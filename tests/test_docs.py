"""Do the documents still say what the code is?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from gateway.settings import MinistryAccess, PortalAccess, Settings, TransitAccess
from gateway.sources.registry import registered

ROOT = Path(__file__).parents[1]
ROOMS = ("domain", "forms")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def types_in(room: str) -> Iterator[str]:
    """The public types that the modules of a room define: classes, new types and aliases."""
    for path in sorted((ROOT / "src" / "gateway" / room).rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            match node:
                case ast.ClassDef(name=name):
                    pass
                case (
                    ast.Assign(targets=[ast.Name(id=name)])
                    | ast.AnnAssign(target=ast.Name(id=name))
                ) if (
                    name[:1].isupper() and len(name) > 1 and not name.isupper() and "_" not in name
                ):
                    pass
                case _:
                    continue
            if not name.startswith("_"):
                yield name


def glossary_chapter(room: str) -> dict[str, str]:
    """The types that the glossary lists for a room, with their Vietnamese term."""
    chapter = GLOSSARY.split(f"## Types of `{room}`")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]+) \|$", chapter, re.MULTILINE)
    return {name: vietnamese.strip() for name, vietnamese, _ in rows}


@pytest.mark.parametrize("room", ROOMS)
def test_the_glossary_lists_every_public_type(room: str) -> None:
    missing = set(types_in(room)) - set(glossary_chapter(room))
    assert not missing, f"docs/glossary.md lacks {sorted(missing)}"


@pytest.mark.parametrize("room", ROOMS)
def test_glossary_lists_no_removed_type(room: str) -> None:
    gone = set(glossary_chapter(room)) - set(types_in(room))
    assert not gone, f"docs/glossary.md lists {sorted(gone)}, which nothing defines"


@pytest.mark.parametrize("room", ROOMS)
def test_every_glossary_term_has_its_vietnamese(room: str) -> None:
    assert [name for name, vietnamese in glossary_chapter(room).items() if not vietnamese] == []


def settings_of(model: type[BaseModel], prefix: str) -> dict[str, str]:
    """Every setting by the name of its environment variable, with its default as documented."""
    rows: dict[str, str] = {}
    for name, field in model.model_fields.items():
        if name in ("sources", "portal", "ministry", "transit"):
            continue
        default = "required" if field.is_required() else str(field.get_default())
        if isinstance(field.get_default(), Path):
            default = "see below"
        rows[prefix + name.upper()] = {"None": "none"}.get(default, default.removesuffix(".0"))
    return rows


def test_operations_lists_settings_with_defaults() -> None:
    rows = re.findall(r"^\| `(GATEWAY_\w+)` \| `?([^|`]+)`? \|", OPERATIONS, re.MULTILINE)
    documented = {name: default.strip().lower() for name, default in rows}
    settings = settings_of(Settings, "GATEWAY_")
    for spec in registered().specs:
        if spec.access is not None:
            settings |= settings_of(spec.access, f"GATEWAY_{spec.settings_group.upper()}_")
    settings |= settings_of(PortalAccess, "GATEWAY_PORTAL_")
    settings |= settings_of(MinistryAccess, "GATEWAY_MINISTRY_")
    settings |= settings_of(TransitAccess, "GATEWAY_TRANSIT_")
    assert documented == {name: default.lower() for name, default in settings.items()}


def test_readme_has_two_one_line_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert blocks[0].splitlines() == ["make demo", "make test"]


def test_readme_describes_every_package() -> None:
    table = re.findall(r"^\| \d \| ([^|]+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    listed = {name for cell in table for name in re.findall(r"`(\w+)(?:/|\.py)`", cell)}
    rooms = {path.stem for path in (ROOT / "src" / "gateway").iterdir() if path.name[0] not in "._"}
    assert listed == {room for room in rooms if not room.startswith("__")}


def test_index_reaches_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    documents = {
        path.relative_to(ROOT / "docs").as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if path.name != "README.md"
    }
    listed = {name for name in re.findall(r"\]\(([\w./-]+\.md)\)", index) if name[:3] != "../"}
    assert documents == listed


@pytest.mark.parametrize(
    "document",
    sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_internal_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text())
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (document.parent / target).exists()] == []


@pytest.mark.parametrize(
    "decision", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.stem
)
def test_decision_is_short_with_alternatives(decision: Path) -> None:
    text = decision.read_text()
    assert len(text.splitlines()) <= 40
    headings = re.findall(r"^## (\w+)", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives", "References"]
    for path in re.findall(r"`((?:src|tests|schemas|mocks|docs)/[\w./-]+)`", text):
        assert (ROOT / path).exists(), f"{decision.name} refers to {path}"


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_a_guide_names_modules_that_exist(document: str) -> None:
    named = re.findall(
        r"`((?:src|tests|schemas|mocks|docs|demo)/[\w./-]*)`", (ROOT / document).read_text()
    )
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []
