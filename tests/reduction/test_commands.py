"""Do the commands of the figures say what they promise, to people and to programs?"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli._forms.coverage import coverage_of
from gateway.cli.main import app
from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION, RECORDS
from gateway.forms.catalogue import read_catalogue
from tests.databases import open_database

SCHEMAS = Path(__file__).parents[2] / "schemas"


def test_coverage_counts_required_and_fillable_fields() -> None:
    catalogue = read_catalogue(SCHEMAS)
    rows = {row["form"]: row for row in coverage_of(catalogue)}

    assert len(rows) == len(catalogue.forms())
    for form in catalogue.forms():
        row = rows[form.code]
        items = {
            form.bindings.item_of(f.path)
            for f in form.definition.fields
            if f.required and not f.control
        } - {None}
        assert row["required"] == len(items)
        assert 0 < row["bound"] <= row["connected"] <= row["ceiling"] <= row["required"]
        bound = {b.item for b in form.bindings.bindings} & items
        outside = {POPULATION, RECORDS, PERSONAL_PAPERS}
        held = {
            b.item
            for b in form.bindings.bindings
            if b.item in bound and outside & set(form.dictionary[b.attribute].sources)
        }
        assert row["bound"] <= len(held)


def test_coverage_prints_json_or_table() -> None:
    answer = CliRunner().invoke(app, ["forms", "coverage", "--json"])
    assert answer.exit_code == 0
    assert {"form", "required", "bound", "connected", "ceiling"} == set(
        json.loads(answer.stdout)[0]
    )

    shown = CliRunner().invoke(app, ["forms", "coverage"])
    assert "Ceiling" in shown.stdout
    assert "tk01-" in shown.stdout


def test_report_of_new_deployment_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    open_database(tmp_path).close()

    answer = CliRunner().invoke(app, ["metrics", "report", "--json", "--from", "2026-11"])

    assert answer.exit_code == 0
    document = json.loads(answer.stdout)
    assert document["period"] == {"from": "2026-11-01", "to": None}
    assert document["forms"] == []
    shown = CliRunner().invoke(app, ["metrics", "report"])
    assert "unconfirmed: no portal connected" in shown.stdout.splitlines()[0]


@pytest.mark.parametrize("arguments", [["--from", "soon"], ["--by", "person"]])
def test_impossible_report_ends_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path))
    open_database(tmp_path).close()

    answer = CliRunner().invoke(app, ["metrics", "report", *arguments])

    assert answer.exit_code == 1
    assert "parameter_unusable" in answer.stderr


def test_report_without_deployment_creates_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATA", str(tmp_path / "nothing"))

    assert CliRunner().invoke(app, ["metrics", "report"]).exit_code == 1
    assert not (tmp_path / "nothing").exists()
