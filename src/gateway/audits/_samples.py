"""Record an auditor's commitment to a sample before its draw, and its outcome afterwards.

A `sample` case leaf is entered for a request before the public draw (`st` `asked`), and another one with
the outcome (`opened`) together with the public `audit` leaf; both name the frame that is drawn from. A
request is accepted from an accredited auditor, about a root and a closed range of this log; a repeated one
gives the leaf that it has. An outcome is accepted once for a request, about its frame, with as many units
as it asked for or all there are: units without an answer are counted as wrong, and none is left out.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from gateway.audits._auditors import auditor_of, check_begun
from gateway.domain.clock import hour_of
from gateway.domain.errors import BadRequest, Conflict
from gateway.domain.json_texts import own_json
from gateway.log.append import append_case
from gateway.log.canonical import canonical
from gateway.log.entries import LeafRange, SamplePayload, decode_payload
from gateway.storage.schema import bodies
from gateway_verify.findings import Refuted, Unchecked
from gateway_verify.leaves import Leaf
from gateway_verify.sampling.draw import FIELDS, frame_of
from gateway_verify.sampling.entered import digest_of_key
from gateway_verify.sampling.requests import read_request


@dataclass(frozen=True, slots=True)
class Entered:
    """A request in the log: its index, and salt and payload that open its seal."""

    index: int
    salt: bytes = field(repr=False)
    body: bytes = field(repr=False)

    def with_proofs(self, proof: bytes, grown: Sequence[bytes]) -> bytes:
        """The file `sample-entered` that the auditor is given."""
        return canonical(
            {
                "kind": "sample-entered",
                "v": 1,
                "index": self.index,
                "salt": b64encode(self.salt).decode(),
                "body": own_json(self.body),
                "proof": proof.decode(),
                "grown": [b64encode(one).decode() for one in grown],
            }
        )


def read_sample_request(document: object) -> Leaf:
    """Read a decoded request and verify its signature.

    Raises BadRequest `audit_unreadable` or `audit_forged`.
    """
    try:
        return read_request(document)
    except Unchecked as refused:
        raise BadRequest("audit_unreadable", refused.finding.says) from None
    except Refuted as refused:
        raise BadRequest("audit_forged", refused.finding.says, "signature") from None


def enter_sample(connection: Connection, request: Leaf, now: datetime) -> Entered:
    """Enter a request whose root and range were checked.

    Raises NotFound `unknown_auditor`, Conflict `log_not_begun`.
    """
    check_begun(connection)
    auditor_of(connection, request["auditor"])
    payload = _asked(request, now)
    for known in _same(connection, payload):
        return known
    leaf = append_case(connection, payload)
    return Entered(leaf.index, leaf.salt, payload.encode())


def is_entered(connection: Connection, request: Leaf) -> bool:
    """Whether a leaf of this log holds the request."""
    return bool(_same(connection, _asked(request, datetime.fromtimestamp(0, UTC))))


def _asked(request: Leaf, now: datetime) -> SamplePayload:
    return SamplePayload(
        case=None,
        auditor=digest_of_key(request["auditor"]),
        month=request["month"],
        leaves=LeafRange(*request["range"]),
        size=request["size"],
        root=request["root"],
        hour=hour_of(now),
        state="asked",
        units=request["count"],
        nonce_commitment=request["commitment"],
        wrong=None,
        asked_at=None,
        frame=frame_of(request),
        year_units=request.get("year_units"),
    )


def _same(connection: Connection, asked: SamplePayload) -> list[Entered]:
    """The leaves of the same request, at any hour."""
    return [
        one
        for one, known in _samples(connection)
        if replace(known, hour=asked.hour, frame=known.frame or FIELDS) == asked
    ]


def note_outcome(connection: Connection, audit: Leaf, now: datetime) -> None:
    """Enter the outcome of a sample, once.

    Raises Conflict `sample_not_entered` when the `audit` leaf names no leaf by which its auditor asked for
    so many units of this frame, range and root, or one that has an outcome already.
    """
    sample = audit["sample"]
    held = {one.index: payload for one, payload in _samples(connection)}
    asked = held.get(sample["entered"])
    if asked is None or not _answers(audit, asked):
        raise Conflict("sample_not_entered", "no commitment to this sample stands there", "sample")
    if any(one.asked_at == sample["entered"] for one in held.values()):
        raise Conflict("sample_not_entered", "that commitment has an outcome already", "sample")
    found = replace(
        asked,
        hour=hour_of(now),
        state="opened",
        units=sample["drawn"],
        wrong=sample["wrong"],
        asked_at=sample["entered"],
        frame=frame_of(sample),
        year_units=None,
    )
    append_case(connection, found)


def _answers(audit: Leaf, asked: SamplePayload) -> bool:
    about = asked.month, list(asked.leaves), asked.size, asked.root
    same = about == tuple(audit[name] for name in ("month", "range", "size", "root"))
    mine = asked.auditor == digest_of_key(audit["auditor"]) and asked.state == "asked"
    sample = audit["sample"]
    framed = (asked.frame or FIELDS) == frame_of(sample)
    due = min(asked.units, sample.get("units", asked.units))
    drawn = sample["drawn"] == due if "units" in sample else sample["drawn"] <= due
    return same and mine and framed and drawn


def _samples(connection: Connection) -> list[tuple[Entered, SamplePayload]]:
    wanted = select(bodies.c.idx, bodies.c.salt, bodies.c.body)
    of_kind = wanted.where(bodies.c.kind == SamplePayload.kind)
    held = (Entered(row.idx, row.salt, row.body) for row in connection.execute(of_kind))
    read = ((one, decode_payload(one.body)) for one in held)
    return [(one, payload) for one, payload in read if isinstance(payload, SamplePayload)]
