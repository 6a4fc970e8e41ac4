"""iGate and the people before its screens: they fill, type, correct, contest, submit."""

from mocks.igate.behaviour import Behaviour, behaviours
from mocks.igate.client import Answer, IGate
from mocks.igate.crowd import (
    Appointment,
    appointments,
    file_records,
    not_brought_along,
    receive,
)
from mocks.igate.held import Holdings
from mocks.igate.plots import FORMS
from mocks.igate.stories import Story, case_stories, stories
from mocks.igate.visit import Outcome, Visit

__all__ = [
    "FORMS",
    "Answer",
    "Appointment",
    "Behaviour",
    "Holdings",
    "IGate",
    "Outcome",
    "Story",
    "Visit",
    "appointments",
    "behaviours",
    "case_stories",
    "file_records",
    "not_brought_along",
    "receive",
    "stories",
]
