"""The national population database: a strict mock, as far as the real one is known."""

from mocks.people import Population
from mocks.population.app import ENDPOINT, PopulationMock
from mocks.population.lgsp import (
    JSON_FACADE,
    JSON_FACADE_SIGN_IN,
    TOKEN_FACADE,
    TOKEN_FACADE_SIGN_IN,
    officer_hash,
    partner_token,
)
from mocks.population.settings import PopulationMockSettings, licensed
from mocks.population.sign_in import sign_in_hash, sign_in_headers

__all__ = [
    "ENDPOINT",
    "JSON_FACADE",
    "JSON_FACADE_SIGN_IN",
    "TOKEN_FACADE",
    "TOKEN_FACADE_SIGN_IN",
    "PopulationMock",
    "PopulationMockSettings",
    "create_population_mock",
    "licensed",
    "officer_hash",
    "partner_token",
    "sign_in_hash",
    "sign_in_headers",
]


def create_population_mock(
    settings: PopulationMockSettings | None = None, population: Population | None = None
) -> PopulationMock:
    """An application of its own journal and faults; by default one account on the usual people."""
    return PopulationMock(settings or PopulationMockSettings(), population or Population())
