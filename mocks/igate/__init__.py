"""What would iGate and the people before its screens do? They fill, type, correct, contest, submit."""

from mocks.igate.behaviour import Behaviour, behaviours
from mocks.igate.client import Answer, IGate
from mocks.igate.stories import FORMS, Story, stories
from mocks.igate.visit import Outcome, Visit

__all__ = [
    "FORMS",
    "Answer",
    "Behaviour",
    "IGate",
    "Outcome",
    "Story",
    "Visit",
    "behaviours",
    "stories",
]
