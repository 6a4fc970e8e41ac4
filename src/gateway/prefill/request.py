"""What is asked when a form is to be filled?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.facts import PersonKey
from gateway.domain.identifiers import DossierCode, SourceId, TenantId
from gateway.sources.session import Account


@dataclass(frozen=True, slots=True)
class Asker:
    """The tenant that asks (hệ thống gọi), and which sources its grant opens for this question."""

    tenant: TenantId
    agency: str
    grant_leaf: int
    granted: frozenset[SourceId]


@dataclass(frozen=True, slots=True)
class PrefillRequest:
    """One attempt to fill one form for one person, as it came through the door."""

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
