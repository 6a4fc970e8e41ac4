"""Endpoints for a province's digitised records: store, search, revoke."""

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field
from sqlalchemy import Connection

from gateway.api._http import encode
from gateway.api._models.people import DossierText, NameText, OfficerText
from gateway.api._routes.prefills import with_allowance
from gateway.api._routing import (
    Change,
    Context,
    MayReadRecords,
    MayWriteRecords,
    RequestModel,
    ResponseModel,
    new_router,
    respond,
)
from gateway.api.services import UseAccess, UseDatabase, UseDossiers, UseLog
from gateway.domain.identifiers import DossierCode, PersonalId
from gateway.reads.gate import MEMBERS_FOR, PersonRead
from gateway.records.store import StoredRecord
from gateway.sources.holders import records_of

router = new_router("records")

PersonalNumber = Annotated[str, Field(pattern="^[0-9]{12}$", examples=["003090000123"])]


class RecordOwnerModel(RequestModel):
    """Whose record it is; by the name here the record is found again where its content has none."""

    personal_id: PersonalNumber
    full_name: str | None = None


class SearchedOwnerModel(RequestModel):
    """Whose records are sought: number and name, which must be one person's."""

    personal_id: PersonalNumber
    full_name: NameText


class RecordFileModel(RequestModel):
    """The file behind a record: its name, digest and kind; the link may be absent."""

    name: str
    sha256: str
    media_type: str
    url: str | None = None


class PrintedCode(RequestModel):
    """What the code printed on a digitised paper says (Circular 01/2023/TT-VPCP)."""

    dossier: str | None = None
    procedure: str | None = None
    owner: str | None = None
    title: str | None = None


class RecordBody(RequestModel):
    """One digitised paper or result; `content` has the members of its kind.

    With `expected_at` it is only announced: of that kind, for that owner, being digitised now, and
    nothing else is said; the record itself then names the announcement as `announced`.
    """

    kind: str
    owner: RecordOwnerModel
    number: str | None = None
    issuer: str | None = None
    issued_on: str | None = None
    valid_until: str | None = None
    dossier: str | None = None
    content: dict[str, object] | None = None
    file: RecordFileModel | None = None
    procedure: str | None = None
    came_as: Literal["result", "component"] | None = None
    result_code: str | None = None
    qr: PrintedCode | None = None
    issuer_signature: str | None = None
    announced: str | None = None
    expected_at: str | None = None


class RecordTaken(ResponseModel):
    """Under which id the record lies; `created` is false for one that lay there already."""

    id: str
    created: bool


class RecordSearchBody(RequestModel):
    """Whose records, for which case and purpose, and which officer reads them.

    `purpose` decides what of each record is shown: `reuse` the whole record, `verification` what
    identifies the paper and says until when it is valid, `record_keeping` that and the digest of its file.
    """

    owner: SearchedOwnerModel
    dossier: DossierText | None = None
    purpose: Literal["reuse", "verification", "record_keeping"] | None = None
    officer: OfficerText | None = None
    kind: str | None = None
    state: Literal["valid", "revoked"] | None = None


class RecordFound(ResponseModel):
    """A record as it lies with the province."""

    id: str
    state: str
    reason: str | None
    stored_at: str
    record: dict[str, object]


class RecordAwaited(ResponseModel):
    """A record that is being digitised, and when it is expected."""

    id: str
    kind: str
    expected_at: str


class RecordSearchResponse(ResponseModel):
    """The owner's records, oldest first, and those on their way."""

    records: list[RecordFound]
    awaited: list[RecordAwaited]


class RevocationBody(RequestModel):
    """Why the record may no longer be reused."""

    reason: str


class RevocationResponse(ResponseModel):
    """The record's state from now on."""

    id: str
    state: str


@router.post("/v1/records", status_code=201, response_model=RecordTaken)
async def put_record(
    body: RecordBody, caller: MayWriteRecords, dossiers: UseDossiers, context: Context
) -> Response:
    """Take a record or its announcement in: 201, or 200 where the same one lies there already."""
    caller.check_dossier(body.dossier, "dossier")
    caller.check_dossier(None if body.qr is None else body.qr.dossier, "qr.dossier")
    sent = body.model_dump(exclude_unset=True)
    vouches = caller.grant.vouches

    async def prepare() -> Change:
        deposit = await dossiers.records.deposit(caller.tenant, sent, vouches)

        def change(connection: Connection) -> tuple[int, object]:
            record_id, created = dossiers.records.put_in(connection, caller.tenant, deposit)
            return 201 if created else 200, RecordTaken(id=record_id, created=created)

        return change

    return await context.prepare_and_change_once(caller, prepare)


@router.post("/v1/records/search", response_model=RecordSearchResponse)
async def search_records(
    body: RecordSearchBody,
    caller: MayReadRecords,
    dossiers: UseDossiers,
    access: UseAccess,
    log: UseLog,
    database: UseDatabase,
) -> Response:
    """The owner's records with the calling tenant; none where number and name are not one person's.

    An officer reads them in an open dossier that was registered before, and for a purpose; the read
    leaves an `access` leaf. To find nothing takes as long for any number (`access/pacing.py`).
    """
    began = access.pace.began()
    log.publisher.check_reads_open()
    owner, name = PersonalId(body.owner.personal_id), body.owner.full_name
    dossier = None if body.dossier is None else DossierCode(body.dossier)
    read = PersonRead(
        caller, "records", "desk", body.officer, dossier, owner, body.purpose, of_applicant=False
    )
    allowance = await access.reads.check(read)
    shown = MEMBERS_FOR[body.purpose or ""]
    store = dossiers.records
    held = await store.everything(caller.tenant, owner)
    found = records_of(name, held, store.kinds)
    records = [
        one
        for one in found.records
        if body.kind in (None, one.record.kind) and body.state in (None, one.state)
    ]
    await database.write(lambda connection: access.reads.record(connection, read, len(records)))
    if not found.records and not found.awaited:
        await access.pace.wait(began)
    found_here = RecordSearchResponse(
        records=[_found(one, shown) for one in records],
        awaited=[
            RecordAwaited(id=one.id, kind=one.kind, expected_at=one.expected_at.isoformat())
            for one in found.awaited
            if body.kind in (None, one.kind) and body.state is None
        ],
    )
    return with_allowance(respond(200, encode(found_here)), allowance)


@router.post("/v1/records/{record}/revoke", response_model=RevocationResponse)
async def revoke_record(
    record: str,
    body: RevocationBody,
    caller: MayWriteRecords,
    dossiers: UseDossiers,
    context: Context,
) -> Response:
    """End a record's reuse, or the wait for it, at once."""

    def change(connection: Connection) -> tuple[int, object]:
        revoked = dossiers.records.revoke_in(connection, caller.tenant, record, body.reason)
        return 200, RevocationResponse(id=revoked.id, state=revoked.state)

    return await context.change_once(caller, change)


def _found(stored: StoredRecord, shown: frozenset[str]) -> RecordFound:
    return RecordFound(
        id=stored.id,
        state=stored.state,
        reason=stored.reason,
        stored_at=stored.stored_at.isoformat(),
        record={n: value for n, value in stored.record.document().items() if n in shown},
    )
