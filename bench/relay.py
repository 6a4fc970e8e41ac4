"""What would a relay cost that only asks the population database twice and answers?

The peer of the prefill: uvicorn on uvloop and httptools, one worker, two SOAP questions at once by
aiohttp, no receipt, no log, no check of anything. `POST /relay` asks, `POST /echo` takes JSON in
and gives JSON out without asking, `GET /readyz` answers.

    BENCH_POPULATION=JSON python -m bench.relay PORT
"""

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
import uvicorn

from gateway.domain.facts import PartialDate
from gateway.sources.names import normalised_for_sending
from gateway.sources.population.wire import sign_in_headers, write_request


class Relay:
    """A bare ASGI application; `population` is what the mocks write about that source."""

    def __init__(self, population: Mapping[str, str]) -> None:
        self._population = population
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One conversation."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        body = await _read(receive)
        answer: dict[str, Any] = {}
        if scope["path"] == "/relay":
            asked = orjson.loads(body)
            answers = await asyncio.gather(self._ask(asked), self._ask(asked))
            answer = {"sources": [{"outcome": "found", "bytes": length} for length in answers]}
        elif scope["path"] == "/echo":
            answer = orjson.loads(body)
        await _respond(send, orjson.dumps(answer))

    async def _ask(self, asked: Mapping[str, Any]) -> int:
        """One question to service 037, the answer read whole."""
        population, subject = self._population, asked["subject"]
        timestamp = str(int(time.time() * 1000))
        headers = sign_in_headers(
            population["service_url"], population["username"], population["secret"], timestamp
        )
        body = question(population, subject, asked["procedure"])
        assert self._session is not None
        async with self._session.post(
            population["url"], data=body, headers={**headers, "Content-Type": "application/xml"}
        ) as response:
            content = await response.read()
            assert response.status == 200
            return len(content)

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._session = aiohttp.ClientSession(auto_decompress=False)
            elif self._session is not None:
                await self._session.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def question(population: Mapping[str, str], subject: Mapping[str, str], procedure: str) -> bytes:
    """The envelope that the gateway sends about this person, under a request number of its own."""
    fields = {
        "MaYeuCau": secrets.token_hex(16),
        "MaDVC": procedure,
        "MaTichHop": "037",
        "MaCanBo": population["officer"],
        "MaDonVi": population["agency"],
        "SoDinhDanh": subject["personal_id"],
        "HoVaTen": normalised_for_sending(subject["full_name"]),
    }
    return write_request(fields, PartialDate.parse(subject["birth_date"]))


async def _read(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _respond(send: Any, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(
        Relay(json.loads(os.environ["BENCH_POPULATION"])),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
    )
