"""The six calls to a ministry's adapter, and the causes of its refusals.

| status | cause of the SourceError |
|---|---|
| 400 | `refused`: missing or wrong data |
| 401 | one new sign-in, then `sign_in_refused` |
| 403 | `not_permitted`: no right to that unit |
| 404, 502, others | `status_404`, `status_502`, … |

Nothing here tries again but after a token that ran out: who keeps what is still to be sent decides
that. A dossier that is there already is answered like one that was taken, so that a lost answer
costs nothing.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.domain.errors import SourceBrokeContract, SourceUnavailable
from gateway.domain.json_texts import AmbiguousJson, read_json, read_json_file
from gateway.dossiers._ministry.wire import (
    MinistryDossier,
    Named,
    StateChange,
    Step,
    dossier_body,
    state_row,
    step_row,
)
from gateway.upstream import http
from gateway.upstream.exchange import exchange_with
from gateway.upstream.transport import Answer, Transport

_TOKEN_SPARE_SECONDS = 30.0
_CALLS = ("token", "next_code", "upload", "create", "progress", "state")


@dataclass(frozen=True, slots=True)
class MinistryAccount:
    """A client at one ministry's adapter; `paths` are those of its calls, by name."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    paths: Mapping[str, str]
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over before the dossier that it belongs to."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file as the ministry keeps it."""

    id: str
    sha256: str


class _Answered(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


_M = TypeVar("_M", bound=_Answered)


class _Token(_Answered):
    access_token: str
    expires_in: float


class _Envelope(_Answered):
    code: int
    message: str | None = None
    data: object = None


class _Names(_Answered):
    idHoSo: str
    maHoSo: str


class _File(_Answered):
    IdTepTin: str
    HashTepTin: str


class _Value(_Answered):
    value: str


@dataclass(frozen=True, slots=True)
class _Call:
    """One call by its name in the protocol, with what it sends."""

    name: str
    method: str = "POST"
    content: bytes | None = field(default=None, repr=False)
    files: Sequence[tuple[str, tuple[str, bytes, str]]] | None = field(default=None, repr=False)
    params: Mapping[str, str] | None = None


def read_paths(path: Path) -> Mapping[str, str]:
    """The calls' paths as `schemas/portal-protocol.json` has them (ours: the real ones are unknown)."""
    paths = read_json_file(path)["ministry"]["paths"]
    return {name: paths[name] for name in _CALLS}


class MinistryAdapter:
    """A ministry's adapter (trục kết nối của bộ) as iGate calls it."""

    def __init__(
        self,
        account: MinistryAccount,
        transport: Transport,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._transport = transport
        self._clock = clock
        self._token = ("", 0.0)
        self._signing_in = asyncio.Lock()

    async def next_code(self, code: str) -> str:
        """The next dossier code of a unit, or for a procedure; SourceError where there is none."""
        content = await self._send(_Call("next_code", "GET", params={"code": code}))
        return _read(_Value, content).value

    async def upload(self, files: Sequence[File]) -> tuple[Uploaded, ...]:
        """Hand files over, in order; SourceBrokeContract `wrong_hash` when one arrived changed."""
        parts = [("files", (one.name, one.content, one.media_type)) for one in files]
        kept = await self._data(_Call("upload", files=parts))
        stored = [_valid(_File, one) for one in kept] if isinstance(kept, list) else []
        expected = [hashlib.sha256(one.content).hexdigest() for one in files]
        if [one.HashTepTin.lower() for one in stored] != expected:
            raise SourceBrokeContract("wrong_hash")
        return tuple(Uploaded(one.IdTepTin, one.HashTepTin.lower()) for one in stored)

    async def create(self, dossier: MinistryDossier) -> Named:
        """Hand a dossier over; one that is there already gives its names."""
        answer = await self._answer(_Call("create", content=_written(dossier_body(dossier))))
        named = _named(answer, dossier.code)
        return named or _names(_data_of(_taken(answer)), dossier.code)

    async def add_progress(self, steps: Sequence[Step]) -> None:
        """Report progress rows, all or none."""
        await self._data(_Call("progress", content=_written([step_row(one) for one in steps])))

    async def change_states(self, changes: Sequence[StateChange]) -> None:
        """Report states, all or none."""
        await self._data(_Call("state", content=_written([state_row(one) for one in changes])))

    async def _data(self, call: _Call) -> object:
        return _data_of(await self._send(call))

    async def _send(self, call: _Call) -> bytes:
        return _taken(await self._answer(call))

    async def _answer(self, call: _Call) -> Answer:
        """One call, once more under a new token where the first is not taken."""
        answer = await self._once(call, await self._signed_in())
        if answer.status != http.codes.UNAUTHORIZED:
            return answer
        return await self._once(call, await self._signed_in(renew=True))

    async def _once(self, call: _Call, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        request = http.Request(
            call.method,
            self._at(call.name),
            headers=headers,
            content=call.content,
            files=call.files,
            params=call.params,
        )
        return await self._exchange(request)

    async def _signed_in(self, *, renew: bool = False) -> str:
        stale = self._token[0]
        async with self._signing_in:
            token, until = self._token
            if token and self._clock() < until and not (renew and token == stale):
                return token
            form = {
                "client_id": self._account.client_id,
                "client_secret": self._account.client_secret,
            }
            answer = await self._exchange(http.Request("POST", self._at("token"), data=form))
            issued = _read(_Token, _taken(answer))
            life = issued.expires_in - _TOKEN_SPARE_SECONDS
            self._token = (issued.access_token, self._clock() + life)
            return issued.access_token

    async def _exchange(self, request: http.Request) -> Answer:
        request.read()  # a multipart body is written here, before the clock runs
        with exchange_with():
            async with asyncio.timeout(self._account.timeout_seconds):
                return await self._transport.send(request)

    def _at(self, call: str) -> str:
        return self._account.url.rstrip("/") + self._account.paths[call]


def _taken(answer: Answer) -> bytes:
    """The content of an answer that says yes; raises SourceUnavailable by the table above."""
    if answer.status != http.codes.OK:
        raise SourceUnavailable(_CAUSES.get(answer.status, f"status_{answer.status}"))
    return answer.content


_CAUSES = {400: "refused", 401: "sign_in_refused", 403: "not_permitted", 429: "throttled"}


def _data_of(content: bytes) -> object:
    envelope = _read(_Envelope, content)
    if envelope.code != http.codes.OK:
        raise SourceUnavailable(_CAUSES.get(envelope.code, "refused"))
    return envelope.data


def _named(answer: Answer, code: str) -> Named | None:
    """The names of a dossier that is there already: a refusal that carries them (ours)."""
    if answer.status != http.codes.BAD_REQUEST:
        return None
    data = _read(_Envelope, answer.content).data
    return _names(data, code) if isinstance(data, dict) and "idHoSo" in data else None


def _names(data: object, code: str) -> Named:
    """Both names, which must be those of the dossier that was sent."""
    names = _valid(_Names, data)
    if names.maHoSo != code:
        raise SourceBrokeContract("wrong_dossier")
    return Named(names.idHoSo, names.maHoSo)


def _read(model: type[_M], content: bytes) -> _M:
    try:
        return model.model_validate(read_json(content))
    except (AmbiguousJson, ValidationError):
        raise SourceBrokeContract("unreadable") from None


def _valid(model: type[_M], value: object) -> _M:
    try:
        return model.model_validate(value)
    except ValidationError:
        raise SourceBrokeContract("unreadable") from None


def _written(body: object) -> bytes:
    return orjson.dumps(body, default=_number)


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    raise TypeError("no JSON form")
