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


def test_secret_is_shown_once(data: dict[str, str]) -> None:
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


@pytest.mark.parametrize(
    "more, said",
    [
        (["--agency", "99"], ("agency_code_unusable", "H99.01")),
        (["--agency", "99.01"], ("agency_code_unusable", "H99.01")),
        (["--procedure", "abc"], ("procedure_code_unusable", "gateway clients procedures")),
        (["--procedure", "9.999999"], ("procedure_code_unusable", "1.004222")),
        (["--agencies", "09"], ("agency_code_unusable", "G09.20")),
    ],
)
def test_grant_of_unknown_target_is_refused(
    data: dict[str, str], more: list[str], said: tuple[str, str]
) -> None:
    refusal = _run([*TENANT, *more], data, 1)

    assert refusal.startswith(f"{said[0]}: ") and said[1] in refusal
    assert _run(["clients", "add", "h99"], data, 1).startswith("unknown_tenant: ")


def test_listed_procedures_are_those_that_are_taken(data: dict[str, str]) -> None:
    listed = _run(["clients", "procedures"], data).split()

    assert "1.004222" in listed and listed == sorted(set(listed))
    _run([*TENANT, "--procedure", listed[0], "--procedure", listed[-1]], data)


def test_shown_grant_is_what_was_granted(data: dict[str, str]) -> None:
    _run([*TENANT, "--procedure", "1.004222", "--until", "2026-11-22"], data)
    client = json.loads(_run(["clients", "add", "h99", "--json"], data))
    shown = json.loads(_run(["clients", "show", "h99", "--json"], data))

    assert (shown["procedures"], shown["officers"]) == (["1.004222"], "*")
    assert (shown["state"], shown["until"]) == ("granted", "2026-11-22T17:00:00+00:00")
    assert [one["client_id"] for one in shown["clients"]] == [client["client_id"]]
    assert client["client_id"] in _run(["clients", "show", "h99"], data)
    clock = Clock()
    clock.forward(hours=12)
    later = CliRunner().invoke(app, ["clients", "show", "h99", "--json"], env=data, obj=clock)
    assert json.loads(later.output)["state"] == "ended"


def test_ended_grant_names_nothing(data: dict[str, str]) -> None:
    admitted = json.loads(_run([*TENANT, "--json"], data))
    ended = json.loads(_run(["clients", "grant", "h99", "--end", "--json"], data))
    shown = json.loads(_run(["clients", "show", "h99", "--json"], data))

    assert ended["leaf"] != admitted["leaf"]
    assert (shown["state"], shown["sources"], shown["procedures"]) == ("ended", [], [])
    _run(["clients", "grant", "h99"], data)
    assert json.loads(_run(["clients", "show", "h99", "--json"], data))["state"] == "granted"


def test_end_comes_alone(data: dict[str, str]) -> None:
    _run(TENANT, data)

    assert "--end" in _run(["clients", "grant", "h99", "--end", "--source", "records"], data, 2)
    assert _run(["clients", "show", "h98"], data, 1).startswith("unknown_tenant: ")


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
