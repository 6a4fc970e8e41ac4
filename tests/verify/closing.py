"""A small log that is closed, with every number worked out by hand; and its parts, to be spoilt."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway_verify._claims.releases import release_of
from gateway_verify.evidence import Way, verify_log
from gateway_verify.findings import Refuted
from gateway_verify.locations import Folder
from tests.verify.building import (
    LOG_KEY,
    ORIGIN,
    BuiltLog,
    Json,
    Signer,
    canonical,
    definition,
    text64,
)
from tests.verify.forgeries import signed_copy

DIGEST = "sha256:" + "0" * 64
CASES = 12
MEASURE, FORM, GRANT, KEY, FIRST_CASE = 0, 1, 2, 3, 4
LAST = FIRST_CASE + 2 * CASES
"""The last entry of the range: a confirmation, which no figure counts."""

FORM_LEAF: Json = {
    "kind": "form-version",
    "v": 1,
    "form": "residence",
    "procedures": ["1.004222"],
    "version": DIGEST,
    "series": DIGEST,
    "form_digest": DIGEST,
    "bindings_digest": DIGEST,
    "dictionary_digest": DIGEST,
    "engine": "eform-gateway/counting/1",
    "ceiling": 2,
    "fields": [
        ["hoTen", "textfield", 1, "name", "person.full_name", ["population"]],
        ["gioiTinh", "radio", 1, "sex", "person.sex", ["population"]],
        ["lyDo", "textfield", 1, "reason", None, []],
        ["ghiChu", "textarea", 0, None, None, []],
    ],
    "absent_items": [],
    "potential": [2, 3],
}
GRANT_LEAF: Json = {
    "kind": "grant",
    "v": 1,
    "tenant": "h99",
    "agency": "H99",
    "is_test": False,
    "since": "2026-11-01",
    "sources": ["population"],
    "procedures": "*",
    "officers": "*",
}
OF_ONE_DOSSIER = {
    "dossiers": 1,
    "submissions": 1,
    "ceiling": 2,
    "ceiling/required": 3,
    "filled": 2,
    "visible": 4,
    "verdict/auto": 2,
    "verdict/manual": 1,
    "verdict/blank": 1,
    "D": 1,
    "D/required": 1,
    "A/fact": 2,
    "A/required": 2,
    "core": 2,
    "source/population/A": 2,
    "chains": 1,
    "offered": 2,
    "offered/visible": 4,
    "reason/not_bound": 2,
    "read/population/reads": 1,
    "read/population/attempts": 1,
}


def key_leaf(new: Signer, old: Signer | None = None, **members: Any) -> Json:
    leaf = {
        "kind": "key",
        "v": 1,
        "origin": ORIGIN,
        "key": new.vkey,
        "since_size": 0,
        "previous": None,
        "old_key": old.vkey if old else None,
        **members,
    }
    signers = {"new": new} | ({"old": old} if old else {})
    signed = [
        {"by": by, "signature": text64(one.secret.sign(canonical(leaf)))}
        for by, one in signers.items()
    ]
    return {**leaf, "signatures": signed}


def prefill(case: str, **members: Any) -> Json:
    return {
        "k": "prefill",
        "case": case,
        "chain": f"chain-{case}",
        "fv": FORM,
        "gr": GRANT,
        "ten": "h99",
        "proc": "1.004222",
        "ch": "online",
        "h": 498_000,
        "prev": None,
        "rd": "",
        "kc": "",
        "vb": "vneid",
        "q": [["population", "found", 1, 0]],
        "st": "FFbb",
        "so": "pp--",
        "n": [4, 2],
        **members,
    }


def submission(case: str, **members: Any) -> Json:
    counts = dict.fromkeys(
        ("contested", "officer", "override", "missing", "withdrawn", "hidden"), 0
    )
    return {
        "k": "submission",
        "case": case,
        "chain": f"chain-{case}",
        "pf": 0,
        "fv": FORM,
        "ten": "h99",
        "proc": "1.004222",
        "ch": "online",
        "h": 498_000,
        "sec": 600,
        "cc": "",
        "vd": "AAMB",
        "cl": "FF--",
        "so": "pp--",
        "att": {},
        "n": {
            **counts,
            "auto": 2,
            "manual": 1,
            "blank": 1,
            "filled": 2,
            "visible": 4,
            "declared": 1,
        },
        **members,
    }


def tally(**members: Any) -> Json:
    return {
        "kind": "tally",
        "v": 1,
        "month": "2026-11",
        "partial": False,
        "range": [0, LAST],
        "definition": MEASURE,
        "cell": {
            "level": "series",
            "procedure": "1.004222",
            "form": "residence",
            "series": DIGEST,
            "channel": "online",
        },
        "leaves": 2 * CASES,
        "cases": CASES,
        "versions": [FORM],
        "median_left": [1, 1],
        "sums": {name: CASES * number for name, number in OF_ONE_DOSSIER.items()},
        **members,
    }


def outside(**members: Any) -> Json:
    nothing = dict.fromkeys(("procedure", "form", "series", "channel"))
    return tally(
        **{
            "cell": {"level": "outside", **nothing},
            "leaves": 1,
            "cases": 0,
            "versions": [],
            "median_left": None,
            "sums": {},
            **members,
        }
    )


def shred_leaf(first: int, last: int, **members: Any) -> Json:
    leaf = {"kind": "shred", "v": 1, "origin": ORIGIN, "first": first, "last": last}
    return {**leaf, "count": last - first + 1, "reason": "retention", **members}


class ClosingLog(BuiltLog):
    """A log that is written with the releases of its closed months, where there can be any."""

    def write(self, folder: Path) -> Path:
        place = Folder(super().write(folder))
        with suppress(Refuted):
            proved = verify_log(place, None, Way())
            for close in proved.story.closes():
                write_release(folder, release_of(place, proved, close), self.signers[0])
        return folder


def open_log(measure: Json | None = None) -> BuiltLog:
    """Everything up to the end of the month, not closed yet."""
    log = ClosingLog()
    log.public(measure or definition())
    log.public(FORM_LEAF)
    log.public(GRANT_LEAF)
    log.public(key_leaf(LOG_KEY))
    for number in range(CASES):
        log.case(prefill(f"c{number}"))
        log.case(submission(f"c{number}"))
    log.case({"k": "confirmation", "case": "x", "ten": "h99", "h": 498_000})
    return log


def closed_log(*tallies: Json, measure: Json | None = None) -> BuiltLog:
    """The month closed by these tallies, or by the right ones."""
    log = open_log(measure)
    for leaf in tallies or (tally(), outside()):
        log.public(leaf)
    return log


def twice_closed_log(**second: Any) -> BuiltLog:
    """Two months, each with its own cases; `second` are members of the second month's tally."""
    log = closed_log()
    begin = len(log.entries)
    for number in range(CASES):
        log.case(prefill(f"d{number}", h=498_700))
        log.case(submission(f"d{number}", h=498_700))
    span = [LAST + 1, begin + 2 * CASES - 1]
    log.public(tally(month="2026-12", range=span, **second))
    return log


def publish(log: BuiltLog, folder: Path) -> Json:
    """Write the log with the releases that follow from its tallies; gives the last one."""
    place = Folder(log.write(folder))
    proved = verify_log(place, None, Way())
    return release_of(place, proved, proved.story.closes()[-1])


def write_release(folder: Path, release: Json, by: Signer = LOG_KEY) -> None:
    """The release and its signed copy, whatever they say."""
    (folder / "releases").mkdir(exist_ok=True)
    text = release_text(release)
    (folder / "releases" / f"{release['month']}.json").write_bytes(text)
    (folder / "releases" / f"{release['month']}.jws").write_bytes(signed_copy(text, by))


def release_text(release: Json) -> bytes:
    """The RFC 8785 text; tests give fractions of four decimals alone."""
    plain = json.loads(json.dumps(release, default=float), parse_float=_shortest)
    return canonical(plain)


def _shortest(text: str) -> float | int:
    return int(float(text)) if float(text).is_integer() else float(text)
