from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.codelists import read_code_lists
from gateway.forms.catalogue import read_catalogue
from gateway.forms.remote import read_remote_lists
from gateway.igate.choices import Choices
from gateway.igate.mapping import IGateCatalogue, IGateMapping, read_igate
from mocks.igate.catalogues import entry_id, write_catalogues
from mocks.igate.dossiers import eform_id

SCHEMAS = Path(__file__).parents[2] / "schemas"
LISTS = read_code_lists(SCHEMAS)
MAPPING = read_igate(SCHEMAS, LISTS)
CATALOGUE = read_catalogue(SCHEMAS)
FORM = "household-business-registration"
PROVINCE, COMMUNE = "tinhThuongTru", "xaThuongTru"


def choices(form: str = FORM, mapping: IGateMapping = MAPPING) -> Choices:
    eform = mapping.eform(eform_id(form))
    options = read_remote_lists(SCHEMAS)
    return Choices(CATALOGUE.form_for(form), eform, mapping, LISTS, options)


def without(name: str, code: str) -> IGateMapping:
    """A configuration in which one entry of a catalogue is not set."""
    whole = MAPPING.catalogues[name]
    kept = {entry.id: entry for entry in whole.by_id.values() if entry.code != code}
    by_code = {entry.code: entry for entry in kept.values()}
    by_label = {
        label: tuple(entry for entry in entries if entry.id in kept)
        for label, entries in whole.by_label.items()
    }
    return replace(
        MAPPING, catalogues={**MAPPING.catalogues, name: IGateCatalogue(kept, by_code, by_label)}
    )


def province(code: str = "51") -> dict[str, str]:
    return {"label": LISTS.provinces[code].label, "value": entry_id("provinces", code)}


def commune(number: int = 0, of: str = "51") -> tuple[str, dict[str, str]]:
    code, coded = list(LISTS.communes[of].items())[number]
    return code, {"label": coded.label, "value": entry_id("communes", code)}


def test_id_and_state_code_are_inverse() -> None:
    code, there = commune()
    sent = {PROVINCE: province(), COMMUNE: there}

    data, unmapped = choices().from_igate(sent)

    assert unmapped == ()
    assert data == {
        PROVINCE: {"label": LISTS.provinces["51"].label, "value": "51"},
        COMMUNE: {"label": there["label"], "value": code},
    }
    assert choices().to_igate(data) == sent


@pytest.mark.parametrize("name", ["provinces", "communes", "countries", "ethnicities"])
def test_every_configured_entry_round_trips(name: str) -> None:
    catalogue = MAPPING.catalogues[name]
    assert len(catalogue.by_code) == len(catalogue.by_id) > 0
    assert all(catalogue.by_code[entry.code] is entry for entry in catalogue.by_id.values())


def test_example_catalogues_match_simulated_igate(tmp_path: Path) -> None:
    (tmp_path / "catalogue").symlink_to(SCHEMAS / "catalogue")
    write_catalogues(tmp_path)
    written = {path.name: path.read_text() for path in (tmp_path / "igate-catalogues").iterdir()}
    assert written == {
        path.name: path.read_text() for path in (SCHEMAS / "igate-catalogues").iterdir()
    }


def test_every_registered_form_has_example_eform() -> None:
    told = {one.form for one in MAPPING.eforms.values()}
    assert told == {f.code for f in CATALOGUE.forms()}, "python -m mocks.igate.catalogues schemas"


@pytest.mark.parametrize("empty", [{}, "", None, [], {"label": "", "value": ""}])
def test_empty_select_is_empty(empty: Any) -> None:
    data, unmapped = choices().from_igate({PROVINCE: empty})
    assert unmapped == ()
    assert not data[PROVINCE]


def test_missing_id_is_resolved_within_province() -> None:
    code, there = commune(3)
    data, unmapped = choices().from_igate(
        {PROVINCE: province(), COMMUNE: {"label": there["label"].upper(), "value": "f" * 24}}
    )
    assert unmapped == ()
    assert data[COMMUNE] == {"label": there["label"], "value": code}


@pytest.mark.parametrize(
    "told",
    [
        {"value": "f" * 24},
        {"label": "Xã Không Có Ở Đâu", "value": "f" * 24},
        {"label": "Một xã khác", "value": commune()[1]["value"]},
    ],
    ids=["no name", "a name of nothing", "a name of something else"],
)
def test_unresolvable_choice_stays_as_sent(told: dict[str, str]) -> None:
    data, unmapped = choices().from_igate({PROVINCE: province(), COMMUNE: told})
    assert unmapped == (COMMUNE,)
    assert data[COMMUNE] == told


def test_ambiguous_commune_without_province_is_not_guessed() -> None:
    named = [c.label for of in LISTS.communes.values() for c in of.values()]
    twice = next(label for label in named if named.count(label) > 1)
    told = {"label": twice, "value": "f" * 24}
    assert choices().from_igate({COMMUNE: told})[1] == (COMMUNE,)


def test_code_without_id_cannot_be_sent() -> None:
    form = CATALOGUE.form_for(FORM)
    template, filled = form.definition.field(PROVINCE), {"label": "…", "value": "51"}
    assert choices().can_send(template, filled)
    assert not choices(mapping=without("provinces", "51")).can_send(template, filled)


def test_gender_is_coded_as_configured() -> None:
    pension = choices("social-pension")
    for theirs, ours in (("1", "male"), ("0", "female")):
        data, _ = pension.from_igate({"gioiTinh": int(theirs)})
        assert data["gioiTinh"]["value"] == ours
        assert pension.to_igate(data)["gioiTinh"] == theirs


def test_ethnic_group_is_sent_by_form_name() -> None:
    sent = {"danTocChuHo": {"label": "Tày", "value": entry_id("ethnicities", "02")}}
    data, _ = choices().from_igate(sent)
    assert data["danTocChuHo"] == {"label": "Tày", "value": "02"}
    assert choices().to_igate(data) == sent


def test_rows_are_worded_one_by_one() -> None:
    of_rows = choices("household-business-registration")
    row = {"quocTichThanhVien": {"label": "Việt Nam", "value": entry_id("countries", "VN")}}
    data, unmapped = of_rows.from_igate({"thanhVien": [row, {}, row]})
    assert unmapped == ()
    assert [r.get("quocTichThanhVien", {}).get("value") for r in data["thanhVien"]] == [
        "VN",
        None,
        "VN",
    ]
    assert of_rows.to_igate(data) == {"thanhVien": [row, {}, row]}
