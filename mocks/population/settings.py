"""The settings of the mock of the population database: its accounts, and how strict it is."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from mocks.clock import Seconds, machine_seconds

SERVICES = frozenset({"033", "034", "037"})
"""The services that a one-stop administrator can grant an officer (likely)."""

ANY_PROCEDURE = "VPCP"
"""The constant that one client sends as procedure; licensed here for every service."""

_PROCEDURES = [
    "1.000656",
    "1.000894",
    "1.001022",
    "1.001193",
    "1.001456",
    "1.001612",
    "1.001699",
    "1.001776",
    "1.002407",
    "1.004194",
    "1.004222",
    "1.004859",
    "1.004873",
    "1.006714",
    "1.012753",
    "1.013225",
    "1.014027",
    "1.014748",
    "2.000200",
    "2.000635",
    "2.000987",
    "3.000333",
    "3.000347",
]
_OFFICERS = ("cb.demo.01", "H99.01.cb017")
_AGENCIES = ("H99", "H99.1", "H99.01")

Licences = Mapping[str, frozenset[str]]
"""Agency, procedure or officer -> the services that it holds."""


def licensed(*names: str, services: frozenset[str] = SERVICES) -> dict[str, frozenset[str]]:
    """The same services for each of the names."""
    return dict.fromkeys(names, services)


@dataclass(frozen=True, slots=True)
class PopulationMockSettings:
    """One account at the population database, and the three locks behind it.

    `service_url` is the address that is hashed, which need not be the one posted to. A request
    without MaDonVi is taken as `home_agency`'s. Behind a provincial platform the same account is
    known by AccessKey and SecretKey, or as an OAuth client; `token_seconds` is its tokens' life. The secret is made anew unless given. `clock` gives
    seconds since 1970. `clock_tolerance_seconds` is ours, like everything that no source tells.
    """

    service_url: str = "https://csdldc.mock.example/dancu"
    username: str = "gw-mock"
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    officers: Licences = field(default_factory=lambda: licensed(*_OFFICERS))
    agencies: Licences = field(default_factory=lambda: licensed(*_AGENCIES))
    procedures: Licences = field(default_factory=lambda: licensed(*_PROCEDURES))
    home_agency: str = "H99"
    strict_order: bool = False
    clock: Seconds = machine_seconds
    clock_tolerance_seconds: float = 300.0
    app_name: str = "cong-dich-vu"
    partner_code: str = "H99"
    partner_code_cus: str = "H99.1"
    key_name: str = "cb.demo.01"
    key_pass: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    token_seconds: int = 3600
    journal_entries: int = 200_000
