"""Clients of the hardened profile, over HTTP: assertion, bound token, a proof with every call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from gateway.access.clients import NewClient, Registration
from gateway.access.proofs import read_public_key
from gateway.access.scopes import Scope
from gateway.access.used import purge_used
from gateway.api.services import Services
from gateway.app import create_app
from gateway.domain.identifiers import TenantId
from gateway.settings import Settings
from gateway.storage.schema import used_proofs
from tests.clock import Clock
from tests.proving import JWT_BEARER, Signer, assertion, dpop, signed, spare_bits

from .conftest import ADDRESS, admit

ISSUER = "http://127.0.0.1:8000"
ENDPOINT = f"{ISSUER}/oauth/token"
FORMS = f"{ISSUER}/v1/forms"


@dataclass
class Hardened:
    """A hardened client with its keys, at a gateway."""

    http: httpx.AsyncClient
    clock: Clock
    client_id: str
    own: Signer = field(default_factory=Signer)
    key: Signer = field(default_factory=Signer.on_p256)

    def asserted(self, **other: Any) -> dict[str, str]:
        made = assertion(self.own, self.client_id, ISSUER, self.clock.seconds(), **other)
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": made,
        }

    def proof(self, method: str, address: str, token: str | None = None, **other: Any) -> str:
        return dpop(self.key, method, address, self.clock.seconds(), token, **other)

    async def ask(
        self, form: dict[str, str] | None = None, proof: str | None = None, **more: str
    ) -> httpx.Response:
        headers = {"DPoP": self.proof("POST", ENDPOINT) if proof is None else proof}
        data = {**(self.asserted() if form is None else form), **more}
        return await self.http.post("/oauth/token", data=data, headers=headers)

    async def token(self, **more: str) -> str:
        answer = await self.ask(**more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def forms(
        self, token: str, proof: str | None = None, scheme: str = "DPoP"
    ) -> httpx.Response:
        proof = self.proof("GET", FORMS, token) if proof is None else proof
        headers = {"Authorization": f"{scheme} {token}", "DPoP": proof}
        return await self.http.get("/v1/forms", headers=headers)


@pytest.fixture
async def hardened(
    anybody: httpx.AsyncClient, services: Services, clock: Clock, client: NewClient
) -> Hardened:
    own = Signer()
    registration = Registration(read_public_key(own.jwk))
    made = await services.access.clients.add(TenantId("h99"), clock(), registration)
    assert made.secret == ""
    return Hardened(anybody, clock, made.client_id, own)


@asynccontextmanager
async def gateway_beside(
    folder: Path, schemas: Path, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """Another gateway over the same data folder."""
    app = create_app(Settings(data=folder, schemas=schemas, mock=True), clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as http:
            yield http


def _challenge(answer: httpx.Response) -> tuple[int, str, str]:
    return (
        answer.status_code,
        answer.json()["code"],
        answer.headers["www-authenticate"].split(",")[0],
    )


async def test_hardened_client_signs_in_and_calls(hardened: Hardened) -> None:
    answer = await hardened.ask()

    shown = answer.json()
    assert (shown["token_type"], shown["expires_in"]) == ("DPoP", 300)
    assert (await hardened.forms(shown["access_token"])).status_code == 200
    assert (await hardened.forms(shown["access_token"], scheme="dpop")).status_code == 200


async def test_bound_token_ends_after_five_minutes(hardened: Hardened) -> None:
    token = await hardened.token()
    hardened.clock.forward(seconds=300)

    assert (await hardened.forms(token)).json()["code"] == "token_expired"


@pytest.mark.threat(6)
async def test_t06_stolen_token_is_refused(hardened: Hardened) -> None:
    token, thief = await hardened.token(), Signer()
    proof = dpop(thief, "GET", FORMS, hardened.clock.seconds(), token)

    assert _challenge(await hardened.forms(token, proof)) == (
        401,
        "dpop_refused",
        'DPoP error="invalid_dpop_proof"',
    )


async def test_bound_token_is_no_bearer(hardened: Hardened) -> None:
    token = await hardened.token()

    for proof in (hardened.proof("GET", FORMS, token), ""):
        refused = await hardened.forms(token, proof, "Bearer")
        assert _challenge(refused) == (401, "dpop_needed", 'DPoP error="invalid_token"')
    unproved = await hardened.http.get("/v1/forms", headers={"Authorization": f"DPoP {token}"})
    assert unproved.json()["code"] == "dpop_needed"


async def test_plain_token_is_no_dpop(
    hardened: Hardened, services: Services, client: NewClient
) -> None:
    caller = services.access.clients.caller(client.client_id)
    assert caller is not None

    refused = await hardened.forms(services.access.tokens.issue(caller))
    assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")


async def test_plain_token_for_hardened_client_is_refused(
    hardened: Hardened, services: Services
) -> None:
    caller = services.access.clients.caller(hardened.client_id)
    assert caller is not None

    refused = await hardened.forms(services.access.tokens.issue(caller), scheme="Bearer")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")


@pytest.mark.parametrize("secret", ["", "x"])
async def test_hardened_client_has_no_secret(hardened: Hardened, secret: str) -> None:
    named = {"client_id": hardened.client_id, "client_secret": secret}
    answer = await hardened.ask({"grant_type": "client_credentials", **named})

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


async def test_client_with_secret_signs_no_assertion(
    hardened: Hardened, services: Services, client: NewClient
) -> None:
    await services.access.clients.add_key(
        client.client_id, read_public_key(hardened.key.jwk), hardened.clock()
    )
    other = Hardened(hardened.http, hardened.clock, client.client_id, hardened.key)

    assert (await other.ask()).json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    "more, error",
    [
        ({"client_secret": "x"}, "invalid_request"),
        ({"client_assertion_type": "urn:other"}, "invalid_request"),
        ({"client_id": "h99.00000000"}, "invalid_client"),
        ({"client_assertion": "a.b.c"}, "invalid_client"),
        ({"client_assertion": "x" * 9000}, "invalid_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": "batch"}, "invalid_scope"),
        ({"scope": "forms  prefill"}, "invalid_scope"),
    ],
)
async def test_assertion_amiss_is_refused(
    hardened: Hardened, more: dict[str, str], error: str
) -> None:
    assert (await hardened.ask(**more)).json() == {"error": error}


async def test_unproved_sign_in_is_refused(hardened: Hardened) -> None:
    for proof in ("", "a.b.c", hardened.proof("GET", ENDPOINT), hardened.proof("POST", FORMS)):
        answer = await hardened.ask(proof=proof)
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_dpop_proof"})
    bare = await hardened.http.post("/oauth/token", data=hardened.asserted())
    assert bare.json() == {"error": "invalid_dpop_proof"}


@pytest.mark.parametrize("seconds", [0.001, 59, 61])
async def test_t03_call_sent_again_is_refused(hardened: Hardened, seconds: float) -> None:
    token = await hardened.token()
    proof = hardened.proof("GET", FORMS, token)
    assert (await hardened.forms(token, proof)).status_code == 200

    hardened.clock.forward(seconds=seconds)

    refused = await hardened.forms(token, proof)
    assert refused.status_code == 401
    assert refused.json()["code"] == ("proof_used" if seconds < 60 else "dpop_refused")


@pytest.mark.parametrize("seconds", [0.001, 59, 61])
async def test_t03_repeated_sign_in_is_refused(hardened: Hardened, seconds: float) -> None:
    form = hardened.asserted(exp=int(hardened.clock.seconds()) + 299)
    assert (await hardened.ask(form)).status_code == 200

    hardened.clock.forward(seconds=seconds)

    assert (await hardened.ask(form)).json() == {"error": "invalid_client"}


async def test_t03_clock_set_back_revives_nothing(hardened: Hardened, services: Services) -> None:
    token = await hardened.token()
    proof = hardened.proof("GET", FORMS, token)
    await hardened.forms(token, proof)

    hardened.clock.forward(seconds=120)
    await services.database.write(lambda c: purge_used(c, hardened.clock()))
    hardened.clock.forward(seconds=-120)

    assert (await hardened.forms(token, proof)).json()["code"] == "proof_used"


async def test_t03_parallel_calls_with_one_proof(hardened: Hardened) -> None:
    token = await hardened.token()
    proof = hardened.proof("GET", FORMS, token)

    answers = await asyncio.gather(*(hardened.forms(token, proof) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


async def test_t03_replay_is_refused_after_restart(
    tmp_path: Path, schemas: Path, clock: Clock
) -> None:
    own = Signer()
    app = create_app(Settings(data=tmp_path, schemas=schemas, mock=True), clock)
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        await admit(services, "h99", clock)
        key = Registration(read_public_key(own.jwk))
        made = await services.access.clients.add(TenantId("h99"), clock(), key)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as http:
            before = Hardened(http, clock, made.client_id, own)
            form, token = before.asserted(), await before.token()
            proof = before.proof("GET", FORMS, token)
            assert (await before.ask(form)).status_code == 200
            assert (await before.forms(token, proof)).status_code == 200

    async with gateway_beside(tmp_path, schemas, clock) as http:
        after = Hardened(http, clock, made.client_id, own, before.key)
        assert (await after.forms(token, proof)).json()["code"] == "proof_used"
        assert (await after.ask(form)).json() == {"error": "invalid_client"}
        assert (await after.forms(token)).status_code == 200


async def test_t04_differently_written_proof_is_repeat(hardened: Hardened) -> None:
    token = await hardened.token()
    jti, now = "one-identifier-for-both", hardened.clock.seconds()
    first, second = (dpop(hardened.key, "GET", FORMS, now, token, jti=jti) for _ in range(2))
    assert first != second
    assert (await hardened.forms(token, spare_bits(first))).status_code == 401
    assert (await hardened.forms(token, first)).status_code == 200

    assert (await hardened.forms(token, second)).json()["code"] == "proof_used"


async def test_used_proofs_are_purged(hardened: Hardened, services: Services) -> None:
    await hardened.forms(await hardened.token())
    count = select(func.count()).select_from(used_proofs)
    assert services.database.read(lambda c: c.execute(count).scalar()) == 3

    hardened.clock.forward(seconds=600)

    assert await services.database.write(lambda c: purge_used(c, hardened.clock())) == 3


async def test_revoked_client_ends_at_once(hardened: Hardened, services: Services) -> None:
    token = await hardened.token()
    await services.access.clients.revoke(hardened.client_id, hardened.clock())

    assert (await hardened.forms(token)).json()["code"] == "token_refused"
    assert (await hardened.ask()).json() == {"error": "invalid_client"}


async def test_key_replaces_another(hardened: Hardened, services: Services) -> None:
    clients, second = services.access.clients, Signer.on_p256()
    await clients.add_key(hardened.client_id, read_public_key(second.jwk), hardened.clock())
    by_first = await hardened.token()
    renewed = Hardened(hardened.http, hardened.clock, hardened.client_id, second, hardened.key)
    by_second = await renewed.token()

    await clients.revoke_key(hardened.client_id, hardened.own.thumbprint, hardened.clock())

    assert (await hardened.forms(by_first)).json()["code"] == "token_refused"
    assert (await hardened.ask()).json() == {"error": "invalid_client"}
    assert (await hardened.forms(by_second)).status_code == 200


async def test_token_opens_only_its_scopes(hardened: Hardened) -> None:
    token = await hardened.token(scope="prefill submit")

    refused = await hardened.forms(token)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert refused.headers["www-authenticate"].endswith('error="insufficient_scope", scope="forms"')
    assert (await hardened.forms(await hardened.token(scope="forms"))).status_code == 200


@pytest.mark.parametrize("scopes", [frozenset({"prefill"}), frozenset({"forms", "batch"})])
async def test_client_gets_its_registered_scopes(
    anybody: httpx.AsyncClient,
    services: Services,
    clock: Clock,
    client: NewClient,
    scopes: frozenset[Scope],
) -> None:
    registration = Registration(scopes=scopes)
    made = await services.access.clients.add(TenantId("h99"), clock(), registration)
    named = {"client_id": made.client_id, "client_secret": made.secret}
    answer = await anybody.post("/oauth/token", data={"grant_type": "client_credentials", **named})

    assert answer.json()["scope"] == " ".join(sorted(scopes))
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    expected = 200 if "forms" in scopes else 403
    assert (await anybody.get("/v1/forms", headers=bearer)).status_code == expected


ECHO = "/v1/corrections/search"
SEARCH = b'{"state": "open"}'


class Signing:
    """A client that signs its messages, by a plain Bearer beside its keys."""

    def __init__(self, http: httpx.AsyncClient, token: str, key: Signer, clock: Clock) -> None:
        self._http, self._token, self._key, self._clock = http, token, key, clock

    def headers(self, **other: Any) -> dict[str, str]:
        plain = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        url, now = ISSUER + ECHO, self._clock.seconds()
        return signed(self._key, "POST", url, plain, SEARCH, now, **other)

    async def search(self, headers: dict[str, str]) -> httpx.Response:
        sent = {"Host": "127.0.0.1:8000", **headers}
        return await self._http.post(ECHO, content=SEARCH, headers=sent)

    def plain(self) -> dict[str, str]:
        kept = ("authorization", "content-type")
        return {name: value for name, value in self.headers().items() if name in kept}


@pytest.fixture
async def signing(
    anybody: httpx.AsyncClient, services: Services, clock: Clock, client: NewClient
) -> Signing:
    key = Signer()
    await services.access.clients.add_key(client.client_id, read_public_key(key.jwk), clock())
    caller = services.access.clients.caller(client.client_id)
    assert caller is not None
    return Signing(anybody, services.access.tokens.issue(caller), key, clock)


async def test_signature_of_clients_with_keys_is_checked(signing: Signing) -> None:
    headers = signing.headers()
    assert (await signing.search(headers)).status_code == 200
    assert (await signing.search(signing.plain())).status_code == 200

    for name in ("signature", "signature-input"):
        lacking = {n: v for n, v in signing.headers().items() if n != name}
        refused = await signing.search(lacking)
        assert (refused.status_code, refused.json()["code"]) == (401, "message_signature_refused")
        assert '"@target-uri"' in refused.headers["accept-signature"]


@pytest.mark.threat(7)
async def test_t07_signed_call_to_another_host_is_refused(signing: Signing) -> None:
    refused = await signing.search({**signing.headers(), "Host": "127.0.0.1:8001"})

    assert refused.json()["code"] == "message_signature_refused"


@pytest.mark.parametrize("seconds", [0.001, 59, 61])
async def test_t03_signed_message_sent_again_is_refused(signing: Signing, seconds: float) -> None:
    headers = signing.headers()
    assert (await signing.search(headers)).status_code == 200

    signing._clock.forward(seconds=seconds)

    code = (await signing.search(headers)).json()["code"]
    assert code == ("proof_used" if seconds < 60 else "message_signature_refused")


async def test_client_that_must_sign_is_refused_unsigned(
    hardened: Hardened, services: Services
) -> None:
    own = Signer()
    registration = Registration(read_public_key(own.jwk), must_sign=True)
    made = await services.access.clients.add(TenantId("h99"), hardened.clock(), registration)
    client = Hardened(hardened.http, hardened.clock, made.client_id, own)
    token = await client.token()
    plain = {"Authorization": f"DPoP {token}", "Content-Type": "application/json"}

    async def search(sign: bool) -> httpx.Response:
        url, now = ISSUER + ECHO, hardened.clock.seconds()
        headers = signed(own, "POST", url, plain, SEARCH, now) if sign else plain
        sent = {"Host": "127.0.0.1:8000", **headers, "DPoP": client.proof("POST", url, token)}
        return await hardened.http.post(ECHO, content=SEARCH, headers=sent)

    refused = await search(sign=False)
    assert (refused.status_code, refused.json()["code"]) == (401, "message_signature_needed")
    assert (await search(sign=True)).status_code == 200
    assert (await client.forms(token)).status_code == 200


def test_every_operation_names_its_scope(app: FastAPI) -> None:
    """Each route is listed here with the one scope that opens it, or as open to everybody."""
    described = app.openapi()["paths"]
    found = {
        f"{method.upper()} {path}": [
            scope for one in operation.get("security", []) for scope in one.get("OAuth2", [])
        ]
        for path, operations in described.items()
        for method, operation in operations.items()
    }
    listed = {
        call: [scope] for scope, calls in OPENS.items() for call in calls if scope != "public"
    }

    assert found == {**listed, **{call: [] for call in OPENS["public"]}}


OPENS: dict[str, tuple[str, ...]] = {
    "forms": ("GET /v1/forms", "GET /v1/forms/{form}"),
    "prefill": (
        "POST /v1/prefills",
        "POST /v1/igate/eforms/{eform}/prefill",
        "POST /v1/identity/confirm",
    ),
    "submit": ("POST /v1/submissions", "POST /v1/igate/dossiers"),
    "corrections": ("POST /v1/corrections/search", "POST /v1/corrections/{ticket}/state"),
    "records.read": ("POST /v1/records/search",),
    "records.write": ("POST /v1/records", "POST /v1/records/{record}/revoke"),
    "dossiers": (
        "POST /v1/dossiers",
        "POST /v1/dossiers/{code}/progress",
        "GET /v1/dossiers/{code}",
    ),
    "metrics": ("GET /v1/metrics/field-reduction", "GET /v1/metrics/index-766"),
    "public": (
        "POST /oauth/token",
        "GET /catalogue/provinces",
        "GET /catalogue/communes",
        "GET /catalogue/countries",
        "GET /catalogue/business-lines",
        "GET /catalogue/hospitals",
        "GET /catalogue/banks",
        "GET /log/{address}",
        "GET /v1/log/proof",
        "GET /v1/log/consistency",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
        "GET /v1/errors",
        "GET /.well-known/jwks.json",
    ),
}
