import gzip
import tracemalloc
import zlib

import httpx
import pytest

from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.upstream.carrier import AiohttpTransport
from gateway.upstream.transport import LARGEST_ANSWER_BYTES, Answer, Transport
from tests.upstream.loopback import Speak, answer, saying, serving


async def sent(speak: Speak, url: str | None = None) -> Answer:
    async with serving(speak) as server:
        transport = Transport([server.url], AiohttpTransport())
        try:
            return await transport.send(httpx.Request("POST", url or server.url, content=b"<q/>"))
        finally:
            await transport.aclose()


async def test_answer_keeps_status_and_content() -> None:
    assert await sent(saying(answer(b"<a/>", status=b"404 Not Found"))) == Answer(404, b"<a/>")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/dancu",
        "https://127.0.0.1/dancu",
        "http://2130706433/dancu",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
    ],
)
@pytest.mark.threat(30)
async def test_unlisted_host_is_not_called(url: str) -> None:
    with pytest.raises(SourceUnavailable, match="not_listed"):
        await sent(saying(answer(b"<a/>")), url)


@pytest.mark.threat(30)
async def test_redirect_is_returned_not_followed() -> None:
    async with serving(saying(answer(b"<elsewhere/>"))) as elsewhere:
        location = b"Location: " + elsewhere.url.encode()
        reply = await sent(saying(answer(b"", location, status=b"302 Found")))

        assert (reply.status, elsewhere.requests) == (302, [])


@pytest.mark.threat(30)
async def test_environment_proxy_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(saying(answer(b"<proxy/>"))) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)

        assert (await sent(saying(answer(b"<a/>")))).content == b"<a/>"
        assert proxy.requests == []


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_compressed_content_is_unpacked(coding: str) -> None:
    packed = gzip.compress(b"<a/>") if coding == "gzip" else zlib.compress(b"<a/>")
    reply = await sent(saying(answer(packed, b"Content-Encoding: " + coding.encode())))

    assert reply.content == b"<a/>"


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (b"<a/>", b"br"),
        (gzip.compress(b"<a/>"), b"br"),
        (b"no gzip at all", b"gzip"),
        (gzip.compress(b"<a>" + bytes(2000))[:-12], b"gzip"),
    ],
    ids=["a coding that was not asked for", "gzip under its name", "garbage", "half of it"],
)
async def test_undecodable_content_is_unreadable(packed: bytes, coding: bytes) -> None:
    with pytest.raises(SourceBrokeContract, match="unreadable"):
        await sent(saying(answer(packed, b"Content-Encoding: " + coding)))


async def test_answer_over_one_megabyte_is_refused() -> None:
    assert len((await sent(saying(answer(bytes(LARGEST_ANSWER_BYTES))))).content) == 1_048_576
    with pytest.raises(SourceBrokeContract, match="too_large"):
        await sent(saying(answer(bytes(LARGEST_ANSWER_BYTES + 1))))


@pytest.mark.threat(28)
async def test_a_bomb_is_not_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(SourceBrokeContract, match="too_large"):
            await sent(saying(answer(bomb, b"Content-Encoding: gzip")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(bomb) < 400_000
    assert peak < 8_000_000


@pytest.mark.threat(28)
async def test_endless_answer_stops_at_one_megabyte() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    with pytest.raises(SourceError, match="too_large"):
        await sent(saying(head, *([chunk] * 200)))
