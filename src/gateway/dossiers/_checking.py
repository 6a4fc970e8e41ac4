"""What must hold of a dossier before it is taken in."""

from sqlalchemy import Connection, select

from gateway.domain.errors import DossierRefused
from gateway.dossiers.dossier import Attachment
from gateway.storage.schema import portal_procedures


def check_procedure(connection: Connection, code: str, *, must_be_known: bool) -> None:
    """Where the portal's catalogue is known, a procedure must be in force, or stand in it at all.

    Raises DossierRefused `unknown_procedure`, `procedure_abolished`.
    """
    known = connection.execute(
        select(portal_procedures.c.public).where(portal_procedures.c.code == code[:8])
    ).scalar_one_or_none()
    listed = select(portal_procedures.c.code).where(portal_procedures.c.listed.is_(True)).limit(1)
    if must_be_known and known is None and connection.execute(listed).first():
        raise DossierRefused("unknown_procedure", "the portal has no such procedure", "procedure")
    if known is False:
        raise DossierRefused(
            "procedure_abolished", "the procedure takes no new dossiers", "procedure"
        )


def check_file(attachment: Attachment, digests: dict[str, str], member: str) -> None:
    """One id is one file: with another digest it is not the file that it says it is."""
    file = attachment.file
    if file is not None and digests.setdefault(file.id, file.sha256) != file.sha256:
        raise DossierRefused(
            "file_hash_mismatch", "the digest is not that of this file", f"{member}.file.sha256"
        )
