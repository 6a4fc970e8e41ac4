"""Endpoints for the catalogue of forms, and for the lists that their selects offer."""

from fastapi import Response

from gateway.api._http import JSON
from gateway.api._routing import MayReadForms, ResponseModel, new_router
from gateway.api.services import UseDatabase, UseForms
from gateway.domain.identifiers import SourceId
from gateway.domain.json_texts import BYTE_ORDER_MARK, own_json
from gateway.dossiers import abolished
from gateway.forms.bundles import Spared
from gateway.forms.catalogue import RegisteredForm

OPTIONS_KEEP_SECONDS = 3600
_KEEP = {"Cache-Control": f"public, max-age={OPTIONS_KEEP_SECONDS}"}

router = new_router("forms")


class FormListed(ResponseModel):
    """A registered form in the catalogue; `abolished` are procedures that the portal publishes no more."""

    code: str
    title: str
    version: str
    procedures: list[str]
    abolished: list[str]
    fields: int
    items: int
    items_supplied: int


class FormsResponse(ResponseModel):
    """Every registered form."""

    forms: list[FormListed]


class ManualRow(ResponseModel):
    """One field of the prefill manual: what fills it, from where, and what may be changed."""

    path: str
    label: str
    type: str
    required: bool
    item: str | None
    role: str | None
    attribute: str | None
    term: str | None
    sources: list[str]
    edit: str | None


class UncountedInput(ResponseModel):
    """An input of the form that no figure counts, and why."""

    path: str
    type: str
    reason: str


class Potential(ResponseModel):
    """Items that a connected source can supply, of all items of the official declaration."""

    items: int
    supplied: int


class ServedProcedure(ResponseModel):
    """One procedure of a linked declaration, in items: asked alone, within it, shared by others."""

    procedure: str
    title: str
    ours: bool
    alone: int
    within: int
    shared: int


class FormResponse(ResponseModel):
    """One form as it is registered: definition, bindings, prefill manual, potential.

    `uncounted` names every input that no figure counts, with the reason.
    """

    code: str
    title: str
    version: str
    series: str
    definition: dict[str, object]
    bindings: dict[str, object]
    manual: list[ManualRow]
    uncounted: list[UncountedInput]
    potential: Potential
    serves: list[ServedProcedure]


@router.get("/v1/forms")
async def list_forms(caller: MayReadForms, forms: UseForms, database: UseDatabase) -> FormsResponse:
    """The catalogue of registered forms; one for an abolished procedure is flagged."""
    registered = forms.catalogue.forms()
    bound = [code for form in registered for code in form.bindings.procedures]
    gone = database.read(lambda c: abolished(c, bound))
    return FormsResponse(forms=[_listed(form, forms.connected, gone) for form in registered])


@router.get("/v1/forms/{form}")
async def show_form(form: str, caller: MayReadForms, forms: UseForms) -> FormResponse:
    """One form with everything that stands beside it."""
    registered = forms.catalogue.form_for(form)
    supplied, items = registered.potential(forms.connected)
    return FormResponse(
        code=registered.code,
        title=registered.title,
        version=registered.version,
        series=registered.series,
        definition=own_json(registered.definition.raw.removeprefix(BYTE_ORDER_MARK)),
        bindings=forms.bindings[registered.code],
        manual=_manual(registered, forms.connected),
        uncounted=[
            UncountedInput(path=one.path, type=one.type, reason=one.reason)
            for one in registered.definition.uncounted
        ],
        potential=Potential(items=items, supplied=supplied),
        serves=[_served(one) for one in forms.catalogue.spared(registered)],
    )


@router.get("/catalogue/provinces")
async def provinces(forms: UseForms) -> Response:
    """Provinces since July 2025."""
    return _options(forms.options.of("provinces"))


@router.get("/catalogue/communes")
async def communes(province: str, forms: UseForms) -> Response:
    """Communes of a province."""
    return _options(forms.options.of_province("communes", province))


@router.get("/catalogue/countries")
async def countries(forms: UseForms) -> Response:
    """Countries and territories."""
    return _options(forms.options.of("countries"))


@router.get("/catalogue/business-lines")
async def business_lines(forms: UseForms) -> Response:
    """Business lines of the Vietnamese industrial classification."""
    return _options(forms.options.of("business-lines"))


@router.get("/catalogue/hospitals")
async def hospitals(province: str, forms: UseForms) -> Response:
    """Health facilities of a province."""
    return _options(forms.options.of_province("hospitals", province))


@router.get("/catalogue/banks")
async def banks(forms: UseForms) -> Response:
    """Banks that keep accounts for individuals."""
    return _options(forms.options.of("banks"))


def _options(written: bytes) -> Response:
    return Response(written, 200, _KEEP, JSON)


def _listed(
    form: RegisteredForm, connected: frozenset[SourceId], gone: frozenset[str]
) -> FormListed:
    supplied, items = form.potential(connected)
    return FormListed(
        code=form.code,
        title=form.title,
        version=form.version,
        procedures=list(form.bindings.procedures),
        abolished=[code for code in form.bindings.procedures if code in gone],
        fields=len(form.declarable),
        items=items,
        items_supplied=supplied,
    )


def _served(spared: Spared) -> ServedProcedure:
    served = spared.served
    return ServedProcedure(
        procedure=served.procedure,
        title=served.title,
        ours=served.ours,
        alone=spared.alone,
        within=spared.asked,
        shared=spared.shared,
    )


def _manual(form: RegisteredForm, connected: frozenset[SourceId]) -> list[ManualRow]:
    rows = []
    for field in form.definition.fields:
        binding = form.bindings.by_field.get(field.path)
        attribute = form.dictionary[binding.attribute] if binding else None
        rows.append(
            ManualRow(
                path=field.path,
                label=field.label,
                type=field.type,
                required=field.required,
                item=form.bindings.item_of(field.path),
                role=binding.role if binding else None,
                attribute=attribute.name if attribute else None,
                term=attribute.term if attribute else None,
                sources=[s for s in attribute.sources if s in connected] if attribute else [],
                edit=binding.edit if binding else None,
            )
        )
    return rows
