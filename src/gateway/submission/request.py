"""What is submitted for judging?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.identifiers import DossierCode, PersonalId


@dataclass(frozen=True, slots=True)
class SubmissionRequest:
    """A form as it was submitted, with the receipt of what had been filled."""

    tenant: str
    receipt: str = field(repr=False)
    dossier: DossierCode | None
    subject: PersonalId | None
    channel: str | None
    data: Mapping[str, Any] = field(repr=False)
    entered_by_officer: frozenset[str]
    contested: frozenset[str]
