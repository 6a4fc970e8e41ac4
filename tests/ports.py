"""Which port may a process of a test listen on, today and after its next restart?"""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST, _USUAL_END = 10_000, 32_768
_chance = random.SystemRandom()


def free_port() -> int:
    """A port that nobody listens on and that the system gives to nobody by itself.

    One given by the system is given again to others as soon as it is closed; tests that run side by
    side, and every connection outwards, ask for such.
    """
    end = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else _USUAL_END
    while True:
        port = _chance.randrange(_LOWEST, max(end, _LOWEST + 1000))
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
