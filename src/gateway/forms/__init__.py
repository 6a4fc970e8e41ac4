"""What a form asks: definition, conditions, fields, values, bindings, catalogue."""

from gateway.forms._reading.bindings import read_bindings
from gateway.forms._reading.decoding import decode_strictly
from gateway.forms._reading.mistakes import NotAnOption
from gateway.forms._reading.paths import steps_of
from gateway.forms._reading.reasons import reason_of
from gateway.forms._reading.tree import Kind, Node
from gateway.forms._showing.instants import local_date
from gateway.forms._showing.sentences import condition_in_words

__all__ = [
    "Kind",
    "Node",
    "NotAnOption",
    "condition_in_words",
    "decode_strictly",
    "local_date",
    "read_bindings",
    "reason_of",
    "steps_of",
]
