"""POST /oauth/token: access tokens for clients (RFC 6749 section 4.4), in two profiles.

`POST /oauth/token`, `application/x-www-form-urlencoded`, `grant_type=client_credentials`, `scope`
where fewer are wanted than the client is registered for. In the compatible profile the client is known
by HTTP Basic (`client_secret_basic`) or by `client_id` and `client_secret` in the body
(`client_secret_post`), never both, and gets a Bearer. In the hardened one it signs an assertion
(`private_key_jwt`, RFC 7523) and proves by a DPoP header which key its token is bound to (RFC 9449);
it has no secret to fall back to. Refusals have the shape of RFC 6749 section 5.2, not that of problem
documents: OAuth clients look for it.
"""

import base64
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request, Response

from gateway.access.authentication import SignedInClient
from gateway.access.callers import Caller
from gateway.access.scopes import Scope, read_scopes, write_scopes
from gateway.api._http import encode, one_header, read_body
from gateway.api._routing import ResponseModel, arrival_of, new_router, respond
from gateway.api.services import AccessServices, UseAccess, UseClock
from gateway.domain.clock import Clock
from gateway.domain.errors import BadRequest, NotSignedIn

router = new_router("sign-in")

LARGEST_FORM_BYTES = 20 * 1024
"""An assertion of 8 KB, and what stands beside it."""
_FORM = "application/x-www-form-urlencoded"
_BY_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTED = frozenset({"client_assertion", "client_assertion_type"})
_KNOWN = _ASSERTED | {"grant_type", "client_id", "client_secret", "scope"}
_DPOP_CODES = frozenset({"dpop_needed", "dpop_refused"})
_FORM_DESCRIBED = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"const": "client_credentials"},
                        "scope": {"type": "string"},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string", "format": "password"},
                        "client_assertion_type": {"const": _BY_JWT},
                        "client_assertion": {"type": "string"},
                    },
                }
            }
        },
    }
}


class TokenResponse(ResponseModel):
    """An access token, for how many seconds it holds, and for what."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class _Refused(Exception):
    """A refusal by its word in RFC 6749 section 5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@router.post("/oauth/token", response_model=TokenResponse, openapi_extra=_FORM_DESCRIBED)
async def token(request: Request, access: UseAccess, clock: UseClock) -> Response:
    """Give a client its access token."""
    authorization = one_header(request, "authorization")
    try:
        form = _form(await read_body(request, _FORM))
        if form.get("grant_type") != "client_credentials":
            unsupported = "grant_type" in form
            raise _Refused("unsupported_grant_type" if unsupported else "invalid_request")
        wanted = _wanted(form)
        if not _ASSERTED.isdisjoint(form):
            signed_in = await _by_assertion(request, access, authorization, form)
            answer = _token(access, signed_in.session.caller, wanted, clock, signed_in)
        else:
            client_id, secret = _credentials(authorization, form)
            caller = await access.clients.sign_in(client_id, secret)
            if caller is None:
                raise _Refused("invalid_client")
            answer = _token(access, caller, wanted, clock)
    except BadRequest:
        return _refusal("invalid_request", authorization)
    except _Refused as refused:
        return _refusal(refused.error, authorization)
    return respond(HTTPStatus.OK, encode(answer))


def _token(
    access: AccessServices,
    caller: Caller,
    wanted: frozenset[Scope] | None,
    clock: Clock,
    bound: SignedInClient | None = None,
) -> TokenResponse:
    if caller.grant.until is not None and caller.grant.until <= clock():
        raise _Refused("unauthorized_client")
    scopes = caller.scopes if wanted is None else wanted
    if not scopes <= caller.scopes:
        raise _Refused("invalid_scope")
    binding = None if bound is None else bound.binding
    return TokenResponse(
        access_token=access.tokens.issue(caller, binding, scopes),
        token_type="Bearer" if binding is None else "DPoP",
        expires_in=access.tokens.lifetime(binding),
        scope=write_scopes(scopes),
    )


def _wanted(form: dict[str, str]) -> frozenset[Scope] | None:
    """The scopes that are asked for; None asks for all that the client is registered for."""
    if "scope" not in form:
        return None
    try:
        return read_scopes(form["scope"])
    except BadRequest:
        raise _Refused("invalid_scope") from None


async def _by_assertion(
    request: Request, access: AccessServices, authorization: str | None, form: dict[str, str]
) -> SignedInClient:
    if authorization is not None or "client_secret" in form:
        raise _Refused("invalid_request")
    if form.get("client_assertion_type") != _BY_JWT or "client_assertion" not in form:
        raise _Refused("invalid_request")
    try:
        signed_in = await access.authentication.sign_in(
            arrival_of(request), form["client_assertion"]
        )
    except NotSignedIn as refusal:
        by_proof = refusal.code in _DPOP_CODES
        raise _Refused("invalid_dpop_proof" if by_proof else "invalid_client") from None
    if form.get("client_id", signed_in.session.caller.client_id) != (
        signed_in.session.caller.client_id
    ):
        raise _Refused("invalid_client")
    return signed_in


def _form(body: bytes) -> dict[str, str]:
    """The members of the form; each known, none twice (RFC 6749 section 3.2)."""
    if len(body) > LARGEST_FORM_BYTES:
        raise _Refused("invalid_request")
    try:
        members = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict"
        )
    except ValueError:
        raise _Refused("invalid_request") from None
    form = dict(members)
    if len(form) != len(members) or not form.keys() <= _KNOWN:
        raise _Refused("invalid_request")
    return form


def _credentials(authorization: str | None, form: dict[str, str]) -> tuple[str, str]:
    if authorization is None:
        if "client_id" not in form or "client_secret" not in form:
            raise _Refused("invalid_client")
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise _Refused("invalid_request")
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("ascii")
    except ValueError:
        raise _Refused("invalid_client") from None
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon or form.get("client_id", client_id) != client_id:
        raise _Refused("invalid_client")
    return unquote_plus(client_id), unquote_plus(secret)


def _refusal(error: str, authorization: str | None) -> Response:
    status = HTTPStatus.UNAUTHORIZED if error == "invalid_client" else HTTPStatus.BAD_REQUEST
    answer = respond(status, encode({"error": error}))
    if status is HTTPStatus.UNAUTHORIZED and authorization is not None:
        answer.headers["WWW-Authenticate"] = "Basic"
    return answer
