"""Items of a form that a source could hold and that do not arrive, and why.

Reads `schemas/forms/<form>/reach.json`, which stands beside the bindings of a form whose reach is low, and
explains it. Nothing is counted by it. `reason` is the one that a prefill gives for the empty field; those
that speak of a source that could not or might not be asked explain nothing, and are refused.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.domain.errors import FieldProblem, FormRefused
from gateway.domain.identifiers import SESSION, FormCode
from gateway.domain.verdicts import Reason
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms.catalogue import Catalogue, RegisteredForm

FILE = "reach.json"


@dataclass(frozen=True, slots=True)
class Unreached:
    """Items that a source could hold and that do not come (mục không về), for one reason.

    `why` says which rule takes them.
    """

    reason: Reason
    items: tuple[str, ...]
    why: str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _UnreachedFile(_Strict):
    reason: Literal[
        Reason.NOT_HELD,
        Reason.NO_RECORD,
        Reason.WITHHELD,
        Reason.STALE,
        Reason.CONFLICT,
        Reason.NOT_BOUND,
        Reason.NOT_CONVERTIBLE,
        Reason.ALREADY_GIVEN,
    ]
    items: Annotated[list[str], Field(min_length=1)]
    why: Annotated[str, Field(min_length=1)]


class _ReachFile(_Strict):
    schema_: Annotated[str | None, Field(alias="$schema")] = None
    form: str
    unreached: Annotated[list[_UnreachedFile], Field(min_length=1)]


def read_all_unreached(
    schemas: Path, catalogue: Catalogue
) -> dict[FormCode, tuple[Unreached, ...]]:
    """What is written of each form; raises FormRefused with every place, behind its form's code."""
    found: dict[FormCode, tuple[Unreached, ...]] = {}
    problems: list[FieldProblem] = []
    for form in catalogue.forms():
        try:
            found[form.code] = read_unreached(schemas / "forms" / form.code, form)
        except FormRefused as refusal:
            problems += (replace(p, path=f"{form.code}: {p.path}") for p in refusal.problems)
    if problems:
        raise FormRefused(tuple(problems))
    return found


def read_unreached(folder: Path, form: RegisteredForm) -> tuple[Unreached, ...]:
    """What is written of one form, in the order of the file; nothing where there is none.

    Raises FormRefused with every place that does not fit the form: another form, an item that no
    source but the session can hold, one named twice for a reason.
    """
    try:
        raw = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return ()
    try:
        read = _ReachFile.model_validate(decode_strictly(raw))
    except ValidationError as error:
        raise FormRefused(
            tuple(
                FieldProblem("reach:" + ".".join(str(part) for part in e["loc"]), e["type"])
                for e in error.errors(include_input=False)
            )
        ) from None
    if problems := tuple(_problems(read, form)):
        raise FormRefused(problems)
    return tuple(Unreached(one.reason, tuple(one.items), one.why) for one in read.unreached)


def _problems(read: _ReachFile, form: RegisteredForm) -> list[FieldProblem]:
    problems = [] if read.form == form.code else [FieldProblem("reach:form", "another_form")]
    within_reach = {
        form.bindings.item_of(field.path)
        for field in form.definition.fields
        if set(form.sources_of(field.path)) - {SESSION}
    }
    seen: set[tuple[str, Reason]] = set()
    for place, one in enumerate(read.unreached):
        for number, item in enumerate(one.items):
            path = f"reach:unreached.{place}.items.{number}"
            if item not in within_reach:
                problems.append(FieldProblem(path, "no_such_item"))
            elif (item, one.reason) in seen:
                problems.append(FieldProblem(path, "item_claimed_twice"))
            seen.add((item, one.reason))
    return problems
