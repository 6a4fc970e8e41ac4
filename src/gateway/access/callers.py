"""Who is calling, and what has the province allowed them?"""

from dataclasses import dataclass

from gateway.domain.errors import DossierRefused
from gateway.domain.identifiers import (
    DossierCode,
    IssuerAndKind,
    SourceId,
    TenantId,
    agency_groups,
    lies_in,
)

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a tenant may do (quyền được cấp): sources read, procedures served, officers vouched for.

    None stands for every procedure, every officer; sources are always named. `vouches` holds the
    pairs of issuer and kind whose records this tenant posts in the issuer's own name, `agencies` those
    beside the tenant's own at or below which its dossiers' codes may lie (ministry cases).
    """

    sources: frozenset[SourceId]
    procedures: frozenset[str] | None
    officers: frozenset[str] | None
    vouches: frozenset[IssuerAndKind] = frozenset()
    agencies: frozenset[str] = frozenset()

    def allows_procedure(self, code: str) -> bool:
        """Whether reads may be made for this procedure (or, where it has none, this form)."""
        return self.procedures is None or code in self.procedures

    def allows_officer(self, officer: str) -> bool:
        """Whether this officer may act for the tenant."""
        return self.officers is None or officer in self.officers


@dataclass(frozen=True, slots=True)
class Caller:
    """A tenant, as which one of its clients has signed in (hệ thống thông tin của địa phương)."""

    tenant: TenantId
    client_id: str
    agency: str
    is_test: bool
    grant: Grant
    grant_leaf: int

    def check_dossier(self, code: str | None, member: str) -> None:
        """Refuse a code that lies outside the tenant's agencies, whether or not anybody has it.

        None, and what reads like no dossier code, names no agency. Raises DossierRefused
        `dossier_not_granted`.
        """
        try:
            named = () if code is None else DossierCode(code).agency
        except ValueError:
            return
        own = (self.agency, *self.grant.agencies)
        if code is not None and not any(lies_in(named, agency_groups(one)) for one in own):
            raise not_granted(member)


def not_granted(member: str) -> DossierRefused:
    """The one answer to every code that is not the caller's to name, and why is never said."""
    return DossierRefused(
        "dossier_not_granted", "the code is not one of the caller's agencies to name", member
    )
