"""Which calls need not look for their route?

A call whose method and path are exactly those of a route that passes the door goes straight to it.
Every other call goes on: to routes with something in their path, and to the refusals of what there
is not.
"""

from collections.abc import Awaitable, Callable, Iterable

from fastapi import Request, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api._routing import StrictRoute

Handle = Callable[[Request], Awaitable[Response]]


class ExactPathMiddleware:
    """The ways to all routes whose path says everything; to be put before the router."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._ways: dict[tuple[str, str], Handle] = {
            (method, route.path): route.get_route_handler()
            for route in routes
            if isinstance(route, StrictRoute) and not route.param_convertors
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the route, or let the call go on."""
        handle = None
        if scope["type"] == "http" and not scope.get("root_path"):
            handle = self._ways.get((scope["method"], scope["path"]))
        if handle is None:
            await self._app(scope, receive, send)
            return
        answer = await handle(Request(scope, receive, send))
        await answer(scope, receive, send)
