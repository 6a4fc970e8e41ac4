"""An auditor's journey: from what lies in the log alone to the figures that the province reports."""

import json
from base64 import b64decode
from collections import Counter
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from sqlalchemy import select

from gateway.log.entries import decode_payload, leaf_of, seal_of
from gateway.reduction.report import Question, report_from_log
from gateway.retention.sweep import sweep
from gateway.storage.schema import bodies, leaves
from mocks.igate import FORMS, Behaviour, Story, Visit, stories
from tests.journeys.conftest import TENANT, Province
from tests.reduction.recount import key_of, recount, same_names

SCHEMAS = Path(__file__).parents[2] / "schemas" / "leaves"
SEED = 7


async def _live(province: Province) -> list[Story]:
    """Every form twice, behaviours in turn; who abandons is swept."""
    told = [stories(province.population, form, 4, SEED)[-1] for form in FORMS]
    await province.file_records_of(told)
    number = 0
    turns = cycle(Behaviour)
    for story in told:
        for behaviour in (next(turns), next(turns)):
            number += 1
            dossier = f"H99.01-20261122-{number:07d}"
            await Visit(province.igate, story, behaviour, seed=SEED, dossier=dossier).run()
    province.clock.forward(timedelta(days=4).total_seconds())
    await sweep(province.services.database, province.clock)
    return told


def _log(province: Province) -> tuple[dict[int, dict[str, Any]], dict[int, bytes]]:
    """Every public leaf, and every body with the seal of its leaf checked."""
    database = province.services.database
    entries = database.read(lambda c: c.execute(select(leaves)).all())
    opened = database.read(lambda c: c.execute(select(bodies).order_by(bodies.c.idx)).all())
    read = {row.idx: json.loads(row.entry) for row in entries}
    for row in opened:
        assert b64decode(read[row.idx]["seal"]) == seal_of(row.salt, row.body)
    public = {index: leaf for index, leaf in read.items() if leaf["kind"] != "case"}
    return public, {row.idx: row.body for row in opened}


async def test_auditor_with_payloads_gets_reports_figures(
    province: Province,
) -> None:
    told = await _live(province)
    public, raw = _log(province)
    read = {index: json.loads(body) for index, body in raw.items()}
    for body in raw.values():
        assert decode_payload(body).encode() == body
    for leaf in public.values():
        assert json.loads(leaf_of(leaf).encode()) == leaf

    document = report_from_log(province.services.database, Question(TENANT))

    expected = recount(public, [read[index] for index in sorted(read)], "")
    rows = [row for row in document["forms"] if row["dossiers"]]
    assert {key_of(row): same_names(row) for row in rows} == expected
    assert {row["form"] for row in rows} == set(FORMS)
    kinds = Counter(body["k"] for body in read.values())
    assert kinds.keys() == {"prefill", "submission", "refusal", "abandoned", "correction"}
    totals = document["total"].values()
    assert sum(t["dossiers"] for t in totals) == kinds["submission"]
    assert sum(t["abandoned"]["numerator"] for t in totals) == kinds["abandoned"]
    for body in read.values():
        schema = json.loads((SCHEMAS / f"{body['k']}.schema.json").read_text())
        problems = Draft202012Validator(schema).iter_errors(body)
        assert [(body["k"], problem.json_path, problem.message) for problem in problems] == []
    text = b"".join(raw.values()).decode()
    for story in told:
        for value in (story.subject["personal_id"], story.subject["full_name"]):
            assert value not in text
