"""Read the protocol between unit and portal from the one file for client and mock."""

import json
from pathlib import Path
from typing import Any

PROTOCOL: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "schemas" / "portal-protocol.json").read_text(encoding="utf-8")
)
DSTCODE: str = PROTOCOL["transport"]["dstcode"]["value"]
"""The provider that the adapter forwards to (sure)."""
