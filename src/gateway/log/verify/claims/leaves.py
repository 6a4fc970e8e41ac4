"""Which members has each kind of public leaf, and what may stand in them?

A public leaf is RFC 8785 text of an object with `kind`, `v` and exactly the members listed below for
its kind, none of them free text. What the members mean is said in docs/log-leaves.md.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gateway.log.verify.findings import Kind, Refuted
from gateway.log.verify.sampling.frames import FRAMES
from gateway.log.verify.text import canonical
from gateway.log.verify.text.notes import (
    ED25519,
    FalseSignature,
    MalformedNote,
    check_signature,
    decode_base64,
    read_key,
)
from gateway.log.verify.tree.tiles import LARGEST_ENTRY_BYTES

Leaf: TypeAlias = Mapping[str, Any]
_Check: TypeAlias = Callable[[Any], bool]

CHANNELS = ("online", "paper", "mixed")
SOURCES = ("session", "population", "records", "personal_papers")


def _like(pattern: str) -> _Check:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _one_of(*values: object) -> _Check:
    return lambda value: any(value == one and type(value) is type(one) for one in values)


def _number(value: Any) -> bool:
    return type(value) is int and value >= 0


def _positive(value: Any) -> bool:
    return type(value) is int and value > 0


def _flag(value: Any) -> bool:
    return type(value) is bool


def _list(check: _Check) -> _Check:
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def _row(*checks: _Check) -> _Check:
    def holds(value: Any) -> bool:
        return (
            isinstance(value, list)
            and len(value) == len(checks)
            and all(check(one) for check, one in zip(checks, value, strict=True))
        )

    return holds


def _any_of(*checks: _Check) -> _Check:
    return lambda value: any(check(value) for check in checks)


def _members(checks: Mapping[str, _Check]) -> _Check:
    def holds(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() == checks.keys()
            and all(check(value[name]) for name, check in checks.items())
        )

    return holds


def _map(name: _Check, value_of: _Check) -> _Check:
    return lambda value: (
        isinstance(value, dict) and all(name(k) and value_of(v) for k, v in value.items())
    )


def _base64(length: int) -> _Check:
    def holds(value: Any) -> bool:
        try:
            return isinstance(value, str) and len(decode_base64(value)) == length
        except MalformedNote:
            return False

    return holds


def _verifier_key(value: Any) -> bool:
    try:
        return isinstance(value, str) and read_key(value).algorithm == ED25519
    except MalformedNote:
        return False


_null = _one_of(None)
_day, _month = _like("[0-9]{4}-[0-9]{2}-[0-9]{2}"), _like("[0-9]{4}-(0[1-9]|1[0-2])")
_digest, _name = _like("sha256:[0-9a-f]{64}"), _like("[0-9A-Za-z._/-]{1,100}")
_form, _item = _like("[a-z0-9-]{1,100}"), _like("[a-z0-9_]{1,100}")
_tenant = _like("[a-z0-9][a-z0-9-]{0,62}")
_procedure = _like(r"[0-9]\.[0-9]{6}(\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})?")
_attribute, _path = _like("[a-z0-9_.]{1,100}"), _like(r"[A-Za-z0-9_.\[\]-]{1,300}")
_issuer = _like(r"(?!.*[0-9]{9})[^\W_][\w ,.()/&'-]{0,199}")
_origin = _like(r"[!-*,-~]{1,200}")
_field = _row(
    _path,
    _like("[A-Za-z]{1,40}"),
    _one_of(0, 1),
    _any_of(_null, _item),
    _any_of(_null, _attribute),
    _list(_like("[a-z_]{1,40}")),
)
_cell = _members(
    {
        "level": _one_of("series", "procedure", "province", "outside"),
        "procedure": _any_of(_null, _procedure),
        "form": _any_of(_null, _form),
        "series": _any_of(_null, _digest),
        "channel": _any_of(_null, _one_of(*CHANNELS)),
    }
)
_range = _row(_number, _number)

_COUNT = {
    "procedure": _any_of(_null, _procedure),
    "channel": _any_of(_null, _one_of("online", "paper")),
    "dossiers": _number,
}
_SAMPLE = {
    "drawn": _number,
    "wrong": _number,
    "bound": _row(_number, _positive),
    "entered": _number,
}
_FRAMED_SAMPLE = _SAMPLE | {"frame": _one_of(*FRAMES), "units": _number}
"""Before there were frames, a sample had neither member and was one of fields."""
_SUM = _like(
    "dossiers|submissions|instant|burst|auto_instant|filled|visible|dropped|core|chains|refusals|abandoned"
    "|late/submissions|offered(/visible)?|ceiling(/required)?|D(/(required|extra))?"
    "|A/(required|same_case|extra|constant|derived|repeat|known|suggested|fact)"
    "|verdict/(contested|officer|auto|override|missing|manual|blank|withdrawn|hidden)"
    "|reason/[a-z_]{1,40}|attachments/(reused|replaced|uploaded|officer|blank)"
    "|source/(session|population|records|personal_papers)/(A|override|contested)"
    "|read/(session|population|records|personal_papers)"
    "/(reads|unavailable|attempts|failed|surplus)|conflict/[a-z0-9_.]{1,100}|bundle|part/[0-9.A-Z]{8,30}"
)

KINDS: Mapping[str, Mapping[str, _Check]] = {
    "metric-definition": {
        "definition": _name,
        "digest": _digest,
        "instant_seconds": _number,
        "instant_seconds_per_field": _number,
        "mock": _flag,
    },
    "form-version": {
        "form": _form,
        "procedures": _list(_procedure),
        "version": _digest,
        "series": _digest,
        "form_digest": _digest,
        "bindings_digest": _digest,
        "dictionary_digest": _digest,
        "engine": _name,
        "ceiling": _number,
        "fields": _list(_field),
        "absent_items": _list(_item),
        "potential": _row(_number, _number),
    },
    "grant": {
        "tenant": _tenant,
        "agency": _like(r"[0-9A-Z]+(\.[0-9A-Z]+)*"),
        "is_test": _flag,
        "since": _day,
        "sources": _list(_one_of(*SOURCES)),
        "procedures": _any_of(_one_of("*"), _list(_name)),
        "officers": _any_of(_one_of("*"), _list(_base64(32))),
    },
    "key": {
        "origin": _origin,
        "key": _verifier_key,
        "since_size": _number,
        "previous": _any_of(
            _null, _members({"origin": _origin, "size": _number, "root": _base64(32)})
        ),
        "old_key": _any_of(_null, _verifier_key),
        "signatures": _list(_members({"by": _one_of("old", "new"), "signature": _base64(64)})),
    },
    "tally": {
        "month": _month,
        "partial": _flag,
        "range": _range,
        "definition": _number,
        "cell": _cell,
        "leaves": _number,
        "cases": _number,
        "versions": _list(_number),
        "median_left": _any_of(_null, _row(_number, _one_of(1, 2))),
        "sums": _map(_SUM, _positive),
    },
    "reconcile": {
        "month": _month,
        "source": _one_of("igate", "portal", "population", "personal_papers"),
        "counts": _any_of(_null, _list(_members(_COUNT))),
        "reads": _any_of(_null, _number),
        "digest": _digest,
    },
    "audit": {
        "month": _month,
        "range": _range,
        "size": _number,
        "root": _base64(32),
        "auditor": _verifier_key,
        "result": _one_of("recomputed", "refuted", "sampled"),
        "differences": _number,
        "sample": _any_of(_null, _members(_SAMPLE), _members(_FRAMED_SAMPLE)),
        "signature": _base64(64),
    },
    "shred": {
        "origin": _origin,
        "first": _number,
        "last": _number,
        "count": _number,
        "reason": _one_of("retention", "request", "expired"),
    },
}

OPTIONAL: Mapping[str, Mapping[str, _Check]] = {
    "grant": {"vouches": _list(_members({"issuer": _issuer, "kind": _name}))}
}
"""Members that a kind may do without."""


def read_leaf(index: int, entry: bytes) -> Leaf:
    """Read a public entry; raises Refuted for one that is no leaf of a known kind."""
    if len(entry) > LARGEST_ENTRY_BYTES:
        raise Refuted(Kind.ENTRY, "an entry has less than 64 KB", index=index)
    try:
        leaf = canonical.read(entry)
    except canonical.NotCanonical as refused:
        raise Refuted(Kind.ENTRY, str(refused), index=index) from None
    kind = leaf.get("kind") if isinstance(leaf, dict) else None
    if kind == "case":
        raise Refuted(Kind.ENTRY, "a case entry of another form or length", index=index)
    if not isinstance(kind, str) or kind not in KINDS:
        raise Refuted(Kind.ENTRY, "no known kind of public leaf", index=index)
    found = {name: value for name, value in leaf.items() if name != "kind"}
    for name, check in {"v": _one_of(1), **KINDS[kind]}.items():
        if name not in found or not check(found.pop(name)):
            raise Refuted(Kind.ENTRY, f"{kind}: `{name}` is not what it should be", index=index)
    for name, check in OPTIONAL.get(kind, {}).items():
        if name in found and not check(found.pop(name)):
            raise Refuted(Kind.ENTRY, f"{kind}: `{name}` is not what it should be", index=index)
    if found:
        raise Refuted(Kind.ENTRY, f"{kind}: a member that the kind has not", index=index)
    return dict(leaf)


def check_signed(leaf: Leaf, left_out: str, key: str, signature: str, index: int) -> None:
    """Check a signature over the leaf's text without the member that holds it; raises Refuted."""
    text = canonical.write({name: value for name, value in leaf.items() if name != left_out})
    try:
        check_signature(read_key(key).public, text, decode_base64(signature))
    except FalseSignature:
        raise Refuted(Kind.KEY, f"{leaf['kind']}: a signature is false", index=index) from None
