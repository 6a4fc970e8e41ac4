"""The national population database (CSDLQG về dân cư): services 037 and 033, by any of three routes."""

from gateway.domain.identifiers import POPULATION
from gateway.sources.population._settings import PopulationAccess
from gateway.sources.source import SourceSpec

__all__ = ["SOURCE", "PopulationAccess"]

SOURCE = SourceSpec(
    POPULATION,
    "CSDLQG về dân cư",
    letter="p",
    access=PopulationAccess,
    is_granted=True,
    place=1,
)
