"""A registered dossier and its rows of progress as the database keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, bindparam, select

from gateway.domain.json_texts import own_json
from gateway.dossiers.dossier import Attachment
from gateway.storage.schema import dossiers


@dataclass(frozen=True, slots=True)
class KeptComponent:
    """What stays known of a component: no name of a file, which may name a person."""

    component: str
    file: tuple[str, str] | None
    """The file's id and SHA-256."""
    result: str | None
    from_store: bool
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class StoredDossier:
    """A row of `dossiers`; times are seconds since 1970, `sealed` is None once it was erased."""

    code: str
    tenant: str
    procedure: str
    form: str | None
    channel: str
    registered_at: int
    submitted_at: int
    received_at: int | None
    due_at: int
    ended_at: int | None
    first_state: int
    stated: int
    components: tuple[KeptComponent, ...]
    fingerprint: bytes
    added: bytes | None
    version: int
    told_version: int
    sealed: bytes | None = field(repr=False)
    sync: str
    reason: str | None
    refusals: int
    tries: int
    next_at: int
    in_doubt: bool
    portal_state: int | None
    told: str | None
    confirmed_leaf: int | None


@dataclass(frozen=True, slots=True)
class WaitingStep:
    """A row of progress that the portal must still be sent."""

    seq: int
    state: int
    sealed: bytes = field(repr=False)


_COLUMNS = tuple(dossiers.c[name] for name in StoredDossier.__dataclass_fields__)
# built once: to put a statement together costs more than to run it
_DOSSIER = select(*_COLUMNS).where(dossiers.c.code == bindparam("of"))


def find_dossier(connection: Connection, code: str) -> StoredDossier | None:
    """The dossier of this code, whichever tenant registered it."""
    row = connection.execute(_DOSSIER, {"of": code}).one_or_none()
    if row is None:
        return None
    return StoredDossier(**{**row._mapping, "components": _read(row.components)})


def stored_dossier(connection: Connection, code: str) -> StoredDossier:
    """The dossier of a code that is known to be registered."""
    found = find_dossier(connection, code)
    if found is None:
        raise LookupError("no dossier is registered under this code")
    return found


def components_text(attachments: Sequence[Attachment]) -> str:
    """What stays known of the components, as the column `components` keeps it."""
    kept = []
    for one in attachments:
        file = None if one.file is None or one.removed else (one.file.id, one.file.sha256)
        kept.append(KeptComponent(one.component, file, one.result, one.from_store, one.replaced_by))
    return orjson.dumps(kept).decode()


def _read(text: str) -> tuple[KeptComponent, ...]:
    return tuple(
        KeptComponent(**{**one, "file": tuple(one["file"]) if one["file"] else None})
        for one in own_json(text)
    )
