"""An invented form, and the bodies that its dossiers leave in the log."""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from gateway.domain.verdicts import (
    CLASS_LETTERS,
    DECLARED,
    VERDICT_LETTERS,
    FieldClass,
    Verdict,
    encode_letters,
)
from gateway.log.entries import leaf_of
from gateway.reduction._definitions import Definitions, read_definitions
from gateway.sources.registry import registered

MEASURE, FIRST, SECOND, GRANT, TEST_GRANT = 0, 1, 2, 3, 4
HOUR = 498_000
TENANT, TEST_TENANT = "h99", "h99-test"

_POPULATION = ["population"]
FIELDS: list[list[Any]] = [
    ["hoTen", "textfield", 1, "name", "person.full_name", _POPULATION],
    ["gioiTinh", "radio", 1, "sex", "person.sex", _POPULATION],
    ["diaChi", "textfield", 0, "address", "residence.address", _POPULATION],
    ["ghiChu", "textarea", 0, None, None, []],
    ["queTinh", "select", 1, "home", "person.home_province", _POPULATION],
    ["queXa", "select", 0, "home", "person.home_commune", _POPULATION],
    ["lyDo", "textfield", 1, "reason", None, []],
    ["thanhVien[].so", "textfield", 1, "member_id", "person.personal_id", _POPULATION],
    ["thanhVien[].quanHe", "select", 1, "member_relation", "person.relation", _POPULATION],
]
PATHS = [field[0] for field in FIELDS]
WITHOUT_REASON = [field for field in FIELDS if field[0] != "lyDo"]

Filling = tuple[Verdict, FieldClass | None, str | None]


def digest(text: str) -> str:
    return "sha256:" + sha256(text.encode()).hexdigest()


def measure_leaf(
    seconds: int = 20, per_field: int = 1, mock: bool = False, confirmed: bool = False
) -> dict[str, Any]:
    return {
        "kind": "metric-definition",
        "v": 1,
        "definition": "eform-gateway/measure/1" + ("/confirmed" if confirmed else ""),
        "digest": "sha256:" + "0" * 64,
        "instant_seconds": seconds,
        "instant_seconds_per_field": per_field,
        "mock": mock,
    }


def form_leaf(version: str = "first", fields: list[list[Any]] = FIELDS) -> dict[str, Any]:
    return {
        "kind": "form-version",
        "v": 1,
        "form": "residence",
        "procedures": ["1.004222"],
        "version": digest(version),
        "series": digest(f"series of {version}"),
        "form_digest": digest(f"form of {version}"),
        "bindings_digest": digest("bindings"),
        "dictionary_digest": digest("dictionary"),
        "engine": "eform-gateway/counting/1",
        "ceiling": 4,
        "fields": fields,
        "absent_items": ["signature"],
        "potential": [6, 9],
    }


def grant_leaf(tenant: str, is_test: bool) -> dict[str, Any]:
    return {
        "kind": "grant",
        "v": 1,
        "tenant": tenant,
        "agency": "H99",
        "is_test": is_test,
        "since": "2026-11-01",
        "sources": ["population"],
        "procedures": "*",
        "officers": "*",
    }


def public_leaves(**measure: Any) -> dict[int, dict[str, Any]]:
    return {
        MEASURE: measure_leaf(**measure),
        FIRST: form_leaf(),
        SECOND: form_leaf("second", WITHOUT_REASON),
        GRANT: grant_leaf(TENANT, False),
        TEST_GRANT: grant_leaf(TEST_TENANT, True),
    }


def definitions(**measure: Any) -> Definitions:
    leaves = public_leaves(**measure).items()
    return read_definitions((at, leaf_of(leaf)) for at, leaf in leaves)


def filled(verdict: Verdict, kind: str = "fact", source: str = "population") -> Filling:
    return verdict, FieldClass(kind), source


def typed(verdict: Verdict) -> Filling:
    return verdict, None, None


AUTO = filled(Verdict.AUTO)
MANUAL = typed(Verdict.MANUAL)
MISSING = typed(Verdict.MISSING)
BLANK = typed(Verdict.BLANK)


def by_case(
    leaves: Iterable[tuple[int, dict[str, Any]]],
) -> Iterable[list[tuple[int, dict[str, Any]]]]:
    """The bodies of a log, case by case, each case in the order of the log."""
    cases: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for leaf, body in leaves:
        cases.setdefault(body["case"], []).append((leaf, body))
    return cases.values()


def paths_of(version: int) -> list[str]:
    return [path for path in PATHS if version == FIRST or path != "lyDo"]


def prefill(case: str, chain: str | None = None, **members: Any) -> dict[str, Any]:
    """A prefill body; `states` are letters by path, as `encode_letters` takes them."""
    version = members.pop("fv", FIRST)
    state, rows = encode_letters(
        paths_of(version), members.pop("states", {"hoTen": "F", "lyDo": "b"})
    )
    return {
        "k": "prefill",
        "case": case,
        "chain": chain or f"chain of {case}",
        "fv": version,
        "gr": GRANT,
        "ten": TENANT,
        "proc": "1.004222",
        "ch": "online",
        "h": HOUR,
        "prev": None,
        "rd": "",
        "kc": "",
        "vb": "vneid",
        "q": [],
        "st": state,
        "so": "",
        **({"sr": rows} if rows else {}),
        "n": [7, 5],
        **members,
    }


def submission(
    case: str, fields: Mapping[str, Filling], chain: str | None = None, **members: Any
) -> dict[str, Any]:
    """A submission body that balances, over fields by instance path."""
    version = members.pop("fv", FIRST)
    letters: dict[str, Any] = {}
    columns = {
        "v": {path: VERDICT_LETTERS[one[0]] for path, one in fields.items()},
        "c": {path: CLASS_LETTERS[one[1]] for path, one in fields.items() if one[1]},
        "s": {path: registered().letters[one[2]] for path, one in fields.items() if one[2]},
    }
    for short, (base, in_rows) in {"v": ("vd", "vr"), "c": ("cl", "cr"), "s": ("so", "sr")}.items():
        letters[base], rows = encode_letters(paths_of(version), columns[short])
        if rows:
            letters[in_rows] = rows
    return {
        "k": "submission",
        "case": case,
        "chain": chain or f"chain of {case}",
        "pf": 0,
        "fv": version,
        "ten": TENANT,
        "proc": "1.004222",
        "ch": "online",
        "h": HOUR,
        "sec": 600,
        "cc": "",
        **letters,
        "att": {},
        "n": _counts(fields),
        **members,
    }


def _counts(fields: Mapping[str, Filling]) -> dict[str, int]:
    verdicts = Counter(verdict for verdict, _, _ in fields.values())
    out = verdicts[Verdict.WITHDRAWN] + verdicts[Verdict.HIDDEN]
    return {verdict.value: verdicts[verdict] for verdict in Verdict} | {
        "filled": sum(kind is not None for _, kind, _ in fields.values()),
        "visible": len(fields) - out,
        "declared": sum(verdicts[verdict] for verdict in DECLARED),
    }


def refusal(case: str, *paths: str, chain: str | None = None, **members: Any) -> dict[str, Any]:
    return {
        "k": "refusal",
        "case": case,
        "chain": chain or f"chain of {case}",
        "pf": 0,
        "fv": FIRST,
        "ten": TENANT,
        "h": HOUR,
        "f": [[path, "locked_value_changed"] for path in paths],
        **members,
    }


def abandoned(case: str, chain: str | None = None, **members: Any) -> dict[str, Any]:
    return {
        "k": "abandoned",
        "case": case,
        "chain": chain or f"chain of {case}",
        "ten": TENANT,
        "h": HOUR,
        **members,
    }


def reuse(case: str, *ways: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "k": "reuse",
        "case": case,
        "ten": TENANT,
        "proc": "1.004222",
        "h": HOUR,
        "cp": [list(way) for way in ways],
    }


def sync(case: str, state: int = 2, **members: Any) -> dict[str, Any]:
    return {
        "k": "sync",
        "case": case,
        "ten": TENANT,
        "proc": "1.004222",
        "h": HOUR,
        "st": state,
        "pre": 1,
        "fl": [["DSKetNoiCSDL", 3]],
        **members,
    }


def confirmation(case: str, **members: Any) -> dict[str, Any]:
    return {
        "k": "confirmation",
        "case": case,
        "gr": 2,
        "ten": TENANT,
        "proc": None,
        "lb": "law",
        "ch": "online",
        "h": HOUR,
        "ref": "GW-" + "0" * 24,
        "q": [["population", "found", 1, 0]],
        **members,
    }


def correction(case: str, **members: Any) -> dict[str, Any]:
    return {
        "k": "correction",
        "case": case,
        "sub": 7,
        "ten": TENANT,
        "h": HOUR,
        "src": "p",
        "attr": "person.full_name",
        "why": "contested",
        "st": "open",
        **members,
    }
