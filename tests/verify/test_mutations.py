"""No byte of a release or of its signature, and no number of a tally, can be another and still be proved."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway_verify._claims.releases import check_releases
from gateway_verify._claims.signatures import check_signed_release, keys_of
from gateway_verify.command import PROVED, run_verify
from gateway_verify.evidence import Proved, Way, verify_log
from gateway_verify.findings import Refuted
from gateway_verify.locations import Folder
from tests.verify.building import Json
from tests.verify.closing import closed_log, outside, publish, signed_copy, tally

pytestmark = pytest.mark.threat(71)

JSON, JWS = "releases/2026-11.json", "releases/2026-11.jws"


@dataclass
class Beside:
    """A folder in which one file says something else."""

    folder: Folder
    path: str
    raw: bytes

    def read(self, path: str, most: int) -> bytes:
        return self.raw if path == self.path else self.folder.read(path, most)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = tmp_path_factory.mktemp("log")
    publish(closed_log(), folder)
    return Folder(folder)


@pytest.fixture(scope="module")
def proved(place: Folder) -> Proved:
    return verify_log(place, None, Way())


CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    "a bit": lambda raw, at: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :],
    "gone": lambda raw, at: raw[:at] + raw[at + 1 :],
    "twice": lambda raw, at: raw[:at] + raw[at : at + 1] + raw[at:],
    "a blank before": lambda raw, at: raw[:at] + b" " + raw[at:],
    "cut off": lambda raw, at: raw[:at],
}


def changes_of(true: bytes, every: int) -> Iterator[tuple[str, bytes]]:
    for at in range(0, len(true), every):
        name = [*CHANGES][at % len(CHANGES)]
        yield f"byte {at} {name}", CHANGES[name](true, at)


def test_t71_release_byte_cannot_change(place: Folder, proved: Proved) -> None:
    assert len(check_releases(place, proved).good) == 1
    for what, false in changes_of(place.read(JSON, 1 << 20), 7):
        with pytest.raises(Refuted):
            check_releases(Beside(place, JSON, false), proved)
            pytest.fail(f"proved with {what}")


def test_t71_signature_byte_cannot_change(place: Folder, proved: Proved) -> None:
    document, (close,) = place.read(JSON, 1 << 20), proved.story.closes()
    keys, true = keys_of(proved, close), place.read(JWS, 1 << 20)
    check_signed_release(true, document, keys, JWS)
    for what, false in changes_of(true, 1):
        with pytest.raises(Refuted):
            check_signed_release(false, document, keys, JWS)
            pytest.fail(f"proved with {what}")


TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"(:?)|-?[0-9.]+|true|false|null|\[\]|\{\}')
INSTEAD = (b"1", b"0", b"-0", b"1e0", b"0.5", b"true", b"null", b'""', b"[]", b"{}", b"9" * 400)


def test_t71_no_token_can_be_another(place: Folder, proved: Proved) -> None:
    """Names are written twice, with something else before them; values are replaced by others."""
    true = place.read(JSON, 1 << 20)
    for number, token in enumerate(TOKENS.finditer(true)):
        other = INSTEAD[number % len(INSTEAD)]
        new = token[0] + other + b"," + token[0] if token[1] else other
        if new == token[0]:
            continue
        false = true[: token.start()] + new + true[token.end() :]
        for path, raw in ((JSON, false), (JWS, signed_copy(false))):
            with pytest.raises(Refuted):
                check_releases(Beside(place, path, raw), proved)
                pytest.fail(f"proved with {new!r} at {token.start()}")


def changed(leaf: Json, name: str) -> Json:
    sums = {**leaf["sums"], name: leaf["sums"].get(name, 0) + 1}
    return leaf | {"sums": {key: number for key, number in sums.items() if number}}


@pytest.mark.parametrize("name", [*tally()["sums"], "D/extra", "late/submissions", "refusals"])
def test_t71_no_sum_can_be_another(name: str, tmp_path: Path) -> None:
    """A log signed again with another sum never goes with the release of the true one."""
    publish(closed_log(), tmp_path)
    true = (tmp_path / JSON).read_bytes(), (tmp_path / JWS).read_bytes()
    closed_log(changed(tally(), name), outside()).write(tmp_path)
    for path, raw in zip((JSON, JWS), true, strict=True):
        (tmp_path / path).write_bytes(raw)
    assert run_verify(str(tmp_path), None).status != PROVED
    assert json.loads(true[0])["month"] == "2026-11"
