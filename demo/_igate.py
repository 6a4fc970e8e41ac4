"""The demo's iGate: an ordinary tenant of the gateway, with a client of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from httpx_aiohttp import AiohttpTransport

from demo._deployment import Deployment
from demo._processes import DidNotStart
from mocks.igate import IGate


@asynccontextmanager
async def signed_in(running: Deployment) -> AsyncIterator[IGate]:
    """IGate, signed in as the demo's tenant; raises DidNotStart."""
    client = await running.admit_tenant()
    async with httpx.AsyncClient(
        base_url=running.address, transport=AiohttpTransport(), timeout=60.0
    ) as http:
        igate = IGate(http)
        answer = await igate.sign_in(client.client_id, client.secret)
        if igate.token is None:
            raise DidNotStart(f"sign-in: {answer.status}")
        yield igate
