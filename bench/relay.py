"""What would a relay cost that only asks the population database twice and answers?

The peer of the prefill: a FastAPI handler (the framework that the gateway stands on too) under
uvicorn on uvloop and httptools, one worker, two SOAP questions at once by aiohttp, no receipt, no
log, no check of anything. `POST /relay` asks, `POST /echo` takes JSON in
and gives JSON out without asking, `GET /readyz` answers.

    BENCH_POPULATION=JSON python -m bench.relay PORT
"""

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

from gateway.domain.facts import PartialDate
from gateway.sources.identity import normalised_for_sending
from gateway.sources.population._wire import RECORD, Asking, sign_in_headers


def create_relay(population: Mapping[str, str]) -> FastAPI:
    """The relay as an application; `population` is what the mocks write about that source."""
    sessions: list[aiohttp.ClientSession] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            sessions.append(session)
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.post("/relay")
    async def relay(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        both = (_ask(sessions[0], population, asked), _ask(sessions[0], population, asked))
        answers = await asyncio.gather(*both)
        sources = [{"outcome": "found", "bytes": length} for length in answers]
        return Response(orjson.dumps({"sources": sources}), media_type="application/json")

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        said = orjson.loads(await request.body())
        return Response(orjson.dumps(said), media_type="application/json")

    @app.get("/readyz")
    async def readyz() -> Response:
        return Response(b"{}", media_type="application/json")

    return app


async def _ask(
    session: aiohttp.ClientSession, population: Mapping[str, str], asked: Mapping[str, Any]
) -> int:
    """One question to service 037, the answer read whole."""
    timestamp = str(int(time.time() * 1000))
    headers = sign_in_headers(
        population["service_url"], population["username"], population["secret"], timestamp
    )
    body = question(population, asked["subject"], asked["procedure"])
    headers = {**headers, "Content-Type": "application/xml"}
    async with session.post(population["url"], data=body, headers=headers) as response:
        content = await response.read()
        assert response.status == 200
        return len(content)


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
    born = PartialDate.parse(subject["birth_date"])
    return Asking(RECORD, fields, born).envelope().encode()


if __name__ == "__main__":
    uvicorn.run(
        create_relay(json.loads(os.environ["BENCH_POPULATION"])),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
    )
