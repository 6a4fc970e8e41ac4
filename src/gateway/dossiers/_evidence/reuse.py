"""Find the components of a dossier that the province holds on record, and since when.

A component that names one of the owner's records is held against it when the dossier is registered;
what holds goes into the log as a `reuse` leaf, and only from there to the portal.

Origins: `D` the file lies digitised with the province; `C` it lay there before this dossier was opened,
brought in by no dossier or another one; `R` it is the result of another dossier, replacing this
component. The last such leaf of a case counts.
"""

from collections.abc import Collection, Iterable
from datetime import date

from gateway.domain.errors import DossierRefused
from gateway.domain.identifiers import PersonalId, TenantId
from gateway.dossiers.dossier import Attachment, Dossier
from gateway.log.entries import ReusedComponent, ReusePayload
from gateway.log.stored import StoredPayload
from gateway.records.store import VALID, RecordStore, StoredRecord

DIGITISED, COMPONENT, RESULT = "D", "C", "R"


def components_on_record(
    dossier: Dossier,
    case_code: str,
    tenant: TenantId,
    records: RecordStore,
    opened_at: int,
    today: date,
) -> tuple[ReusedComponent, ...]:
    """Every component that is a record of the owner.

    `case_code` is the code of its case, for a part that of the bundle, opened at `opened_at`.
    Raises DossierRefused: `record_not_usable` (not the owner's, revoked, expired, or none),
    `file_hash_mismatch`.
    """
    named = [(n, a) for n, a in enumerate(dossier.attachments) if a.record and not a.removed]
    number = dossier.owner.personal_id
    if not named:
        return ()
    own = () if number is None else records.search_held(tenant, PersonalId(number), state=VALID)
    by_id = {one.id: one for one in own}
    components = []
    for place, attachment in named:
        member = f"attachments[{place}]"
        stored = by_id.get(attachment.record or "")
        if stored is None:
            raise DossierRefused(
                "record_not_usable", "the owner has no such record", f"{member}.record"
            )
        _check(stored, attachment, today, member)
        if attachment.file is not None:
            origin = _origin(stored, attachment, {dossier.code, case_code}, opened_at)
            component = ReusedComponent(attachment.component, attachment.file.id, origin)
            components.append(component)
    return tuple(components)


def last_reuse(events: Iterable[StoredPayload]) -> tuple[int, tuple[ReusedComponent, ...]] | None:
    """What the last `reuse` leaf of a case says, and its index."""
    said = [(leaf, one.components) for leaf, one in events if isinstance(one, ReusePayload)]
    return said[-1] if said else None


def _check(stored: StoredRecord, attachment: Attachment, today: date, member: str) -> None:
    record, file = stored.record, attachment.file
    if record.valid_until is not None and record.valid_until < today:
        raise DossierRefused("record_not_usable", "it is valid no more", f"{member}.record")
    if record.file is None or file is None or record.file["sha256"] != file.sha256:
        raise DossierRefused(
            "file_hash_mismatch", "the file is not that of the record", f"{member}.file.sha256"
        )
    code = record.digitisation.result_code
    if attachment.result is not None and code not in (None, attachment.result):
        raise DossierRefused("record_not_usable", "it is another result", f"{member}.result")


def _origin(
    stored: StoredRecord, attachment: Attachment, own: Collection[str], opened_at: int
) -> str:
    brought_in_by = stored.record.dossier
    if brought_in_by in own or int(stored.stored_at.timestamp()) >= opened_at:
        return DIGITISED
    is_result = attachment.result is not None and stored.record.digitisation.came_as != "component"
    return RESULT if is_result and brought_in_by is not None else COMPONENT
