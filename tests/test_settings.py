from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.domain.identifiers import PERSONAL_PAPERS, POPULATION
from gateway.settings import read_settings
from gateway.sources.personal_papers import PapersAccess
from gateway.sources.population import PopulationAccess

PRODUCTION = {
    "GATEWAY_ENV": "prod",
    "GATEWAY_ISSUER": "https://gateway.example.gov.vn",
    "GATEWAY_POPULATION_ENDPOINT_URL": "https://lgsp.example.gov.vn/dancu/1.0",
    "GATEWAY_POPULATION_SERVICE_URL": "http://dancu.example/service",
    "GATEWAY_POPULATION_USERNAME": "tinh-h",
    "GATEWAY_POPULATION_SECRET": "an invented secret",
    "GATEWAY_POPULATION_OFFICER": "H99.service",
    "GATEWAY_PAPERS_URL": "https://adapter.example.gov.vn/XrdAdapter/RestService/forward",
    "GATEWAY_PAPERS_UNIT": "H99",
    "GATEWAY_PAPERS_PASSWORD": "another invented secret",
}

TOKEN_ROUTE = {
    "GATEWAY_POPULATION_ROUTE": "lgsp_token",
    "GATEWAY_POPULATION_TOKEN_URL": "https://lgsp.example.gov.vn/token",
    "GATEWAY_POPULATION_APP_NAME": "cong-dich-vu",
    "GATEWAY_POPULATION_PARTNER_CODE": "H99",
    "GATEWAY_POPULATION_PARTNER_CODE_CUS": "H99.1",
    "GATEWAY_POPULATION_KEY_NAME": "cb.demo.01",
    "GATEWAY_POPULATION_KEY_PASS": "an invented pass",
}


def test_settings_come_from_environment_only() -> None:
    settings = read_settings(
        {"GATEWAY_DATA": "/srv/gateway", "GATEWAY_PORT": "9000", "HOME": "/root", "PATH": "/bin"}
    )

    assert (settings.data, settings.port, settings.sources) == (Path("/srv/gateway"), 9000, {})


def test_quotas_of_officers_are_read_as_json() -> None:
    settings = read_settings({"GATEWAY_OFFICER_QUOTAS": '{"H99.01.cb017": 600}'})
    assert settings.officer_quotas == {"H99.01.cb017": 600}
    for written in ('{"H99.01.cb017": 6, "H99.01.cb017": 600}', '{"H99.01.cb017": -1}', "600", "{"):
        with pytest.raises(ValidationError, match="quotas"):
            read_settings({"GATEWAY_OFFICER_QUOTAS": written})


def test_a_production_deployment_names_production_systems() -> None:
    settings = read_settings(PRODUCTION)

    population, papers = (settings.sources[one] for one in (POPULATION, PERSONAL_PAPERS))
    assert isinstance(population, PopulationAccess)
    assert population.secret.get_secret_value() == "an invented secret"
    assert isinstance(papers, PapersAccess)
    assert papers.password.get_secret_value() == "another invented secret"
    assert "invented secret" not in repr(settings)


MISTAKES = {
    "the mock mark": {"GATEWAY_MOCK": "1"},
    "a mock on this machine": {"GATEWAY_POPULATION_ENDPOINT_URL": "https://127.0.0.1:9/dancu"},
    "a mock on this machine by another of its addresses": {
        "GATEWAY_POPULATION_ENDPOINT_URL": "https://127.8.8.8:9/dancu"
    },
    "a mock on this machine by its other protocol": {
        "GATEWAY_POPULATION_ENDPOINT_URL": "https://[::1]:9/dancu"
    },
    "a mock by name": {"GATEWAY_POPULATION_ENDPOINT_URL": "https://LocalHost./dancu"},
    "a test name": {"GATEWAY_POPULATION_ENDPOINT_URL": "https://population.test/dancu"},
    "a store of papers on this machine": {"GATEWAY_PAPERS_URL": "https://127.0.0.1:9/forward"},
    "half of another group": {"GATEWAY_PAPERS_PASSWORD": ""},
    "a group without its members": {"GATEWAY_PAPERS": "x"},
    "plain text": {"GATEWAY_POPULATION_ENDPOINT_URL": "http://lgsp.example.gov.vn/dancu"},
    "no host": {"GATEWAY_POPULATION_ENDPOINT_URL": "https:///dancu"},
    "an issuer on this machine": {"GATEWAY_ISSUER": "https://localhost"},
    "no instant rule": {"GATEWAY_INSTANT_SECONDS": "0"},
    "a setting of no source": {"GATEWAY_VEHICLES_URL": "https://vehicles.example.gov.vn"},
    "sources by no group": {"GATEWAY_SOURCES": "{}"},
    "a misspelt setting": {"GATEWAY_ISUER": "https://gateway.example.gov.vn"},
    "a misspelt setting of a group": {"GATEWAY_POPULATION_PASSWORD": "x"},
    "half a group": {"GATEWAY_POPULATION_USERNAME": ""},
    "a day-long token": {"GATEWAY_TOKEN_LIFETIME_SECONDS": "86400"},
    "an environment of another name": {"GATEWAY_ENV": "production"},
}


@pytest.mark.parametrize("change", MISTAKES.values(), ids=MISTAKES)
def test_t51_production_does_not_start_with(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refusal:
        read_settings({**PRODUCTION, **change})
    assert "an invented secret" not in str(refusal.value)


def test_route_names_every_address_it_calls() -> None:
    by_token = read_settings({**PRODUCTION, **TOKEN_ROUTE}).sources[POPULATION]
    direct = read_settings(PRODUCTION).sources[POPULATION]

    assert by_token is not None and direct is not None
    assert (direct.route, by_token.route) == ("direct", "lgsp_token")
    assert direct.addresses().keys() == {"endpoint_url"}
    assert by_token.addresses() == {
        "endpoint_url": "https://lgsp.example.gov.vn/dancu/1.0",
        "token_url": "https://lgsp.example.gov.vn/token",
    }
    assert "an invented pass" not in repr(by_token)


UNFINISHED = {
    "an unknown route": ({"GATEWAY_POPULATION_ROUTE": "fax"}, "route"),
    "direct without the address that is hashed": (
        {"GATEWAY_POPULATION_SERVICE_URL": None},
        "service_url",
    ),
    "a flat body without a place for its token": (
        {"GATEWAY_POPULATION_ROUTE": "lgsp_json"},
        "token_url",
    ),
    "a token desk in plain text": (
        {**TOKEN_ROUTE, "GATEWAY_POPULATION_TOKEN_URL": "http://lgsp.example.gov.vn/token"},
        "population.token_url",
    ),
    **{
        f"a token route without {name}": ({**TOKEN_ROUTE, name: None}, name[19:].lower())
        for name in TOKEN_ROUTE
        if name != "GATEWAY_POPULATION_ROUTE"
    },
}


@pytest.mark.parametrize("change", UNFINISHED)
def test_t51_incomplete_route_names_missing_setting(change: str) -> None:
    given, named = UNFINISHED[change]
    environment = {n: v for n, v in {**PRODUCTION, **given}.items() if v is not None}
    with pytest.raises(ValidationError) as refusal:
        read_settings(environment)
    assert named in str(refusal.value)
    assert "an invented" not in str(refusal.value)


def test_mock_may_count_instant_dossiers() -> None:
    zero = {"GATEWAY_INSTANT_SECONDS": "0", "GATEWAY_INSTANT_SECONDS_PER_FIELD": "0"}

    assert read_settings({**zero, "GATEWAY_MOCK": "1"}).instant_seconds == 0
    with pytest.raises(ValidationError):
        read_settings(zero)
