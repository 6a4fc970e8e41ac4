"""The second count: what a stranger gets who reads the letters by himself.

It shares no line with the room that it is held against; it works on the letters as they stand,
from the words of schemas/measure.json alone.
"""

import re
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

Leaves = Mapping[int, Mapping[str, Any]]


def spread(leaves: Leaves, body: Mapping[str, Any], base: str, rows: str) -> dict[str, str]:
    """Letters by path, read anew: the n-th letter is the n-th field, or column of the group."""
    paths = [field[0] for field in leaves[body["fv"]]["fields"]]
    letters = dict(zip(paths, body[base], strict=True))
    for row, text in body.get(rows, {}).items():
        columns = [p for p in paths if p.startswith(re.sub(r"\[\d+\]", "[]", row))]
        letters |= {
            p.replace("[]", "[" + row.split("[")[-1]): x for p, x in zip(columns, text, strict=True)
        }
    return {path: letter for path, letter in letters.items() if letter not in "-."}


def recount(
    leaves: Leaves, bodies: Sequence[dict[str, Any]], left_out: str
) -> dict[tuple[str, ...], dict[str, Any]]:
    """The figures by form, series, procedure and channel, without the tenant `left_out`."""
    cases: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for body in bodies:
        if body["k"] == "submission" and body["ten"] != left_out:
            cases[body["case"]].append(body)
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for given in cases.values():
        last = given[-1]
        form, series = leaves[last["fv"]]["form"], leaves[last["fv"]]["series"]
        channel = "online" if last["ch"] == "online" else "paper"
        rows[form, last["proc"] or "", series, channel].append(_dossier(leaves, given))
    return {key: _figures(dossiers) for key, dossiers in rows.items()}


def _dossier(leaves: Leaves, given: list[dict[str, Any]]) -> dict[str, Any]:
    """One dossier: (template, verdict, class, source) of each visible field, and whether it is instant."""
    read = [
        (
            spread(leaves, b, "vd", "vr"),
            spread(leaves, b, "cl", "cr"),
            spread(leaves, b, "so", "sr"),
        )
        for b in given
    ]
    verdicts, _, sources = read[-1]
    fields = []
    for path, verdict in verdicts.items():
        said = [v.get(path, "") for v, _, _ in read]
        if verdict in "WH":
            continue
        if set(said) == {"A"}:
            kind = min((c[path] for _, c, _ in read), key="SXCDRKGF".index)
            fields.append((path, "A", kind, sources[path]))
        elif declared := [i for i, one in enumerate(said) if one and one in "CFOXM"]:
            verdict, kind, source = (part.get(path, "-") for part in read[declared[-1]])
            fields.append((path, verdict, kind, source))
        else:
            fields.append((path, "B", "-", "-"))
    definition = next(one for one in leaves.values() if one["kind"] == "metric-definition")
    instant = any(
        b["sec"]
        < definition["instant_seconds"]
        + definition["instant_seconds_per_field"]
        * sum(x in "CFOXM" for x in spread(leaves, b, "vd", "vr").values())
        for b in given
    )
    leaf = leaves[given[-1]["fv"]]
    first = next(one for _, one in sorted(leaves.items()) if one.get("form") == leaf["form"])
    return {
        "fields": [(re.sub(r"\[\d+\]", "[]", path), *rest) for path, *rest in fields],
        "instant": instant,
        "form": {path: (required, item) for path, _, required, item, *_ in leaf["fields"]},
        "dropped": len(
            {item for _, _, required, item, *_ in first["fields"] if required and item}
            - {item for _, _, _, item, *_ in leaf["fields"]}
        ),
        "att": given[-1]["att"],
    }


def _figures(dossiers: list[dict[str, Any]]) -> dict[str, Any]:
    lefts, core, instant = [], 0, 0
    auto: dict[str, int] = defaultdict(int)
    sources: dict[str, int] = defaultdict(int)
    given_up: dict[tuple[str, str], int] = defaultdict(int)
    required = {"A": 0, "D": 0}
    for one in dossiers:
        declared = [f for f in one["fields"] if f[1] in "CFOXM"]
        saved = [] if one["instant"] else [f for f in one["fields"] if f[1] == "A"]
        lefts.append(len(declared) + one["dropped"])
        instant += one["instant"]
        required["D"] += one["dropped"] + sum(one["form"][path][0] for path, *_ in declared)
        required["A"] += sum(one["form"][path][0] for path, *_ in saved)
        for _, _, kind, source in saved:
            auto[kind] += 1
            sources[source] += kind in "FKG"
        for _, verdict, kind, source in declared:
            given_up[source, verdict] += kind in "FKG"
        for item in {item for _, item in one["form"].values() if item}:
            its = [f for f in one["fields"] if one["form"][f[0]][1] == item]
            if its and not one["instant"] and all(f[1:3] == ("A", "F") for f in its):
                core += any(one["form"][f[0]][0] for f in its)
    left = sum(lefts)
    reduction = auto["F"] + auto["K"] + auto["G"]
    kept = sum(d["att"].get("reused", 0) + d["att"].get("replaced", 0) for d in dossiers)
    brought = sum(d["att"].get("uploaded", 0) + d["att"].get("officer", 0) for d in dossiers)
    return {
        "reduction": (reduction, reduction + left),
        "beyond_login": (auto["F"] + auto["G"], auto["F"] + auto["G"] + left),
        "core": (core, core + left),
        "required_only": (required["A"], required["A"] + required["D"]),
        "mean": (left, len(dossiers)),
        "median": Fraction(statistics.median(map(Fraction, lefts))),
        "instant": (instant, len(dossiers)),
        "T": (kept, kept + brought),
        "acceptance": {
            source: (
                sources[letter],
                sources[letter] + given_up[letter, "O"] + given_up[letter, "C"],
            )
            for letter, source in {"p": "population", "r": "records", "s": "session"}.items()
        },
    }


def same_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a row of the report, under the names of the second count."""
    accepted = dict.fromkeys(("population", "records", "session"), (0, 0))
    accepted |= {source: pair(one["acceptance"]) for source, one in row["by_source"].items()}
    plain = ("reduction", "beyond_login", "core", "required_only", "instant")
    return {
        **{name: pair(row[name]) for name in plain},
        "mean": pair(row["left_to_declare"]["mean"]),
        "median": Fraction(*pair(row["left_to_declare"]["median"])),
        "T": pair(row["attachments"]["saved"]),
        "acceptance": accepted,
    }


def pair(figure: Mapping[str, int]) -> tuple[int, int]:
    """Numerator and denominator."""
    return figure["numerator"], figure["denominator"]


def key_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The key of a row of the report in the second count."""
    return row["form"], row["procedure"] or "", row["series"], row["channel"]
