"""A key service that wraps keys over HTTP, in the interface of Vault's transit engine.

    POST <url>/v1/transit/encrypt/<key>   {"plaintext": base64, "associated_data": base64}
                                          -> {"data": {"ciphertext": "vault:v1:..."}}
    POST <url>/v1/transit/decrypt/<key>   {"ciphertext", "associated_data"} -> {"data": {"plaintext"}}

The token goes in the header `X-Vault-Token`; the key must be of a type that takes associated data, as
`aes256-gcm96` does. Both calls may be repeated.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.domain.errors import SourceBrokeContract, SourceError, VaultClosed
from gateway.domain.json_texts import AmbiguousJson, read_json
from gateway.upstream import http
from gateway.upstream.exchange import Exchange


class _Data(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    ciphertext: str | None = None
    plaintext: str | None = None


class _Reply(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    data: _Data


class TransitKeys:
    """A key provider whose key never leaves the service."""

    def __init__(self, url: str, key: str, token: str, exchange: Exchange) -> None:
        self.name = f"transit:{key}"
        self._url = url.rstrip("/")
        self._key = key
        self._headers = {"X-Vault-Token": token, "Content-Type": "application/json"}
        self._exchange = exchange

    async def wrap(self, key: bytes, about: bytes) -> bytes:
        """`key` wrapped, bound to `about`; raises VaultClosed."""
        asked = {"plaintext": _text(key), "associated_data": _text(about)}
        reply = await self._ask("encrypt", asked)
        if not reply.ciphertext:
            raise VaultClosed
        return reply.ciphertext.encode()

    async def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """The key again; raises VaultClosed, also where the service refuses."""
        asked = {"ciphertext": wrapped.decode(), "associated_data": _text(about)}
        reply = await self._ask("decrypt", asked)
        try:
            return b64decode(reply.plaintext or "", validate=True)
        except binascii.Error:
            raise VaultClosed from None

    async def _ask(self, what: str, body: Mapping[str, str]) -> _Data:
        url, content = f"{self._url}/v1/transit/{what}/{self._key}", orjson.dumps(body)

        def request() -> http.Request:
            return http.Request("POST", url, headers=self._headers, content=content)

        try:
            reply, _ = await self._exchange.read(request, _read)
        except SourceError:
            raise VaultClosed from None
        return reply


def _read(content: bytes) -> _Data:
    try:
        return _Reply.model_validate(read_json(content)).data
    except (AmbiguousJson, ValidationError):
        raise SourceBrokeContract("unreadable") from None


def _text(content: bytes) -> str:
    return b64encode(content).decode()
