"""Read the settings of the population database, and open the source by the route that they choose."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, assert_never

from pydantic import Field, SecretStr, model_validator

from gateway.sources.population._client import PopulationDatabase, PopulationSettings
from gateway.sources.population._facades import JsonAccount, JsonFacade, TokenAccount, TokenFacade
from gateway.sources.population._routes import DirectAccount, DirectRoute, Route
from gateway.sources.source import Source, SourceAccess, SourceContext

Text = Annotated[str, Field(min_length=1)]


class PopulationAccess(SourceAccess):
    """The account at the national population database, and by which route it is reached.

    `username` and `secret` are the account that the route knows: the database's own by `direct`,
    AccessKey and SecretKey by `lgsp_token`, the client's by `lgsp_json`.
    """

    route: Literal["direct", "lgsp_token", "lgsp_json"] = "direct"
    endpoint_url: Text
    username: Text
    secret: Annotated[SecretStr, Field(min_length=1)]
    officer: Text
    agency: str | None = None
    service_url: Text | None = None
    client: str | None = None
    api_key: SecretStr | None = None
    token_url: Text | None = None
    app_name: Text | None = None
    partner_code: Text | None = None
    partner_code_cus: Text | None = None
    key_name: Text | None = None
    key_pass: Annotated[SecretStr, Field(min_length=1)] | None = None
    json_body: Literal["service_number", "user_name"] = "service_number"

    @model_validator(mode="after")
    def _name_what_the_route_needs(self) -> Self:
        missing = [name for name in _NEEDED[self.route] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"the route {self.route} also needs {', '.join(missing)}")
        return self

    def addresses(self) -> Mapping[str, str]:
        """Where questions go, and where a platform's token is asked for."""
        called = {"endpoint_url": self.endpoint_url}
        if self.route != "direct" and self.token_url is not None:
            called["token_url"] = self.token_url
        return called

    def open(self, context: SourceContext) -> Source:
        """The database, reached by the route that the settings choose."""
        settings = PopulationSettings(self.officer, self.agency)
        return PopulationDatabase(settings, self._opened(context), context.lists, context.clock)

    def _opened(self, context: SourceContext) -> Route:
        secret, exchange, clock = self.secret.get_secret_value(), context.exchange, context.clock
        match self.route:
            case "direct":
                direct = DirectAccount(
                    self.endpoint_url,
                    self.service_url or "",
                    self.username,
                    secret,
                    self.client,
                    _clear(self.api_key) or None,
                )
                return DirectRoute(direct, exchange, clock)
            case "lgsp_token":
                partner = TokenAccount(
                    token_url=self.token_url or "",
                    endpoint_url=self.endpoint_url,
                    access_key=self.username,
                    secret_key=secret,
                    app_name=self.app_name or "",
                    partner_code=self.partner_code or "",
                    partner_code_cus=self.partner_code_cus or "",
                    key_name=self.key_name or "",
                    key_pass=_clear(self.key_pass),
                )
                return TokenFacade(partner, exchange, clock)
            case "lgsp_json":
                url = self.token_url or ""
                flat = JsonAccount(url, self.endpoint_url, self.username, secret, self.json_body)
                return JsonFacade(flat, exchange, clock)
            case _:
                assert_never(self.route)


_NEEDED = {
    "direct": ("service_url",),
    "lgsp_token": (
        "token_url",
        "app_name",
        "partner_code",
        "partner_code_cus",
        "key_name",
        "key_pass",
    ),
    "lgsp_json": ("token_url",),
}


def _clear(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
