"""Correction tickets: official values that a submission says are incorrect, and what became of them.

A correction ticket (phiếu đề nghị chỉnh sửa dữ liệu) is opened when a submission contests a filled
value, or overrides one that may be corrected (design of the measure, 3.3), and when a prefill finds
under somebody's number a paper whose holder has another name or birth date. It goes to the owner of
the register by hand or by letter (no register is known to take such messages), and is

    open -> sent -> resolved | rejected          each state may be left out but the first
    open, sent -> expired                        after LIFE, by the sweep

The citizen's value lies sealed (AES-256-GCM, the ticket's tenant and id as associated data) and is
erased when the ticket ends. Every change writes a `correction` leaf.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Connection, insert, select, update

from gateway.domain.clock import hour_of
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.json_texts import own_json
from gateway.log.append import append_case
from gateway.log.entries import CorrectionPayload
from gateway.storage.schema import chain_leaves
from gateway.storage.schema import correction_tickets as tickets


@dataclass(frozen=True, slots=True)
class Disputed:
    """One filled value that a submission says is wrong, and what it says instead."""

    path: str
    role: str
    attribute: str
    source: str
    why: str
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as the province sees it; `value` is None when it has ended."""

    id: str
    state: str
    path: str
    role: str
    attribute: str
    source: str
    why: str
    opened_at: int
    changed_at: int
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class Whose:
    """The submission that tickets belong to."""

    tenant: str
    case_ref: str
    chain: str
    submission: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table, but for the leaf that opened the ticket."""

    id: str
    tenant: str
    case_ref: str
    submission: int
    path: str
    role: str
    attribute: str
    source: str
    why: str
    state: str
    opened_at: int
    changed_at: int
    sealed: bytes | None = field(repr=False)


LIFE = timedelta(days=180)
OPEN, SENT, RESOLVED, REJECTED, EXPIRED = "open", "sent", "resolved", "rejected", "expired"
_GOES_ON_TO = {OPEN: {SENT, RESOLVED, REJECTED}, SENT: {RESOLVED, REJECTED}}
_NONCE_BYTES = 12


class Tickets:
    """Opens, shows and ends correction tickets; every change inside the caller's transaction.

    `letters` are those of the sources in case leaves.
    """

    def __init__(self, key: bytes, letters: Mapping[str, str]) -> None:
        self._cipher = AESGCM(key)
        self._letters = letters

    def open_in(
        self, connection: Connection, whose: Whose, disputed: Sequence[Disputed], now: datetime
    ) -> tuple[Ticket, ...]:
        """Open a ticket for each disputed value; its leaf is one of the chain's."""
        for one in disputed:
            leaf = self._open(connection, whose, one, now)
            connection.execute(insert(chain_leaves), {"chain": whose.chain, "idx": leaf})
        return self.of_submission(connection, whose.submission) if disputed else ()

    def _open(self, connection: Connection, whose: Whose, one: Disputed, now: datetime) -> int:
        ticket, opened_at = "ct_" + secrets.token_urlsafe(16), int(now.timestamp())
        row = _Row(
            id=ticket,
            tenant=whose.tenant,
            case_ref=whose.case_ref,
            submission=whose.submission,
            path=one.path,
            role=one.role,
            attribute=one.attribute,
            source=one.source,
            why=one.why,
            state=OPEN,
            opened_at=opened_at,
            changed_at=opened_at,
            sealed=self._seal(whose.tenant, ticket, one.value),
        )
        leaf = _write_leaf(connection, row, self._letters, now)
        connection.execute(insert(tickets), asdict(row) | {"leaf": leaf})
        return leaf

    def of_submission(self, connection: Connection, leaf: int) -> tuple[Ticket, ...]:
        """The tickets that one submission opened, in the order of its fields."""
        return self._read(connection, tickets.c.submission == leaf)

    def of_tenant(
        self, connection: Connection, tenant: str, case_ref: str | None, state: str | None
    ) -> tuple[Ticket, ...]:
        """A tenant's tickets, of one case or in one state where these are given, oldest first."""
        wanted = [tickets.c.tenant == tenant]
        if case_ref is not None:
            wanted.append(tickets.c.case_ref == case_ref)
        if state is not None:
            wanted.append(tickets.c.state == state)
        return self._read(connection, *wanted)

    def go_on(
        self, connection: Connection, tenant: str, ticket: str, state: str, now: datetime
    ) -> Ticket:
        """Put a ticket into its next state; an end erases the value.

        Raises NotFound `unknown_ticket`, also for another tenant's, and Conflict `ticket_ended`.
        """
        rows = _rows(connection, tickets.c.id == ticket, tickets.c.tenant == tenant)
        if not rows:
            raise NotFound("unknown_ticket", "no ticket has this number", "ticket")
        if state not in _GOES_ON_TO.get(rows[0].state, ()):
            raise Conflict("ticket_ended", "the ticket does not go on to this state")
        return self._ticket(_change(connection, rows[0], state, self._letters, now))

    def _read(self, connection: Connection, *wanted: ColumnElement[bool]) -> tuple[Ticket, ...]:
        return tuple(self._ticket(row) for row in _rows(connection, *wanted))

    def _ticket(self, row: _Row) -> Ticket:
        return Ticket(
            row.id,
            row.state,
            row.path,
            row.role,
            row.attribute,
            row.source,
            row.why,
            row.opened_at,
            row.changed_at,
            None if row.sealed is None else self._unseal(row.tenant, row.id, row.sealed),
        )

    def _seal(self, tenant: str, ticket: str, value: object) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        # A fraction was read exactly; as a JSON number it would come back as another one.
        text = json.dumps(value, default=str)
        return nonce + self._cipher.encrypt(nonce, text.encode(), _place(tenant, ticket))

    def _unseal(self, tenant: str, ticket: str, sealed: bytes) -> object:
        nonce, locked = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return own_json(self._cipher.decrypt(nonce, locked, _place(tenant, ticket)))
        except InvalidTag:
            structlog.get_logger().error("ticket_unreadable", ticket=ticket)
            return None


def expire_tickets(
    connection: Connection, letters: Mapping[str, str], now: datetime, at_most: int
) -> int:
    """End tickets whose life is over and erase their values; how many were ended."""
    due = int((now - LIFE).timestamp())
    is_open = tickets.c.state.in_((OPEN, SENT))
    rows = _rows(connection, is_open, tickets.c.opened_at <= due, at_most=at_most)
    for row in rows:
        _change(connection, row, EXPIRED, letters, now)
    return len(rows)


def _rows(
    connection: Connection, *wanted: ColumnElement[bool], at_most: int | None = None
) -> list[_Row]:
    columns = (tickets.c[one.name] for one in fields(_Row))
    found = select(*columns).where(*wanted).order_by(tickets.c.leaf).limit(at_most)
    return [_Row(*row) for row in connection.execute(found)]


def _change(
    connection: Connection, row: _Row, state: str, letters: Mapping[str, str], now: datetime
) -> _Row:
    sealed = row.sealed if state == SENT else None
    changed = replace(row, state=state, changed_at=int(now.timestamp()), sealed=sealed)
    there = update(tickets).where(tickets.c.id == row.id)
    connection.execute(there.values(state=state, changed_at=changed.changed_at, sealed=sealed))
    _write_leaf(connection, changed, letters, now)
    return changed


def _write_leaf(
    connection: Connection, row: _Row, letters: Mapping[str, str], now: datetime
) -> int:
    payload = CorrectionPayload(
        case=row.case_ref,
        opened_by=row.submission,
        tenant=row.tenant,
        hour=hour_of(now),
        source=letters[row.source],
        attribute=row.attribute,
        why=row.why,
        state=row.state,
    )
    return append_case(connection, payload).index


def _place(tenant: str, ticket: str) -> bytes:
    return f"{tenant}|correction_tickets|sealed|{ticket}".encode()
