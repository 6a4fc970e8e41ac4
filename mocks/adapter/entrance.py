"""The unit's security server: what it forwards, and to which provider."""

from dataclasses import replace

from mocks.adapter.protocol import DSTCODE, PROTOCOL
from mocks.wire import UNDISTURBED, Application, Call, OnTheWay, Reply

_PATHS: list[str] = PROTOCOL["transport"]["adapter_paths"]["values"]
FORWARD, FORWARD_TWIN = _PATHS
"""Where the unit's own security server takes calls (sure)."""

_PAPERS: str = PROTOCOL["personal_papers"]["provider_url"]["value"]


class Entrance(Application):
    """The adapter's path, and `/_mock/` to steer what stands behind it."""

    provider_url: str | None = None
    """The `providerurl` that is needed; None: the portal itself, which needs none."""

    def forwarded(self, call: Call) -> tuple[Reply, OnTheWay]:
        """Answer a call that the adapter let through."""
        raise LookupError(call.path)

    def steered(self, call: Call) -> Reply:
        """Answer a call to `/_mock/`, or anywhere else."""
        raise LookupError(call.path)

    def answered(self, call: Call) -> tuple[Reply, OnTheWay]:
        """Let through what is meant for this provider."""
        for prefix in _PATHS:
            if call.path.startswith(prefix + "/"):
                if not self._leads_here(call):
                    return Reply(404), UNDISTURBED
                return self.forwarded(replace(call, path=call.path.removeprefix(prefix)))
        return self.steered(call), UNDISTURBED

    def _leads_here(self, call: Call) -> bool:
        """Whether the adapter would forward to this provider: `dstcode` by header or query."""
        named = {call.headers.get("dstcode"), *call.query.get("dstcode", [])}
        wanted = call.query.get("providerurl")
        right = wanted == [self.provider_url] if self.provider_url else wanted != [_PAPERS]
        return DSTCODE in named and right
