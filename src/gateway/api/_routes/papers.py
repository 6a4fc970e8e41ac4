"""Which papers does a dossier need after all, and what became of the values said to be wrong?"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from gateway.api._routing import ResponseModel
from gateway.api.services import Services
from gateway.domain.errors import NotFound
from gateway.domain.identifiers import TenantId
from gateway.dossiers.evidence.declared import template_of
from gateway.dossiers.evidence.doubts import Doubts, doubts_of
from gateway.dossiers.evidence.serving import Case
from gateway.receipts.disputes import Ticket
from gateway.receipts.tickets import RESOLVED
from gateway.sources.paper_path import Doubt, PaperAsked


class PaperNeeded(ResponseModel):
    """A paper to ask for, of whom and why: a read that did not come about, or `contested`, `override`."""

    paper: str
    title: str
    role: str
    why: str
    fields: list[str]


class CorrectionShown(ResponseModel):
    """A correction ticket of this dossier and where it stands with the register."""

    ticket: str
    state: str
    path: str
    why: str


class PapersShown(ResponseModel):
    """What no register vouches for (Resolution 66.7/2025/NQ-CP)."""

    papers: list[PaperNeeded]
    corrections: list[CorrectionShown]


def papers_shown(
    services: Services, connection: Connection, tenant: TenantId, case: Case
) -> PapersShown:
    """Of one dossier, or of one part of a bundle, by its latest prefill and its tickets."""
    doubts = doubts_of(connection, case)
    tickets = services.tickets.of_tenant(connection, tenant, case.ref, None)
    tickets = tuple(one for one in tickets if doubts.concerns(one.path))
    found = services.paper_path.asked_for([*_of_reads(services, doubts), *_of_tickets(tickets)])
    return PapersShown(
        papers=[_shown(paper) for paper in found],
        corrections=[
            CorrectionShown(ticket=one.id, state=one.state, path=one.path, why=one.why)
            for one in tickets
        ],
    )


def _of_reads(services: Services, doubts: Doubts) -> Iterator[Doubt]:
    """The doubts of the prefill, with the roles that the form's bindings give to its fields."""
    for one in doubts.unvouched:
        try:
            bound = services.catalogue.form_for(one.form).bindings.by_field
        except NotFound:
            continue
        if (binding := bound.get(template_of(one.path))) is not None:
            yield Doubt(one.path, binding.role, one.attribute, one.why.value)


def _of_tickets(tickets: Sequence[Ticket]) -> Iterator[Doubt]:
    """What a citizen says is wrong stays in doubt until its register agrees with them."""
    for one in tickets:
        if one.state != RESOLVED:
            yield Doubt(one.path, one.role, one.attribute, one.why)


def _shown(paper: PaperAsked) -> PaperNeeded:
    return PaperNeeded(
        paper=paper.paper,
        title=paper.title,
        role=paper.role,
        why=paper.why,
        fields=list(paper.fields),
    )
