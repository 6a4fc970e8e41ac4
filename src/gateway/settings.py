"""Read the settings of a deployment from its environment, and refuse those that may not meet.

Every setting is an environment variable `GATEWAY_<NAME>`; those of a source are
`GATEWAY_<GROUP>_<NAME>`, as its folder declares them (`sources/source.py`), those of the national
portal `GATEWAY_PORTAL_<NAME>`, those of a ministry's adapter `GATEWAY_MINISTRY_<NAME>`, those of a key
service `GATEWAY_TRANSIT_<NAME>`. In production
(`GATEWAY_ENV=prod`) a mock flag, a plain-text address or one that leads to this machine or to a name
under `.test` is refused.
"""

from collections.abc import Collection, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    create_model,
    field_validator,
    model_validator,
)

from gateway.domain.identifiers import SourceId
from gateway.domain.json_texts import read_json
from gateway.sources.registry import registered
from gateway.sources.source import SourceAccess, SourceSpec
from gateway.storage.url import DatabaseUrl

_PREFIX = "GATEWAY_"
_GROUPS = ("portal", "ministry", "transit")


def _from_json(value: object) -> object:
    """What a setting that is written as JSON says; anything but a text is taken as it is."""
    return read_json(value.encode()) if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1)]


class PortalAccess(BaseModel):
    """The unit's account at the national portal; `url` is the adapter's address up to `/forward`.

    `population_code` is the portal's code of the population database (`MaCSDL`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Text
    unit: Text
    username: Text
    password: Annotated[SecretStr, Field(min_length=1)]
    dstcode: Text = "VN:GOV:000.00.00.G22:vpcpdvcprovider"
    dstcode_in: Literal["header", "query"] = "header"
    population_code: Text = "POP-DB"
    patience_seconds: float = Field(default=30.0, gt=0, le=120)


class MinistryAccess(BaseModel):
    """The client at a ministry's own adapter; dossiers of `procedures` go there instead of the portal.

    `procedures` are codes without a unit's suffix, with commas between.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Text
    client_id: Text
    client_secret: Annotated[SecretStr, Field(min_length=1)]
    procedures: Annotated[str, Field(pattern=r"^[0-9]\.[0-9]{6}(,[0-9]\.[0-9]{6})*$")]
    patience_seconds: float = Field(default=10.0, gt=0, le=120)


class TransitAccess(BaseModel):
    """The account at a key service with Vault's transit interface, and the key that wraps there."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Text
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,128}$")]
    token: Annotated[SecretStr, Field(min_length=1)]
    patience_seconds: float = Field(default=2.0, gt=0, le=10)


class Settings(BaseModel):
    """Everything that a deployment decides."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: Literal["dev", "prod"] = "dev"
    data: Path = Path.home() / ".local" / "share" / "eform-gateway"
    database_url: str | None = None
    vault_url: str | None = None
    key_provider: Literal["file", "transit"] | None = None
    schemas: Path = Path(__file__).parents[2] / "schemas"
    issuer: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    mock: bool = False
    token_lifetime_seconds: int = Field(default=1800, ge=60, le=7200)
    source_patience_seconds: float = Field(default=3.0, gt=0, le=30)
    instant_seconds: int = Field(default=20, ge=0)
    instant_seconds_per_field: int = Field(default=1, ge=0)
    least_age_hours: int = Field(default=24, ge=24)
    # questions of an hour that may find nobody, of one tenant and of all. A large province has a
    # thousand citizens an hour and one in twenty mistyped: fifty misses
    confirm_misses_of_tenant: int = Field(default=120, ge=1)  # twice that: clerks type all day
    confirm_misses_of_all: int = Field(default=600, ge=1)  # ten provinces that mistype all at once
    # a citizen may name relatives by number, and a shut register costs the others their values
    prefill_misses_of_tenant: int = Field(default=600, ge=1)
    prefill_misses_of_all: int = Field(default=3000, ge=1)
    # who sits at one screen is stopped before the province; one as wide as the tenant's is no limit
    confirm_misses_of_client: int = Field(default=90, ge=1)
    confirm_misses_of_officer: int = Field(default=60, ge=1)
    prefill_misses_of_client: int = Field(default=400, ge=1)
    prefill_misses_of_officer: int = Field(default=200, ge=1)
    # reads of people's data by one officer in a day; a busy counter serves some sixty people
    officer_reads_per_day: int = Field(default=300, ge=1)
    officer_quotas: Annotated[
        dict[str, Annotated[int, Field(ge=0)]], BeforeValidator(_from_json)
    ] = Field(default={})
    # what lies here of somebody costs a few milliseconds to look at: many times that
    closed_answer_quantum_ms: int = Field(default=100, ge=1)
    log_policy: Path | None = None
    sources: Mapping[SourceId, InstanceOf[SourceAccess]] = Field(default_factory=dict)
    portal: PortalAccess | None = None
    ministry: MinistryAccess | None = None
    transit: TransitAccess | None = None

    @field_validator("database_url", "vault_url")
    @classmethod
    def _check_database_url(cls, url: str | None) -> str | None:
        if url is not None:
            DatabaseUrl.read(url)
        return url

    @property
    def database(self) -> DatabaseUrl:
        """The database of this deployment: the one that is set, or that of the data folder."""
        if self.database_url is None:
            return DatabaseUrl.in_folder(self.data)
        return DatabaseUrl.read(self.database_url)

    @property
    def vault(self) -> DatabaseUrl:
        """The vault of this deployment: the one that is set, or `vault.db` beside the database."""
        return self.database.vault if self.vault_url is None else DatabaseUrl.read(self.vault_url)

    @model_validator(mode="after")
    def _check_vault(self) -> Self:
        if self.vault == self.database:
            raise ValueError("the vault is a database apart from that of the deployment")
        if (self.key_provider == "transit") != (self.transit is not None):
            raise ValueError("key_provider=transit and the settings of transit go together")
        return self

    @model_validator(mode="after")
    def _keep_mocks_out_of_production(self) -> Self:
        if self.env == "prod":
            if self.mock:
                raise ValueError("a production deployment is not marked as mock")
            addresses = {"issuer": self.issuer}
            for source, access in self.sources.items():
                group = registered().by_id[source].settings_group
                addresses |= {f"{group}.{name}": url for name, url in access.addresses().items()}
            if self.portal is not None:
                addresses["portal.url"] = self.portal.url
            if self.ministry is not None:
                addresses["ministry.url"] = self.ministry.url
            if self.transit is not None:
                addresses["transit.url"] = self.transit.url
            for name, address in addresses.items():
                if not _fit_for_production(address):
                    raise ValueError(f"{name} does not lead to a production system")
        if self.ministry is not None and self.portal is None:
            raise ValueError("a ministry's adapter needs the portal's settings beside it")
        if not self.mock:
            for name, least in (("instant_seconds", 20), ("instant_seconds_per_field", 1)):
                if getattr(self, name) < least:
                    raise ValueError(
                        f"{name} is at least {least} but in a deployment marked as mock"
                    )
        return self


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment; raises pydantic.ValidationError, which repeats no value.

    Raises UnusableSource where two sources clash.
    """
    accesses = {spec.settings_group: spec for spec in registered().specs if spec.access is not None}
    own: dict[str, object] = {}
    groups: dict[str, dict[str, str]] = {}
    for name, value in environment.items():
        if not name.startswith(_PREFIX):
            continue
        setting = name.removeprefix(_PREFIX).lower()
        group = _group_of(setting, (*_GROUPS, *accesses))
        if group is None:
            own[setting] = value
        else:
            groups.setdefault(group, {})[setting.removeprefix(f"{group}_")] = value
    given = {name: groups.pop(name) for name in accesses if name in groups}
    read = _model_of({name: accesses[name] for name in given}).model_validate(given)
    own.setdefault("sources", {accesses[name].id: getattr(read, name) for name in given})
    return Settings.model_validate({**groups, **own})


def _group_of(setting: str, groups: Collection[str]) -> str | None:
    """The group that a setting belongs to; the settings of the gateway itself go first."""
    if setting in Settings.model_fields:
        return None
    named = [one for one in groups if setting.startswith(f"{one}_") and setting != f"{one}_"]
    return max(named, key=len, default=None)


def _model_of(accesses: Mapping[str, SourceSpec]) -> type[BaseModel]:
    """One model of all groups of sources, so that what is refused is refused under its own name."""
    members: dict[str, Any] = {name: (spec.access, ...) for name, spec in accesses.items()}
    config = ConfigDict(hide_input_in_errors=True)
    return create_model("SourceSettings", __config__=config, **members)


def _fit_for_production(address: str) -> bool:
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    try:
        named = ip_address(host)
    except ValueError:
        known_here = host in {"", "localhost"} or host.endswith((".test", ".localhost"))
    else:
        known_here = named.is_loopback or named.is_unspecified or named.is_link_local
    return parts.scheme == "https" and not known_here
