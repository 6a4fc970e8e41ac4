"""Telling the national portal: what the province registers, and what the portal knows of it."""

from gateway.dossiers._evidence.damage import damage_alarm
from gateway.dossiers._evidence.declared import template_of
from gateway.dossiers._evidence.flags import Mark
from gateway.dossiers._evidence.results import confirmed_results
from gateway.dossiers._evidence.serving import Case
from gateway.dossiers._evidence.unverified import UnverifiedFields, unverified_fields_of
from gateway.dossiers._ministry.client import MinistryAccount, MinistryAdapter, read_paths
from gateway.dossiers._portal.procedures import Change, abolished, changes
from gateway.dossiers._portal.protocol import read_protocol
from gateway.dossiers._telling.listing import Listed, listed, send_again
from gateway.dossiers._telling.outbox import DEAD, QUEUED, Seal

__all__ = [
    "Case",
    "Change",
    "DEAD",
    "UnverifiedFields",
    "Listed",
    "Mark",
    "MinistryAccount",
    "MinistryAdapter",
    "QUEUED",
    "Seal",
    "abolished",
    "changes",
    "confirmed_results",
    "damage_alarm",
    "unverified_fields_of",
    "listed",
    "read_paths",
    "read_protocol",
    "send_again",
    "template_of",
]
