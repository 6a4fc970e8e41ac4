"""How do callers ask the population database, and how do they read what it says?"""

from xml.sax.saxutils import escape

import httpx
from lxml import etree

from mocks.people import Person
from mocks.population import (
    ENDPOINT,
    PopulationMock,
    sign_in_headers,
)

NOW = 1_795_000_000.0
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NS = {"s": SOAP, "a": "http://www.mic.gov.vn/dancu/1.0"}


class Caller:
    """Speaks SOAP to one mock; `fields` are (element, text) pairs, text of None leaves it out."""

    def __init__(self, mock: PopulationMock, http: httpx.AsyncClient) -> None:
        self.mock = mock
        self.http = http
        self.people = mock.population

    def headers(self, at: float = NOW) -> dict[str, str]:
        signed = sign_in_headers(self.mock.state.settings, str(int(at * 1000)))
        return {**signed, "Content-Type": "application/xml"}

    def birth(self, text: str) -> str:
        if len(text) == 4:
            return f"<q:Nam>{text}</q:Nam>"
        return f"<q:NgayThangNam>{text.replace('-', '')}</q:NgayThangNam>"

    def fields(self, person: Person, **changed: str | None) -> dict[str, str]:
        usual: dict[str, str | None] = {
            "MaYeuCau": "GW-20261122-000001",
            "MaDVC": "1.004222",
            "MaTichHop": "037",
            "MaCanBo": "cb.demo.01",
            "MaDonVi": "H99.1",
            "SoDinhDanh": person.personal_id,
            "HoVaTen": escape(person.full_name),
            "NgayThangNamSinh": self.birth(person.birth_date),
        }
        return {name: text for name, text in (usual | changed).items() if text is not None}

    def envelope(
        self,
        fields: dict[str, str] | list[tuple[str, str]],
        operation: str = "TraCuuThongTinCongDan",
        namespace: str = "http://dancuquocgia.bca",
    ) -> str:
        pairs = fields.items() if isinstance(fields, dict) else fields
        inner = "".join(f"<q:{name}>{text}</q:{name}>" for name, text in pairs)
        return (
            f'<e:Envelope xmlns:e="{SOAP}" xmlns:q="{namespace}"><e:Header/>'
            f"<e:Body><q:{operation}>{inner}</q:{operation}></e:Body></e:Envelope>"
        )

    async def post(self, body: str | bytes, **headers: str) -> httpx.Response:
        return await self.http.post(ENDPOINT, content=body, headers=self.headers() | headers)

    async def ask(
        self, person: Person, operation: str = "TraCuuThongTinCongDan", **changed: str | None
    ) -> httpx.Response:
        return await self.post(self.envelope(self.fields(person, **changed), operation))

    async def ask_persona(self, name: str) -> etree._Element:
        """The one CongDan of the answer about a persona."""
        response = await self.ask(self.people.persona(name))
        found = citizens(response)
        assert response.status_code == 200
        assert len(found) == 1
        return found[0]


def citizens(response: httpx.Response) -> list[etree._Element]:
    return etree.fromstring(response.content).findall("s:Body/a:CongdanCollection/a:CongDan", NS)


def text(node: etree._Element, path: str) -> str:
    return node.findtext("/".join(f"a:{step}" for step in path.split("/")), "", NS)


def fault(response: httpx.Response) -> tuple[int, str]:
    root = etree.fromstring(response.content)
    assert root.findtext("s:Body/s:Fault/faultcode", "", NS).startswith("soapenv:")
    return response.status_code, root.findtext("s:Body/s:Fault/faultstring", "", NS)
