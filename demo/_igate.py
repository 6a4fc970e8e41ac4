"""The demo's iGate: an ordinary tenant of the gateway, with a client of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx_aiohttp import AiohttpTransport

from demo._deployment import Deployment
from demo._processes import DidNotStart
from mocks.igate import IGate
from mocks.igate.key_auth import KeyAuth, public_jwk


@asynccontextmanager
async def signed_in(running: Deployment, *, hardened: bool = False) -> AsyncIterator[IGate]:
    """IGate, signed in as the demo's tenant, by a secret or a key of its own; raises DidNotStart."""
    client = await running.admit_tenant()
    if hardened:
        key = Ed25519PrivateKey.generate()
        client_id = await running.add_hardened_client(public_jwk(key))
        auth = KeyAuth(running.address, client_id, key, lambda: running.clock().timestamp())
        async with httpx.AsyncClient(
            base_url=running.address, transport=AiohttpTransport(), timeout=60.0, auth=auth
        ) as http:
            yield IGate(http)
        return
    async with httpx.AsyncClient(
        base_url=running.address, transport=AiohttpTransport(), timeout=60.0
    ) as http:
        igate = IGate(http)
        answer = await igate.sign_in(client.client_id, client.secret)
        if igate.token is None:
            raise DidNotStart(f"sign-in: {answer.status}")
        yield igate
