"""Payloads as JSON objects, as tests write them by hand."""

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gateway.domain.clock import hour_of
from gateway.log.canonical import canonical
from gateway.log.entries import AbandonedPayload, GrantLeaf, case_entry, payload_of, seal_of
from gateway.log.stored import StoredPayload
from gateway.log.tree import leaf_hash
from gateway.storage.schema import bodies, leaves


def append_body(connection: Connection, body: Mapping[str, Any], when: datetime) -> int:
    """Append a payload that no release need have written, whatever hour it states; gives its index."""
    last = connection.execute(select(func.max(leaves.c.idx))).scalar_one()
    index, salt, content = 0 if last is None else last + 1, os.urandom(32), canonical(body)
    entry = case_entry(seal_of(salt, content))
    connection.execute(insert(leaves), {"idx": index, "entry": entry, "hash": leaf_hash(entry)})
    row = {
        "idx": index,
        "kind": body["k"],
        "tenant": body.get("ten", ""),
        "hour": hour_of(when),
        "case_ref": body["case"],
        "salt": salt,
        "body": content,
    }
    connection.execute(insert(bodies), row)
    return index


def decoded(bodies: Iterable[tuple[int, Mapping[str, Any]]]) -> list[StoredPayload]:
    """Payloads by leaf, out of their JSON objects."""
    return [(leaf, payload_of(body)) for leaf, body in bodies]


def prefill_body(**members: Any) -> dict[str, Any]:
    """A prefill in which nothing was read or filled."""
    return {
        "k": "prefill",
        "case": "c",
        "chain": "c",
        "fv": 0,
        "gr": 0,
        "ten": "h99",
        "proc": None,
        "ch": "online",
        "h": 0,
        "prev": None,
        "rd": "",
        "kc": "",
        "vb": "not stated",
        "q": [],
        "st": "",
        "so": "",
        "n": [0, 0],
        **members,
    }


def some_grant(tenant: str) -> GrantLeaf:
    """A grant of nothing to a tenant."""
    return GrantLeaf(tenant, "H99", False, "2026-11-01", (), (), (), v=1)


def an_end(case: str = "c", hour: int = 0) -> AbandonedPayload:
    """The shortest payload: a chain that nobody submitted."""
    return AbandonedPayload(case, "x", "h99", hour)
