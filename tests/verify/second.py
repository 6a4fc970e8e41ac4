"""Logs of the second edition of the measure, counted and closed by the gateway's own code."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.log.entries import leaf_of
from gateway.reduction._definitions import read_definitions
from gateway.reduction._hours import Covered, Witnessed, covered
from gateway.reduction.months import Month
from gateway.reduction.releases._cells import Closing, in_order, outside, released, tally_leaf
from gateway.reduction.releases._counting import RangeCount
from gateway_verify._claims.definitions import DIGESTS
from tests.log.writing import decoded
from tests.verify.building import LOG_KEY, ORIGIN, BuiltLog, Json, Signer, root, signer, text64
from tests.verify.closing import DIGEST, ClosingLog, key_leaf

HOUR = 498_400
"""An hour of November 2026."""
FIELDS: list[list[Any]] = [
    ["hoTen", "textfield", 1, "name", "person.full_name", ["session", "population"]],
    ["gioiTinh", "radio", 1, "sex", "person.sex", ["population"]],
    ["lyDo", "textfield", 1, "reason", None, []],
    ["ghiChu", "textarea", 0, None, None, []],
    ["soThe", "textfield", 1, "card", "person.card", ["records"]],
    ["hoTenMe", "textfield", 1, "mother", None, ["population"]],
]
TYPED = {"gioiTinh": "M", "lyDo": "M", "ghiChu": "B", "soThe": "M", "hoTenMe": "M"}
"""Verdicts of a dossier in which the name alone was filled."""


def definition2(**members: Any) -> Json:
    return {
        "kind": "metric-definition",
        "v": 2,
        "definition": "eform-gateway/measure/2",
        "digest": DIGESTS[2],
        "instant_seconds": 20,
        "instant_seconds_per_field": 1,
        "least_age_hours": 24,
        "mock": False,
        "month": "2026-11",
        **members,
    }


def grant2(tenant: str = "h99", **members: Any) -> Json:
    return {
        "kind": "grant",
        "v": 2,
        "tenant": tenant,
        "agency": "H99",
        "is_test": False,
        "since": "2026-11-01",
        "sources": ["population", "records"],
        "connected": ["population", "session"],
        "first": None,
        "procedures": "*",
        "officers": "*",
        **members,
    }


def form2(version: int = 0, fields: list[list[Any]] = FIELDS, **members: Any) -> Json:
    digest = "sha256:" + f"{version:064x}"
    return {
        "kind": "form-version",
        "v": 2,
        "form": "residence",
        "procedures": ["1.004222"],
        "declaration": "CT01",
        "version": digest,
        "series": digest,
        "form_digest": DIGEST,
        "bindings_digest": DIGEST,
        "dictionary_digest": DIGEST,
        "engine": "eform-gateway/counting/2",
        "fields": fields,
        "uncounted": [],
        "absent_items": ["signature"],
        "abolished": [],
        "added": [],
        "baselines": [],
        "potential": [2, 5],
        **members,
    }


WITNESS = signer("witness.example/w", 4)


def witnessed(log: BuiltLog, time: int, size: int, *more: Signer, at: int | None = None) -> Json:
    """The leaf in which witnesses saw the log's first entries at a time; `at` is that of `more`."""
    root_then = text64(root(log.hashes[:size]))
    text = f"{log.origin}\n{size}\n{root_then}\n"
    said = []
    for one, when in [(WITNESS, time), *((one, time if at is None else at) for one in more)]:
        message = f"cosignature/v1\ntime {when}\n{text}".encode()
        signature = text64(one.secret.sign(message))
        said.append({"key": one.vkey, "time": when, "signature": signature})
    return {"kind": "witnessed", "v": 1, "size": size, "root": root_then, "cosignatures": said}


@dataclass
class SecondLog(ClosingLog):
    """A log of cases by number, which knows its public leaves and closes its months."""

    leaves: dict[int, Json] = field(default_factory=dict)
    bodies: dict[int, Json] = field(default_factory=dict)
    closes: list[Covered] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    witnessed: list[tuple[int, int, int, int]] = field(default_factory=list)

    def public(self, leaf: Json) -> int:
        index = super().public(leaf)
        self.leaves[index] = leaf
        return index

    def case(self, body: Json) -> int:
        index = super().case(body)
        self.bodies[index] = body
        return index

    def see(self, time: int, size: int | None = None, **said: Any) -> int:
        """A leaf in which one witness saw the log, or its first entries, at a time."""
        size = len(self.entries) if size is None else size
        leaf = witnessed(self, time, size) | said
        self.witnessed.append((len(self.entries), size, time, time))
        return self.public(leaf)

    def form(self, at: int) -> list[list[Any]]:
        fields: list[list[Any]] = self.leaves[at]["fields"]
        return fields

    def prefill(self, case: str, fv: int, **members: Any) -> int:
        states = "".join("F" if path == "hoTen" else "b" for path, *_ in self.form(fv))
        sources = "".join("p" if state == "F" else "-" for state in states)
        body = {
            "k": "prefill",
            "case": case,
            "chain": f"chain-{case}",
            "fv": fv,
            "gr": 2,
            "ten": "h99",
            "proc": "1.004222",
            "ch": "online",
            "h": HOUR,
            "prev": None,
            "rd": "",
            "kc": "",
            "vb": "vneid",
            "q": [["population", "found", 1, 0]],
            "st": states,
            "so": sources,
            "n": [len(states), sources.count("p")],
        }
        return self.case({**body, **members})

    def submission(
        self,
        case: str,
        fv: int,
        verdicts: Mapping[str, str] = TYPED,
        filled: Mapping[str, str] | None = None,
        **members: Any,
    ) -> int:
        """`verdicts` of what was typed, `filled` class and source of what was kept as it was."""
        kept = {"hoTen": "Fp"} if filled is None else filled
        paths = [path for path, *_ in self.form(fv)]
        letters = {path: verdicts.get(path, "-") for path in paths} | dict.fromkeys(kept, "A")
        found = [letter for path in paths if (letter := letters[path]) != "-"]
        names = {"C": "contested", "F": "officer", "A": "auto", "O": "override", "X": "missing"}
        names |= {"M": "manual", "B": "blank", "W": "withdrawn", "H": "hidden"}
        counts = {name: found.count(letter) for letter, name in names.items()}
        totals = {"filled": len(kept), "visible": len(found)}
        body = {
            "k": "submission",
            "case": case,
            "chain": f"chain-{case}",
            "pf": 0,
            "fv": fv,
            "ten": "h99",
            "proc": "1.004222",
            "ch": "online",
            "h": HOUR,
            "sec": 600,
            "cc": "",
            "vd": "".join(letters[path] for path in paths),
            "cl": "".join(kept[path][0] if path in kept else "-" for path in paths),
            "so": "".join(kept[path][1] if path in kept else "-" for path in paths),
            "att": {},
            "n": {**counts, **totals, "declared": sum(found.count(one) for one in "CFOXM")},
        }
        return self.case({**body, **members})

    def close(self, month: str = "2026-11", **members: Any) -> list[Json]:
        """Count what stands since the last close, and write its tallies; gives them."""
        first, last = self.closes[-1].last + 1 if self.closes else 0, len(self.entries) - 1
        definitions, of = (
            read_definitions((at, leaf_of(leaf)) for at, leaf in self.leaves.items()),
            Month.read(month),
        )
        before = self.months[-1] if self.months else None
        witnessed = [Witnessed(*one) for one in self.witnessed]
        self.closes.append(covered(definitions, last, of, before, witnessed))
        self.months.append(of)
        measure = definitions.of_month(last + 1, month)
        count = RangeCount(definitions, first, last, self.closes, measure.edition)
        cases: dict[str, list[tuple[int, Json]]] = {}
        for index, body in self.bodies.items():
            cases.setdefault(body["case"], []).append((index, body))
        for name, its in cases.items():
            count.add_case(decoded(its), [name.encode()])
        cells = released(count.cells) or {}
        if left := sum(index >= first for index in self.bodies) - count.leaves:
            cells |= outside(left)
        closing = Closing(month, False, first, last, measure.leaf, measure.edition)
        written = [
            {**json.loads(tally_leaf(closing, cell, counts).encode()), **members}
            for cell, counts in in_order(cells)
        ]
        for leaf in written:
            self.public(leaf)
        return written


def begun(*forms: Json, measure: Json | None = None, grants: Iterable[Json] = ()) -> SecondLog:
    """A log with everything that stands before its first case: forms from entry 3 on."""
    log = SecondLog()
    log.public(measure or definition2())
    log.public(key_leaf(LOG_KEY))
    log.public(grant2())
    for form in forms or (form2(),):
        log.public(form)
    for grant in grants:
        log.public(grant)
    return log


FORM = 3
NAME = ORIGIN


def dossiers(
    log: SecondLog, fv: int = FORM, number: int = 12, name: str = "c", **said: Any
) -> None:
    """So many dossiers alike; `h` and `proc` are of both of their bodies."""
    common = {key: said[key] for key in ("h", "proc", "ten", "ch") if key in said}
    for one in range(number):
        log.prefill(f"{name}{one}", fv, **common)
        log.submission(f"{name}{one}", fv, **said)


def of_one(log: SecondLog, folder: Path, number: int = 12, **close: Any) -> dict[str, int]:
    """The sums of one of `number` dossiers alike that make up a month, the log being written."""
    (tally,) = [leaf for leaf in log.close(**close) if leaf["cell"]["level"] != "outside"]
    log.write(folder)
    assert all(value % number == 0 for value in tally["sums"].values())
    return {key: value // number for key, value in tally["sums"].items()}
