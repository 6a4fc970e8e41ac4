"""A digitised result in the province's store, as it is handed in at `POST /v1/records`."""

import hashlib
from dataclasses import dataclass

from mocks.people.person import Person
from mocks.people.personas import FORMER_NAMES
from mocks.people.shapes import Json


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper with its content. `owner` gives way to whoever holds a copy."""

    kind: str
    owner: Person
    number: str | None
    issuer: str | None
    issued_on: str | None
    content: Json
    valid_until: str | None = None

    def as_record(self, owner: Person) -> Json:
        """The body of the request that stores it; the file behind it is invented, so is its hash."""
        mark = hashlib.sha256(f"{self.kind} {self.number} {owner.personal_id}".encode())
        return {
            "kind": self.kind,
            "owner": {"personal_id": owner.personal_id, "full_name": self._name_of(owner)},
            "number": self.number,
            "issuer": self.issuer,
            "issued_on": self.issued_on,
            "valid_until": self.valid_until,
            "dossier": None,
            "content": self.content,
            "file": {
                "name": f"{self.kind}-{mark.hexdigest()[:8]}.pdf",
                "sha256": mark.hexdigest(),
                "media_type": "application/pdf",
            },
        }

    def _name_of(self, owner: Person) -> str:
        """The owner's name as this paper holds it: a birth certificate may be older than the name."""
        before = FORMER_NAMES.get(owner.n) if self.kind == "birth_certificate" else None
        return before or owner.full_name
