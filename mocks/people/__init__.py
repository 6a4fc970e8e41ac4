"""The invented people that every mock knows."""

from mocks.people.person import Member, Person, Relative, Residence, Wire
from mocks.people.personas import PERSONAS
from mocks.people.population import Population

__all__ = ["PERSONAS", "Member", "Person", "Population", "Relative", "Residence", "Wire"]
