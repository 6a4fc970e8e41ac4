import ast
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

import gateway
from gateway.api._error_codes import ERRORS
from gateway.api._problems import STATUS_OF, MembersRefused, problem_of, status_of
from gateway.domain import errors
from gateway.domain.errors import (
    BadRequest,
    Busy,
    Conflict,
    FieldProblem,
    FormRefused,
    GatewayError,
    NotSignedIn,
    ReceiptRefused,
    RecordRefused,
    SourceError,
)

SOURCE = Path(gateway.__file__).parent
OWN_STATUS = {MembersRefused}


def _tree(error: type[GatewayError]) -> Iterator[type[GatewayError]]:
    for below in error.__subclasses__():
        yield below
        yield from _tree(below)


@pytest.mark.parametrize("error", list(_tree(GatewayError)))
def test_every_error_has_status_or_is_translated(
    error: type[GatewayError],
) -> None:
    assert error in STATUS_OF or error in OWN_STATUS or issubclass(error, SourceError)


def _raised_codes() -> Iterator[tuple[str, str, str]]:
    """Every code that stands as a literal in a call of one of our errors, with the error's name."""
    by_name = {
        error.__name__: error
        for error in _tree(GatewayError)
        if error.__module__ == errors.__name__ and not issubclass(error, SourceError)
    }
    for path in SOURCE.rglob("*.py"):
        short = {"refuse": RecordRefused} if path.parent.name == "records" else {}
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            error, code = {**by_name, **short}.get(node.func.id), node.args[0]
            if error and isinstance(code, ast.Constant) and isinstance(code.value, str):
                yield path.name, error.__name__, code.value


def test_every_raised_code_is_in_catalogue() -> None:
    raised = set(_raised_codes())

    assert len(raised) > 20
    missing = {
        (where, error, code)
        for where, error, code in raised
        if code not in ERRORS or ERRORS[code].borne_by.__name__ != error
    }
    assert missing == set()


def test_every_catalogue_code_can_be_met() -> None:
    catalogue = SOURCE / "api" / "wire" / "error_codes.py"
    named = {
        node.value
        for path in SOURCE.rglob("*.py")
        if path != catalogue
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert ERRORS.keys() - named == set()


def test_problem_has_members_of_rfc_9457() -> None:
    answer = problem_of(BadRequest("too_deep", "a body is at most 64 levels deep", "data.a"))

    assert answer.media_type == "application/problem+json"
    assert orjson.loads(bytes(answer.body)) == {
        "type": "/v1/errors#too_deep",
        "title": "Nested too deeply",
        "status": 400,
        "code": "too_deep",
        "detail": "a body is at most 64 levels deep",
        "member": "data.a",
    }


def test_refused_receipt_names_every_offending_field() -> None:
    fields = (FieldProblem("a", "locked_value_changed"), FieldProblem("g[1].b", "row_mixed"))

    answer = problem_of(ReceiptRefused("locked_value_changed", "values changed", fields))

    assert answer.status_code == 422
    assert orjson.loads(bytes(answer.body))["fields"] == [
        {"path": "a", "code": "locked_value_changed"},
        {"path": "g[1].b", "code": "row_mixed"},
    ]


def test_refused_form_names_every_place() -> None:
    answer = problem_of(FormRefused((FieldProblem("a", "script_condition"),)))

    assert orjson.loads(bytes(answer.body))["fields"] == [{"path": "a", "code": "script_condition"}]


STATUSES = {
    "body_too_large": (BadRequest, 413),
    "unsupported_media_type": (BadRequest, 415),
    "idempotency_key_reused": (BadRequest, 422),
    "idempotency_key_too_short": (BadRequest, 400),
    "still_running": (Conflict, 409),
    "a_code_not_yet_listed": (Conflict, 409),
    "storage_busy": (Busy, 503),
}


@pytest.mark.parametrize("code", STATUSES)
def test_status_follows_from_error_and_code(code: str) -> None:
    error, status = STATUSES[code]

    assert problem_of(error(code, "…")).status_code == status
    assert status_of(error, code) == status


def test_problem_has_retry_after_or_authenticate() -> None:
    assert problem_of(Busy("storage_busy", "…")).headers["Retry-After"] == "1"
    assert problem_of(NotSignedIn("not_signed_in", "…")).headers["WWW-Authenticate"] == "Bearer"


def test_source_error_has_no_status() -> None:
    with pytest.raises(StopIteration):
        problem_of(SourceError("timeout"))
