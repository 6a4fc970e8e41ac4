import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from tests.clock import Clock
from tests.proving import Signer

TENANT = ["clients", "register", "h99", "--name", "Tỉnh H", "--agency", "H99"]


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    return {"GATEWAY_DATA": str(tmp_path / "data")}


def _run(arguments: list[str], data: dict[str, str], status: int = 0) -> str:
    result = CliRunner().invoke(app, arguments, env=data, obj=Clock())
    assert result.exit_code == status, result.output
    return result.output


def test_tenant_client_is_admitted_and_revoked(data: dict[str, str]) -> None:
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
def test_impossible_command_ends_with_1(
    data: dict[str, str], arguments: list[str], code: str
) -> None:
    _run(TENANT, data)

    assert _run(arguments, data, 1).startswith(f"{code}: ")


def test_hardened_client_is_registered_with_keys(data: dict[str, str], tmp_path: Path) -> None:
    first, second = Signer(), Signer.on_p256()
    (tmp_path / "first.json").write_text(json.dumps(first.jwk))
    (tmp_path / "second.json").write_text(json.dumps(second.jwk))
    hardened = ["--hardened", "--jwk", str(tmp_path / "first.json"), "--json"]
    client = json.loads(_run([*TENANT, *hardened], data))
    keys, client_id = ["clients", "keys"], client["client_id"]

    _run([*keys, "add", client_id, "--jwk", str(tmp_path / "second.json")], data)
    _run([*keys, "revoke", client_id, client["kid"]], data)

    assert client["kid"] == first.thumbprint and "client_secret" not in client
    assert set(_run([*keys, "list", client_id], data).splitlines()) == {
        f"{first.thumbprint}  revoked",
        f"{second.thumbprint}  live",
    }
    [listed] = json.loads(_run(["clients", "list", "--json"], data))
    assert (listed["profile"], listed["signatures"]) == ("hardened", "optional")


@pytest.mark.parametrize(
    "jwk, code",
    [
        ({"kty": "EC", "crv": "P-256", "d": "x"}, "client_key_unusable"),
        ({"kty": "EC", "crv": "P-192", "x": "x", "y": "x"}, "client_key_unusable"),
        ({**Signer().jwk, "jku": "https://attacker.example.test"}, "client_key_unusable"),
    ],
)
def test_unusable_key_admits_nobody(
    data: dict[str, str], tmp_path: Path, jwk: dict[str, str], code: str
) -> None:
    (tmp_path / "key.json").write_text(json.dumps(jwk))
    given = [*TENANT, "--hardened", "--jwk", str(tmp_path / "key.json")]

    assert _run(given, data, 1).startswith(f"{code}: ")
    assert _run(["clients", "add", "h99"], data, 1).startswith("unknown_tenant: ")


def test_unknown_scope_is_refused(data: dict[str, str]) -> None:
    _run(TENANT, data)

    assert _run(["clients", "add", "h99", "--scope", "all"], data, 1).startswith("scope_unknown: ")
    client = json.loads(_run(["clients", "add", "h99", "--scope", "batch", "--json"], data))
    [listed] = json.loads(_run(["clients", "list", "--json"], data))
    assert (listed["client_id"], listed["scopes"]) == (client["client_id"], "batch")


def test_unusable_setting_ends_with_2(data: dict[str, str]) -> None:
    said = _run(["clients", "list"], {**data, "GATEWAY_PORT": "a secret"}, 2)

    assert said.startswith("GATEWAY_PORT: ")
    assert "a secret" not in said
