"""Every reuse flag, the event that raises it, and what the portal is told without that event."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.dossiers.dossier import Attachment, Dossier, File
from gateway.receipts.cases import register_dossier
from tests.log.writing import append_body, prefill_body

from .world import KEY, TENANT, World, dossier, open_world

NUMBER = "003090000001"
SHA = "a" * 64
FILE = File("f-1", "a.pdf", SHA, "https://x.test/1")
EARLIER = "H99.01-20261101-0000007"
DOWN = {None, "", "0"}


@dataclass(frozen=True)
class Event:
    """What happened in this dossier, and how it was registered."""

    prefill: dict[str, Any] | None = None
    record: dict[str, Any] | None = None
    registered: dict[str, Any] = field(default_factory=dict)
    attachment: dict[str, Any] = field(default_factory=dict)


def read(source: str, outcome: str) -> dict[str, Any]:
    return {"q": [[source, outcome, 1, 0]]}


PAPER: dict[str, Any] = {"dossier": None}
RESULT: dict[str, Any] = {"dossier": EARLIER}

# flag: (value, the event that raises it, like events that must not)
FLAGS: dict[str, tuple[str, Event, dict[str, Event]]] = {
    "DSKetNoiCSDL": (
        "POP-DB",
        Event(prefill=read("population", "found")),
        {
            "nothing happened": Event(),
            "the database was down": Event(prefill=read("population", "unavailable")),
            "it knew nobody": Event(prefill=read("population", "no_record")),
            "another source answered": Event(prefill=read("records", "found")),
        },
    ),
    "TaiKhoanDuocXacThucVoiVNeID": (
        "1",
        Event(prefill={"vb": "vneid"}),
        {"nobody vouched": Event(prefill={}), "somebody else did": Event(prefill={"vb": "sso"})},
    ),
    "KenhThucHien": (
        "2",
        Event(prefill={"ch": "online"}),
        {
            "registered as online alone": Event(),
            "prefilled at the desk": Event(prefill={"ch": "desk"}),
            "registered at the desk": Event(
                prefill={"ch": "online"}, registered={"channel": "desk"}
            ),
        },
    ),
    "DuocLayTuKhoDMQG": (
        "1",
        Event(prefill=read("personal_papers", "found"), attachment={"from_store": True}),
        {
            "only said": Event(attachment={"from_store": True}),
            "the store was down": Event(
                prefill=read("personal_papers", "unavailable"), attachment={"from_store": True}
            ),
            "another component": Event(prefill=read("personal_papers", "found")),
        },
    ),
    "DuocSoHoa": (
        "1",
        Event(record=PAPER),
        {
            "a file that is no record": Event(),
            "a record of no component": Event(record={**PAPER, "unnamed": True}),
        },
    ),
    "HoSoCoThanhPhanSoHoa": ("1", Event(record=PAPER), {"a file that is no record": Event()}),
    "DuocTaiSuDung": (
        "1",
        Event(record=PAPER),
        {
            "this dossier brought it in": Event(record={"dossier": dossier().code}),
            "younger than the dossier": Event(record={**PAPER, "late": True}),
        },
    ),
    "MaKetQuaThayThe": (
        "KQ.G02.004222",
        Event(record=RESULT, attachment={"result": "KQ.G02.004222"}),
        {
            "only said": Event(attachment={"result": "KQ.G02.004222"}),
            "of no other dossier": Event(record=PAPER, attachment={"result": "KQ.G02.004222"}),
        },
    ),
}
CASES = [
    (flag, what, value, event, like is None)
    for flag, (value, raises, others) in FLAGS.items()
    for what, event, like in [("raised", raises, None), *((w, e, 1) for w, e in others.items())]
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path)
    yield world
    world.close()


async def happen(world: World, event: Event) -> Dossier:
    """Let the event happen, and give the dossier as it is registered."""
    named = {"record": await stored(world, event.record)} if event.record else {}
    if event.record and event.record.get("unnamed"):
        named = {}
    attachment = Attachment("TP-1", "Giấy tờ", FILE, **{**named, **event.attachment})
    if event.prefill is not None:
        await prefilled(world, event.prefill)
    return dossier(**{"attachments": (attachment,), **event.registered})


async def prefilled(world: World, members: dict[str, Any]) -> None:
    def change(connection: Any) -> None:
        case = register_dossier(connection, TENANT, dossier().code, world.clock(), KEY)
        body = prefill_body(ten=TENANT, ch="post", case=case)
        append_body(connection, body | members, world.clock())

    await world.database.write(change)


async def stored(world: World, how: dict[str, Any]) -> str:
    """A record of the owner, from before the dossier unless it is to be late."""
    if how.get("late"):
        await prefilled(world, {})
        world.clock.forward(minutes=5)
    sent = {
        "kind": "general",
        "owner": {"personal_id": NUMBER},
        "number": "12/2026",
        "issuer": "UBND xã A",
        "issued_on": "2026-01-31",
        "dossier": how["dossier"],
        "content": {"title": "Giấy xác nhận"},
        "file": {"name": "a.pdf", "sha256": SHA, "media_type": "application/pdf"},
    }
    record_id, _ = await world.registry.records.put(TENANT, sent)
    world.clock.forward(minutes=5)
    return record_id


def told(world: World, flag: str) -> str | None:
    """What the portal holds of a flag, wherever in the dossier it stands."""
    said = world.held[dossier().code].said
    if flag == "DSKetNoiCSDL":
        return next((one["MaCSDL"] for one in said.get(flag, ())), None)
    return said.get(flag) or next((f[flag] for f in said.get("TaiLieuNop", ()) if flag in f), None)


def test_table_has_every_flag_of_wire(world: World) -> None:
    reuse = {"MaKetQuaThayThe", "DuocSoHoa", "DuocTaiSuDung", "DuocLayTuKhoDMQG"}
    about = {"KenhThucHien", "HoSoCoThanhPhanSoHoa", "TaiKhoanDuocXacThucVoiVNeID", "DSKetNoiCSDL"}
    assert FLAGS.keys() == reuse | about
    assert FLAGS.keys() <= world.portal.protocol.members("DongBoHoSoMC")


@pytest.mark.parametrize(
    ("flag", "what", "value", "event", "raises"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
async def test_flag_is_raised_by_its_event_only(
    world: World, flag: str, what: str, value: str, event: Event, raises: bool
) -> None:
    await world.register(await happen(world, event))
    await world.settle()

    shown = world.status(dossier().code)
    leaves = {mark.flag: mark.leaf for mark in (*shown.sent, *shown.raised)}
    if raises:
        assert told(world, flag) == value
        assert leaves[flag] in shown.hashes
    else:
        assert told(world, flag) in DOWN
        assert flag not in leaves


async def test_another_dossiers_result_is_second_reuse_flag(world: World) -> None:
    await world.register(await happen(world, FLAGS["MaKetQuaThayThe"][1]))
    await world.settle()

    assert told(world, "DuocTaiSuDung") == "2"


async def test_later_flag_is_sent_when_dossier_repeats(world: World) -> None:
    one = await happen(world, Event())
    await world.register(one)
    await world.settle()
    await prefilled(world, read("population", "found"))
    later = world.status(one.code)
    assert {m.flag for m in later.raised} == {"DSKetNoiCSDL"} and later.sent == ()

    await world.register(replace(one, abstract="Nêu lại"))
    await world.settle()

    assert told(world, "DSKetNoiCSDL") == "POP-DB"
    assert world.status(one.code).sent == later.raised


async def test_component_of_failed_read_needs_paper(world: World) -> None:
    missing = Attachment("TP-2", "Giấy khai sinh", replaced_by="population")
    await prefilled(world, read("population", "unavailable"))
    await world.register(dossier(attachments=(missing,)))
    paper = world.status(dossier().code).paper
    assert [(p.component, p.source, p.reason) for p in paper] == [
        ("TP-2", "population", "unavailable")
    ]

    await prefilled(world, read("population", "found"))
    assert world.status(dossier().code).paper == ()
