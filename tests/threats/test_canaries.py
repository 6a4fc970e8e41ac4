"""No value of a person is found anywhere at rest, in a log line, a refusal or a leaf."""

import base64
import json
import logging
import unicodedata
import urllib.parse
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import select

from gateway.api.events import write_events_to
from gateway.storage.schema import leaves
from mocks.igate import FORMS
from tests.conftest import House

pytestmark = [pytest.mark.threat(26), pytest.mark.threat(31), pytest.mark.threat(10)]

_ENOUGH = 8


def encodings(value: str) -> Iterator[bytes]:
    """One value as it might hide: plain, decomposed, without marks, base64, in a URL, in hex."""
    raw = value.encode()
    decomposed = unicodedata.normalize("NFD", value)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    yield raw
    yield value.upper().encode()
    yield decomposed.encode()
    yield bare.replace("đ", "d").replace("Đ", "D").encode()
    yield raw.hex().encode()
    yield urllib.parse.quote(value).encode()
    yield json.dumps(value)[1:-1].encode()
    for shift in range(3):  # base64 of a value that stands at any place of a longer text
        whole = base64.b64encode(b"\0" * shift + raw)
        inner = whole[4 if shift else 0 :].rstrip(b"=")[:-1]
        if len(inner) >= _ENOUGH:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


@pytest.fixture(scope="module")
def traces(house: House) -> dict[str, bytes]:
    """Everything that a day of visits leaves behind; no record is stored, so all is searched."""
    lines = StringIO()
    write_events_to(lines)
    plain = StringIO()
    handler = logging.StreamHandler(plain)
    logging.getLogger().addHandler(handler)
    refusals: list[bytes] = []
    receipts: list[bytes] = []
    values: set[str] = set()
    for form in FORMS:
        walk = house.walk(house.story(form))
        person = house.population.person(house.story(form).n)
        values |= {person.personal_id, person.full_name, person.phone, person.email}
        values |= {person.permanent.detail, person.current.detail}
        values |= {r.full_name for r in (person.father, person.mother, person.spouse) if r}
        values |= {r.personal_id for r in (person.father, person.mother) if r and r.personal_id}
        payload = walk.receipt.split(".")[1]
        receipts.append(base64.urlsafe_b64decode(payload + "=="))
        for path in walk.locked[:2]:
            altered = walk.submission()
            altered["data"][path] = person.full_name + " khác"
            refusals.append(house.submit(altered).content)
        house.accepted(walk.submission(), key=f"canary-{form}-".ljust(40, "x"))
        question = walk.questions[-1]
        for wrong in (
            {**question, "subject": {**question["subject"], "full_name": person.full_name + "1"}},
            {**question, "subject": {**question["subject"], person.full_name: 1}},
            {**question, "form": person.full_name},
            {**question, "officer": person.full_name},
            {**question, person.personal_id: person.full_name},
            {**question, "extends": person.full_name},
        ):
            answer = house.prefill(wrong)
            assert 400 <= answer.status_code < 500
            refusals.append(answer.content)
    house.run(house.services.database.write(lambda c: None))
    logging.getLogger().removeHandler(handler)
    folder = b"".join(p.read_bytes() for p in sorted(house.folder.rglob("*")) if p.is_file())
    assert len(folder) > 100_000
    return {
        "values": json.dumps(sorted(v for v in values if len(v) >= 5)).encode(),
        "files": folder,
        "lines": (lines.getvalue() + plain.getvalue()).encode(),
        "refusals": b"\n".join(refusals),
        "receipts": b"\n".join(receipts),
        "bodies": json.dumps(
            [house.bodies(kind) for kind in ("prefill", "submission", "refusal")],
            ensure_ascii=False,
        ).encode(),
    }


@pytest.mark.parametrize("place", ["files", "lines", "refusals", "receipts", "bodies"])
def test_no_canary_is_found_in(traces: dict[str, bytes], place: str) -> None:
    values: list[str] = json.loads(traces["values"])
    assert len(values) > 30
    found = [
        number
        for number, value in enumerate(values)
        if any(one in traces[place] for one in set(encodings(value)) if len(one) >= 5)
    ]
    assert found == []


def test_the_search_finds_what_is_there(traces: dict[str, bytes]) -> None:
    value: str = json.loads(traces["values"])[-1]
    for one in encodings(value):
        assert any(other in b"..." + one + b"..." for other in encodings(value))
    hidden = base64.b64encode(b"xy" + value.encode() + b"z")
    assert any(one in hidden for one in encodings(value))


def test_case_leaves_have_one_length(house: House, traces: dict[str, bytes]) -> None:
    entries: list[Any] = house.services.database.read(
        lambda c: list(c.execute(select(leaves.c.entry)).scalars())
    )
    cases = [entry for entry in entries if b'"kind":"case"' in entry]
    assert len(cases) > 20
    assert len({len(entry) for entry in cases}) == 1
