"""A value that its component cannot hold is refused by its path; what a citizen writes is taken."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.domain.signs import UNICODE_VERSION, category_of, composed, lower_case, refused_sign
from gateway.forms.fields import FieldInstance, put_value, value_at
from mocks.igate import FORMS
from tests.conftest import SCHEMAS, House, Walk
from tests.submission.changes import shown

pytestmark = pytest.mark.threat(66)

FORM = "tk01-passport"
CHOICES = ("select", "radio", "survey", "selectboxes")
WRITTEN = {
    "a space without width": "nội\u200bdung",
    "a soft hyphen": "nội\u00addung",
    "a byte order mark": "\ufeffnội dung",
    "a joined emoji": "gia đình 👨\u200d👩\u200d👧",
    "an emoji of Unicode 15": "run \U0001fae8",
    "Nôm of extension H": "chữ \U00031350",
    "private use": "chữ \ue000",
}


@pytest.fixture(scope="module")
def residents(house: House) -> Iterator[House]:
    for form in FORMS:
        house.file_records_of(*house.story(form).owners)
    yield house


def misfit(place: FieldInstance) -> Any:
    """What a component of this type cannot hold."""
    wrong: dict[str, Any] = {
        "textfield": {"x": 1},
        "textarea": ["x"],
        "number": {"x": 1},
        "currency": "mười",
        "checkbox": "có",
        "select": [["x"]],
        "radio": {"x": 1},
        "survey": {"label": "Có"},
        "selectboxes": "x",
        "datetime": True,
        "day": "hôm qua",
        "phoneNumber": 912345678,
        "email": ["a@b.vn"],
        "address": 5,
        "file": "x",
    }
    return wrong.get(place.template.type, {"x": 1})


def other_option(place: FieldInstance) -> Any:
    """A choice that no component offers."""
    if place.template.type == "selectboxes":
        return {"q99": True}
    return ["q99"] if place.template.multiple else "q99"


REFUSED: dict[str, tuple[Callable[[FieldInstance], Any], Callable[[FieldInstance], bool]]] = {
    "not_of_type": (misfit, lambda place: True),
    "not_an_option": (other_option, lambda place: place.template.type in CHOICES),
}


def steers(house: House, form: str, place: FieldInstance) -> bool:
    return place.template.path.partition("[]")[0] in house.form(form).definition.steering


@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.parametrize("form", FORMS)
def test_misfits_are_refused_by_path(residents: House, form: str, code: str) -> None:
    make, fits = REFUSED[code]
    walk = residents.walk(residents.story(form))
    locked = {p for p, said in walk.filled.items() if said["edit"] == "locked"}
    places = shown(
        residents,
        form,
        walk.data,
        lambda i: i.path not in locked and fits(i) and not steers(residents, form, i),
    )
    data = copy.deepcopy(walk.data)
    for place in places:
        put_value(data, place.path, make(place))
    leaves = residents.leaf_count()
    refused = residents.refused({"receipt": walk.receipt, "data": data}) if places else {}
    assert refused == {place.path: code for place in places}
    assert residents.leaf_count() == leaves
    assert residents.accepted(walk.submission())["accepted"]


def test_another_type_of_component_stays_refused(residents: House) -> None:
    """One type after the other, each with every kind of JSON that is not its own."""
    walk = residents.walk(residents.story("social-allowance-1d"))
    kinds: list[Any] = [{"x": 1}, [["x"]], True, 5, "x", {"value": "1", "label": [{}]}]
    holds = {"number": (5,), "currency": (5,), "checkbox": (True,)}
    texts = {"textfield", "textarea", "signature"}
    for place in shown(residents, "social-allowance-1d", walk.data, lambda i: True):
        if place.path in walk.filled or place.template.is_file:
            continue
        for wrong in kinds:
            kind = place.template.type
            if str(wrong).lower() in {o.value for o in place.template.options or ()}:
                continue  # a radio of yes and no takes true
            if wrong in holds.get(kind, ()) or (kind in texts and isinstance(wrong, str)):
                continue
            data = copy.deepcopy(walk.data)
            put_value(data, place.path, wrong)
            answer = residents.submit({"receipt": walk.receipt, "data": data})
            assert answer.status_code == 422, (place.template, wrong)
            assert place.path in {one["path"] for one in answer.json()["fields"]}


def test_option_of_another_province_is_refused(residents: House) -> None:
    form = "single-member-llc-registration"
    walk, lists = residents.walk(residents.story(form)), residents.services.forms.remote_lists
    place = next(
        i
        for i in shown(residents, form, walk.data, lambda i: i.path not in walk.filled)
        if (i.template.remote or "").startswith("/catalogue/communes")
    )
    communes = lists.labels["communes"]
    held: Any = value_at(walk.data, place.path)
    address = place.template.remote or ""
    elsewhere = next(code for code in communes if not lists.offers(address, code, walk.data))
    for value in (
        elsewhere,
        {"label": communes[elsewhere], "value": elsewhere},
        {"label": "Nhãn giả mạo", "value": held["value"]},
        {"label": communes[elsewhere], "value": held["value"]},
    ):
        refused = residents.refused(
            {"receipt": walk.receipt, "data": {**walk.data, place.path: value}}
        )
        assert refused == {place.path: "not_an_option"}
    assert residents.accepted(walk.submission())["accepted"]


def free_text(house: House, form: str, walk: Walk) -> FieldInstance:
    """A text of the citizen's own: typed, and nobody's name."""
    one = house.form(form)
    names = {
        p for p, b in one.bindings.by_field.items() if one.dictionary[b.attribute].type == "name"
    }
    texts = shown(house, form, walk.data, lambda i: i.template.type in ("textfield", "textarea"))
    return next(i for i in texts if i.path not in walk.filled and i.template.path not in names)


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_own_words_are_taken(residents: House, written: str) -> None:
    form = "civil-status-change"
    walk = residents.walk(residents.story(form))
    place = free_text(residents, form, walk)
    data = copy.deepcopy(walk.data)
    put_value(data, place.path, written)
    extended = {**walk.questions[-1], "data": data, "extends": walk.receipt}
    assert residents.prefill(extended).status_code == 200
    answer = residents.accepted({"receipt": walk.receipt, "data": data})
    verdicts = {f["path"]: f["verdict"] for f in answer["fields"]}
    assert verdicts[place.path] == "manual"
    data[place.path] = f"  {written}"
    assert residents.accepted({"receipt": walk.receipt, "data": data}) == answer


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_typed_name_names_the_character(residents: House, written: str) -> None:
    form = "death-registration"
    walk = residents.walk(residents.story(form))
    bound = residents.form(form).bindings.by_field
    dictionary = residents.form(form).dictionary
    place = next(
        i
        for i in shown(residents, form, walk.data, lambda i: i.template.path in bound)
        if dictionary[bound[i.template.path].attribute].type == "name" and i.path not in walk.locked
    )
    data = copy.deepcopy(walk.data)
    put_value(data, place.path, written)
    answer = residents.submit({"receipt": walk.receipt, "data": data}).json()
    sign = refused_sign(written)
    assert sign is not None
    assert answer["fields"] == [
        {"path": place.path, "code": "not_of_type", "code_point": sign.code_point}
    ]
    assert written not in json.dumps(answer, ensure_ascii=False)


def test_subject_names_the_character(residents: House) -> None:
    question = residents.question(FORM, "ordinary")
    question["subject"]["full_name"] += "\u200b"
    answer = residents.prefill(question)
    said = answer.json()
    assert (answer.status_code, said["code"]) == (400, "format_character")
    assert said["member"] == "subject.full_name" and "U+200B" in said["detail"]


def test_half_a_pair_is_always_refused(residents: House) -> None:
    walk = residents.walk(residents.story(FORM))
    body = json.dumps({"receipt": walk.receipt, "data": {"ghiChu": "\ud800"}}).encode()
    answer = residents.submit(body)  # type: ignore[arg-type]  # bytes are sent as they are
    assert (answer.status_code, answer.json()["code"]) == (400, "lone_surrogate")
    assert answer.json()["member"] == "data.ghiChu" and "U+D800" in answer.json()["detail"]


def test_marks_name_existing_places(residents: House) -> None:
    walk = residents.walk(residents.story("ct01-permanent-residence"))
    officer = {"nope": "officer", "thanhVien[99].hoTenThanhVien": "citizen"}
    contested = [walk.locked[0], "nope", "thanhVien"]
    body = walk.submission(contested=contested, entered_by=officer)
    answer = residents.submit(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_place")
    assert answer.json()["fields"] == [
        {"path": "contested[1]", "code": "unknown_place"},
        {"path": "entered_by.nope", "code": "unknown_place"},
        {"path": "entered_by.thanhVien[99].hoTenThanhVien", "code": "unknown_place"},
    ]
    secret = walk.submission(entered_by={f"x{12 * chr(48)}": "officer"})
    answer = residents.submit(secret)
    assert answer.status_code == 422 and 12 * "0" not in answer.text
    typed = next(p for p in walk.data if p not in walk.filled)
    said = residents.submit(walk.submission(contested=[typed])).json()
    assert said["fields"] == [{"path": "contested[0]", "code": "contested_not_filled"}]
    assert residents.accepted(walk.submission(contested=["thanhVien"]))["counts"]["contested"] > 0


def test_accepted_receipt_stays_foreign(residents: House) -> None:
    """To another applicant or dossier the receipt is foreign after acceptance as before it."""
    own, other = residents.dossier(), residents.dossier()
    story = residents.story(FORM)
    stranger = {"personal_id": residents.population.persona("driver").personal_id}
    for walk in (residents.walk(story), residents.walk(story, dossier=own)):
        named = {"subject": {"personal_id": story.subject["personal_id"]}}
        first = residents.accepted(walk.submission(**named))
        for more in (
            {"subject": stranger},
            {"dossier": other},
            {"subject": stranger, "dossier": other},
        ):
            answer = residents.submit(walk.submission(**{**named, **more}))
            assert (answer.status_code, answer.json()["code"]) == (422, "receipt_foreign")
            assert "evidence" not in answer.json()
        assert residents.accepted(walk.submission(**named)) == first
        residents.clock.forward(minutes=11)
        answer = residents.submit(walk.submission(subject=stranger))
        assert answer.json()["code"] == "receipt_foreign"


def test_unicode_version_is_pinned() -> None:
    """Whatever Python runs this: the definition's version, not the interpreter's."""
    measure = json.loads((SCHEMAS / "measure.json").read_bytes())
    assert measure["unicode"] == UNICODE_VERSION
    assert category_of("\U0001fae8") == "Cn" and category_of("\u200b") == "Cf"
    assert category_of("\ue000") == "Co" and category_of("é") is None
    assert composed("e\u0301\U0001fae8e\u0301") == "é\U0001fae8é"
    assert [lower_case(sign) for sign in "ſKİ"] == ["ſ", "k", "i\u0307"]
    assert refused_sign("\u212a") is not None and refused_sign("Đặng Thị Ỷ") is None
