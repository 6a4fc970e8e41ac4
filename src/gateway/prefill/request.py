"""What is asked when a form is to be filled?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import DossierCode, SourceId, TenantId
from gateway.forms.definition import FieldTemplate
from gateway.sources.session import Account


@dataclass(frozen=True, slots=True)
class Asker:
    """The tenant that asks (hệ thống gọi), by which client, and what its grant opens for this question."""

    tenant: TenantId
    agency: str
    grant_leaf: int
    granted: frozenset[SourceId]
    client: str = ""


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
    data: Mapping[str, Any] = field(repr=False)
    without: frozenset[str]
    extends: str | None = field(repr=False)
    can_send: CanSend = field(default=sends_all, repr=False)
