"""Who is a dossier about, and what is repeated in the applicant's part of it?

The applicant's part holds a family of keys for the submitter and one for the owner (chủ hồ sơ),
with switches beside them: `same_person` names the boxes that say that the submitter is the owner
(unticked and present: two people), `kinds` those that say whether the dossier is a person's.

What is repeated there is only what the form itself was given in the same call: the part is no
registered form, so nothing in it is counted, and nothing more than the form binds leaves by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from gateway.domain.codelists import folded
from gateway.domain.errors import BadRequest
from gateway.domain.facts import Coded, Value
from gateway.domain.verdicts import Reason
from gateway.forms.definition import FieldTemplate
from gateway.forms.shapes import NotConvertible, shape_value
from gateway.forms.texts import refused_in
from gateway.forms.values import NotOfType, canonical
from gateway.igate.mapping import Family, Fill, IGateMapping, Wrapper

_UNTICKED = frozenset({"false", "0", "không", "no"})
_GENDERS = {"male": 1, "female": 0}
_DATE = FieldTemplate("date", "datetime", "", False)
_TEXT = FieldTemplate("text", "textfield", "", False)


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person of the dossier as the applicant's part states them, unchecked; `keys` names where."""

    personal_id: object = field(repr=False)
    full_name: object = field(repr=False)
    birth_date: str | None = field(repr=False)
    phone: object = field(repr=False)
    email: object = field(repr=False)
    keys: Family

    @property
    def account(self) -> Mapping[str, object]:
        """How the person is reached."""
        return {"phone": self.phone, "email": self.email}


@dataclass(frozen=True, slots=True)
class Repeated:
    """The applicant's part as far as it was filled, and why other keys of it were not."""

    data: Mapping[str, object] = field(repr=False)
    reasons: Mapping[str, Reason]


def applicant_of(wrapper: Wrapper, data: Mapping[str, object]) -> Applicant:
    """The person that the dossier is about, members as iGate sent them, the birth date as a date.

    Raises BadRequest `not_a_person` for an organisation's dossier, `not_a_date`, `format_character`.
    """
    kinds = [_word(data.get(key)) for key in wrapper.kinds]
    if any(kind and kind not in wrapper.persons for kind in kinds):
        raise BadRequest(
            "not_a_person", "the dossier is not a person's", f"applicant.data.{wrapper.kinds[0]}"
        )
    two_people = any(_word(data.get(key)) in _UNTICKED for key in wrapper.same_person)
    keys = wrapper.owner if two_people and wrapper.subject == "owner" else wrapper.submitter
    applicant = Applicant(
        personal_id=data.get(keys.personal_id),
        full_name=data.get(keys.full_name),
        birth_date=_birth_date(keys.birth_date, data),
        phone=data.get(keys.phone or "") or None,
        email=data.get(keys.email or "") or None,
        keys=keys,
    )
    for member in fields(Family):
        _check_exact(getattr(applicant, member.name), getattr(keys, member.name) or member.name)
    return applicant


def _check_exact(value: object, key: str) -> None:
    """Refuse in what names the person every character that no name holds."""
    refused = refused_in(value)
    if refused is not None:
        detail = f"what names the applicant holds a character that no name holds: {refused}"
        raise BadRequest("format_character", detail, f"applicant.data.{key}")


def repeat(
    wrapper: Wrapper,
    data: Mapping[str, object],
    value_of: Callable[[str], Value | None],
    mapping: IGateMapping,
) -> Repeated:
    """Fill the empty keys of the applicant's part; `value_of` gives what the form was filled with."""
    filled: dict[str, object] = {}
    reasons: dict[str, Reason] = {}
    for fill in wrapper.fills:
        if _word(data.get(fill.key)):
            reasons[fill.key] = Reason.ALREADY_GIVEN
            continue
        value = value_of(fill.attribute)
        shaped = None if value is None else _shaped(fill, value, mapping)
        if shaped is not None:
            filled[fill.key] = shaped
        else:
            reasons[fill.key] = Reason.NOT_BOUND if value is None else Reason.NOT_CONVERTIBLE
    return Repeated(filled, reasons)


def _birth_date(key: str | None, data: Mapping[str, object]) -> str | None:
    """The local day of an instant, or a date as it was written; iGate may send either."""
    try:
        canon = canonical(_DATE, data.get(key or ""))
    except NotOfType:
        raise BadRequest("not_a_date", "no date can be read", f"applicant.data.{key}") from None
    return canon.partition(" ")[2] or None


def _shaped(fill: Fill, value: Value, mapping: IGateMapping) -> object | None:
    """A value as iGate writes it under this key, None where it has no words for it."""
    if fill.shape == "gender":
        return _GENDERS.get(value.code) if isinstance(value, Coded) else None
    if fill.shape in ("date", "text"):
        try:
            return shape_value(_DATE if fill.shape == "date" else _TEXT, value)
        except NotConvertible:
            return None
    catalogue = mapping.catalogues.get(fill.shape)
    if catalogue is None or not isinstance(value, Coded):
        return None
    entry = catalogue.by_code.get(value.code)
    return None if entry is None else {"label": entry.label, "value": entry.id}


def _word(value: object) -> str:
    """A switch's value as one folded word: `1`, `true`, `cá nhân`; of a select its label."""
    if isinstance(value, Mapping):
        value = value.get("label") or value.get("value")
    if value is None or isinstance(value, list | Mapping):
        return ""
    return folded(str(value))
