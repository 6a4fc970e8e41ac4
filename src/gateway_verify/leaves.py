"""Which members has each kind of public leaf, and what may stand in them?

A public leaf is RFC 8785 text of an object with `kind`, `v` and exactly the members listed below for
its kind and `v`, none of them free text. What the members mean is said in docs/log-leaves.md.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from gateway_verify._claims.checks import (
    Check,
    all_of,
    any_of,
    base64_of,
    flag,
    like,
    list_of,
    map_of,
    members,
    number,
    one_of,
    positive,
    row,
    verifier_key,
    witness_key,
)
from gateway_verify._tree.tiles import LARGEST_ENTRY_BYTES
from gateway_verify.findings import Kind, Refuted
from gateway_verify.sampling.draw import FRAMES
from gateway_verify.text import canonical
from gateway_verify.text.notes import (
    FalseSignature,
    check_signature,
    decode_base64,
    read_key,
)

Leaf: TypeAlias = Mapping[str, Any]

CHANNELS = ("online", "paper", "mixed")


_null = one_of(None)
_day, _month = like("[0-9]{4}-[0-9]{2}-[0-9]{2}"), like("[0-9]{4}-(0[1-9]|1[0-2])")
_digest, _name = like("sha256:[0-9a-f]{64}"), like("[0-9A-Za-z._/-]{1,100}")
_form, _item = like("[a-z0-9-]{1,100}"), like("[a-z0-9_]{1,100}")
_tenant = like("[a-z0-9][a-z0-9-]{0,62}")
_procedure = like(r"[0-9]\.[0-9]{6}(\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2})?")
_attribute, _path = like("[a-z0-9_.]{1,100}"), like(r"[A-Za-z0-9_.\[\]-]{1,300}")
_source = like("[a-z][a-z_]{0,39}")
_letter = like("[a-z]")
_issuer = like("sha256:[0-9a-f]{64}")
_origin = like(r"[!-*,-~]{1,200}")
_witness = all_of(witness_key, like(r"[A-Za-z0-9._:/-]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}"))
_field = row(
    _path,
    like("[A-Za-z]{1,40}"),
    one_of(0, 1),
    any_of(_null, _item),
    any_of(_null, _attribute),
    list_of(_source),
)
_act = like(r"[0-9]{1,5}(\.[0-9]{1,3})?(/[0-9]{4})?/[A-ZĐ][A-ZĐ0-9-]{1,40}")
_uncounted = row(
    _path,
    like("[A-Za-z]{1,40}"),
    one_of(
        "addressee",
        "attachment",
        "captcha",
        "computed",
        "hidden",
        "not_submitted",
        "nothing_asked",
    ),
)
_baseline = members(
    {
        "procedure": any_of(_null, like(r"[0-9]\.[0-9]{6}")),
        "log": _origin,
        "leaf": number,
        "items": list_of(row(_item, one_of(0, 1))),
    }
)
_cell = members(
    {
        "level": one_of("series", "procedure", "province", "outside"),
        "procedure": any_of(_null, _procedure),
        "form": any_of(_null, _form),
        "series": any_of(_null, _digest),
        "channel": any_of(_null, one_of(*CHANNELS)),
    }
)
_range = row(number, number)

_COUNT = {
    "procedure": any_of(_null, _procedure),
    "channel": any_of(_null, one_of("online", "paper")),
    "dossiers": number,
}
_SAMPLE = {
    "drawn": number,
    "wrong": number,
    "bound": row(number, positive),
    "entered": number,
}
_FRAMED_SAMPLE = _SAMPLE | {"frame": one_of(*FRAMES), "units": number}
"""Before there were frames, a sample had neither member and was one of fields."""
_SUMS = (
    "dossiers|submissions|instant|burst|auto_instant|filled|visible|dropped|core|chains|refusals|abandoned"
    "|late/submissions|offered(/visible)?|ceiling(/required)?|D(/(required|extra))?"
    "|A/(required|same_case|extra|constant|derived|repeat|known|suggested|fact)"
    "|verdict/(contested|officer|auto|override|missing|manual|blank|withdrawn|hidden)"
    "|reason/[a-z_]{1,40}|attachments/(reused|replaced|uploaded|officer|blank)"
    "|source/[a-z][a-z_]{0,39}/(A|override|contested)"
    "|read/[a-z][a-z_]{0,39}"
    "/(reads|unavailable|attempts|failed|surplus)|conflict/[a-z0-9_.]{1,100}|bundle|part/[0-9.A-Z]{8,30}"
)
_SUM = like(_SUMS)

KINDS: Mapping[str, Mapping[str, Check]] = {
    "metric-definition": {
        "definition": _name,
        "digest": _digest,
        "instant_seconds": number,
        "instant_seconds_per_field": number,
        "mock": flag,
    },
    "form-version": {
        "form": _form,
        "procedures": list_of(_procedure),
        "version": _digest,
        "series": _digest,
        "form_digest": _digest,
        "bindings_digest": _digest,
        "dictionary_digest": _digest,
        "engine": _name,
        "ceiling": number,
        "fields": list_of(_field),
        "absent_items": list_of(_item),
        "potential": row(number, number),
    },
    "grant": {
        "tenant": _tenant,
        "agency": like(r"[0-9A-Z]+(\.[0-9A-Z]+)*"),
        "is_test": flag,
        "since": _day,
        "sources": list_of(_source),
        "procedures": any_of(one_of("*"), list_of(_name)),
        "officers": any_of(one_of("*"), list_of(base64_of(32))),
    },
    "key": {
        "origin": _origin,
        "key": verifier_key,
        "since_size": number,
        "previous": any_of(
            _null, members({"origin": _origin, "size": number, "root": base64_of(32)})
        ),
        "old_key": any_of(_null, verifier_key),
        "signatures": list_of(members({"by": one_of("old", "new"), "signature": base64_of(64)})),
    },
    "tally": {
        "month": _month,
        "partial": flag,
        "range": _range,
        "definition": number,
        "cell": _cell,
        "leaves": number,
        "cases": number,
        "versions": list_of(number),
        "median_left": any_of(_null, row(number, one_of(1, 2))),
        "sums": map_of(_SUM, positive),
    },
    "reconcile": {
        "month": _month,
        "source": _source,
        "counts": any_of(_null, list_of(members(_COUNT))),
        "reads": any_of(_null, number),
        "digest": _digest,
    },
    "audit": {
        "month": _month,
        "range": _range,
        "size": number,
        "root": base64_of(32),
        "auditor": verifier_key,
        "result": one_of("recomputed", "refuted", "sampled"),
        "differences": number,
        "sample": any_of(_null, members(_SAMPLE), members(_FRAMED_SAMPLE)),
        "signature": base64_of(64),
    },
    "shred": {
        "origin": _origin,
        "first": number,
        "last": number,
        "count": number,
        "reason": one_of("retention", "request", "expired"),
    },
    "witnessed": {
        "size": positive,
        "root": base64_of(32),
        "cosignatures": list_of(
            members({"key": _witness, "time": positive, "signature": base64_of(64)})
        ),
    },
}

_SECOND_SUM = like(
    _SUMS.replace("|ceiling(/required)?", "")
    + "|abolished|young|outside_hours|late/withdrawals|reach/(missed|connected)"
)


def _without(kind: str, *names: str) -> dict[str, Check]:
    return {name: check for name, check in KINDS[kind].items() if name not in names}


SECOND: Mapping[str, Mapping[str, Check]] = {
    "metric-definition": {
        **KINDS["metric-definition"],
        "least_age_hours": number,
        "month": _month,
    },
    "form-version": {
        **_without("form-version", "ceiling"),
        "declaration": like("[0-9A-Za-z._/-]{1,100}"),
        "uncounted": list_of(_uncounted),
        "abolished": list_of(row(_item, _act)),
        "added": list_of(row(_item, _act)),
        "baselines": list_of(_baseline),
    },
    "grant": {
        **KINDS["grant"],
        "connected": list_of(_source),
        "first": any_of(_null, members({"log": _origin, "leaf": number})),
    },
    "tally": {**KINDS["tally"], "sums": map_of(_SECOND_SUM, positive)},
}
"""The kinds that have members of their own where `v` is 2."""

OPTIONAL: Mapping[str, Mapping[str, Check]] = {
    "form-version": {"letters": list_of(row(_source, _letter, _letter))},
    "grant": {
        "vouches": list_of(members({"issuer": _issuer, "kind": _name})),
        "agencies": list_of(like(r"[0-9A-Z]+(\.[0-9A-Z]+)*")),
    },
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
    second = kind in SECOND and leaf.get("v") == 2
    members = {"v": one_of(2), **SECOND[kind]} if second else {"v": one_of(1), **KINDS[kind]}
    for name, check in members.items():
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
