"""Who is calling, and what has the province allowed them?"""

from dataclasses import dataclass

from gateway.domain.identifiers import IssuerAndKind, SourceId, TenantId

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a tenant may do (quyền được cấp): sources read, procedures served, officers vouched for.

    None stands for every procedure, every officer; sources are always named. `vouches` holds the
    pairs of issuer and kind whose records this tenant posts in the issuer's own name.
    """

    sources: frozenset[SourceId]
    procedures: frozenset[str] | None
    officers: frozenset[str] | None
    vouches: frozenset[IssuerAndKind] = frozenset()

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
