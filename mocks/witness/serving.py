"""Run the witness as a process of its own, on loopback, until stopped.

    python -m mocks.witness.serving --log VKEY --info FILE

FILE appears by rename once it answers: {"url", "vkey"}; `url` is what a policy's `witness` line ends with.
"""

import argparse
import secrets
import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from mocks.serve import LOOPBACK, write_info
from mocks.witness.app import WitnessMock


class _Server(uvicorn.Server):
    """Says where it is once it answers."""

    def __init__(self, witness: WitnessMock, info: Path) -> None:
        super().__init__(
            uvicorn.Config(witness, http="httptools", log_level="critical", access_log=False)
        )
        self._vkey = witness.vkey
        self._info = info

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            port = listening.getsockname()[1]
            write_info(self._info, {"url": f"http://{LOOPBACK}:{port}", "vkey": self._vkey})


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m mocks.witness.serving")
    parser.add_argument("--log", required=True, help="the verifier key of the log to witness")
    parser.add_argument("--info", type=Path, required=True)
    given = parser.parse_args(arguments)
    witness = WitnessMock("witness.example.test/demo", secrets.randbits(64))
    witness.trust(given.log)
    with socket.create_server((LOOPBACK, 0)) as listening:
        _Server(witness, given.info).run(sockets=[listening])


if __name__ == "__main__":
    main()
