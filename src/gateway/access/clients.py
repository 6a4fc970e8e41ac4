"""The clients of tenants, their secrets, and grants as the database keeps them.

A client's secret is 32 random bytes, shown once; kept is scrypt (RFC 7914) with N=2^14, r=8, p=1,
16 MiB, a salt of 16 bytes and 32 bytes out: about 40 ms on one core, spent off the event loop and
also for a client that does not exist, so that the time of an answer says nothing.

What the tables say is kept in memory and read again as soon as the stamp beside the database has
grown; every change of a client or tenant, in whichever process, makes it grow by one byte. So a
revocation holds at the next call, at the price of one look at a file's size.
"""

import asyncio
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from gateway.access.callers import EVERYTHING, Caller, Grant
from gateway.domain.errors import NotFound
from gateway.domain.identifiers import SourceId, TenantId, folded_issuer
from gateway.log.entries import Vouch
from gateway.storage.database import Database
from gateway.storage.schema import clients, tenants

SALT_BYTES = 16
SIGN_INS_AT_ONCE = 2
_NOBODY = (b"\x00" * SALT_BYTES, b"\x00" * 32)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client as it is shown once, secret and all."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A client as operators see it."""

    client_id: str
    tenant: str
    created_at: int
    revoked_at: int | None


class ClientDirectory:
    """The clients of one deployment; `stamp` is the file that says when to read them again."""

    def __init__(self, database: Database, stamp: Path) -> None:
        self._database = database
        self._stamp = stamp
        self._seen = -1
        self._callers: dict[str, Caller] = {}
        self._secrets: dict[str, tuple[bytes, bytes]] = {}
        self._turns = asyncio.Semaphore(SIGN_INS_AT_ONCE)

    def caller(self, client_id: str) -> Caller | None:
        """The caller that a client stands for; None for an unknown or revoked one."""
        self._refresh()
        return self._callers.get(client_id)

    async def sign_in(self, client_id: str, secret: str) -> Caller | None:
        """The caller whose secret this is; None, after the same time, when it is nobody's."""
        self._refresh()
        salt, kept = self._secrets.get(client_id, _NOBODY)
        async with self._turns:
            given = await asyncio.to_thread(hash_secret, secret, salt)
        return self.caller(client_id) if hmac.compare_digest(given, kept) else None

    async def add(self, tenant: TenantId, now: datetime) -> NewClient:
        """Make a client for a tenant; NotFound `unknown_tenant` where there is none."""
        client = NewClient(f"{tenant}.{secrets.token_hex(4)}", secrets.token_urlsafe(32))
        salt = os.urandom(SALT_BYTES)
        row = {
            "client_id": client.client_id,
            "tenant": tenant,
            "secret_hash": await asyncio.to_thread(hash_secret, client.secret, salt),
            "salt": salt,
            "created_at": int(now.timestamp()),
        }

        def change(connection: Connection) -> None:
            known = select(tenants.c.tenant).where(tenants.c.tenant == tenant)
            if connection.execute(known).first() is None:
                raise NotFound("unknown_tenant", "no tenant of this code is registered")
            connection.execute(insert(clients), row)

        await self._database.write(change)
        self.announce()
        return client

    async def revoke(self, client_id: str, now: datetime) -> None:
        """End a client and every token it holds; NotFound `unknown_client` where there is none."""

        def change(connection: Connection) -> None:
            ended = connection.execute(
                update(clients)
                .where(clients.c.client_id == client_id, clients.c.revoked_at.is_(None))
                .values(revoked_at=int(now.timestamp()))
            )
            if ended.rowcount == 0:
                raise NotFound("unknown_client", "no live client of this id")

        await self._database.write(change)
        self.announce()

    def all(self) -> list[ListedClient]:
        """Every client that was ever made, without its secret."""
        columns = (
            clients.c.client_id,
            clients.c.tenant,
            clients.c.created_at,
            clients.c.revoked_at,
        )
        question = select(*columns).order_by(clients.c.created_at, clients.c.client_id)
        rows = self._database.read(lambda c: c.execute(question).all())
        return [ListedClient(*row) for row in rows]

    def announce(self) -> None:
        """Let every process see that clients, tenants or grants have changed."""
        with self._stamp.open("ab") as stamp:
            stamp.write(b".")

    def _refresh(self) -> None:
        try:
            grown = self._stamp.stat().st_size
        except FileNotFoundError:
            grown = 0
        if grown == self._seen:
            return
        columns = (clients.c.client_id, clients.c.secret_hash, clients.c.salt, *tenants.c)
        live = (
            select(*columns)
            .join(tenants, tenants.c.tenant == clients.c.tenant)
            .where(clients.c.revoked_at.is_(None))
        )
        rows = self._database.read(lambda c: c.execute(live).all())
        self._secrets = {row.client_id: (row.salt, row.secret_hash) for row in rows}
        self._callers = {
            row.client_id: Caller(
                TenantId(row.tenant),
                row.client_id,
                row.agency,
                row.is_test,
                read_grant(row.grant_json),
                row.grant_leaf,
            )
            for row in rows
        }
        self._seen = grown


def hash_secret(secret: str, salt: bytes) -> bytes:
    """scrypt with the parameters named above; takes about 40 ms."""
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def read_grant(text: str) -> Grant:
    """Read a grant as the tenants table keeps it."""
    kept = json.loads(text)

    def named(member: str) -> frozenset[str] | None:
        return None if kept[member] == EVERYTHING else frozenset(kept[member])

    return Grant(
        frozenset(SourceId(source) for source in kept["sources"]),
        named("procedures"),
        named("officers"),
        frozenset((one["issuer"], one["kind"]) for one in kept.get("vouches", ())),
        frozenset(kept.get("agencies", ())),
    )


def listed_vouches(grant: Grant) -> list[dict[str, str]]:
    """For which issuers and kinds a tenant vouches, as the table writes it."""
    return [{"issuer": issuer, "kind": kind} for issuer, kind in sorted(grant.vouches)]


def vouches_in_leaf(grant: Grant) -> tuple[Vouch, ...]:
    """The same as a `grant` leaf writes it: the issuer as a digest, since a leaf holds no free text.

    `sha256:` and the SHA-256 of the name as `folded_issuer` gives it.
    """
    digests = (
        ("sha256:" + hashlib.sha256(folded_issuer(issuer).encode()).hexdigest(), kind)
        for issuer, kind in grant.vouches
    )
    return tuple(Vouch(issuer, kind) for issuer, kind in sorted(digests))


def write_grant(grant: Grant, salt: bytes) -> str:
    """Write a grant for the tenants table, with the salt that opens its leaf's commitments."""

    def named(names: frozenset[str] | None) -> str | list[str]:
        return EVERYTHING if names is None else sorted(names)

    kept = {
        "sources": sorted(grant.sources),
        "procedures": named(grant.procedures),
        "officers": named(grant.officers),
        "vouches": listed_vouches(grant),
        "agencies": sorted(grant.agencies),
        "salt": salt.hex(),
    }
    return json.dumps(kept)
