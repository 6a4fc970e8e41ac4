"""The errors by which the gateway refuses: one tree; HTTP status is assigned in `api/_problems.py` alone.

GatewayError
├── BadRequest            the request itself is wrong: names the member and the reason
│   └── MembersRefused        several members at once (`api/_problems.py`); names each
├── NotSignedIn           no token, or one that does not hold
├── NotAllowed            the token's tenant may not do this
│   └── ScopeMissing          the token does not hold the scope that opens the call
├── NotFound              no such form, dossier, record
├── Conflict              the same key or receipt with other content
├── ReceiptRefused        what was submitted is not what was filled; `fields` names the paths
├── FormRefused           a form definition or its bindings cannot be used; `problems` names the places
├── RecordRefused         a record cannot be taken in; names the member and the reason
├── DossierRefused        a dossier or its progress is not what can be; names the member and the reason
├── CannotMeasure         a body in the log that no honest figure can rest on; names its leaf
├── TooManyTries          too many questions found nobody; names when to come again
├── QuotaReached          an officer has read as often as a day allows; names when to come again
├── Busy                  storage cannot answer now; try again later
│   ├── VaultClosed           the keys of the vault cannot be had now
│   └── VaultDamaged          what lies in the vault is not what was put there
└── SourceError           a source could not be asked; ends in `prefill/lookup.py`
    ├── SourceUnavailable     no answer, or an answer of failure
    └── SourceBrokeContract   an answer that cannot be read or is about somebody else
"""

from dataclasses import dataclass


class GatewayError(Exception):
    """A refusal of ours: `code` is stable and stands in the error catalogue; no text holds a value."""

    def __init__(self, code: str, detail: str, member: str | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.member = member


class BadRequest(GatewayError):
    """The request is malformed; `member` is the offending member's path."""


class NotSignedIn(GatewayError):
    """No access token, or one that does not hold."""


class NotAllowed(GatewayError):
    """The caller is known and may not do this."""


class ScopeMissing(NotAllowed):
    """The token does not hold the scope that opens this call."""

    def __init__(self, scope: str) -> None:
        super().__init__("scope_missing", f"the call needs a token with the scope {scope}")
        self.scope = scope


class NotFound(GatewayError):
    """There is no such thing, or it is not the caller's."""


class Conflict(GatewayError):
    """The same key, receipt or record stands already with other content or in another state."""


class CannotMeasure(GatewayError):
    """A body that does not balance, or that nothing before it defines; `leaf` is its index."""

    def __init__(self, leaf: int, why: str) -> None:
        super().__init__("log_not_measurable", f"leaf {leaf}: {why}")
        self.leaf = leaf


class TooManyTries(GatewayError):
    """Too many questions found nobody; `seconds` until one may be asked again."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too_many_tries", "too many questions of the last hour found nobody")
        self.seconds = seconds


class QuotaReached(GatewayError):
    """An officer has read as many people's data as a day allows; `seconds` until midnight in Việt Nam."""

    CODE = "officer_quota_reached"

    def __init__(self, seconds: int, limit: int) -> None:
        super().__init__(self.CODE, f"the officer may read {limit} times a day", "officer")
        self.seconds = seconds
        self.limit = limit


class Busy(GatewayError):
    """The gateway cannot record the change now; nothing was stored."""


class VaultClosed(Busy):
    """The keys of the vault cannot be had now; nothing is stored or read without them."""

    def __init__(self) -> None:
        super().__init__("vault_closed", "the keys of the records cannot be had now")


class VaultDamaged(Busy):
    """A content of the vault does not open where it lies: it was moved, altered or removed."""

    def __init__(self, content: bytes) -> None:
        super().__init__("vault_damaged", "a record is not what was put there")
        self.content = content


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One place that is refused: a path, and a code that says why.

    `code_point` names a character that may not stand there, as `U+200B`.
    """

    path: str
    code: str
    code_point: str | None = None


@dataclass(frozen=True, slots=True)
class FormProblem(FieldProblem):
    """Such a place of a form file, with what its sentence names.

    `about` is a component type, the names of forms or what a text holds that no JSON does; `line` and
    `column` count from 1 where the text itself cannot be read, and are 0 elsewhere.
    """

    about: str = ""
    line: int = 0
    column: int = 0


class ReceiptRefused(GatewayError):
    """The submission does not agree with its receipt; nothing was judged, the receipt is not used up."""

    def __init__(
        self,
        code: str,
        detail: str,
        fields: tuple[FieldProblem, ...] = (),
        member: str | None = None,
    ) -> None:
        super().__init__(code, detail, member)
        self.fields = fields


class FormRefused(GatewayError):
    """A form or its bindings cannot be used; `problems` holds every place at once."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("form_refused", "; ".join(f"{p.path}: {p.code}" for p in problems))
        self.problems = problems


class RecordRefused(GatewayError):
    """A record cannot be taken in; `member` is the offending member's path."""


class DossierRefused(GatewayError):
    """A dossier or its progress cannot be taken; `member` is the offending member's path."""


class SourceError(GatewayError):
    """A source could not be asked; becomes `Unavailable`, never an HTTP status."""

    def __init__(self, cause: str, attempts: int = 1) -> None:
        super().__init__("source_unavailable", cause)
        self.cause = cause
        self.attempts = attempts


class SourceUnavailable(SourceError):
    """No answer in time, or an answer that says failure."""


class SourceBrokeContract(SourceError):
    """An answer that cannot be read, or that is about somebody else."""
