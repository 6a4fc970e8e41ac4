"""What a caller asks of a prefill, and the checks of it that need no source."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from gateway.access.failures import FailureLimiter
from gateway.access.pacing import Pace
from gateway.domain.errors import BadRequest
from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import (
    DossierCode,
    ProcedureCode,
    SourceId,
    TenantId,
)
from gateway.domain.json_texts import read_json_file
from gateway.forms.catalogue import RegisteredForm
from gateway.forms.definition import FieldTemplate
from gateway.forms.fields import template_of
from gateway.sources.registry import registered
from gateway.sources.session import Account
from gateway.sources.source import Source


@dataclass(frozen=True, slots=True)
class Asker:
    """The tenant that asks (hệ thống gọi), by which client, and what its grant opens for this question."""

    tenant: TenantId
    agency: str
    grant_leaf: int
    granted: frozenset[SourceId]
    client: str = ""


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """Which sources may be asked, how long an answer is waited for, and how often nobody is found.

    `pace` gives the fixed times at which answers about closed persons leave.
    """

    sources: Mapping[SourceId, Source]
    timeout_seconds: float
    limiter: FailureLimiter
    pace: Pace


CanSend: TypeAlias = Callable[[FieldTemplate, object], bool]


def sends_all(_template: FieldTemplate, _value: object) -> bool:
    """Of a caller that has the form's own words for every value."""
    return True


@dataclass(frozen=True, slots=True)
class PrefillRequest:
    """One attempt to fill one form for one person, as it came through the door.

    `can_send` says whether the caller has words for a value; what it has none for is not filled.
    """

    form: str
    procedure: str | None
    dossier: DossierCode | None
    channel: str
    subject: PersonKey = field(repr=False)
    account: Account = field(repr=False)
    officer: str | None
    legal_basis: Mapping[str, str]
    data: Mapping[str, object] = field(repr=False)
    without: frozenset[str]
    extends: str | None = field(repr=False)
    can_send: CanSend = field(default=sends_all, repr=False)


_NUMBER = re.compile(r"(?<![0-9.])[0-9.]+/[0-9]{4}")


def read_acts(schemas: Path) -> frozenset[str]:
    """The numbers of the acts that are listed, whole and without the body that issued them."""
    path = schemas / "legal-acts.json"
    listed = read_json_file(path)["acts"] if path.exists() else []
    short = (_NUMBER.match(number) for number, _ in listed)
    return frozenset([number for number, _ in listed] + [one[0] for one in short if one])


def check_legal_basis(
    kind: str, reference: str, named: frozenset[str], acts: frozenset[str]
) -> None:
    """Raises BadRequest `legal_basis_unknown`; `named` are the call's procedure and form.

    A consent may also be named by its own number, which is no procedure's.
    """
    if reference in acts and kind != "procedure":
        return
    if kind != "law" and reference in named:
        return
    if kind == "consent" and not _is_procedure(reference):
        return
    raise BadRequest(
        "legal_basis_unknown", "neither the procedure nor an act that is listed", _MEMBER
    )


_MEMBER = "legal_basis.reference"


def _is_procedure(reference: str) -> bool:
    try:
        ProcedureCode(reference)
    except ValueError:
        return False
    return True


def procedure_of(form: RegisteredForm, asked: str | None) -> str | None:
    """The procedure that a form is filled for: the one named, else the form's only one.

    Raises BadRequest when the form does not serve it, or serves several and none is named.
    """
    served = form.bindings.procedures
    if asked is None:
        if len(served) > 1:
            raise BadRequest("procedure_missing", "the form serves several procedures", "procedure")
        return served[0] if served else None
    if served and asked[:8] not in served:
        raise BadRequest("procedure_not_served", "the form serves other procedures", "procedure")
    return asked


def check_declined(form: RegisteredForm, without: Collection[str]) -> None:
    """Raises BadRequest for what would decline nothing: no source, field or group is called so.

    Whoever misspells what the citizen declines would read it all the same.
    """
    if not without:
        return
    groups = {group.removesuffix("[]") for group in form.definition.groups}
    known = {template.path for template in form.definition.fields}
    for one in without:
        if one in registered().ids or one.removesuffix("[]") in groups:
            continue
        if template_of(one) not in known:
            raise BadRequest(
                "unknown_declined", "no source, field or group is called so", "without"
            )
