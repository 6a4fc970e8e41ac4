"""Problem documents: every refusal over HTTP, and its status.

Every refusal is a problem document (RFC 9457, `application/problem+json`): `type` (the code's place
in /v1/errors), `title`, `status`, `code`, `detail`, and where they apply `member` (one path) and
`fields` (`[{"path", "code"}]`, with `code_point` where a character is refused). No part of it repeats a value that was sent.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import Response
from pydantic_core import ErrorDetails

from gateway.api._error_codes import ERRORS
from gateway.api._http import encode
from gateway.api.strict_json import step
from gateway.domain.errors import (
    BadRequest,
    Busy,
    CannotMeasure,
    Conflict,
    DossierRefused,
    FieldProblem,
    FormRefused,
    GatewayError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    QuotaReached,
    ReceiptRefused,
    RecordRefused,
    ScopeMissing,
    TooManyTries,
    VaultClosed,
    VaultDamaged,
)

PROBLEM_JSON = "application/problem+json"

STATUS_OF: dict[type[GatewayError], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    ScopeMissing: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    ReceiptRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    FormRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    RecordRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    DossierRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    QuotaReached: HTTPStatus.TOO_MANY_REQUESTS,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    VaultClosed: HTTPStatus.SERVICE_UNAVAILABLE,
    VaultDamaged: HTTPStatus.SERVICE_UNAVAILABLE,
    CannotMeasure: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_STATUS_OF_CODE = {
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "format_not_installed": HTTPStatus.NOT_IMPLEMENTED,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "validation": HTTPStatus.UNPROCESSABLE_ENTITY,
    "legal_basis_unknown": HTTPStatus.UNPROCESSABLE_ENTITY,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "internal_error": HTTPStatus.INTERNAL_SERVER_ERROR,
}
_HEADERS_OF = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}
_DPOP = 'algs="ES256 EdDSA Ed25519"'
_SIGNATURE = {
    "Accept-Signature": 'sig=("@method" "@authority" "@target-uri" "content-type" "content-digest" '
    '"idempotency-key");created;keyid;nonce;tag="eform-gateway"'
}
_HEADERS_OF_CODE = {
    "message_signature_needed": _SIGNATURE,
    "message_signature_refused": _SIGNATURE,
    "dpop_needed": {"WWW-Authenticate": f'DPoP error="invalid_token", {_DPOP}'},
    "dpop_refused": {"WWW-Authenticate": f'DPoP error="invalid_dpop_proof", {_DPOP}'},
    "proof_used": {"WWW-Authenticate": f'DPoP error="invalid_dpop_proof", {_DPOP}'},
    "token_refused": {"WWW-Authenticate": f'Bearer error="invalid_token", DPoP {_DPOP}'},
    "token_expired": {"WWW-Authenticate": f'Bearer error="invalid_token", DPoP {_DPOP}'},
    "leaf_not_published": {"Retry-After": "30"},
    "person_reads_closed": {"Retry-After": "60"},
}
_CODE_OF_STATUS = {404: "no_such_address", 405: "method_not_allowed", 413: "body_too_large"}
_SPOKEN_TYPE = {
    "extra_forbidden": "unknown_member",
    "string_pattern_mismatch": "wrong_pattern",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_long",
    "too_short": "too_short",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "value_error": "wrong_value",
}


class MembersRefused(BadRequest):
    """A body that its model refuses; `fields` names every place by path and reason, no value."""

    def __init__(self, errors: Sequence[ErrorDetails]) -> None:
        self.fields = tuple(FieldProblem(_path(e["loc"]), _reason(e["type"])) for e in errors)
        detail = "members are missing, unknown or of a wrong type"
        super().__init__("validation", detail, self.fields[0].path or None)


def status_of(borne_by: type[GatewayError], code: str) -> HTTPStatus:
    """The status of an error: by its code where that says more, else by its type."""
    by_code = _STATUS_OF_CODE.get(code)
    return by_code or next(STATUS_OF[t] for t in borne_by.__mro__ if t in STATUS_OF)


def rate_limit(limit: int, remaining: int, seconds: int) -> dict[str, str]:
    """The officer's quota in the header fields of draft-ietf-httpapi-ratelimit-headers-10."""
    return {
        "RateLimit-Policy": f'"officer";q={limit};w=86400',
        "RateLimit": f'"officer";r={remaining};t={seconds}',
    }


def problem_of(error: GatewayError) -> Response:
    """The problem document of one of our own refusals."""
    fields: tuple[FieldProblem, ...] = ()
    if isinstance(error, ReceiptRefused | MembersRefused):
        fields = error.fields
    elif isinstance(error, FormRefused):
        fields = error.problems
    status = status_of(type(error), error.code)
    headers: dict[str, str] = {}
    if isinstance(error, TooManyTries):
        headers = {"Retry-After": str(error.seconds)}
    elif isinstance(error, QuotaReached):
        headers = rate_limit(error.limit, 0, error.seconds)
        headers |= {"Retry-After": str(error.seconds)}
    elif isinstance(error, ScopeMissing):
        missing = f'Bearer error="insufficient_scope", scope="{error.scope}"'
        headers = {"WWW-Authenticate": missing}
    return problem(status, error.code, error.detail, error.member, fields, headers)


def problem_of_status(status: int, headers: Mapping[str, str] | None) -> Response:
    """The problem document of what the router refuses before any room is entered."""
    code = _CODE_OF_STATUS.get(status, "bad_request")
    return problem(HTTPStatus(status), code, HTTPStatus(status).phrase, headers=headers)


def problem_of_a_bug() -> Response:
    """What a caller learns of a fault of ours: that it is one."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "the gateway failed")


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    member: str | None = None,
    fields: tuple[FieldProblem, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write one problem document."""
    known = ERRORS.get(code)
    document: dict[str, object] = {
        "type": f"/v1/errors#{code}",
        "title": known.title if known else status.phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
    }
    if member is not None:
        document["member"] = member
    if fields:
        document["fields"] = [_place(f) for f in fields]
    return Response(
        encode(document),
        status,
        {
            **_HEADERS_OF.get(status, {}),
            **_HEADERS_OF_CODE.get(code, {}),
            **(headers or {}),
            "Cache-Control": "no-store",
        },
        PROBLEM_JSON,
    )


def _place(refused: FieldProblem) -> dict[str, str]:
    place = {"path": refused.path, "code": refused.code}
    return place if refused.code_point is None else {**place, "code_point": refused.code_point}


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for name in location:
        path = step(path, name)
    return path


def _reason(kind: str) -> str:
    """pydantic's word for a failure, in ours where ours is plainer; none of them holds a value."""
    if kind in _SPOKEN_TYPE:
        return _SPOKEN_TYPE[kind]
    if kind.endswith(("_type", "_parsing")):
        return "wrong_type"
    if kind.startswith(("greater_than", "less_than", "finite_number")):
        return "out_of_range"
    return kind
