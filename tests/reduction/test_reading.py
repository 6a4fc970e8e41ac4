"""Does a report over a real log rest on that log and nothing else?"""

import hashlib
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from gateway.access.callers import Grant
from gateway.access.clients import write_grant
from gateway.domain.errors import BadRequest, CannotMeasure
from gateway.domain.identifiers import SourceId
from gateway.log.append import append_public
from gateway.log.entries import leaf_of
from gateway.reduction.report import Question, question_of, report_from_log
from gateway.storage.database import Database
from gateway.storage.schema import bodies, form_versions, leaves, metric_definitions, tenants
from tests.log.writing import append_body
from tests.reduction.bodies import (
    AUTO,
    GRANT,
    MANUAL,
    TENANT,
    TEST_TENANT,
    prefill,
    public_leaves,
    submission,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FIELDS = {"hoTen": AUTO, "lyDo": MANUAL}


GRANT_JSON = write_grant(Grant(frozenset({SourceId("population")}), None, None), bytes(32))


def publish(
    connection: Connection, seconds: int = 0, per_field: int = 0, *, confirmed: bool = False
) -> None:
    told = public_leaves(seconds=seconds, per_field=per_field, mock=True, confirmed=confirmed)
    for index, leaf in told.items():
        appended = append_public(connection, leaf_of(leaf))
        assert appended.index == index
        if leaf["kind"] == "metric-definition":
            row = {"leaf": index, "hash": appended.hash}
            connection.execute(insert(metric_definitions), row)
        elif leaf["kind"] == "form-version":
            known = {name: leaf[name] for name in ("version", "form", "series")}
            connection.execute(insert(form_versions), {**known, "leaf": index, "registered_at": 0})
        else:
            named = {"tenant": leaf["tenant"], "name": "", "agency": "", "grant_json": GRANT_JSON}
            times = {"is_test": leaf["is_test"], "grant_leaf": index, "created_at": 0}
            connection.execute(insert(tenants), {**named, **times})


async def _fill(database: Database, *cases: dict[str, Any]) -> None:
    def change(connection: Connection) -> None:
        for body in cases:
            append_body(connection, body, NOW)

    await database.write(change)


@pytest.mark.threat(20)
async def test_report_names_range_root_and_definition(
    database: Database,
) -> None:
    await database.write(publish)
    await _fill(database, prefill("a"), submission("a", FIELDS))

    document = report_from_log(database, Question())

    assert document["range"] == {"first": 0, "last": 6}
    assert document["definition"]["leaf"] == 0
    assert document["definition"]["digest"] == "sha256:" + "0" * 64
    entries = database.read(
        lambda c: c.execute(select(leaves.c.entry).order_by(leaves.c.idx)).scalars().all()
    )
    assert b64decode(document["root"]) == _root([b"\x00" + entry for entry in entries])
    assert document["forms"][0]["reduction"] == {"numerator": 1, "denominator": 2, "value": 0.5}
    assert document["balances"] == "ok"


def _root(nodes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if len(nodes) == 1:
        return hashlib.sha256(nodes[0]).digest()
    k = 1
    while k * 2 < len(nodes):
        k *= 2
    return hashlib.sha256(b"\x01" + _root(nodes[:k]) + _root(nodes[k:])).digest()


async def test_log_of_many_pages_is_read_whole(database: Database) -> None:
    await database.write(publish)
    await _fill(database, *(submission(f"case {n}", FIELDS) for n in range(2345)))

    document = report_from_log(database, Question())

    assert document["total"]["online"]["dossiers"] == 2345
    assert document["range"]["last"] == GRANT + 1 + 2345


async def test_mock_figures_say_so_first(
    database: Database,
) -> None:
    await database.write(publish)

    notice = report_from_log(database, Question())["notice"]

    assert "figures from mock sources" in notice[0]
    assert any("unconfirmed: no portal connected" in line for line in notice)
    assert any("not for publication" in line for line in notice)
    assert any("not what stood on a screen" in line for line in notice)


async def test_empty_log_gives_empty_report(database: Database) -> None:
    document = report_from_log(database, Question())

    assert document["range"] == {"first": None, "last": None}
    assert b64decode(document["root"]) == hashlib.sha256(b"").digest()
    assert (document["definition"], document["forms"]) == (None, [])
    assert document["total"]["online"]["core"] == {
        "numerator": 0,
        "denominator": 0,
        "value": None,
    }


async def test_tenant_counts_its_own_payloads(database: Database) -> None:
    await database.write(publish)
    other = submission("b", FIELDS, ten=TEST_TENANT)
    await _fill(database, submission("a", FIELDS), other)

    def dossiers(tenant: str | None) -> int:
        total: int = report_from_log(database, Question(tenant))["total"]["online"]["dossiers"]
        return total

    assert [dossiers(one) for one in (None, TENANT, TEST_TENANT, "nobody")] == [1, 1, 1, 0]


async def test_period_is_days_in_vietnam(database: Database) -> None:
    await database.write(publish)
    local = timedelta(hours=7)
    last = datetime(2026, 10, 31, 23, tzinfo=UTC) - local
    first = datetime(2026, 11, 1, 0, tzinfo=UTC) - local
    times = {"october": last, "november": first}
    cases = (submission(n, FIELDS, h=int(t.timestamp()) // 3600) for n, t in times.items())
    await _fill(database, *cases)

    def dossiers(begin: str | None, end: str | None) -> int:
        question = question_of(None, begin, end, "series")
        total: int = report_from_log(database, question)["total"]["online"]["dossiers"]
        return total

    assert dossiers("2026-10", "2026-10") == 1
    assert dossiers("2026-11-01", "2026-11-01") == 1
    assert dossiers("2026-10-31", "2026-11") == 2
    assert dossiers("2026-11-02", None) == 0
    assert dossiers(None, "2026-10-30") == 0


@pytest.mark.parametrize(
    ("first", "last", "by", "member"),
    [
        ("2026", None, "series", "from"),
        (None, "2026-13", "series", "to"),
        ("2026-02-30", None, "series", "from"),
        ("٢٠٢٦-11", None, "series", "from"),
        ("2026-12", "2026-11", "series", "to"),
        (None, None, "person", "by"),
    ],
)
def test_nonsensical_question_names_its_member(
    first: str | None, last: str | None, by: str, member: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        question_of(None, first, last, by)

    assert (refused.value.code, refused.value.member) == ("parameter_unusable", member)


async def test_altered_payload_fails_by_its_leaf(database: Database) -> None:
    await database.write(publish)
    await _fill(database, submission("a", FIELDS), submission("b", FIELDS))
    await database.write(
        lambda c: c.execute(
            update(bodies)
            .where(bodies.c.idx == 6)
            .values(body=_body(c).replace(b'"auto":1', b'"auto":2'))
        )
    )

    with pytest.raises(CannotMeasure, match="leaf 6: its counts do not balance"):
        report_from_log(database, Question())


def _body(connection: Connection) -> bytes:
    body: bytes = connection.execute(select(bodies.c.body).where(bodies.c.idx == 6)).scalar_one()
    return body


async def test_scattered_leaves_make_one_case(database: Database) -> None:
    await database.write(publish)
    names = [f"case {n}" for n in range(1200)]
    first = [submission(name, FIELDS) for name in names]
    again = [submission(name, {**FIELDS, "gioiTinh": AUTO}) for name in reversed(names)]
    await _fill(database, *first, *again)

    total = report_from_log(database, Question())["total"]["online"]

    assert (total["dossiers"], total["submissions"], total["auto"]) == (1200, 2400, 1200)
