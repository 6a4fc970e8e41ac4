"""How do the province's digitised records come in, how are they found, and how do they end?"""

from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import Field
from sqlalchemy import Connection

from gateway.api.door import Answered, Asked, SignedIn, Visit, change_once, new_router
from gateway.api.rooms import House
from gateway.domain.identifiers import PersonalId
from gateway.records.store import StoredRecord

router = new_router("records")

PersonalNumber = Annotated[str, Field(pattern="^[0-9]{12}$", examples=["003090000123"])]


class OwnerAsked(Asked):
    """Whose record it is."""

    personal_id: PersonalNumber
    full_name: str | None = None


class FileAsked(Asked):
    """The file behind a record: its name, digest and kind; the link may be absent."""

    name: str
    sha256: str
    media_type: str
    url: str | None = None


class RecordAsked(Asked):
    """One digitised paper or result; `content` has the members of its kind."""

    kind: str
    owner: OwnerAsked
    number: str
    issuer: str
    issued_on: str | None = None
    valid_until: str | None = None
    dossier: str | None = None
    content: dict[str, Any]
    file: FileAsked | None = None


class RecordTaken(Answered):
    """Under which id the record lies; `created` is false for one that lay there already."""

    id: str
    created: bool


class SearchAsked(Asked):
    """Whose records, of which kind and state."""

    owner: OwnerAsked
    kind: str | None = None
    state: Literal["valid", "revoked"] | None = None


class RecordFound(Answered):
    """A record as it lies with the province."""

    id: str
    state: str
    reason: str | None
    stored_at: str
    record: dict[str, Any]


class SearchAnswer(Answered):
    """The owner's records, oldest first."""

    records: list[RecordFound]


class RevocationAsked(Asked):
    """Why the record may no longer be reused."""

    reason: str


class RevocationAnswer(Answered):
    """The record's state from now on."""

    id: str
    state: str


@router.post("/v1/records", status_code=201, response_model=RecordTaken)
async def put_record(body: RecordAsked, caller: SignedIn, house: House, visit: Visit) -> Response:
    """Take a record in: 201, or 200 where the same one lies there already."""
    sent = body.model_dump(exclude_unset=True)

    def change(connection: Connection) -> tuple[int, object]:
        record_id, created = house.records.put_in(connection, caller.tenant, sent)
        return 201 if created else 200, RecordTaken(id=record_id, created=created)

    return await change_once(house, caller, visit, change)


@router.post("/v1/records/search")
async def search_records(body: SearchAsked, caller: SignedIn, house: House) -> SearchAnswer:
    """The owner's records with the calling tenant; none where there is none."""
    house.publisher.check_reads_open()
    owner = PersonalId(body.owner.personal_id)
    found = house.records.search(caller.tenant, owner, body.kind, body.state)
    return SearchAnswer(records=[_found(one) for one in found])


@router.post("/v1/records/{record}/revoke", response_model=RevocationAnswer)
async def revoke_record(
    record: str, body: RevocationAsked, caller: SignedIn, house: House, visit: Visit
) -> Response:
    """End a record's reuse at once."""

    def change(connection: Connection) -> tuple[int, object]:
        revoked = house.records.revoke_in(connection, caller.tenant, record, body.reason)
        return 200, RevocationAnswer(id=revoked.id, state=revoked.state)

    return await change_once(house, caller, visit, change)


def _found(stored: StoredRecord) -> RecordFound:
    return RecordFound(
        id=stored.id,
        state=stored.state,
        reason=stored.reason,
        stored_at=stored.stored_at.isoformat(),
        record=stored.record.document(),
    )
