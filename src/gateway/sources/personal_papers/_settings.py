"""Read the settings of the citizens' store of papers, and open the source from them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from gateway.sources.personal_papers._client import PersonalPapers
from gateway.sources.personal_papers._wire import LOGIN
from gateway.sources.source import Source, SourceAccess, SourceContext
from gateway.upstream.adapter import Adapter, AdapterAccount

Text = Annotated[str, Field(min_length=1)]


class PapersAccess(SourceAccess):
    """The unit's account at the citizens' store of papers, behind the national portal's adapter.

    `url` is the adapter's address up to `/forward`; the unit's code is the user name there.
    """

    url: Text
    unit: Text
    password: Annotated[SecretStr, Field(min_length=1)]
    dstcode: Text = "VN:GOV:000.00.00.G22:vpcpdvcprovider"
    dstcode_in: Literal["header", "query"] = "header"
    provider_url: Text = "https://apigiaytocanhan.dichvucong.gov.vn"

    def addresses(self) -> Mapping[str, str]:
        """The address of the adapter."""
        return {"url": self.url}

    def open(self, context: SourceContext) -> Source:
        """The store, read with the unit's account."""
        account = AdapterAccount(
            self.url,
            self.unit,
            self.unit,
            self.password.get_secret_value(),
            LOGIN,
            self.dstcode,
            self.dstcode_in,
            self.provider_url,
        )
        records = context.records
        return PersonalPapers(
            Adapter(account, context.exchange),
            records.kinds,
            context.lists,
            context.clock,
            records.issuers,
        )
