"""Accredit auditors, who may read payloads, and keep their keys.

An accredited auditor (kiểm toán viên được công nhận) has a name, a verifier key of signed notes
(`name+hash+base64`), under which audits are signed, and an age recipient (`age1…`), to which payloads
are encrypted.
"""

from dataclasses import dataclass
from datetime import datetime

import pyrage
from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from gateway.domain.errors import BadRequest, Conflict, NotFound
from gateway.storage.schema import auditors, metric_definitions
from gateway_verify.text.notes import ED25519, MalformedNote, read_key

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Auditor:
    """An auditor; `active` until the accreditation ends."""

    name: str
    vkey: str
    recipient: str
    active: bool


def accredit(connection: Connection, name: str, vkey: str, recipient: str) -> Auditor:
    """Add an accredited auditor.

    Raises BadRequest `unusable_key` for keys of another kind or an unprintable name, Conflict
    `auditor_exists` for a name or key that is known, ended ones included.
    """
    if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise BadRequest("unusable_key", "a name is printable, of up to 100 characters", "name")
    _check_keys(vkey, recipient)
    if connection.execute(select(auditors.c.vkey).where(_is(vkey, name))).first() is not None:
        raise Conflict("auditor_exists", "an auditor of this name or key was entered before")
    row = {"vkey": vkey, "name": name, "recipient": recipient, "ended_at": None}
    connection.execute(insert(auditors), row)
    return Auditor(name, vkey, recipient, True)


def _check_keys(vkey: str, recipient: str) -> None:
    try:
        known = read_key(vkey).algorithm == ED25519
    except MalformedNote:
        known = False
    if not known:
        raise BadRequest("unusable_key", "no verifier key of an auditor", "vkey")
    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise BadRequest("unusable_key", "no age recipient (age1…)", "recipient") from None


def end_accreditation(connection: Connection, who: str, now: datetime) -> Auditor:
    """End an accreditation: no more payloads, no more audits; raises NotFound `unknown_auditor`."""
    auditor = auditor_of(connection, who)
    ended = update(auditors).where(auditors.c.vkey == auditor.vkey)
    connection.execute(ended.values(ended_at=int(now.timestamp())))
    return Auditor(auditor.name, auditor.vkey, auditor.recipient, False)


def auditor_of(connection: Connection, who: str) -> Auditor:
    """The accredited auditor of this name or verifier key; raises NotFound `unknown_auditor`."""
    known = select(auditors).where(_is(who, who), auditors.c.ended_at.is_(None))
    row = connection.execute(known).first()
    if row is None:
        raise NotFound("unknown_auditor", "no accredited auditor has this name or key", "auditor")
    return Auditor(row.name, row.vkey, row.recipient, True)


def all_auditors(connection: Connection) -> list[Auditor]:
    """Every auditor, those included whose accreditation has ended, by name."""
    rows = connection.execute(select(auditors).order_by(auditors.c.name))
    return [Auditor(r.name, r.vkey, r.recipient, r.ended_at is None) for r in rows]


def check_begun(connection: Connection) -> None:
    """Raise Conflict `log_not_begun` while the log has no definition, which comes before any case leaf."""
    if connection.execute(select(metric_definitions.c.leaf).limit(1)).first() is None:
        raise Conflict(
            "log_not_begun", "a log that was just opened gets its definitions at a start"
        )


def _is(vkey: str, name: str) -> ColumnElement[bool]:
    return or_(auditors.c.vkey == vkey, auditors.c.name == name)
