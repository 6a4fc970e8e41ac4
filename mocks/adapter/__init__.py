"""The adapter between a unit, the national portal and what lies behind it: one envelope for all.

    POST {adapter}{path}?dstcode=…[&providerurl=…]     or with `dstcode` as a header
    {"username", "password"}                           -> {"error_code", "message", "session"}
    {"session", "madonvi", "service", …}               -> {"error_code", "message", "result"}

Everything else is said in `schemas/portal-protocol.json`, which the client reads too.
"""

from mocks.adapter.entrance import FORWARD, Entrance
from mocks.adapter.envelope import DONE, Refused, members, refused, success
from mocks.adapter.protocol import DSTCODE, PROTOCOL
from mocks.adapter.sessions import Sessions

__all__ = [
    "DONE",
    "DSTCODE",
    "FORWARD",
    "PROTOCOL",
    "Entrance",
    "Refused",
    "Sessions",
    "members",
    "refused",
    "success",
]
