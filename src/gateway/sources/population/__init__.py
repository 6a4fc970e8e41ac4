"""The national population database (CSDLQG về dân cư): services 037 and 033, by any of three routes."""

from gateway.sources.population._client import PopulationDatabase, PopulationSettings
from gateway.sources.population._facades import JsonAccount, JsonFacade, TokenAccount, TokenFacade
from gateway.sources.population._routes import DirectAccount, DirectRoute, Route

__all__ = [
    "DirectAccount",
    "DirectRoute",
    "JsonAccount",
    "JsonFacade",
    "PopulationDatabase",
    "PopulationSettings",
    "Route",
    "TokenAccount",
    "TokenFacade",
]
