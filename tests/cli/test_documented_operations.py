"""The command lines of docs/operations.md, run as they stand there in a new folder."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from shlex import quote

import httpx

from gateway_verify.signing import new_auditor
from gateway_verify.text.notes import COSIGNATURE, VerifierKey, key_hash
from gateway_verify.text.policy import read_policy
from tests.documented import ROOT, blocks_of, lines_of
from tests.ports import free_port

OPERATIONS = ROOT / "docs" / "operations.md"
GATEWAY = Path(sys.executable).with_name("gateway")


def answer(process: "subprocess.Popen[str]", address: str, **asked: str) -> httpx.Response:
    """Its first answer, however long a busy machine takes; asserts that it stays alive meanwhile."""
    while process.poll() is None:
        try:
            with httpx.Client(trust_env=False, timeout=60) as client:
                return client.post(address, data=asked) if asked else client.get(address)
        except httpx.ConnectError:
            time.sleep(0.05)
    raise AssertionError(f"the gateway ended: {process.communicate()}")


def shown_by(process: "subprocess.Popen[str]") -> dict[str, str]:
    """The client that the commands before `serve` have shown, as it signs in."""
    assert process.stdout is not None
    said = {"grant_type": "client_credentials"}
    while "client_secret" not in said:
        name, _, value = process.stdout.readline().partition(": ")
        assert name, "the gateway ended without having shown a client"
        if name.startswith("client_"):
            said[name] = value.strip()
    return said


def test_first_steps_lead_to_deployment(tmp_path: Path) -> None:
    """A tenant's client signs in with the secret that was shown; SIGTERM ends what was started."""
    first, policy = blocks_of(OPERATIONS)
    assert "quorum" in policy
    *before, last = lines_of(first)
    script = "\n".join([*before, f"exec {last}"])
    for said, meant in (
        (".venv/bin/gateway", quote(str(GATEWAY))),
        ("/srv/eform-gateway", quote(str(tmp_path / "data"))),
    ):
        assert said in script
        script = script.replace(said, meant)
    port = free_port()
    with subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "GATEWAY_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        ready = answer(process, f"http://127.0.0.1:{port}/readyz")
        signed_in = answer(process, f"http://127.0.0.1:{port}/oauth/token", **shown_by(process))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0 and ready.json()["status"] == "ok", said
    assert signed_in.status_code == 200 and signed_in.json()["access_token"]


def test_documented_policy_can_be_read() -> None:
    _, text = blocks_of(OPERATIONS)

    def whole(line: re.Match[str]) -> str:
        kind, before, name = line[1], line[2], line[3]
        public = sum(name.encode()).to_bytes(32, "big")
        witness = VerifierKey(name, key_hash(name, COSIGNATURE, public), COSIGNATURE, public)
        return f"{kind}{before}{new_auditor(name).key if kind == 'log' else witness}"

    text, filled = re.subn(r"^(log|witness)( | \w+ )(\S+)\+…", whole, text, flags=re.MULTILINE)
    policy = read_policy(text.encode())
    assert filled == 4 and len(policy.witnesses) == 3 and policy.asks_for_witnesses
