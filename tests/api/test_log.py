"""Anybody can fetch the log and have a leaf proved; nobody gets anything else out of that door."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.api.services import Services
from gateway.log.append import append_public
from gateway.log.notes import read_checkpoint, read_key
from gateway.log.publishing._publisher import INTEGRATE_SECONDS, PUBLISH_SECONDS
from gateway.log.tree import check_consistency, check_inclusion
from tests.log.writing import some_grant


async def _add(services: Services, number: int) -> str:
    leaf = await services.database.write(lambda c: append_public(c, some_grant(f"t{number}")))
    return b64encode(leaf.hash).decode()


def _read(proof: bytes) -> tuple[list[str], list[bytes], bytes]:
    head, _, note = proof.decode().partition("\n\n")
    lines = head.split("\n")
    return lines[:2], [b64decode(line) for line in lines[2:]], note.encode()


async def test_answers_leaf_is_provable_once_published(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    leaf = await _add(services, 1)
    early = await anybody.get("/v1/log/proof", params={"leaf": leaf})
    assert (early.status_code, early.json()["code"]) == (404, "leaf_not_published")
    assert early.headers["Retry-After"] == "30"

    await services.log.publisher.publish()

    answer = await anybody.get("/v1/log/proof", params={"leaf": leaf})
    assert answer.status_code == 200
    (header, index), siblings, note = _read(answer.content)
    assert header == "c2sp.org/tlog-proof@v1"
    signed = read_checkpoint(note).checkpoint
    place = int(index.removeprefix("index "))
    check_inclusion(place, signed.size, b64decode(leaf), siblings, signed.root)
    assert note == (await anybody.get("/log/checkpoint")).content


@pytest.mark.threat(24)
async def test_running_gateway_publishes_within_minute(
    anybody: httpx.AsyncClient, services: Services, tmp_path: Path
) -> None:
    assert PUBLISH_SECONDS + 2 * INTEGRATE_SECONDS < 60
    leaf = await _add(services, 1)
    (tmp_path / "log" / "publish").touch()  # asked for, so that the test need not wait so long
    for _ in range(1200):
        if (await anybody.get("/v1/log/proof", params={"leaf": leaf})).status_code == 200:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the leaf was not published")


async def test_consistency_between_two_sizes_is_provable(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    roots: dict[int, bytes] = {}
    for number in range(3):
        await _add(services, number)
        await services.log.publisher.publish()
        signed = services.log.publisher.published
        assert signed is not None
        roots[signed.checkpoint.size] = signed.checkpoint.root
    old, *_, new = sorted(roots)

    answer = await anybody.get("/v1/log/consistency", params={"from": old, "to": new})

    sizes, proof, _ = _read(answer.content)
    assert sizes == [f"old {old}", f"new {new}"]
    check_consistency(old, new, roots[old], roots[new], proof)


async def test_files_follow_tlog_tiles(anybody: httpx.AsyncClient, services: Services) -> None:
    await _add(services, 1)
    await services.log.publisher.publish()
    signed = services.log.publisher.published
    assert signed is not None
    size = signed.checkpoint.size

    checkpoint = await anybody.get("/log/checkpoint")
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["Cache-Control"] == "no-cache"
    key = read_key((await anybody.get("/log/key")).text)
    assert signed.signature_of(key) is not None
    for path in (f"/log/tile/0/000.p/{size}", f"/log/tile/entries/000.p/{size}"):
        tile = await anybody.get(path)
        assert tile.headers["Content-Type"] == "application/octet-stream"
        assert "immutable" in tile.headers["Cache-Control"]


NOT_THERE = [
    "/log/",
    "/log/policy",
    "/log/signer/last",
    "/log/../keys/log.key",
    "/log/%2e%2e/keys/log.key",
    "/log/tile/0/..%2f..%2f..%2f..%2fkeys%2flog.key",
    "/log/tile/%2e%2e/%2e%2e/000",
    "/log/tile/0/999",
    "/log/tile/0/x001/000",
    "/log/tile/0/000.p/256",
    "/log/tile/0/000.p/0",
    "/log/tile/64/000",
    "/log/tile/-1/000",
    "/log/tile/00/000",
    "/log/tile/0/0000",
    "/log/tile/entries/000.p",
    "/log/tile/0/000%00",
    "/log/tile/0/000%0a",
    "/log/tile/0/٠٠٠",
    "/log/releases/2026-13.json",
    "/log/releases/%2e%2e/checkpoint",
    "/log/releases/2026-11.json",
    "/log/2025/checkpoint",
    "/log/2026/../../keys/log.key",
    "/log/.checkpoint.draft",
    "/log/" + "x" * 5000,
]


@pytest.mark.parametrize("path", NOT_THERE)
async def test_only_files_of_log_are_served(
    anybody: httpx.AsyncClient, services: Services, path: str
) -> None:
    await services.log.publisher.publish()
    url = httpx.URL("http://gateway.test").copy_with(raw_path=httpx.URL(path).raw_path)

    answer = await anybody.get(url)

    assert answer.status_code == 404, path
    assert answer.headers["Content-Type"] == "application/problem+json"


WRONG = [
    "/v1/log/proof",
    "/v1/log/proof?leaf=",
    "/v1/log/proof?leaf=AAAA",
    "/v1/log/proof?leaf=" + "%C3%A9" * 44,
    "/v1/log/proof?leaf=" + "A" * 43 + "%3D&leaf=" + "A" * 43 + "%3D",
    "/v1/log/proof?leaf=" + "-" * 43 + "%3D",
    "/v1/log/consistency?from=1",
    "/v1/log/consistency?from=0&to=1",
    "/v1/log/consistency?from=-1&to=1",
    "/v1/log/consistency?from=2&to=1",
    "/v1/log/consistency?from=1&to=1000000000000000000",
    "/v1/log/consistency?from=1&to=" + "9" * 400,
    "/v1/log/consistency?from=1&to=1.5",
    "/v1/log/consistency?from=%D9%A1&to=2",
]


@pytest.mark.parametrize("path", WRONG)
async def test_what_cannot_be_asked_is_refused(
    anybody: httpx.AsyncClient, services: Services, path: str
) -> None:
    await services.log.publisher.publish()

    answer = await anybody.get(path)

    assert answer.status_code == 400, answer.text
    assert "9999" not in answer.text


async def test_unknown_leaf_is_not_published(
    anybody: httpx.AsyncClient, services: Services, app: FastAPI
) -> None:
    await services.log.publisher.publish()
    answer = await anybody.get("/v1/log/proof", params={"leaf": "A" * 43 + "="})
    assert (answer.status_code, answer.json()["code"]) == (404, "leaf_not_published")


def _gone(tile: Path) -> None:
    tile.unlink()


def _torn(tile: Path) -> None:
    tile.write_bytes(tile.read_bytes()[:-1])


@pytest.mark.parametrize("damage", [_gone, _torn])
async def test_missing_or_torn_tile_is_503(
    anybody: httpx.AsyncClient, services: Services, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    leaf = await _add(services, 1)
    await services.log.publisher.publish()
    signed = services.log.publisher.published
    assert signed is not None
    damage(tmp_path / f"log/public/tile/0/000.p/{signed.checkpoint.size}")

    proof = await anybody.get("/v1/log/proof", params={"leaf": leaf})
    growth = await anybody.get(
        "/v1/log/consistency", params={"from": 1, "to": signed.checkpoint.size}
    )

    for answer in (proof, growth):
        assert (answer.status_code, answer.json()["code"]) == (503, "log_unreadable")
        assert answer.headers["Retry-After"]
    assert (await anybody.get("/log/checkpoint")).status_code == 200
