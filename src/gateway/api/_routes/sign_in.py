"""POST /oauth/token: access tokens for clients (RFC 6749 section 4.4, compatible profile).

`POST /oauth/token`, `application/x-www-form-urlencoded`, `grant_type=client_credentials`, the
client known by HTTP Basic (`client_secret_basic`) or by `client_id` and `client_secret` in the body
(`client_secret_post`), never both. Refusals have the shape of RFC 6749 section 5.2, not that of
problem documents: OAuth clients look for it.
"""

import base64
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request, Response

from gateway.api._http import encode, one_header, read_body
from gateway.api._routing import ResponseModel, new_router, respond
from gateway.api.services import UseAccess
from gateway.domain.errors import BadRequest

router = new_router("sign-in")

LARGEST_FORM_BYTES = 8 * 1024
_FORM = "application/x-www-form-urlencoded"
_KNOWN = frozenset({"grant_type", "client_id", "client_secret"})
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
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string", "format": "password"},
                    },
                }
            }
        },
    }
}


class TokenResponse(ResponseModel):
    """An access token and for how many seconds it holds."""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int


class _Refused(Exception):
    """A refusal by its word in RFC 6749 section 5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@router.post("/oauth/token", response_model=TokenResponse, openapi_extra=_FORM_DESCRIBED)
async def token(request: Request, access: UseAccess) -> Response:
    """Give a client its access token."""
    authorization = one_header(request, "authorization")
    try:
        form = _form(await read_body(request, _FORM))
        if form.get("grant_type") != "client_credentials":
            unsupported = "grant_type" in form
            raise _Refused("unsupported_grant_type" if unsupported else "invalid_request")
        client_id, secret = _credentials(authorization, form)
        caller = await access.clients.sign_in(client_id, secret)
        if caller is None:
            raise _Refused("invalid_client")
    except BadRequest:
        return _refusal("invalid_request", authorization)
    except _Refused as refused:
        return _refusal(refused.error, authorization)
    answer = TokenResponse(
        access_token=access.tokens.issue(caller), expires_in=access.tokens.lifetime_seconds
    )
    return respond(HTTPStatus.OK, encode(answer))


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
    if "scope" in form:
        raise _Refused("invalid_scope")
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
