"""What browsers and forms do to a value on the way changes nothing that is counted."""

import copy
import random
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.forms.fields import instances_at_submission
from mocks.igate import FORMS
from tests.conftest import House

pytestmark = [pytest.mark.threat(14), pytest.mark.threat(32), pytest.mark.threat(61)]

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture(scope="module")
def office(house: House) -> House:
    for form in FORMS:
        house.file_records_of(*house.story(form).owners)
    return house


def redress(value: Any, dress: int) -> Any:
    if isinstance(value, list):
        return [redress(one, dress) for one in value]
    if isinstance(value, dict):
        if set(value) == {"label", "value"}:
            bare = value["value"]
            label = unicodedata.normalize("NFD", value["label"])
            return [bare, {"value": bare}, {"label": label, "value": bare}, bare][dress]
        return {key: redress(one, dress) for key, one in value.items()}
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return [str(value), f"{value}.0", float(value), f" {value} "][dress]
    return redress_text(str(value), dress)


def redress_text(text: str, dress: int) -> str:
    if len(text) == 28 and text.endswith(".000+0000"):
        moment = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
        local = moment.astimezone(LOCAL)
        return [
            f"{local:%Y-%m-%d}",
            f"{local:%d/%m/%Y}",
            local.isoformat(),
            f"{moment:%Y-%m-%dT%H:%M:%S}Z",
        ][dress]
    return [
        unicodedata.normalize("NFD", text),
        f"  {text}\n",
        text.replace(" ", "\u00a0"),
        text.replace(" ", "  "),
    ][dress]


@pytest.mark.parametrize("form", FORMS)
def test_another_dress_is_no_other_value(office: House, form: str) -> None:
    """Four dresses, one beside the other in each form, and another order in each."""
    usual, dressed = (office.walk(office.story(form)) for _ in range(2))
    body = dressed.submission()
    definition = office.form(form).definition
    shown = instances_at_submission(definition, body["data"])
    changed = 0
    for place, (key, value) in enumerate(dressed.data.items(), list(FORMS).index(form)):
        body["data"][key] = redress(value, place % 4)
        # a condition reads what it hangs on as it was sent, and there a blank is a letter
        if instances_at_submission(definition, body["data"]) != shown:
            body["data"][key] = value
        changed += body["data"][key] != value
    assert changed >= 4
    # when everything comes back as it was handed out, as much is counted
    assert office.accepted(body)["counts"] == office.accepted(usual.submission())["counts"]


def test_name_in_capitals_is_the_name(office: House) -> None:
    form = "tk01-passport"
    walk = office.walk(office.story(form))
    one = office.form(form)
    names = [
        p
        for p, f in walk.filled.items()
        if one.dictionary[f["attribute"]].type == "name" and isinstance(walk.data.get(p), str)
    ]
    assert names
    for change in (str.upper, str.lower):
        other = office.walk(office.story(form))
        body = other.submission()
        for path in names:
            body["data"][path] = change(body["data"][path])
        answer = office.accepted(body)
        verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
        assert {verdicts[p] for p in names} == {"auto"}


@pytest.mark.threat(62)
def test_look_alikes_are_other_values(office: House) -> None:
    form = "tk01-passport"
    walk = office.walk(office.story(form))
    path = next(p for p in walk.locked if isinstance(walk.data[p], str) and " " in walk.data[p])
    text = walk.data[path]
    for other in (text.replace("n", "ո"), text.replace("a", "а"), text.replace(" ", "")):
        if other != text:
            body = copy.deepcopy(walk.submission())
            body["data"][path] = other
            assert set(office.refused(body)) == {path}


@pytest.mark.threat(29)
def test_two_thousand_spoiled_requests_store_nothing_wrong(
    office: House,
) -> None:
    """Values of every shape in every place: 200 or a refusal that names a place, never a fault."""
    chance = random.Random(20261122)
    odd: list[Any] = [
        None, True, 0, -1, 1.5, 10**99, "", "  ", "x" * 300, "\u0000"[:0], "٠٧٩", "1e400",
        [], {}, [[]], [{}], {"value": None}, {"label": "x"}, {"value": {"a": 1}}, [None, "x"],
        {"0": {}}, [1, [2, [3]]], "31/02/1990", "1990-13-45T00:00:00Z", "0000-00-00", "99/99/9999",
        {"value": [], "label": []}, "<script>", "{{data.x}}", "'; DROP TABLE leaves;--",
    ]  # fmt: skip
    forms = ("driving-licence-exchange", "tk01-passport", "social-pension")
    walks = {form: office.walk(office.story(form)) for form in forms}
    receipts: dict[str, str] = {}
    stati: Counter[int] = Counter()
    for n in range(2000):
        form = forms[n % 3]
        walk = walks[form]
        whole = walk.questions[0]
        if form not in receipts:
            receipts[form] = office.filled(whole)["receipt"]
        data = copy.deepcopy(walk.data)
        for _ in range(chance.randint(1, 3)):
            spoil(data, chance, odd, [f.path for f in office.form(form).definition.fields])
        if n % 5 < 3:
            extends = {"extends": receipts[form]} if n % 2 else {}
            answer = office.prefill({**whole, "data": data, **extends})
        else:
            answer = office.submit({"receipt": receipts[form], "data": data})
        stati[answer.status_code] += 1
        assert answer.status_code in (200, 409, 422), (form, answer.text, data)
        if answer.status_code != 200:
            assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 409 or (answer.status_code == 200 and n % 5 >= 3):
            del receipts[form]
    assert stati[200] > 500 and stati[422] > 100


def spoil(data: Any, chance: random.Random, odd: list[Any], paths: list[str]) -> None:
    """Put something odd in some place of the data, or in the place of a field it does not hold."""
    if chance.random() < 0.3:
        data[chance.choice(paths).partition("[")[0]] = chance.choice(odd)
        return
    key = chance.choice(list(data))
    if isinstance(data[key], list) and data[key] and chance.random() < 0.7:
        row = chance.choice(data[key])
        if isinstance(row, dict) and row:
            row[chance.choice(list(row))] = chance.choice(odd)
            return
    data[key] = chance.choice(odd)
