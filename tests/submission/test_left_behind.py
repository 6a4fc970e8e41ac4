"""What a hidden question still holds opens no other, and is no part of what was submitted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SCHEMAS, House
from tests.few_forms import ONE_FORM, schemas_with

STALE = {"coXe": "khong", "xeNao": "oto", "bienSo": "29A-00001"}


def question(key: str, *options: str, after: tuple[str, str] | None = None) -> dict[str, Any]:
    """A question that shows after another has this answer; a choice where there are options."""
    kind: dict[str, Any] = {"type": "textfield"}
    if options:
        kind = {"type": "radio", "values": [{"label": o, "value": o} for o in options]}
    condition = {"show": True, "when": after[0], "eq": after[1]} if after else {}
    return {"key": key, "label": key, "input": True, **kind, "conditional": condition}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house whose form asks three more questions, each shown by the one before alone."""
    schemas = schemas_with(tmp_path / "schemas")
    folder = schemas / "forms" / ONE_FORM
    folder.mkdir()
    original = SCHEMAS / "forms" / ONE_FORM
    (folder / "bindings.json").symlink_to(original / "bindings.json")
    form = json.loads((original / "form.json").read_bytes())
    form["components"] += [
        question("coXe", "co", "khong"),
        question("xeNao", "oto", "xe_may", after=("coXe", "co")),
        question("bienSo", after=("xeNao", "oto")),
    ]
    (folder / "form.json").write_text(json.dumps(form))
    house = House(tmp_path / "data", schemas=schemas)
    yield house
    house.close()


def test_hidden_answer_shows_no_question(house: House) -> None:
    prefill = house.filled(house.question(ONE_FORM, "driver"))
    body = {"receipt": prefill["receipt"], "data": prefill["data"] | STALE}

    answer = house.accepted(body)
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert verdicts["coXe"] == "manual"
    assert not {"xeNao", "bienSo"} & verdicts.keys()

    said_less = {**body, "data": prefill["data"] | {"coXe": "khong"}}
    assert house.accepted(said_less)["leaf"] == answer["leaf"]
