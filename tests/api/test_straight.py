"""Calls that go to their route without looking for it."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from gateway.api._routing import StrictRoute
from gateway.api._straight import ExactPathMiddleware


class _Route(StrictRoute):
    """A route that answers without a house behind the door."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(_: Request) -> Response:
            return Response()

        return handle


async def _said(path: str, method: str = "GET") -> tuple[int, list[str]]:
    """The status of a call, and the paths that went on to the router."""
    gone_on: list[str] = []

    async def router(scope: Scope, receive: Receive, send: Send) -> None:
        gone_on.append(scope["path"])
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def answer() -> dict[str, Any]:
        return {}

    async def of(name: str) -> dict[str, Any]:
        return {"name": name}

    ways = ExactPathMiddleware(router, [_Route("/plain", answer), _Route("/of/{name}", of)])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(ways), base_url="http://gateway.test"
    ) as http:
        response = await http.request(method, path)
    return response.status_code, gone_on


async def test_a_path_that_says_everything_needs_no_router() -> None:
    assert await _said("/plain") == (200, [])


async def test_a_path_with_a_parameter_another_method_or_no_route_goes_on() -> None:
    assert await _said("/of/somebody") == (404, ["/of/somebody"])
    assert await _said("/plain", "POST") == (404, ["/plain"])
    assert await _said("/plain/") == (404, ["/plain/"])
