"""Time passes while the mock runs: people move, marry, and are given other names."""

import pytest

from tests.mocks.asking import Caller, citizens, text

THERE = {"province": "48", "commune": "20194", "detail": "Tổ 9"}


async def test_somebody_moves_between_two_reads(caller: Caller) -> None:
    before = await caller.ask_persona("moved_house")
    response = await caller.http.post(
        "/_mock/changes", json={"persona": "moved_house", "permanent": THERE, "current": THERE}
    )
    assert (response.status_code, response.json()["fields"]) == (201, ["current", "permanent"])
    after = await caller.ask_persona("moved_house")
    assert text(after, "ThuongTru/MaPhuongXa") == text(after, "NoiOHienTai/MaPhuongXa") == "20194"
    assert text(after, "ThuongTru/ChiTiet").startswith("TỔ 9")
    assert text(before, "ThuongTru/MaPhuongXa") != "20194"
    assert text(before, "HoVaTen/Ten") == text(after, "HoVaTen/Ten")


async def test_corrected_name_replaces_the_old_one(caller: Caller) -> None:
    person = caller.people.persona("ordinary")
    change = {"n": person.n, "full_name": "Trần Đức Khác", "marital_status": "divorced"}
    assert (await caller.http.post("/_mock/changes", json=change)).status_code == 201
    assert citizens(await caller.ask(person)) == []
    found = citizens(await caller.ask(person, HoVaTen="TRANDUCKHAC"))[0]
    assert text(found, "TinhTrangHonNhan") == "3"
    await caller.http.delete("/_mock/changes")
    assert len(citizens(await caller.ask(person))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"persona": "ordinary"},
        {"persona": "nobody", "full_name": "A"},
        {"persona": "ordinary", "n": 2, "full_name": "A"},
        {"n": 9_999_999, "full_name": "A"},
        {"n": 2, "shoe_size": 42},
        {"n": 2, "marital_status": "happy"},
        {"n": 2, "permanent": THERE | {"commune": "00004"}},
        {"n": 2, "permanent": THERE | {"province": "99"}},
    ],
)
async def test_nonsensical_change_is_refused(caller: Caller, change: dict[str, object]) -> None:
    response = await caller.http.post("/_mock/changes", json=change)
    assert response.status_code == 422
    assert len(citizens(await caller.ask(caller.people.persona("ordinary")))) == 1
