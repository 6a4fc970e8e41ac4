import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import respx
from lxml import etree

from gateway.domain.errors import SourceBrokeContract, SourceError, SourceUnavailable
from gateway.upstream import exchange as module
from gateway.upstream.carrier import AiohttpTransport
from gateway.upstream.exchange import Exchange, Timeouts
from gateway.upstream.transport import Transport
from tests.upstream.loopback import Speak, answer, saying, serving

URL = "http://population.test/dancu"


@dataclass
class Clock:
    """A clock that only sleeping and slow servers move."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    yield respx.MockRouter(assert_all_called=False)


@pytest.fixture
def exchange(router: respx.MockRouter, clock: Clock) -> Exchange:
    transport = Transport([URL], httpx.MockTransport(router.async_handler))
    return Exchange(transport, Timeouts(), clock, lambda low, high: (low + high) / 2, clock.sleep)


def request() -> httpx.Request:
    return httpx.Request("POST", URL, content=b"<q/>")


async def read(exchange: Exchange) -> tuple[str, int]:
    return await exchange.read(request, lambda content: str(etree.fromstring(content).tag))


async def test_answer_is_decoded_and_attempts_counted(
    exchange: Exchange, router: respx.MockRouter
) -> None:
    router.post(URL).respond(200, content=b"<a/>")

    assert await read(exchange) == ("a", 1)


@pytest.mark.parametrize(
    "first",
    [
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.ReadError("cut"),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(200, content=b" "),
    ],
    ids=lambda first: type(first).__name__ if isinstance(first, Exception) else str(first),
)
async def test_transient_failure_is_retried_after_pause(
    exchange: Exchange,
    router: respx.MockRouter,
    clock: Clock,
    first: httpx.Response | Exception,
) -> None:
    router.post(URL).mock(side_effect=[first, httpx.Response(200, content=b"<a/>")])

    assert await read(exchange) == ("a", 2)
    assert clock.slept == [0.15]


@pytest.mark.parametrize(
    ("answered", "error", "cause"),
    [
        (httpx.Response(401), SourceUnavailable, "status_401"),
        (httpx.Response(302, headers={"Location": URL}), SourceUnavailable, "status_302"),
        (httpx.Response(500, content=b"<Fault/>"), SourceUnavailable, "status_500"),
        (httpx.Response(429, headers={"Retry-After": "1"}), SourceUnavailable, "throttled"),
        (httpx.Response(200, content=b"<html><br></html>"), SourceBrokeContract, "unreadable"),
        (httpx.Response(200, content=b"\x00\xff\x00"), SourceBrokeContract, "unreadable"),
        (httpx.Response(200, content=b"x" * 2_000_000), SourceBrokeContract, "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_refusal_or_nonsense_is_asked_once(
    exchange: Exchange,
    router: respx.MockRouter,
    answered: httpx.Response,
    error: type[SourceError],
    cause: str,
) -> None:
    route = router.post(URL).mock(return_value=answered)

    with pytest.raises(error) as raised:
        await read(exchange)
    assert (raised.value.cause, raised.value.attempts, route.call_count) == (cause, 1, 1)


async def test_source_staying_down_gets_two_attempts(
    exchange: Exchange, router: respx.MockRouter
) -> None:
    route = router.post(URL).mock(return_value=httpx.Response(503))

    with pytest.raises(SourceUnavailable, match="status_503") as raised:
        await read(exchange)
    assert (raised.value.attempts, route.call_count) == (2, 2)


async def test_no_retry_begins_without_time(
    exchange: Exchange, router: respx.MockRouter, clock: Clock
) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        clock.now += 2.9
        return httpx.Response(503)

    route = router.post(URL).mock(side_effect=slow)

    with pytest.raises(SourceUnavailable):
        await read(exchange)
    assert (route.call_count, clock.slept) == (1, [])


async def test_each_attempt_has_its_own_request(
    exchange: Exchange, router: respx.MockRouter
) -> None:
    router.post(URL).mock(return_value=httpx.Response(503))
    made: list[httpx.Request] = []

    def fresh() -> httpx.Request:
        made.append(request())
        return made[-1]

    with pytest.raises(SourceUnavailable):
        await exchange.read(fresh, len)
    assert len({id(one) for one in made}) == 2


async def test_decoding_bug_is_no_source_failure(
    exchange: Exchange, router: respx.MockRouter
) -> None:
    router.post(URL).respond(200, content=b"<a/>")

    def broken(_content: bytes) -> None:
        raise KeyError("a bug of ours")

    with pytest.raises(KeyError):
        await exchange.read(request, broken)


async def test_error_repeats_nothing_of_answer(
    exchange: Exchange, router: respx.MockRouter
) -> None:
    router.post(URL).respond(200, content="<a>TRẦN ĐỨC NAM</b>".encode())

    with pytest.raises(SourceError) as raised:
        await read(exchange)
    assert raised.value.__suppress_context__
    assert "NAM" not in f"{raised.value!s}{raised.value!r}"


QUICK = Timeouts(deadline_seconds=1.0, attempt_seconds=0.3, longest_pause_seconds=0.06)


async def over_loopback(speak: Speak, timeouts: Timeouts = QUICK) -> tuple[bytes, int]:
    async with serving(speak) as server:
        transport = Transport([server.url], AiohttpTransport())
        try:
            return await Exchange(transport, timeouts).read(
                lambda: httpx.Request("POST", server.url, content=b"<q/>"), lambda content: content
            )
        finally:
            await transport.aclose()


async def fails(speak: Speak) -> SourceError:
    with pytest.raises(SourceUnavailable) as raised:
        await over_loopback(speak)
    return raised.value


@pytest.mark.threat(28)
async def test_drip_ends_at_attempt_timeout() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    begun = asyncio.get_running_loop().time()
    error = await fails(saying(head, *([b"<"] * 500), pause_seconds=0.02))

    assert (error.cause, error.attempts) == ("timeout", 2)
    assert asyncio.get_running_loop().time() - begun < QUICK.deadline_seconds + 0.5


async def test_silence_after_accepting_is_a_timeout() -> None:
    assert (await fails(saying(b"", pause_seconds=1))).cause == "timeout"


async def test_truncated_answer_is_lost_connection() -> None:
    error = await fails(saying(answer(b"<a>" + bytes(500))[:-100]))

    assert (error.cause, error.attempts) == ("connection", 2)


async def test_silent_close_is_lost_connection() -> None:
    assert (await fails(saying())).cause == "connection"


async def test_non_http_answer_is_lost_connection() -> None:
    assert (await fails(saying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"))).cause == "connection"


async def test_closed_port_is_lost_connection() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/"
        transport = Transport([url], AiohttpTransport())
        with pytest.raises(SourceUnavailable, match="connection"):
            await Exchange(transport, QUICK).read(lambda: httpx.Request("POST", url), len)
        await transport.aclose()


async def test_one_connection_serves_successive_calls() -> None:
    connections: list[object] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        for _ in range(3):
            await reader.readuntil(b"<q/>")
            writer.write(answer(b"<a/>"))
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    transport = Transport([url], AiohttpTransport())
    for _ in range(3):
        await Exchange(transport, QUICK).read(
            lambda: httpx.Request("POST", url, content=b"<q/>"), len
        )
    await transport.aclose()
    server.close()
    await server.wait_closed()

    assert len(connections) == 1


async def test_recovered_source_answers_second_attempt() -> None:
    lost = iter([True, False])

    async def speak(writer: asyncio.StreamWriter) -> None:
        if not next(lost):
            writer.write(answer(b"<a/>"))
            await writer.drain()

    assert await over_loopback(speak) == (b"<a/>", 2)


def test_cause_words_match_the_documentation() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", module.__doc__ or "", re.MULTILINE))
    sources = Path(module.__file__).parent.parent
    raising = re.compile(r'Source(?:Unavailable|BrokeContract)\(\s*f?"(\w+?)(?:_\{.*)?"')
    used: set[str] = {"timeout", "connection", "status_NNN"}
    for folder in ("upstream", "sources", "dossiers"):
        for file in sorted((sources / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            used |= {word for word in raising.findall(text) if word != "status"}
            used |= set(re.findall(r'SourceBrokeContract\("(\w+)" if', text))
            used |= set(re.findall(r'\b[45]\d\d: "(\w+)"', text))

    assert used - {"storage_busy"} == listed
