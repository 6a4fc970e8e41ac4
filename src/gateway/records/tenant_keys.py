"""The tenants' keys: who wraps them, how long they are held unwrapped, how one takes another's place.

A tenant key wraps the data keys of the tenant's record owners. The key provider wraps tenant keys and
never gives its own key away. An unwrapped tenant key is held for five minutes at most; data keys are
unwrapped for one call. When the provider does not answer, what it would unwrap stays closed.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, func, insert, select

from gateway.domain.clock import Clock
from gateway.domain.errors import VaultClosed
from gateway.domain.identifiers import TenantId
from gateway.records.codec import Place
from gateway.storage.database import Database
from gateway.storage.vault_schema import tenant_keys

HELD_SECONDS = 300.0
"""As long a key is held after the provider unwrapped it."""
REFUSED_SECONDS = 2.0
"""As long a provider that failed is not asked again: a hundred calls would wait for it one by one."""

KEY_BYTES = 32


class KeyProvider(Protocol):
    """Wraps and unwraps keys under one that it keeps to itself; raises VaultClosed."""

    @property
    def name(self) -> str:
        """What kept keys name it by; never a secret."""
        ...

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        """`key` wrapped, bound to `about`."""
        ...

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The key again; refused where it was wrapped about something else."""
        ...


class StaleKeys(Exception):
    """A key that is needed is not among those held: they were held too long, or another is in use now.

    Whoever loads them again may try once more.
    """


@dataclass(frozen=True, slots=True)
class _Held:
    """The unwrapped keys of one tenant; `newest` is 0 where there is none."""

    newest: int
    ciphers: Mapping[int, AESGCM] = field(repr=False)
    until: float


class TenantKeys:
    """The keys of every tenant in one vault."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock
        self._monotonic = monotonic
        self._held: dict[TenantId, _Held] = {}
        self._closed_until = 0.0
        self._asking = asyncio.Lock()

    async def hold(self, tenant: TenantId, *, make: bool = False) -> None:
        """See to it that the tenant's keys are held; `make` makes the first one. Raises VaultClosed, Busy."""
        if self._is_held(tenant, make):
            return
        async with self._asking:
            if self._is_held(tenant, make):
                return
            if self._monotonic() < self._closed_until:
                raise VaultClosed
            try:
                await self._unwrap(tenant, make)
            except VaultClosed:
                self._closed_until = self._monotonic() + REFUSED_SECONDS
                raise

    def forget(self, tenant: TenantId) -> None:
        """Let the tenant's keys be asked for again."""
        self._held.pop(tenant, None)

    def newest(self, tenant: TenantId) -> tuple[int, AESGCM]:
        """The key that wraps from now on, and its version; raises StaleKeys."""
        held = self._of(tenant)
        return held.newest, self.cipher(tenant, held.newest)

    def cipher(self, tenant: TenantId, version: int) -> AESGCM:
        """One of the tenant's keys; raises StaleKeys."""
        cipher = self._of(tenant).ciphers.get(version)
        if cipher is None:
            raise StaleKeys
        return cipher

    async def add(self, tenant: TenantId) -> int:
        """Make the tenant's next key, which wraps from now on; gives its version. Raises VaultClosed, Busy."""
        held = self._database.read(lambda c: newest_version(c, tenant))
        version, key = held + 1, os.urandom(KEY_BYTES)
        wrapped = await self._provider.wrap(key, _about(tenant, version))

        def insert_next(connection: Connection) -> None:
            if newest_version(connection, tenant) == held:  # else another process was first
                row = {"tenant": tenant, "version": version, "provider": self._provider.name}
                row |= {"wrapped": wrapped, "created_at": int(self._clock().timestamp())}
                connection.execute(insert(tenant_keys), row)

        await self._database.write(insert_next)
        self.forget(tenant)
        return version

    def _is_held(self, tenant: TenantId, make: bool) -> bool:
        held = self._held.get(tenant)
        return held is not None and self._monotonic() < held.until and bool(held.newest or not make)

    def _of(self, tenant: TenantId) -> _Held:
        held = self._held.get(tenant)
        if held is None or self._monotonic() >= held.until:
            raise StaleKeys
        return held

    async def _unwrap(self, tenant: TenantId, make: bool) -> None:
        until = self._monotonic() + HELD_SECONDS
        asked = select(tenant_keys).where(tenant_keys.c.tenant == tenant)
        rows = self._database.read(lambda c: c.execute(asked).all())
        if not rows and make:
            await self.add(tenant)
            rows = self._database.read(lambda c: c.execute(asked).all())
        ciphers = {}
        for row in rows:
            if row.provider != self._provider.name:
                raise VaultClosed
            key = await self._provider.unwrap(row.wrapped, _about(tenant, row.version))
            ciphers[row.version] = AESGCM(key)
        self._held[tenant] = _Held(max(ciphers, default=0), ciphers, until)


def newest_version(connection: Connection, tenant: TenantId) -> int:
    """The version of the tenant's newest key; 0 where there is none."""
    of = tenant_keys.c
    found: int | None = connection.execute(
        select(func.max(of.version)).where(of.tenant == tenant)
    ).scalar_one()
    return found or 0


def _about(tenant: TenantId, version: int) -> bytes:
    return Place(tenant, "tenant_keys", "wrapped", tenant.encode(), version).associated()
