"""The clients of tenants, their secrets and keys, and grants as the database keeps them.

A client of the compatible profile has a secret, a hardened one has public keys instead, and never
both: at most two live keys, so that one can take the other's place. A client of either profile may
have keys to sign its messages by.

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
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Row, insert, select, update

from gateway.access.callers import EVERYTHING, Caller, Grant
from gateway.access.proofs import PinnedKey, read_public_key
from gateway.access.scopes import USUAL, Scope, read_scopes, write_scopes
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.identifiers import SourceId, TenantId, folded_issuer
from gateway.domain.json_texts import own_json
from gateway.log.entries import Vouch
from gateway.storage.database import Database
from gateway.storage.schema import client_keys, clients, tenants

SALT_BYTES = 16
SIGN_INS_AT_ONCE = 2
MOST_LIVE_KEYS = 2
_NOBODY = (b"\x00" * SALT_BYTES, b"\x00" * 32)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client as it is shown once, secret and all."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Client:
    """A live client: the caller it stands for, and what it may prove itself by.

    `must_sign`: every call of a signed operation bears a message signature.
    """

    caller: Caller
    hardened: bool
    must_sign: bool
    keys: tuple[PinnedKey, ...]

    def key(self, kid: object) -> PinnedKey | None:
        """The live key of this name or thumbprint."""
        return next((key for key in self.keys if key.is_called(kid)), None)


@dataclass(frozen=True, slots=True)
class Registration:
    """What a client is registered for; a key makes it a hardened one."""

    key: PinnedKey | None = None
    scopes: frozenset[Scope] = USUAL
    must_sign: bool = False


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key of a client as operators see it; `kid` is its thumbprint."""

    kid: str
    jwk: str
    created_at: int
    revoked_at: int | None


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A client as operators see it."""

    client_id: str
    tenant: str
    created_at: int
    revoked_at: int | None
    profile: str
    signatures: str
    scopes: str


class ClientDirectory:
    """The clients of one deployment; `stamp` is the file that says when to read them again."""

    def __init__(self, database: Database, stamp: Path) -> None:
        self._database = database
        self._stamp = stamp
        self._seen = -1
        self._clients: dict[str, Client] = {}
        self._secrets: dict[str, tuple[bytes, bytes]] = {}
        self._turns = asyncio.Semaphore(SIGN_INS_AT_ONCE)

    def client(self, client_id: str) -> Client | None:
        """A live client; None for an unknown or revoked one."""
        self._refresh()
        return self._clients.get(client_id)

    def caller(self, client_id: str) -> Caller | None:
        """The caller that a client stands for; None for an unknown or revoked one."""
        client = self.client(client_id)
        return None if client is None else client.caller

    async def sign_in(self, client_id: str, secret: str) -> Caller | None:
        """The caller whose secret this is; None, after the same time, when it is nobody's."""
        self._refresh()
        salt, kept = self._secrets.get(client_id, _NOBODY)
        async with self._turns:
            given = await asyncio.to_thread(hash_secret, secret, salt)
        return self.caller(client_id) if hmac.compare_digest(given, kept) else None

    async def add(
        self, tenant: TenantId, now: datetime, registration: Registration = Registration()
    ) -> NewClient:
        """Make a client for a tenant; NotFound `unknown_tenant` where there is none.

        A hardened one has no secret: what is shown of it is empty.
        """
        client_id, key = f"{tenant}.{secrets.token_hex(4)}", registration.key
        client = NewClient(client_id, secrets.token_urlsafe(32) if key is None else "")
        salt = os.urandom(SALT_BYTES) if key is None else b""
        kept = await asyncio.to_thread(hash_secret, client.secret, salt) if key is None else b""
        row = {
            "client_id": client_id,
            "tenant": tenant,
            "secret_hash": kept,
            "salt": salt,
            "created_at": int(now.timestamp()),
            "hardened": key is not None,
            "must_sign": registration.must_sign,
            "scopes": write_scopes(registration.scopes),
        }

        def change(connection: Connection) -> None:
            known = select(tenants.c.tenant).where(tenants.c.tenant == tenant)
            if connection.execute(known).first() is None:
                raise NotFound("unknown_tenant", "no tenant of this code is registered")
            connection.execute(insert(clients), row)
            if key is not None:
                _add_key(connection, client_id, key, now)

        await self._database.write(change)
        self.announce()
        return client

    async def add_key(self, client_id: str, key: PinnedKey, now: datetime) -> None:
        """Give a client a second key, or its first to sign messages by.

        NotFound `unknown_client`; Conflict `too_many_keys`, `key_known`.
        """
        await self._database.write(lambda c: _add_key(c, client_id, key, now))
        self.announce()

    async def revoke_key(self, client_id: str, kid: str, now: datetime) -> None:
        """End a key, and every token that was fetched by it; NotFound `unknown_key`."""

        def change(connection: Connection) -> None:
            ended = connection.execute(
                update(client_keys)
                .where(client_keys.c.client_id == client_id, client_keys.c.kid == kid)
                .where(client_keys.c.revoked_at.is_(None))
                .values(revoked_at=int(now.timestamp()))
            )
            if ended.rowcount == 0:
                raise NotFound("unknown_key", "the client has no live key of this thumbprint")

        await self._database.write(change)
        self.announce()

    def keys_of(self, client_id: str) -> list[ListedKey]:
        """Every key that a client ever had; NotFound `unknown_client`."""
        columns = (
            client_keys.c.kid,
            client_keys.c.jwk,
            client_keys.c.created_at,
            client_keys.c.revoked_at,
        )
        of_client = client_keys.c.client_id == client_id
        question = (
            select(*columns).where(of_client).order_by(client_keys.c.created_at, client_keys.c.kid)
        )
        known = select(clients.c.client_id).where(clients.c.client_id == client_id)
        if self._database.read(lambda c: c.execute(known).first()) is None:
            raise NotFound("unknown_client", "no client of this id")
        rows = self._database.read(lambda c: c.execute(question).all())
        return [ListedKey(*row) for row in rows]

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
        question = select(clients).order_by(clients.c.created_at, clients.c.client_id)
        rows = self._database.read(lambda c: c.execute(question).all())
        return [_listed(row) for row in rows]

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
        own = (clients.c[name] for name in ("client_id", "secret_hash", "salt", *_OF_CLIENT))
        live = (
            select(*own, *tenants.c)
            .join(tenants, tenants.c.tenant == clients.c.tenant)
            .where(clients.c.revoked_at.is_(None))
        )
        rows = self._database.read(lambda c: c.execute(live).all())
        keys = self._database.read(_live_keys)
        self._secrets = {r.client_id: (r.salt, r.secret_hash) for r in rows if not r.hardened}
        self._clients = {r.client_id: _client(r, keys.get(r.client_id, ())) for r in rows}
        self._seen = grown


_OF_CLIENT = ("hardened", "must_sign", "scopes")


def _client(row: Row[tuple[object, ...]], keys: tuple[PinnedKey, ...]) -> Client:
    caller = Caller(
        TenantId(row.tenant),
        row.client_id,
        row.agency,
        row.is_test,
        read_grant(row.grant_json),
        row.grant_leaf,
        _scopes(row.scopes),
    )
    return Client(caller, bool(row.hardened), bool(row.must_sign), keys)


def _listed(row: Row[tuple[object, ...]]) -> ListedClient:
    return ListedClient(
        row.client_id,
        row.tenant,
        row.created_at,
        row.revoked_at,
        "hardened" if row.hardened else "compatible",
        "required" if row.must_sign else "optional",
        write_scopes(_scopes(row.scopes)),
    )


def _scopes(kept: str | None) -> frozenset[Scope]:
    """The scopes of a client; one that was registered before there were any has the usual ones."""
    return USUAL if kept is None else read_scopes(kept)


def _live_keys(connection: Connection) -> dict[str, tuple[PinnedKey, ...]]:
    question = select(client_keys).where(client_keys.c.revoked_at.is_(None))
    found: dict[str, tuple[PinnedKey, ...]] = {}
    for row in connection.execute(
        question.order_by(client_keys.c.created_at, client_keys.c.kid)
    ).all():
        key = read_public_key(own_json(row.jwk))
        found[row.client_id] = (*found.get(row.client_id, ()), key)
    return found


def _add_key(connection: Connection, client_id: str, key: PinnedKey, now: datetime) -> None:
    live = select(clients.c.client_id).where(
        clients.c.client_id == client_id, clients.c.revoked_at.is_(None)
    )
    if connection.execute(live).first() is None:
        raise NotFound("unknown_client", "no live client of this id")
    known = select(client_keys.c.kid).where(client_keys.c.kid == key.kid)
    if connection.execute(known).first() is not None:
        raise Conflict("key_known", "a client has, or had, this key")
    of_client = (client_keys.c.client_id == client_id, client_keys.c.revoked_at.is_(None))
    if len(connection.execute(select(client_keys.c.kid).where(*of_client)).all()) >= MOST_LIVE_KEYS:
        raise Conflict("too_many_keys", "a client has at most two live keys")
    row = {"client_id": client_id, "kid": key.kid, "jwk": key.jwk}
    connection.execute(insert(client_keys), {**row, "created_at": int(now.timestamp())})


def hash_secret(secret: str, salt: bytes) -> bytes:
    """scrypt with the parameters named above; takes about 40 ms."""
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def read_grant(text: str) -> Grant:
    """Read a grant as the tenants table keeps it."""
    kept = own_json(text)

    def named(member: str) -> frozenset[str] | None:
        return None if kept[member] == EVERYTHING else frozenset(kept[member])

    return Grant(
        frozenset(SourceId(source) for source in kept["sources"]),
        named("procedures"),
        named("officers"),
        frozenset((one["issuer"], one["kind"]) for one in kept.get("vouches", ())),
        frozenset(kept.get("agencies", ())),
        None if kept.get("until") is None else datetime.fromisoformat(kept["until"]),
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
        "until": None if grant.until is None else grant.until.astimezone(UTC).isoformat(),
        "salt": salt.hex(),
    }
    return json.dumps(kept)
