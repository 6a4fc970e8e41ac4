"""How is a text handed to another machine that no citizen waits for?"""

import asyncio
from dataclasses import dataclass

from gateway.upstream import http
from gateway.upstream.exchange import exchange_with
from gateway.upstream.transport import Answer, Transport


@dataclass(frozen=True, slots=True)
class Posting:
    """Posts to listed addresses, one try each, any status being an answer."""

    transport: Transport
    timeout_seconds: float = 5.0

    async def post(self, url: str, content: bytes) -> Answer:
        """Post and read the answer, whatever it says; raises SourceError where there is none."""
        request = http.Request("POST", url, content=content)
        with exchange_with():
            async with asyncio.timeout(self.timeout_seconds):
                return await self.transport.send(request)
