"""Which of our forms stands behind an eForm of iGate, and which code behind a catalogue's id?

Reads `schemas/igate.json`, the configuration of one deployment:

    eforms      {eForm id: {"form": code, "values": {template path: {iGate's value: the form's}}}}
    wrappers    {eForm id of the applicant's part: keys of that part, see `wrapper.py`}
    catalogues  {name: file beside this one}: {"entries": [[id, code, label?], …]}, ids of 24
                hexadecimal digits; a label only where iGate words it otherwise than our lists
    attributes  {attribute: catalogue}: whose choices stand in the form and are ids in iGate

A remote select takes its catalogue by its address: `/catalogue/communes?…` is `communes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.domain.codelists import COUNTRY, CodeLists, folded
from gateway.domain.errors import NotFound
from gateway.domain.facts import Coded
from gateway.domain.json_texts import read_json_file

EFORM_ID = "^[0-9a-f]{24}$"
_List = Annotated[str, StringConstraints(pattern="^[a-z0-9-]{1,60}$")]
_Id = Annotated[str, StringConstraints(pattern=EFORM_ID)]
_ADDRESSES = "/catalogue/"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a catalogue of iGate: its id there, the State's code, and both labels."""

    id: str
    code: str
    label: str
    own_label: str


@dataclass(frozen=True, slots=True)
class IGateCatalogue:
    """A catalogue of iGate (danh mục dùng chung), by its ids and by the State's codes."""

    by_id: Mapping[str, Entry] = field(repr=False)
    by_code: Mapping[str, Entry] = field(repr=False)
    by_label: Mapping[str, tuple[Entry, ...]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EForm:
    """One eForm of iGate: the form behind it, and values that iGate writes otherwise."""

    id: str
    form: str
    values: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Family:
    """The keys under which the applicant's part holds one person."""

    personal_id: str
    full_name: str
    birth_date: str | None
    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Fill:
    """A key of the applicant's part, the attribute it repeats, and how iGate writes it."""

    key: str
    attribute: str
    shape: str


@dataclass(frozen=True, slots=True)
class Wrapper:
    """The applicant's part of a dossier (thông tin chung): who is who in it, what is repeated."""

    subject: str
    submitter: Family
    owner: Family
    same_person: tuple[str, ...]
    kinds: tuple[str, ...]
    persons: frozenset[str]
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class IGateMapping:
    """Everything that one deployment's iGate names otherwise than we do."""

    eforms: Mapping[str, EForm] = field(repr=False)
    wrappers: Mapping[str, Wrapper] = field(repr=False)
    catalogues: Mapping[str, IGateCatalogue] = field(repr=False)
    of_attribute: Mapping[str, str]

    def eform(self, eform_id: str) -> EForm:
        """The form behind an eForm; raises NotFound `unknown_eform`."""
        if (known := self.eforms.get(eform_id)) is None:
            raise NotFound("unknown_eform", "no form is set for this eForm", "eForm.id")
        return known

    def wrapper(self, eform_id: str) -> Wrapper:
        """The keys of an applicant's part; raises NotFound `unknown_eform`."""
        if (known := self.wrappers.get(eform_id)) is None:
            raise NotFound("unknown_eform", "no keys are set for this eForm", "applicant.eformId")
        return known

    def catalogue(self, remote: str | None, attribute: str | None) -> IGateCatalogue | None:
        """The catalogue behind a select; None where iGate has the same values as we do."""
        name = self.of_attribute.get(attribute or "")
        if remote is not None:
            name = remote.partition("?")[0].removeprefix(_ADDRESSES)
        return None if name is None else self.catalogues.get(name)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _EFormFile(_Strict):
    form: str
    values: dict[str, dict[str, str]] = Field(default_factory=dict)


class _FamilyFile(_Strict):
    personal_id: str
    full_name: str
    birth_date: str | None = None
    phone: str | None = None
    email: str | None = None


class _FillFile(_Strict):
    attribute: str
    shape: Annotated[str, StringConstraints(pattern="^(text|date|gender|[a-z0-9-]+)$")]


class _WrapperFile(_Strict):
    subject: Annotated[str, StringConstraints(pattern="^(submitter|owner)$")] = "owner"
    submitter: _FamilyFile
    owner: _FamilyFile
    same_person: list[str]
    kinds: list[str]
    persons: list[str]
    fills: dict[str, _FillFile] = Field(default_factory=dict)


class _MappingFile(_Strict):
    about: str = ""
    eforms: dict[_Id, _EFormFile] = Field(default_factory=dict)
    wrappers: dict[_Id, _WrapperFile] = Field(default_factory=dict)
    catalogues: dict[_List, str] = Field(default_factory=dict)
    attributes: dict[str, _List] = Field(default_factory=dict)


class _CatalogueFile(_Strict):
    about: str = ""
    entries: list[tuple[_Id, str] | tuple[_Id, str, str]]


def read_igate(schemas: Path, lists: CodeLists) -> IGateMapping:
    """Read the configuration; nothing is mapped where there is none.

    Raises pydantic.ValidationError for a malformed file, ValueError for a code that none of our
    lists has and the file gives no label for.
    """
    path = schemas / "igate.json"
    read = _MappingFile.model_validate(read_json_file(path) if path.exists() else {})
    return IGateMapping(
        eforms={i: EForm(i, one.form, one.values) for i, one in read.eforms.items()},
        wrappers={i: _wrapper(one) for i, one in read.wrappers.items()},
        catalogues={
            name: _catalogue(name, schemas / file, lists) for name, file in read.catalogues.items()
        },
        of_attribute=read.attributes,
    )


def _wrapper(read: _WrapperFile) -> Wrapper:
    return Wrapper(
        subject=read.subject,
        submitter=Family(**read.submitter.model_dump()),
        owner=Family(**read.owner.model_dump()),
        same_person=tuple(read.same_person),
        kinds=tuple(read.kinds),
        persons=frozenset(folded(word) for word in read.persons),
        fills=tuple(Fill(key, one.attribute, one.shape) for key, one in read.fills.items()),
    )


def _catalogue(name: str, path: Path, lists: CodeLists) -> IGateCatalogue:
    entries = []
    ours = _ours(name, lists)
    for eform_id, code, *stated in _CatalogueFile.model_validate(read_json_file(path)).entries:
        own = ours[code].label if code in ours else None
        if own is None and not stated:
            raise ValueError(f"{path.name}: an entry of a code that no list has needs a label")
        label = stated[0] if stated else own or ""
        entries.append(Entry(eform_id, code, label, own or label))
    by_label: dict[str, tuple[Entry, ...]] = {}
    for entry in entries:
        for label in {folded(one) for one in {entry.label, entry.own_label}}:
            by_label[label] = (*by_label.get(label, ()), entry)
    return IGateCatalogue(
        by_id={entry.id: entry for entry in entries},
        by_code={entry.code: entry for entry in entries},
        by_label=by_label,
    )


def _ours(name: str, lists: CodeLists) -> Mapping[str, Coded]:
    if name == "provinces":
        return lists.provinces
    if name == "communes":
        return {code: one for some in lists.communes.values() for code, one in some.items()}
    return lists.lists.get(_LISTS.get(name, name), {})


_LISTS = {"countries": COUNTRY, "ethnicities": "ethnicity"}
