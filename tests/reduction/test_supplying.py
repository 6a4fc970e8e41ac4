"""Which counts of others come into the log, and how is a bad file refused?"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from gateway.domain.errors import BadRequest, Conflict
from gateway.reduction._reading import supplied_counts
from gateway.reduction.months import Month
from gateway.reduction.supplying import append_supply, folded, read_supply
from gateway.storage.database import Database
from gateway.storage.schema import leaves

NOVEMBER = Month(2026, 11)
SCHEMA = Path(__file__).parents[2] / "schemas" / "leaves" / "reconcile.schema.json"
RECONCILE = Draft202012Validator(json.loads(SCHEMA.read_text()))
LINES = b"procedure,channel,dossiers\n1.004222,online,120\n1.004222,paper,30\n1.001001,,11\n"


def test_json_and_csv_say_the_same() -> None:
    entries = [
        {"procedure": "1.004222", "channel": "online", "dossiers": 120},
        {"procedure": "1.004222", "channel": "paper", "dossiers": 30},
        {"procedure": "1.001001", "channel": None, "dossiers": 11},
    ]
    as_json = read_supply(json.dumps({"counts": entries}).encode(), NOVEMBER, "igate", as_csv=False)
    as_csv = read_supply(LINES, NOVEMBER, "igate", as_csv=True)

    assert as_json.counts == as_csv.counts
    assert len(as_csv.counts) == 3
    assert read_supply(b'{"reads": 7}', NOVEMBER, "population", as_csv=False).reads == 7
    assert read_supply(b"reads\n7\n", NOVEMBER, "population", as_csv=True).reads == 7


BAD_LINES = {
    "a procedure that is none": (b"Lan,online,12", "line 2: procedure names", "procedure"),
    "a formula": (b"=1+1,online,12", "line 2: procedure names", "procedure"),
    "a channel that is none": (b"1.004222,fax,12", "line 2: channel is", "channel"),
    "half a dossier": (b"1.004222,online,1.5", "line 2: dossiers is", "dossiers"),
    "less than nothing": (b"1.004222,online,-1", "line 2: dossiers is", "dossiers"),
    "digits of another script": ("1.004222,online,١٢".encode(), "line 2: dossiers", "dossiers"),
    "a cell too many": (b"1.004222,online,12,13", "line 2: file has", "file"),
    "one procedure twice": (
        b"1.004222,online,12\n1.004222,online,12",
        "line 3: procedure counts",
        "procedure",
    ),
    "with and without a channel": (
        b"1.004222,,12\n1.004222,online,12",
        "line 3: procedure counts",
        "procedure",
    ),
    "nothing": (b"", "the file: counts counts nothing", "counts"),
    "too few": (b"1.004222,online,9", "the file: dossiers counts fewer than 10", "dossiers"),
}


@pytest.mark.parametrize(("lines", "said", "member"), BAD_LINES.values(), ids=BAD_LINES)
def test_bad_line_is_named_without_echo(lines: bytes, said: str, member: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_supply(b"procedure,channel,dossiers\n" + lines, NOVEMBER, "igate", as_csv=True)

    assert (refused.value.code, refused.value.member) == ("counts_unusable", member)
    assert refused.value.detail.startswith(said)
    assert "Lan" not in refused.value.detail


BAD_FILES: dict[str, tuple[bytes, str, bool]] = {
    "no JSON": (b"{", "igate", False),
    "another member": (b'{"count": []}', "igate", False),
    "counts that are no list": (b'{"counts": 7}', "igate", False),
    "an entry with a member too many": (
        b'{"counts": [{"procedure":"1.004222","channel":null,"dossiers":12,"note":"x"}]}',
        "igate",
        False,
    ),
    "a truth for a number": (
        b'{"counts": [{"procedure":"1.004222","channel":null,"dossiers":true}]}',
        "igate",
        False,
    ),
    "a list for a procedure": (
        b'{"counts": [{"procedure":["1.004222"],"channel":null,"dossiers":12}]}',
        "igate",
        False,
    ),
    "a channel in an object": (
        b'{"counts": [{"procedure":"1.004222","channel":{},"dossiers":12}]}',
        "igate",
        False,
    ),
    "a name twice": (b'{"reads": 7, "reads": 8}', "population", False),
    "counts twice": (
        b'{"counts": [], "counts": [{"procedure": "1.004222", "channel": null, "dossiers": 12}]}',
        "igate",
        False,
    ),
    "5,000 digits": (b'{"reads": ' + b"9" * 5_000 + b"}", "population", False),
    "nested without end": (b"[" * 100_000, "igate", False),
    "not UTF-8": (b"procedure,channel,dossiers\n\xff,,1", "igate", True),
    "other names": (b"thu tuc,kenh,so\n", "igate", True),
    "an open quote": (b'procedure,channel,dossiers\n"1.004222,,12', "igate", True),
    "reads from one who counts dossiers": (b'{"reads": 7}', "portal", False),
    "dossiers from one who counts reads": (LINES, "population", True),
    "two numbers of reads": (b"reads\n1\n2\n", "population", True),
    "an unknown source": (LINES, "my own", True),
    "too large": (b"#" * (4 * 1024 * 1024 + 1), "igate", True),
}


@pytest.mark.parametrize(("raw", "source", "as_csv"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(raw: bytes, source: str, as_csv: bool) -> None:
    with pytest.raises(BadRequest, match="counts_unusable"):
        read_supply(raw, NOVEMBER, source, as_csv=as_csv)


@pytest.mark.threat(35)
@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"a": 3, "b": 8, "c": 40}, {"c": 40, None: 11}),
        ({"a": 3, "b": 11, "c": 40}, {"c": 40, None: 14}),
        ({"a": 0, "b": 10}, {"b": 10}),
    ],
)
def test_no_small_count_enters_the_log(counts: dict[str, int], kept: dict[str | None, int]) -> None:
    told: dict[tuple[str | None, str | None], int] = {(n, "online"): c for n, c in counts.items()}

    assert folded(told) == {(name, "online"): count for name, count in kept.items()}


async def test_long_file_spans_leaves_and_returns_whole(database: Database) -> None:
    lines = b"".join(b"1.%06d,online,%d\n" % (n, n + 10) for n in range(1200))
    raw = b"procedure,channel,dossiers\n" + lines
    supply = read_supply(raw, NOVEMBER, "portal", as_csv=True)

    indices = await database.write(lambda c: append_supply(c, supply))

    assert indices == [0, 1, 2]
    entries = database.read(lambda c: c.execute(select(leaves.c.entry)).scalars().all())
    for entry in entries:
        leaf: dict[str, Any] = json.loads(entry)
        assert [problem.message for problem in RECONCILE.iter_errors(leaf)] == []
    supplied = database.read(lambda c: supplied_counts(c, 3))
    read = Counter[object]()
    for one in supplied:
        read.update(one.counts)
    assert read == Counter(supply.counts)
    assert database.read(lambda c: supplied_counts(c, 2)) == supplied[:2]


async def test_a_file_enters_the_log_once(database: Database) -> None:
    supply = read_supply(LINES, NOVEMBER, "igate", as_csv=True)
    await database.write(lambda c: append_supply(c, supply))

    with pytest.raises(Conflict, match="counts_known"):
        await database.write(lambda c: append_supply(c, supply))
