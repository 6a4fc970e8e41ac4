"""Is a record the result of a finished dossier of its owner, which the national portal confirmed?

Such a record (kết quả giải quyết) is vouched for: nobody typed it to fill a form. It says itself that
it came as a result and of which dossier. The dossier must be the tenant's, of the record's
procedure where it names one, done or handed over at the portal, which has had it accepted, and the
record's owner must be the applicant of its case.
"""

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, select

from gateway.domain.identifiers import TenantId
from gateway.dossiers.dossier import DONE, RETURNED
from gateway.receipts.cases import case_of, person_index
from gateway.records.record import Record
from gateway.storage.database import Statement
from gateway.storage.schema import case_persons, dossiers

_FINISHED = Statement(
    select(dossiers.c.procedure).where(
        dossiers.c.code == bindparam("code"),
        dossiers.c.tenant == bindparam("tenant"),
        dossiers.c.portal_state.in_((bindparam("done"), bindparam("returned"))),
        dossiers.c.confirmed_leaf.is_not(None),
    )
)
_PERSON = Statement(
    select(case_persons.c.case_ref).where(
        case_persons.c.case_ref == bindparam("case"),
        case_persons.c.person_index == bindparam("person"),
        case_persons.c.applicant == bindparam("is_applicant"),
    )
)
_ENDED = {"done": DONE, "returned": RETURNED}
_BASE_CODE = 8


def confirmed_results(index_key: bytes) -> Callable[[Connection, TenantId, Record], bool]:
    """The question of this module, for cases and persons that are found by this key."""

    def is_confirmed_result(connection: Connection, tenant: TenantId, record: Record) -> bool:
        digitisation, dossier = record.digitisation, record.dossier
        if digitisation.came_as != "result" or dossier is None:
            return False
        finished = _FINISHED.first(connection, {**_ENDED, "code": dossier, "tenant": tenant})
        if finished is None:
            return False
        named = digitisation.procedure
        if named is not None and named[:_BASE_CODE] != finished[0][:_BASE_CODE]:
            return False
        case = case_of(connection, tenant, dossier, index_key)
        owner = person_index(index_key, record.owner.digits)
        return (
            _PERSON.first(connection, {"case": case, "person": owner, "is_applicant": True})
            is not None
        )

    return is_confirmed_result
