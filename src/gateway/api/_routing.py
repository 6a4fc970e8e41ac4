"""Routing: bind the members of a request to the arguments of an endpoint, and write its result.

An endpoint on `StrictRoute` says by its annotations what it needs, and FastAPI describes it by them:

    body: SomeModel      the body, strictly decoded and validated (415, 413, 400, 422 otherwise)
    caller: MayPrefill   who calls, by a token with this scope (401, 403 otherwise); there is one such
                         annotation for each scope, and no tenant is ever taken from anywhere else
    forms: UseForms      a group of services (`services.py` lists them)
    context: Context     the request itself: body bytes, path, Idempotency-Key
    request: Request     the bare request, where the body is not JSON
    name: str            a path parameter; one that is not in the path is a query parameter,
                         required unless it has a default; any other query parameter is refused;
                         one that Python has a keyword for is written `from_`

A result that is no Response is written as JSON. This replaces FastAPI's own handling of a request (it
decodes leniently, echoes what it refuses and costs several times as much), not its description.
"""

import inspect
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from keyword import iskeyword
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, Header, Request, Response, Security
from fastapi.params import Depends as DependsOn
from fastapi.params import Security as SecurityOn
from fastapi.routing import APIRoute
from fastapi.security import OAuth2
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection

from gateway.access.authentication import Arrival
from gateway.access.callers import Caller
from gateway.access.idempotency import Replay, Replays
from gateway.access.scopes import SCOPES, Scope
from gateway.api._http import (
    JSON,
    LONGEST_IDEMPOTENCY_KEY,
    SHORTEST_IDEMPOTENCY_KEY,
    encode,
    idempotency_key,
    one_header,
    query_of,
    read_body,
)
from gateway.api._problems import PROBLEM_JSON, MembersRefused, problem_of
from gateway.api.services import services_of
from gateway.api.strict_json import decode
from gateway.domain.errors import GatewayError
from gateway.storage.database import Database

_TEXT = {"type": "string"}
_PLACE = {"type": "object", "properties": dict.fromkeys(("path", "code", "code_point"), _TEXT)}
_REFUSED: dict[str, object] = {
    "description": "A problem document (RFC 9457); its codes are listed at /v1/errors",
    "content": {
        PROBLEM_JSON: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail"],
                "properties": {
                    **dict.fromkeys(("type", "title", "code", "detail", "member"), _TEXT),
                    "status": {"type": "integer"},
                    "fields": {"type": "array", "items": _PLACE},
                },
            }
        }
    },
}

_OPENED = {
    "forms": "The forms, their bindings and prefill manuals",
    "prefill": "Fill a form, confirm an identity",
    "submit": "Judge what became of each field",
    "corrections": "The corrections that citizens asked for",
    "records.read": "Search digitised records",
    "records.write": "Store and revoke digitised records",
    "dossiers": "Register dossiers and their progress",
    "metrics": "The system's own figures",
    "usage": "Who looked at a citizen's facts",
    "batch": "Fill forms for many dossiers at once",
}
_oauth = OAuth2(
    flows={"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": _OPENED}}, auto_error=False
)


Change = Callable[[Connection], tuple[int, object]]
"""A change inside a transaction that has begun; gives status and answer."""


class RequestModel(BaseModel):
    """A body that comes in: every member is known, of its own type, and never echoed.

    `free_text` are the paths of its members that hold what a citizen typed; see `strict_json.py`.
    """

    free_text: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, populate_by_name=True
    )


class ResponseModel(BaseModel):
    """A body that goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request as it came in, and where its answer is kept for repetitions."""

    path: str
    body: bytes = field(repr=False)
    idempotency_key: str | None = field(repr=False)
    replays: Replays = field(repr=False)
    database: Database = field(repr=False)

    def reserve(self, caller: Caller) -> AbstractContextManager[Replay]:
        """Hold the request's Idempotency-Key while it runs; see `access/idempotency.py`."""
        secret = None if self.idempotency_key is None else self.idempotency_key.encode()
        return self.replays.reserve(caller.tenant, self.path, secret, self.body)

    async def change_once(self, caller: Caller, change: Change) -> Response:
        """Make a change and answer for it, once per Idempotency-Key.

        `change` gives status and answer and runs in the transaction that keeps the replay copy.
        """

        async def prepare() -> Change:
            return change

        return await self.prepare_and_change_once(caller, prepare)

    async def prepare_and_change_once(
        self, caller: Caller, prepare: Callable[[], Awaitable[Change]]
    ) -> Response:
        """The same for a change that needs something done before its transaction begins."""
        with self.reserve(caller) as replay:
            if replay.earlier is not None:
                return respond(replay.earlier.status, replay.earlier.answer)
            change = await prepare()

            def change_and_keep(connection: Connection) -> tuple[int, bytes]:
                status, answer = change(connection)
                written = encode(answer)
                replay.complete_in(connection, status, written)
                return status, written

            return respond(*await self.database.write(change_and_keep))


def _signed_in(_: Annotated[str | None, Depends(_oauth)]) -> Caller:
    raise TypeError("StrictRoute binds the caller itself")


def arrival_of(request: Request) -> Arrival:
    """What a request presents as proof of who makes it."""
    raw, query = request.scope["raw_path"], request.scope["query_string"]
    target = raw + b"?" + query if query else raw
    return Arrival(request.method, target.decode("latin-1"), partial(one_header, request))


async def caller_of(request: Request, scope: Scope) -> Caller:
    """Who makes a request without a body, where the route may be called without a token too."""
    authentication, arrival = services_of(request).access.authentication, arrival_of(request)
    identified = authentication.identify(arrival, scope)
    await authentication.admit(identified, arrival, b"")
    return identified.session.caller


def _context(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=SHORTEST_IDEMPOTENCY_KEY, max_length=LONGEST_IDEMPOTENCY_KEY),
    ] = None,
) -> RequestContext:
    services = services_of(request)
    return RequestContext(
        request.scope["path"], b"", idempotency_key, services.access.replays, services.database
    )


SIGNED_IN_FOR_METRICS = Security(_oauth, scopes=["metrics"])
"""For a route that may be called without a token: what the interface's description says of it."""
MayReadForms = Annotated[Caller, Security(_signed_in, scopes=["forms"])]
MayPrefill = Annotated[Caller, Security(_signed_in, scopes=["prefill"])]
MaySubmit = Annotated[Caller, Security(_signed_in, scopes=["submit"])]
MayCorrect = Annotated[Caller, Security(_signed_in, scopes=["corrections"])]
MayReadRecords = Annotated[Caller, Security(_signed_in, scopes=["records.read"])]
MayWriteRecords = Annotated[Caller, Security(_signed_in, scopes=["records.write"])]
MayHandleDossiers = Annotated[Caller, Security(_signed_in, scopes=["dossiers"])]
Context = Annotated[RequestContext, Depends(_context)]


class StrictRoute(APIRoute):
    """A route that binds its arguments as this module describes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handling described above; raises TypeError for an annotation it does not know."""
        signature = _Signature.of(self.endpoint, self.param_convertors.keys())
        endpoint: Callable[..., Awaitable[object]] = self.endpoint
        status = self.status_code or 200

        async def answer_of(request: Request) -> Response:
            try:
                answer = await endpoint(**await signature.bind(request))
            except GatewayError as refusal:
                return problem_of(refusal)
            return answer if isinstance(answer, Response) else respond(status, encode(answer))

        async def handle(request: Request) -> Response:
            ended = int(HTTPStatus.INTERNAL_SERVER_ERROR)
            try:
                answer = await answer_of(request)
                ended = answer.status_code
                return answer
            finally:
                services_of(request).monitor.requests[self.path, request.method, ended] += 1

        return handle


def respond(status: int, answer: bytes) -> Response:
    """An answer that is written already; nobody on the way may keep it."""
    return Response(answer, status, {"Cache-Control": "no-store"}, JSON)


def new_router(tag: str) -> APIRouter:
    """A router of `StrictRoute`s, which refuse by problem documents."""
    return APIRouter(route_class=StrictRoute, tags=[tag], responses={"default": _REFUSED})


@dataclass(frozen=True, slots=True)
class _Signature:
    """What one endpoint asks for, read once from its annotations: names of parameters, by kind."""

    body: tuple[str, type[BaseModel]] | None
    caller: tuple[str, Scope] | None
    context: str | None
    request: str | None
    services: tuple[tuple[str, Callable[[Request], object]], ...]
    in_path: tuple[str, ...]
    in_query: dict[str, bool]

    @classmethod
    def of(cls, endpoint: Callable[..., object], path: Collection[str]) -> "_Signature":
        hints = get_type_hints(endpoint, include_extras=True)
        found: dict[object, str] = {}
        body: tuple[str, type[BaseModel]] | None = None
        services: list[tuple[str, Callable[[Request], object]]] = []
        in_path: list[str] = []
        in_query: dict[str, bool] = {}
        caller: tuple[str, Scope] | None = None
        for name, parameter in inspect.signature(endpoint).parameters.items():
            kind, provider = _plain(hints[name])
            if kind is Caller:
                caller = name, _scope_of(hints[name])
            elif kind in (RequestContext, Request):
                found[kind] = name
            elif provider is not None:
                services.append((name, provider))
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                body = name, kind
            elif name in path:
                in_path.append(name)
            elif kind is str or set(get_args(kind)) == {str, type(None)}:
                in_query[name.removesuffix("_")] = parameter.default is parameter.empty
            else:
                raise TypeError(f"nothing of a request is a {kind}: {name}")
        return cls(
            body,
            caller,
            found.get(RequestContext),
            found.get(Request),
            tuple(services),
            tuple(in_path),
            in_query,
        )

    async def bind(self, request: Request) -> dict[str, object]:
        """The arguments for this request; who calls is checked before anything else is read.

        The proofs of a call are used up once its body is there, and before anything is made of it.
        """
        bound: dict[str, object] = {name: request.path_params[name] for name in self.in_path}
        services = services_of(request)
        authentication, identified = services.access.authentication, None
        if self.caller is not None:
            name, scope = self.caller
            arrival = arrival_of(request)
            identified = authentication.identify(arrival, scope)
            bound[name] = identified.session.caller
        for name, value in query_of(request, self.in_query).items():
            bound[f"{name}_" if iskeyword(name) else name] = value
        raw = b""
        if self.body is not None:
            raw = await read_body(request)
        if identified is not None:
            await authentication.admit(identified, arrival, raw)
        if self.body is not None:
            name, model = self.body
            bound[name] = _validated(model, raw)
        for name, provider in self.services:
            bound[name] = provider(request)
        if self.request is not None:
            bound[self.request] = request
        if self.context is not None:
            key = idempotency_key(one_header(request, "idempotency-key"))
            bound[self.context] = RequestContext(
                request.scope["path"], raw, key, services.access.replays, services.database
            )
        return bound


def _plain(hint: object) -> tuple[object, Callable[[Request], object] | None]:
    """An annotation without its metadata, and what `Depends` in the metadata provides it by."""
    if get_origin(hint) is not Annotated:
        return hint, None
    kind, *metadata = get_args(hint)
    provided = (one.dependency for one in metadata if isinstance(one, DependsOn))
    return kind, next(provided, None)


def _scope_of(hint: object) -> Scope:
    """The one scope that a caller's annotation names; raises TypeError: no route is open to every token."""
    securities = (one for one in get_args(hint)[1:] if isinstance(one, SecurityOn))
    named = [scope for security in securities for scope in security.scopes or ()]
    scopes = [scope for scope in SCOPES if scope in named]
    if len(named) != 1 or len(scopes) != 1:
        raise TypeError("a caller is annotated with exactly one scope")
    return scopes[0]


def _validated(model: type[BaseModel], raw: bytes) -> BaseModel:
    try:
        free = model.free_text if issubclass(model, RequestModel) else ()
        return model.model_validate(decode(raw, free))
    except ValidationError as error:
        raise MembersRefused(
            error.errors(include_url=False, include_context=False, include_input=False)
        ) from None
