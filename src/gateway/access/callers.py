"""The caller of a request, and what the province has granted it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gateway.access.scopes import Scope
from gateway.domain.errors import DossierRefused, NotAllowed, ScopeMissing
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
    beside the tenant's own at or below which its dossiers' codes may lie (ministry cases). From
    `until` on the grant allows nothing.
    """

    sources: frozenset[SourceId]
    procedures: frozenset[str] | None
    officers: frozenset[str] | None
    vouches: frozenset[IssuerAndKind] = frozenset()
    agencies: frozenset[str] = frozenset()
    until: datetime | None = None

    def sources_for(self, codes: Iterable[str]) -> frozenset[SourceId]:
        """The sources that may be read for a procedure or form of these codes; none for another."""
        allowed = self.procedures is None or not self.procedures.isdisjoint(codes)
        return self.sources if allowed else frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """A tenant, as which one of its clients has signed in (hệ thống thông tin của địa phương).

    `scopes` are those of its token; of a client that has not signed in, all that it is registered for.
    """

    tenant: TenantId
    client_id: str
    agency: str
    is_test: bool
    grant: Grant
    grant_leaf: int
    scopes: frozenset[Scope]

    def check_scope(self, scope: Scope) -> None:
        """Refuse a call that the token does not open; ScopeMissing."""
        if scope not in self.scopes:
            raise ScopeMissing(scope)

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

    def check_officer(self, officer: str | None) -> None:
        """Refuse an officer for whom the tenant may not act; NotAllowed `officer_not_granted`."""
        named = self.grant.officers
        if officer is not None and named is not None and officer not in named:
            raise NotAllowed(
                "officer_not_granted", "the grant does not name this officer", "officer"
            )


def not_granted(member: str) -> DossierRefused:
    """The one answer to every code that is not the caller's to name, and why is never said."""
    return DossierRefused(
        "dossier_not_granted", "the code is not one of the caller's agencies to name", member
    )
