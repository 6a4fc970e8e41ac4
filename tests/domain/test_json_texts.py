"""Documents from outside are read strictly, wherever they enter; no other reader stands in the source."""

import ast
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.access.proofs import read_public_key_file
from gateway.domain.errors import BadRequest, SourceBrokeContract
from gateway.domain.json_texts import AmbiguousJson, read_json, read_json_file
from gateway.dossiers._portal.protocol import read_protocol
from gateway.records.issuers import read_issuers
from gateway.records.kinds import read_kinds
from gateway.sources.population._tokens import read_object, read_token
from gateway.submission.bursts import read_bursts
from gateway.upstream.adapter import read_envelope

SOURCE = Path(__file__).parents[2] / "src"
SCHEMAS = SOURCE.parent / "schemas"

AMBIGUOUS = {
    "a member twice": b'{"a": 1, "a": 2}',
    "a member twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "a member twice further in": b'{"a": [{"b": {"c": 1, "c": 1}}]}',
    "NaN": b'{"a": NaN}',
    "an infinity": b'{"a": -Infinity}',
    "beyond a double": b'{"a": 1e999}',
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "half a pair as a name": b'{"\\udc00": 1}',
    "no UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "nested without end": b"[" * 200_000,
    "broken off": b'{"a": ',
    "two documents": b"{} {}",
    "digits without end": b"9" * 5_000,
    "nothing": b"",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_text_is_refused(name: str) -> None:
    with pytest.raises(AmbiguousJson):
        read_json(AMBIGUOUS[name])


def test_refusal_names_file_and_place_alone(tmp_path: Path) -> None:
    file = tmp_path / "kinds.json"
    file.write_bytes(b'{\n "Nguyen": x}')
    with pytest.raises(AmbiguousJson, match=r"kinds.json: .* line 2, column 12") as refused:
        read_json_file(file)
    assert "Nguyen" not in str(refused.value)


def test_plain_text_is_read_as_json(tmp_path: Path) -> None:
    said = {"a": [1, -0.5, True, None, "Nguyễn \U0001f600"], "b": {}}
    for text in (json.dumps(said), json.dumps(said, ensure_ascii=False)):
        assert read_json(text.encode()) == said
        (tmp_path / "marked.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
        assert read_json_file(tmp_path / "marked.json") == said
    assert read_json(b"[0.10]", Decimal) == [Decimal("0.10")]


def twice(document: bytes) -> bytes:
    """The same object with a member more, which stands in it twice."""
    return b'{"extra": 1, "extra": 2, ' + document.lstrip()[1:]


ANSWERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "a token": (read_token, b'{"access_token": "abcdefgh", "expires_in": 60}'),
    "a facade": (read_object, b'{"data": "x"}'),
    "the adapter": (read_envelope, b'{"error_code": "0", "message": "", "result": []}'),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_ambiguous_answers_break_contract(name: str) -> None:
    read, answer = ANSWERS[name]
    read(answer)
    for text in (twice(answer), answer.replace(b'"}', b'\\ud800"}').replace(b'""', b'"\\ud800"')):
        if text != answer:
            with pytest.raises(SourceBrokeContract, match="unreadable"):
                read(text)


FILES: dict[str, Callable[[Path], object]] = {
    "record-kinds.json": read_kinds,
    "record-issuers.json": read_issuers,
    "portal-protocol.json": read_protocol,
    "measure.json": read_bursts,
}


@pytest.mark.parametrize("name", FILES)
def test_ambiguous_configuration_is_refused_by_name(name: str, tmp_path: Path) -> None:
    known = SCHEMAS / name
    text = known.read_bytes() if known.exists() else b'{"issuers": {}}'
    file = tmp_path / name
    file.write_bytes(text)
    FILES[name](file)
    file.write_bytes(twice(text))
    with pytest.raises(AmbiguousJson, match=name):
        FILES[name](file)


def test_ambiguous_key_is_no_registration() -> None:
    key = b'{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
    read_public_key_file(key)
    with pytest.raises(BadRequest, match="client_key_unusable"):
        read_public_key_file(key.replace(b'"x"', b'"crv": "Ed25519", "x"'))


READERS = {
    "gateway/domain/json_texts.py",
    "gateway/api/strict_json.py",  # names the member of a caller's body
    "gateway/forms/_reading/decoding.py",  # names line and column of a form
    "gateway_verify/text/canonical.py",  # imports nothing of the gateway
    "gateway_verify/_count/patterns.py",  # a file that it wrote itself
}
OF_JSON = {"loads", "load", "JSONDecoder"}
OF_MODELS = {"model_validate_json", "validate_json", "from_json"}


def reads(source: str) -> Iterator[str]:
    """The readers of JSON that a module uses, by their names."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(ast.Name("json" | "orjson"), name) if name in OF_JSON:
                yield name
            case ast.Attribute(_, name) if name in OF_MODELS:
                yield name
            case ast.ImportFrom("json" | "orjson", names):
                yield from {one.name for one in names} & OF_JSON
            case ast.Call(ast.Attribute(_, "json"), [], []):
                yield "json()"


@pytest.mark.parametrize(
    "line",
    ["json.loads(x)", "from json import load", "Model.model_validate_json(x)", "answer.json()"],
)
def test_reader_of_json_is_seen(line: str) -> None:
    assert [*reads(line)]


def test_no_module_reads_json_by_itself() -> None:
    modules = {str(path.relative_to(SOURCE)): path for path in SOURCE.rglob("*.py")}
    found = {name: [*reads(path.read_text())] for name, path in modules.items()}
    assert {name for name, used in found.items() if used} == READERS
