"""The rows about the log and its verifier: true logs, spoilt in one place each."""

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gateway_verify._tree.tiles import TileTree
from gateway_verify.locations import Folder
from tests.before.stage import (
    GATEWAY,
    PROVED,
    REFUTED,
    UNCHECKED,
    VERDICTS,
    Json,
    Said,
    Seen,
    apart,
    gateway,
    proves,
    recompute,
    row,
    verify,
)
from tests.conftest import House
from tests.few_forms import ONE_FORM, schemas_with
from tests.verify import closing as made
from tests.verify.building import (
    LOG_KEY,
    BuiltLog,
    Signer,
    canonical,
    case_entry,
    definition,
    sha,
    signer,
    text64,
)
from tests.verify.forgeries import SIGNATURES, SPELLINGS, signed_copy

JSON, JWS = "releases/2026-11.json", "releases/2026-11.jws"
NAMED = (
    "total twice",
    "cells twice",
    "notice twice",
    "white space within",
    "an escaped name",
    "1e0",
)
SUMS = made.tally()["sums"]
HOUR = 498_000


def published(log: BuiltLog, folder: Path) -> bytes:
    """Write a true log with its last release, signed; gives the text of that."""
    release = made.publish(log, folder)
    path = folder / f"releases/{release['month']}.json"
    text = canonical(json.loads(path.read_bytes()))
    path.write_bytes(text)
    path.with_suffix(".jws").write_bytes(signed_copy(text))
    assert verify(folder).status == PROVED
    return text


@row("E1", "names twice, white space, other spellings and false signatures of a release")
def another_spelling(folder: Path) -> Iterator[Seen]:
    text = published(made.closed_log(), folder)
    proved = []
    for name, change in [*SPELLINGS.items(), *SIGNATURES.items()]:
        false = change(text)
        if name in SPELLINGS:
            (folder / JSON).write_bytes(false)
            false = signed_copy(false)
        else:
            (folder / JSON).write_bytes(text)
        (folder / JWS).write_bytes(false)
        one = proves(name, verify(folder))
        proved += [name] * one.fault
        if name in NAMED:
            yield one
    all_of_them = len(SPELLINGS) + len(SIGNATURES)
    yield Seen(f"all {all_of_them} forgeries", f"{len(proved)} PROVED", bool(proved))


@row("E2", "a release or its .jws deleted")
def deleted(folder: Path) -> Iterator[Seen]:
    for gone in (JSON, JWS):
        published(made.closed_log(), folder)
        (folder / gone).unlink()
        yield proves(gone.rpartition("/")[2], verify(folder))


def traced(tried: str, said: Said) -> Seen:
    """The fault is a traceback that ends with the status of a refutation."""
    return Seen(tried, said.words, said.status == REFUTED and "Traceback" in said.err)


@row("E3", "1e99999999999999999999 in a release; 5,000 digits in a body")
def numbers_without_end(folder: Path) -> Iterator[Seen]:
    text = published(made.closed_log(), folder)
    false = SPELLINGS["an exponent beyond all"](text)
    (folder / JSON).write_bytes(false)
    (folder / JWS).write_bytes(signed_copy(false))
    yield traced("the exponent", apart(*GATEWAY, "audit", "verify", folder))

    log, salt = made.closed_log(), sha(b"salt")
    body = canonical(made.submission("c0")).replace(b'"sec":600', b'"sec":' + b"9" * 5_000)
    log.entries[made.FIRST_CASE + 1] = case_entry(salt, body)
    log.opened[made.FIRST_CASE + 1] = salt + body
    spoilt = log.write(folder / "digits")
    yield traced("the digits", apart(*GATEWAY, "audit", "recompute", spoilt))


@row("E4", "no cryptography installed; verify | head")
def broken_runs(folder: Path) -> Iterator[Seen]:
    published(made.closed_log(), folder / "log")
    pyz = folder / "gateway-verify.pyz"
    assert gateway("audit", "pyz", pyz).status == 0
    yield traced("without cryptography", apart("-I", "-S", pyz, "verify", folder / "log"))

    reading, writing = os.pipe()
    os.close(reading)
    piped = subprocess.run(
        [sys.executable, *GATEWAY, "audit", "verify", str(folder / "log")],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    os.close(writing)
    yield Seen("into a closed pipe", f"exit {piped.returncode}", piped.returncode == REFUTED)


@row("E5", "proved: no figure is named")
def figures_named(folder: Path) -> Iterator[Seen]:
    published(made.closed_log(), folder)
    lines = gateway("audit", "verify", folder).out.splitlines()
    named = [line for line in lines[:3] if re.search(r"core \d+\.\d+ % \(24/36\)", line)]
    yield Seen("the first lines", named[0].strip()[:60] if named else "no figure", not named)


def month_of(hour: int, tallied: int) -> BuiltLog:
    """A month whose bodies state one hour, closed by the tallies of a month of another."""
    try:
        from tests.verify import second
    except ImportError:  # the older tree has one edition of the measure alone
        log = made.open_log()
        for at in log.opened:
            body = json.loads(log.opened[at][32:])
            spoil(log, at, {**body, "h": body["h"] - HOUR + hour})
        log.public(made.tally())
        log.public(made.outside())
        return log
    honest, moved = second.begun(), second.begun()
    second.dossiers(honest, h=tallied)
    second.dossiers(moved, h=hour)
    for leaf in honest.close():
        moved.public(leaf)
    return moved


def spoil(log: BuiltLog, index: int, body: Json) -> None:
    """Put another body, well sealed, in the place of one."""
    salt = sha(f"salt {index}".encode())
    log.entries[index] = case_entry(salt, canonical(body))
    log.opened[index] = salt + canonical(body)


@row("E6", "bodies whose hours lie in another year save")
def another_year(folder: Path) -> Iterator[Seen]:
    honest = 498_400
    assert recompute(month_of(honest, honest).write(folder / "honest")).status == PROVED
    for tried, hours in (("a year before", -8766), ("a year after", 8766)):
        spoilt = month_of(honest + hours, honest).write(folder / tried)
        yield proves(tried, recompute(spoilt))


@row("E7", "a false tally and a shred leaf over it; a log ended with cases that are in no tally")
def nobody_can_count(folder: Path) -> Iterator[Seen]:
    log = made.closed_log(made.tally(sums=SUMS | {"A/required": 20, "core": 20}), made.outside())
    log.public(made.shred_leaf(made.FIRST_CASE, made.LAST))
    log.opened.clear()
    said = verify(log.write(folder / "shredded"))
    yield unsaid("the shred leaf", said, f"{made.LAST - made.FIRST_CASE + 1}")

    log = made.closed_log()
    for number in range(7):
        log.case(made.prefill(f"x{number}"))
    ended = log.write(folder / "ended")
    yield unsaid("7 cases behind the close", verify(ended), "7 sealed entries")
    name = signer("gateway.example/log/2027")
    later = BuiltLog([name], name.name)
    previous = {"origin": log.origin, "size": len(log.entries), "root": text64(log.root)}
    later.public(definition())
    later.public(made.key_leaf(name, origin=name.name, previous=previous))
    said = recompute(ended, "--later", later.write(folder / "later"))
    yield unsaid("the same, with the log that follows", said, "7 sealed entries")


def unsaid(tried: str, said: Said, words: str) -> Seen:
    """The fault is to prove without a word of it."""
    remarked = words in said.remarks
    got = VERDICTS[said.status] + (" with a remark" if remarked else ", no remark")
    return Seen(tried, got, said.status == PROVED and not remarked)


@row("E8", "a late grant leaf with is_test: true for an ordinary tenant")
def late_mark(folder: Path) -> Iterator[Seen]:
    log = made.open_log()
    log.public(made.GRANT_LEAF | {"is_test": True})
    log.public(made.outside(range=[0, made.LAST + 1], leaves=2 * made.CASES + 1))
    said = recompute(log.write(folder / "log"))
    yield Seen("its dossiers leave the month", VERDICTS[said.status], said.status == PROVED)

    of = {"GATEWAY_DATA": str(folder / "data"), "GATEWAY_MOCK": "true"}
    named = ("--name", "Tỉnh H", "--agency", "H99")
    assert gateway("clients", "register", "h99", *named, **of).status == 0
    assert gateway("log", "publish", **of).status == 0
    with closing(sqlite3.connect(folder / "data" / "gateway.db")) as file, file:
        file.execute("UPDATE tenants SET is_test = 1")
    said = gateway("log", "roll", "--leave-open", **of)
    kept = "the next log marks it" if said.status == 0 else f"refused, exit {said.status}"
    yield Seen("marked in the database, then `log roll`", kept, said.status == 0)


class AtNothing(Signer):
    """A witness that states the time 0."""

    time = 0

    def line(self, text: str, time: int = 0) -> str:
        return super().line(text, self.time)


class BeyondAll(AtNothing):
    """One that states a time of 64 bits."""

    time = 2**63


@row("E9", "a cosignature with time 0, or beyond 2^63-1; also before the draw")
def impossible_times(folder: Path) -> Iterator[Seen]:
    policy = folder / "policy"
    true = signer("witness.example/w", 4)
    policy.write_text(f"log {LOG_KEY.vkey}\nwitness w {true.vkey}\nquorum w\n")

    def cosigned(by: Signer) -> Said:
        log = made.closed_log()
        log.signers.append(by)
        return verify(log.write(folder / type(by).__name__), "--policy", policy)

    assert cosigned(true).status == PROVED
    for kind in (AtNothing, BeyondAll):
        yield proves(f"time {kind.time}", cosigned(kind(true.name, true.secret, 4)))

    assert drawn(folder / "true draw", policy, true).status == 0
    said = drawn(folder / "draw", policy, AtNothing(true.name, true.secret, 4))
    got = "drawn" if said.status == 0 else f"refused, exit {said.status}"
    yield Seen("time 0 under the commitment to a sample", got, said.status == 0)


def drawn(folder: Path, policy: Path, witness: Signer) -> Said:
    """A sample that is asked for, entered under the witness's signature and drawn."""
    log, true = made.closed_log(), signer(witness.name, 4)
    log.signers.append(true)
    pack = log.write(folder / "pack")
    key = folder / "key"
    key.write_text(apart(*GATEWAY, "audit", "key", "auditor.example").out)
    files = {name: folder / name for name in ("nonce", "request", "public", "entered", "drawn")}
    asked = ("--month", "2026-11", "--count", "5", "--sign", key, "--policy", policy)
    commit = ("commit", pack, *asked, "--nonce", files["nonce"], "--out", files["request"])
    assert gateway("audit", "sample", *commit).status == 0
    request = json.loads(files["request"].read_bytes())
    later = folder / "later"
    files["entered"].write_text(json.dumps(entered(log, request, witness, later)))
    files["public"].write_bytes(b"04 11 23 38 41 45\n")
    options = [
        word for name in ("nonce", "public", "entered") for word in (f"--{name}", files[name])
    ]
    at = ("--at", "2026-12-01T18:30+07:00", "--policy", policy, "--out", files["drawn"])
    return gateway("audit", "sample", "draw", pack, files["request"], *options, *at)


def entered(log: BuiltLog, request: Json, witness: Signer, folder: Path) -> Json:
    """What a province gives of a log in which it enters the request."""
    body = {
        "k": "sample",
        "case": None,
        "by": "sha256:" + sha(request["auditor"].encode()).hex(),
        "month": request["month"],
        "rg": request["range"],
        "size": request["size"],
        "root": request["root"],
        "h": HOUR,
        "st": "asked",
        "n": request["count"],
        "cm": request["commitment"],
        "wr": None,
        "rq": None,
    }
    index = log.case(body)
    log.signers[-1] = witness
    tree = TileTree(Folder(log.write(folder)), index + 1)
    siblings = "".join(f"{text64(one)}\n" for one in tree.inclusion(index))
    head = f"c2sp.org/tlog-proof@v1\nindex {index}\n"
    return {
        "kind": "sample-entered",
        "v": 1,
        "index": index,
        "salt": text64(log.opened[index][:32]),
        "body": body,
        "proof": f"{head}{siblings}\n{log.checkpoint()}",
        "grown": [text64(one) for one in tree.consistency(request["size"])[1]],
    }


class SpareBits(Signer):
    """Signs with a bit set behind the signature."""

    def line(self, text: str, time: int = 1_700_000_000) -> str:
        line = super().line(text, time)
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        return f"{line[:-3]}{alphabet[alphabet.index(line[-3]) + 1]}{line[-2:]}"


@row("E10", "spare bits of an unknown signer; U+00A0 in a name; a policy with an ML-DSA-44 witness")
def notes_as_go_reads_them(folder: Path) -> Iterator[Seen]:
    def said_of(more: Signer, *words: str | Path) -> Said:
        log = made.closed_log()
        log.signers.append(more)
        return verify(log.write(folder / more.name.encode().hex()), *words)

    stranger = signer("stranger.example", seed=3)
    assert said_of(stranger).status == PROVED
    said = said_of(SpareBits("other.example", stranger.secret))
    yield Seen("spare bits", VERDICTS[said.status], said.status == REFUTED)
    yield proves("U+00A0", said_of(signer("stranger\xa0example", seed=3)))

    witness, policy = signer("witness.example/w", 4), folder / "policy"
    long = bytes(1312)
    hashed = sha(b"witness.example/long\n\x06", long)[:4].hex()
    other = f"witness.example/long+{hashed}+{text64(bytes([6]) + long)}"
    lines = ["log " + LOG_KEY.vkey, "witness w " + witness.vkey, "witness other " + other]
    policy.write_text("\n".join([*lines, "group g any w other", "quorum g", ""]))
    said = said_of(witness, "--policy", policy)
    yield Seen("the policy", VERDICTS[said.status], said.status == UNCHECKED)


@row("E11", "core above A/fact, sums by source, filled; fv: true; 65,537 chains of one case")
def impossible_sums(folder: Path) -> Iterator[Seen]:
    for name, more in {
        "core above A/fact": {"A/fact": 20, "A/known": 4},
        "by source": {"source/population/A": 1},
        "filled": {"filled": 2},
    }.items():
        log = made.closed_log(made.tally(sums=SUMS | more), made.outside())
        yield proves(name, verify(log.write(folder / name)))

    log = made.closed_log()
    for at in range(made.FIRST_CASE, made.LAST):
        spoil(log, at, {**json.loads(log.opened[at][32:]), "fv": True})
    yield proves("fv: true", recompute(log.write(folder / "true")))
    said = recompute(many_chains(folder / "honest", {"offered": 2, "reason/not_bound": 2}))
    yield Seen("a true tally of 65,537 chains", VERDICTS[said.status], said.status != PROVED)
    false = many_chains(folder / "false", {"reason/not_bound": 4})
    yield proves("what the last chain offered, claimed of the first", recompute(false))


def many_chains(folder: Path, first: dict[str, int]) -> Path:
    """One more case, of 65,537 chains, of which the first one ends and the last one filled nothing.

    `first` is what the tally says of the chain that ended.
    """
    log = made.open_log()
    for number in range(65_536):
        log.case(made.prefill("many", chain=f"x{number}"))
    log.case(made.prefill("many", chain="the last", st="bbbb", so="----", n=[4, 0]))
    log.case({"k": "abandoned", "case": "many", "chain": "x0", "ten": "h99", "h": HOUR})
    reads = dict.fromkeys(("read/population/reads", "read/population/attempts"), 65_537)
    more = {**reads, "chains": 1, "offered/visible": 4, **first}
    sums = SUMS | {key: SUMS[key] + number for key, number in more.items()}
    last, leaves = len(log.entries) - 1, 2 * made.CASES + 65_538
    log.public(made.tally(range=[0, last], sums=sums, cases=made.CASES + 1, leaves=leaves))
    log.public(made.outside(range=[0, last]))
    return log.write(folder)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@row("E12", "audit verify with the address of a host")
def host_alone(folder: Path) -> Iterator[Seen]:
    published(made.closed_log(), folder / "log")
    with serving(folder) as address:
        assert verify(f"{address}/log").status == PROVED
        said = verify(address)
    yield Seen("without /log", VERDICTS[said.status], said.status == UNCHECKED)


@row("E13", "an alarm that is due is lost to a change that runs again")
def lost_alarm(folder: Path) -> Iterator[Seen]:
    limits: dict[str, Any] = {"prefill_misses_of_tenant": 1, "prefill_misses_of_all": 9}
    house = House(folder / "data", schemas=schemas_with(folder / "schemas", ONE_FORM), **limits)
    try:
        database = (house.services if hasattr(house, "services") else house.rooms).database
        question = house.question(ONE_FORM, "ordinary")
        question["subject"] = question["subject"] | {"personal_id": "003090900001"}

        async def slow_disk() -> None:
            await database.write(lambda _: time.sleep(1.5))

        async def guess() -> int:
            await asyncio.sleep(0.2)
            return (await house.call("/v1/prefills", question)).status_code

        async def refused() -> None:
            """A change in the same group of commits that takes itself out."""
            await asyncio.sleep(1.0)

            def refuse(_: object) -> None:
                raise sqlite3.IntegrityError

            try:
                await database.write(refuse)
            except sqlite3.IntegrityError:
                return

        _, status, _ = house.together(slow_disk(), guess(), refused())
        assert status == 200
        written = len(house.bodies("alarm"))
    finally:
        house.close()
    yield Seen("beside a change that fails", f"{written} alarm leaves", written == 0)


@row("E14", "the order of sources in answers follows the process's hash seed")
def order_of_sources(folder: Path) -> Iterator[Seen]:
    orders = {
        apart(
            "-m", "tests.before.asked", folder / seed, env={**os.environ, "PYTHONHASHSEED": seed}
        ).out
        for seed in ("1", "3")
    }
    assert all(orders), "a process answered nothing"
    yield Seen("the seeds 1 and 3", f"{len(orders)} order(s)", len(orders) > 1)
