import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from tests.clock import Clock

TENANT = ["clients", "register", "h99", "--name", "Tỉnh H", "--agency", "H99"]


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    return {"GATEWAY_DATA": str(tmp_path / "data")}


def _run(arguments: list[str], data: dict[str, str], status: int = 0) -> str:
    result = CliRunner().invoke(app, arguments, env=data, obj=Clock())
    assert result.exit_code == status, result.output
    return result.output


def test_a_tenant_is_admitted_given_a_client_and_the_client_is_ended(data: dict[str, str]) -> None:
    admitted = json.loads(_run([*TENANT, "--json"], data))
    client = json.loads(_run(["clients", "add", "h99", "--json"], data))
    before = json.loads(_run(["clients", "list", "--json"], data))
    _run(["clients", "revoke", client["client_id"]], data)
    after = _run(["clients", "list"], data)

    assert admitted["tenant"] == "h99" and len(admitted["leaf"]) == 44
    assert [(one["client_id"], one["revoked_at"]) for one in before] == [
        (client["client_id"], None)
    ]
    assert after == f"{client['client_id']}  h99  revoked\n"


def test_another_grant_is_another_leaf(data: dict[str, str]) -> None:
    admitted = json.loads(_run([*TENANT, "--procedure", "1.004222", "--json"], data))
    changed = json.loads(_run(["clients", "grant", "h99", "--source", "records", "--json"], data))

    assert changed["tenant"] == "h99" and len(changed["leaf"]) == 44
    assert changed["leaf"] != admitted["leaf"]


def test_a_secret_is_shown_once(data: dict[str, str]) -> None:
    _run(TENANT, data)
    secret = json.loads(_run(["clients", "add", "h99", "--json"], data))["client_secret"]

    assert secret not in _run(["clients", "list", "--json"], data)
    kept = b"".join(path.read_bytes() for path in Path(data["GATEWAY_DATA"]).glob("*"))
    assert secret.encode() not in kept


@pytest.mark.parametrize(
    "arguments, code",
    [
        (["clients", "add", "h98"], "unknown_tenant"),
        (["clients", "revoke", "h98.00000000"], "unknown_client"),
        (["clients", "register", "H98", "--name", "x", "--agency", "H98"], "tenant_code_unusable"),
        (TENANT, "tenant_exists"),
        (["clients", "grant", "h98"], "unknown_tenant"),
        (["clients", "grant", "h99", "--source", "hearsay"], "unknown_source"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    data: dict[str, str], arguments: list[str], code: str
) -> None:
    _run(TENANT, data)

    assert _run(arguments, data, 1).startswith(f"{code}: ")


def test_a_setting_that_cannot_be_used_ends_with_2(data: dict[str, str]) -> None:
    said = _run(["clients", "list"], {**data, "GATEWAY_PORT": "a secret"}, 2)

    assert said.startswith("GATEWAY_PORT: ")
    assert "a secret" not in said
