"""The dossiers that the portal gets of one linked declaration.

A bundle (thủ tục liên thông) is one declaration for several procedures, and the portal keeps one
dossier for each of them. A part says what differs from the bundle: its own code, and where it has
them its own unit, dates, components and results; everything else is the bundle's. Every procedure
that the bundle serves is named, one that nobody asked for with `chosen` false.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from gateway.domain.errors import DossierRefused
from gateway.dossiers.dossier import Attachment, Dossier, Fee, Result
from gateway.forms.bundles import BASE_CODE, Served


@dataclass(frozen=True, slots=True)
class Part:
    """One procedure of a bundle as the province asks for it; what is None is as in the bundle."""

    procedure: str
    code: str | None
    abstract: str | None = field(default=None, repr=False)
    unit: str | None = None
    return_by_post: bool | None = None
    payment: str | None = None
    received: int | None = None
    due: int | None = None
    attachments: tuple[Attachment, ...] | None = None
    results: tuple[Result, ...] | None = None
    fees: tuple[Fee, ...] | None = None

    @property
    def chosen(self) -> bool:
        """Whether the citizen asks for this procedure at all."""
        return self.code is not None

    def within(self, whole: Dossier) -> Dossier:
        """The dossier of this part: the bundle's, with what the part says otherwise."""
        return replace(
            whole,
            code=self.code or whole.code,
            procedure=self.procedure,
            abstract=whole.abstract if self.abstract is None else self.abstract,
            unit=whole.unit if self.unit is None else self.unit,
            return_by_post=(
                whole.return_by_post if self.return_by_post is None else self.return_by_post
            ),
            payment=whole.payment if self.payment is None else self.payment,
            received=whole.received if self.received is None else self.received,
            due=whole.due if self.due is None else self.due,
            attachments=whole.attachments if self.attachments is None else self.attachments,
            results=whole.results if self.results is None else self.results,
            fees=whole.fees if self.fees is None else self.fees,
        )


@dataclass(frozen=True, slots=True)
class PartDossier:
    """A part as the portal gets it; `items` of the bundle serve it; `place` among the parts said."""

    dossier: Dossier
    items: frozenset[str]
    place: int
    own: frozenset[str]

    def member(self, member: str | None) -> str | None:
        """Where a member of this dossier stood in what the province said."""
        root = (member or "").partition("[")[0].partition(".")[0]
        return f"parts[{self.place}].{member}" if root in self.own else member


def part_dossiers(
    whole: Dossier, parts: Sequence[Part] | None, serves: Sequence[Served]
) -> tuple[PartDossier, ...]:
    """A dossier for every part that was chosen; `serves` are the procedures of the bundle.

    Raises DossierRefused: `parts_missing`, `not_a_bundle`, `part_not_served`, `part_doubled`,
    `part_missing`.
    """
    if not serves:
        raise DossierRefused("not_a_bundle", "this procedure serves no others", "parts")
    if parts is None:
        raise DossierRefused(
            "parts_missing", "the procedure is a bundle, and has one dossier per part", "parts"
        )
    served = {one.procedure[:BASE_CODE]: one for one in serves}
    _check(whole.code, parts, served)
    return tuple(
        _part_dossier(whole, part, served[part.procedure[:BASE_CODE]], place)
        for place, part in enumerate(parts)
        if part.chosen
    )


def _check(code: str, parts: Sequence[Part], served: Mapping[str, Served]) -> None:
    """Every procedure once, every code once, and none left out."""
    procedures, codes = set(), {code}
    for place, part in enumerate(parts):
        procedure = part.procedure[:BASE_CODE]
        if procedure not in served:
            raise DossierRefused(
                "part_not_served",
                "the bundle does not serve this procedure",
                f"parts[{place}].procedure",
            )
        if procedure in procedures:
            raise DossierRefused(
                "part_doubled", "this procedure was named before", f"parts[{place}].procedure"
            )
        if part.code in codes:
            raise DossierRefused(
                "part_doubled", "each part has a code of its own", f"parts[{place}].code"
            )
        procedures.add(procedure)
        codes |= {part.code} if part.code else set()
    if left_out := sorted(served.keys() - procedures):
        raise DossierRefused("part_missing", f"nothing is said of {', '.join(left_out)}", "parts")
    if not any(part.chosen for part in parts):
        raise DossierRefused("part_missing", "one part at least is chosen", "parts")


def _part_dossier(whole: Dossier, part: Part, served: Served, place: int) -> PartDossier:
    own = frozenset(one.name for one in fields(part) if getattr(part, one.name) is not None)
    items = frozenset(answer for answers in served.items.values() for answer in answers)
    return PartDossier(part.within(whole), items, place, own)
