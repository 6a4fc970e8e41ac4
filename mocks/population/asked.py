"""The journal entry of one request to the population database."""

from dataclasses import dataclass, field

from mocks.journal import Journal, Noted


@dataclass(frozen=True, slots=True)
class Asked(Noted):
    """One request to the database. `birth` is full, year or none.

    `outcome` is found, no_match, duplicate, under_verification, exists, exists_not, refused_004,
    refused_005, not_signed_in, malformed, unknown_service, or a fault's own word after `fault_`.
    """

    outcome: str
    request_id: str | None = None
    service: str | None = None
    procedure: str | None = None
    agency: str | None = None
    officer: str | None = None
    number: str | None = field(default=None, repr=False)
    birth: str | None = None
    faults: tuple[str, ...] = ()


class Requests(Journal[Asked]):
    """The last requests, oldest first; those about one number can be asked for."""

    def about(self, number: str) -> list[Asked]:
        """The requests that named this number."""
        return [asked for asked in self if asked.number == number]
