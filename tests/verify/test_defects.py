"""One named test for each way in which a log can be false."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from gateway_verify._tree.tiles import TileTree
from gateway_verify.command import PROVED, REFUTED, UNCHECKED, Answer, run_recompute, run_verify
from gateway_verify.findings import Kind, Refuted
from gateway_verify.leaves import read_leaf
from gateway_verify.locations import Folder
from tests.verify.building import (
    LOG_KEY,
    ORIGIN,
    BuiltLog,
    Json,
    canonical,
    definition,
    framed,
    root,
    signer,
    small_log,
    text64,
)
from tests.verify.closing import (
    CASES,
    DIGEST,
    FIRST_CASE,
    GRANT,
    GRANT_LEAF,
    LAST,
    MEASURE,
    OF_ONE_DOSSIER,
    closed_log,
    key_leaf,
    open_log,
    outside,
    prefill,
    publish,
    shred_leaf,
    submission,
    tally,
    twice_closed_log,
    write_release,
)

TALLY, OUTSIDE, SIZE = LAST + 1, LAST + 2, LAST + 3
ENTRIES, TILE, BODIES = f"tile/entries/000.p/{SIZE}", f"tile/0/000.p/{SIZE}", f"bodies/000.p/{SIZE}"
WITNESS = signer("witness.example/w1", 4)


def verify(folder: Path, policy: Path | None = None) -> Answer:
    return run_verify(str(folder), policy)


def recompute(folder: Path) -> Answer:
    return run_recompute(str(folder), None)


def refuted(answer: Answer, kind: Kind, path: str | None = None, index: int | None = None) -> str:
    """Hold an answer against what must be named; gives its words."""
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind) == (REFUTED, kind)
    assert (answer.finding.path, answer.finding.index) == (path, index)
    return answer.finding.says


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return closed_log().write(tmp_path)


def test_unspoiled_log_is_true(tmp_path: Path) -> None:
    publish(closed_log(), tmp_path)
    for answer in (verify(tmp_path), recompute(tmp_path)):
        assert (answer.status, answer.finding) == (PROVED, None)
        assert answer.proved["releases"] == ["2026-11"]
    assert answer.proved["bodies"] == 2 * CASES + 1
    assert answer.proved["recomputed"] == ["2026-11"]


@pytest.mark.threat(21)
def test_rewritten(folder: Path) -> None:
    whole = (folder / ENTRIES).read_bytes()
    log = closed_log()
    log.entries[10] = log.entries[12]
    (folder / ENTRIES).write_bytes(framed(log.entries))
    assert len(whole) == len(framed(log.entries))
    refuted(verify(folder), Kind.TILE, TILE, 10)


@pytest.mark.threat(21)
def test_rewritten_with_its_tiles(folder: Path) -> None:
    checkpoint = (folder / "checkpoint").read_text()
    log = closed_log()
    log.entries[10] = log.entries[12]
    log.write(folder)
    (folder / "checkpoint").write_text(checkpoint)
    refuted(verify(folder), Kind.ROOT, "checkpoint")


def test_removed(folder: Path) -> None:
    log = closed_log()
    del log.entries[10]
    (folder / ENTRIES).write_bytes(framed(log.entries))
    refuted(verify(folder), Kind.ENTRY, ENTRIES, SIZE - 1)
    log.entries.append(log.entries[9])
    (folder / ENTRIES).write_bytes(framed(log.entries))
    refuted(verify(folder), Kind.TILE, TILE, 10)


@pytest.mark.threat(22)
def test_truncated(folder: Path) -> None:
    whole = (folder / ENTRIES).read_bytes()
    (folder / ENTRIES).write_bytes(whole[:-40])
    refuted(verify(folder), Kind.ENTRY, ENTRIES, SIZE - 1)
    (folder / ENTRIES).unlink()
    answer = verify(folder)
    assert answer.finding is not None
    assert (answer.status, answer.finding.path) == (UNCHECKED, ENTRIES)


@pytest.mark.threat(23)
def test_forked_without_the_witness(folder: Path) -> None:
    policy = folder / "policy"
    policy.write_text(f"log {LOG_KEY.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n")
    assert refuted(verify(folder, policy), Kind.QUORUM, "checkpoint").startswith("0 witnesses")
    log = closed_log()
    log.signers.append(WITNESS)
    answer = verify(log.write(folder), policy)
    assert (answer.status, answer.proved["witnesses"]) == (PROVED, ["w"])
    assert answer.remarks == []


@pytest.mark.threat(21)
def test_root_swapped(folder: Path) -> None:
    log = closed_log()
    true = log.checkpoint()
    (folder / "checkpoint").write_text(log.checkpoint(root_said=root(log.hashes[:-1])))
    refuted(verify(folder), Kind.ROOT, "checkpoint")
    swapped = log.checkpoint(root_said=root(log.hashes[:-1])).split("\n\n")[0]
    (folder / "checkpoint").write_text(swapped + "\n\n" + true.split("\n\n")[1])
    refuted(verify(folder), Kind.KEY, "checkpoint")


@pytest.mark.threat(20)
def test_metric_definition_replaced(folder: Path) -> None:
    publish(closed_log(), folder)
    release = (folder / "releases/2026-11.json").read_bytes()
    other = closed_log(measure=definition(digest="sha256:" + "1" * 64))
    (folder / ENTRIES).write_bytes(framed(other.entries))
    refuted(verify(folder), Kind.TILE, TILE, MEASURE)
    other.write(folder)
    (folder / "releases/2026-11.json").write_bytes(release)
    said = refuted(verify(folder), Kind.RELEASE, "releases/2026-11.json")
    assert said.startswith("`definition.digest`")


@pytest.mark.threat(20)
def test_metric_definition_after_the_results(tmp_path: Path) -> None:
    log = BuiltLog()
    log.case({"k": "confirmation", "case": "x", "ten": "h99"})
    log.public(definition())
    refuted(verify(log.write(tmp_path)), Kind.ORDER, index=0)


FALSE_TALLIES = {
    "tally that does not add up to its range": ((tally(leaves=23), outside()), TALLY),
    "tally of nine cases": ((tally(cases=9), outside()), TALLY),
    "tally of nine dossiers": (
        (tally(sums={k: 9 * n for k, n in OF_ONE_DOSSIER.items()}), outside()),
        TALLY,
    ),
    "tally whose verdicts do not balance": (
        (tally(sums=tally()["sums"] | {"verdict/manual": 11}), outside()),
        TALLY,
    ),
    "tally whose classes do not balance": (
        (tally(sums=tally()["sums"] | {"A/fact": 25}), outside()),
        TALLY,
    ),
    "tally with a gap before it": ((tally(range=[1, LAST]), outside(range=[1, LAST])), TALLY),
    "tally of leaves that come later": (
        (tally(range=[0, TALLY]), outside(range=[0, TALLY])),
        TALLY,
    ),
    "tally by another definition": ((tally(definition=1), outside()), TALLY),
    "tally by what is no form version": ((tally(versions=[2]), outside()), TALLY),
    "tally of a cell of another level": (
        (tally(cell=tally()["cell"] | {"level": "province"}), outside()),
        TALLY,
    ),
    "tally of a cell that no form has": (
        (tally(cell=tally()["cell"] | {"form": "other"}), outside()),
        TALLY,
    ),
    "a month that is not over, and no mock": ((tally(partial=True), outside()), TALLY),
    "one cell twice": ((tally(leaves=12), tally(leaves=12), outside()), OUTSIDE),
    "sums of what no figure counts": ((tally(), outside(versions=[1])), OUTSIDE),
}


@pytest.mark.parametrize("name", FALSE_TALLIES)
def test_false_tally(name: str, tmp_path: Path) -> None:
    tallies, index = FALSE_TALLIES[name]
    refuted(verify(closed_log(*tallies).write(tmp_path)), Kind.TALLY, index=index)


def test_a_month_closed_twice(tmp_path: Path) -> None:
    log = closed_log()
    again = [TALLY, OUTSIDE]
    log.case({"k": "confirmation", "case": "y", "ten": "h99"})
    log.public(outside(range=[LAST + 1, OUTSIDE + 1]))
    refuted(verify(log.write(tmp_path)), Kind.TALLY, index=again[-1] + 2)


OTHER_COUNTS = {
    "sums.core": tally(sums=tally()["sums"] | {"core": 23}),
    "sums.conflict/person.sex": tally(
        sums=tally()["sums"] | {"conflict/person.sex": 1, "reason/conflict": 1}
    ),
    "sums.read/population/attempts": tally(
        sums={k: n for k, n in tally()["sums"].items() if k != "read/population/attempts"}
    ),
    "cases": tally(cases=13),
    "median_left": tally(median_left=[3, 2]),
    "versions": tally(versions=[]),
}


@pytest.mark.parametrize("name", OTHER_COUNTS)
def test_tally_unlike_its_bodies_is_refuted(name: str, tmp_path: Path) -> None:
    folder = closed_log(OTHER_COUNTS[name], outside()).write(tmp_path)
    assert verify(folder).status == PROVED
    assert refuted(recompute(folder), Kind.TALLY, index=TALLY).endswith(f"another `{name}`")


def test_case_without_tally_cell_is_refuted(tmp_path: Path) -> None:
    cell = tally()["cell"] | {"channel": "paper"}
    folder = closed_log(tally(cell=cell), outside()).write(tmp_path)
    assert verify(folder).status == PROVED
    assert "no tally has the cell" in refuted(recompute(folder), Kind.TALLY, index=TALLY)


def test_leaves_moved_outside_figures_are_refuted(tmp_path: Path) -> None:
    folder = closed_log(tally(leaves=22), outside(leaves=3)).write(tmp_path)
    assert verify(folder).status == PROVED
    refuted(recompute(folder), Kind.TALLY, index=TALLY)


def test_disclosures_and_samples_are_no_dossiers(tmp_path: Path) -> None:
    log = open_log()
    about = {"case": None, "by": DIGEST, "rg": [0, 9], "size": 10, "h": 498_000}
    asked = {
        "month": "2026-10",
        "root": "",
        "st": "asked",
        "n": 9,
        "cm": "",
        "wr": None,
        "rq": None,
    }
    log.case({"k": "access", **about})
    log.case({"k": "sample", **about, **asked})
    for leaf in (tally, outside):
        more = {"leaves": 3} if leaf is outside else {}
        log.public(leaf(range=[0, LAST + 2], **more))
    publish(log, tmp_path)
    assert recompute(tmp_path).verdict == "proved"


@pytest.mark.parametrize("entered", [GRANT, LAST, SIZE + 5, SIZE])
def test_sample_without_sealed_entry_is_refuted(entered: int, tmp_path: Path) -> None:
    log, auditor = closed_log(), signer("auditor.example")
    at_root, size = text64(log.root), len(log.entries)
    log.public(GRANT_LEAF)
    at = log.case({"k": "sample", "case": None, "h": 498_000})
    found = {
        "month": "2026-11",
        "range": [0, LAST],
        "size": size,
        "root": at_root,
        "differences": 0,
    }
    sample = {"drawn": 3, "wrong": 0, "bound": [1, 2]}
    leaf: Json = {"kind": "audit", "v": 1, **found, "auditor": auditor.vkey, "result": "sampled"}

    def signed(where: int) -> Json:
        said = {**leaf, "sample": {**sample, "entered": where}}
        return {**said, "signature": text64(auditor.secret.sign(canonical(said)))}

    log.public(signed(at))
    assert verify(log.write(tmp_path / "true")).status == PROVED
    index = log.public(signed(entered))
    refuted(verify(log.write(tmp_path / "false")), Kind.AUDIT, index=index)


def test_body_swapped(folder: Path) -> None:
    log = closed_log()
    log.opened[FIRST_CASE], log.opened[FIRST_CASE + 2] = (
        log.opened[FIRST_CASE + 2],
        log.opened[FIRST_CASE],
    )
    log.write(folder)
    assert verify(folder).status == PROVED
    refuted(recompute(folder), Kind.BODY, BODIES, FIRST_CASE)


@pytest.mark.threat(24)
def test_leaf_without_change(folder: Path) -> None:
    log = closed_log()
    del log.opened[FIRST_CASE + 5]
    log.write(folder)
    said = refuted(recompute(folder), Kind.BODY, index=FIRST_CASE + 5)
    assert said == "its body is missing, and no shred leaf says why"


def test_destroyed_bodies_cannot_be_counted(folder: Path) -> None:
    log = closed_log()
    log.public(shred_leaf(8, 9))
    del log.opened[8], log.opened[9]
    answer = recompute(log.write(folder))
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind, answer.finding.index) == (UNCHECKED, Kind.BODY, 8)
    assert verify(folder).status == PROVED


def test_pack_without_bodies_cannot_be_counted(folder: Path) -> None:
    (folder / BODIES).unlink()
    answer = recompute(folder)
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind) == (UNCHECKED, Kind.BODY)
    assert answer.finding.index == FIRST_CASE


def after_a_shred(folder: Path, **second: object) -> Path:
    """Two closed months, of which the first one's bodies were destroyed."""
    log = twice_closed_log(**second)
    log.public(shred_leaf(0, LAST))
    log.opened = {at: body for at, body in log.opened.items() if at > LAST}
    publish(log, folder)
    return folder


def test_only_months_after_shred_are_counted(
    tmp_path: Path,
) -> None:
    folder = after_a_shred(tmp_path)
    december = run_recompute(str(folder), None, "2026-12")
    assert (december.verdict, december.proved["recomputed"]) == ("proved", ["2026-12"])
    assert december.proved["taken_as_given"] == ["2026-11"]
    assert any(remark.startswith("2026-11: không đếm lại") for remark in december.remarks)
    every = recompute(folder)
    assert every.finding is not None and every.finding.says.startswith("2026-11 cannot be counted")
    assert (every.status, every.proved["recomputed"]) == (UNCHECKED, ["2026-12"])
    november = run_recompute(str(folder), None, "2026-11")
    assert (november.status, november.proved) == (UNCHECKED, {})


def test_false_tally_after_shred_is_refuted(tmp_path: Path) -> None:
    sums = tally()["sums"] | {"core": 23}
    folder = after_a_shred(tmp_path, sums=sums)
    index = OUTSIDE + 2 * CASES + 1
    assert refuted(recompute(folder), Kind.TALLY, index=index).endswith("another `sums.core`")


NO_EXCUSES = {
    "a shred of another log": {"origin": "gateway.example/log/2025"},
    "a shred that ends before": {"last": LAST - 1},
    "a shred that begins behind": {"first": FIRST_CASE + 1},
}


@pytest.mark.parametrize("name", NO_EXCUSES)
def test_missing_body_is_not_excused_by(name: str, tmp_path: Path) -> None:
    log = twice_closed_log()
    log.public(shred_leaf(0, LAST) | NO_EXCUSES[name])
    log.opened = {at: body for at, body in log.opened.items() if at > LAST}
    answer = recompute(log.write(tmp_path))
    assert answer.status == REFUTED


def test_shred_names_earlier_or_closed_entries(
    tmp_path: Path,
) -> None:
    older = {"origin": "gateway.example/log/2025", "size": 50, "root": text64(bytes(32))}

    def of(first: int, last: int, origin: str, previous: Json | None) -> BuiltLog:
        log = small_log(3)
        log.public(key_leaf(LOG_KEY, previous=previous))
        log.public(shred_leaf(first, last, origin=origin))
        return log

    true = of(3, 49, older["origin"], older)
    answer = verify(true.write(tmp_path / "true"))
    assert answer.status == PROVED
    assert answer.proved["previous"] == f"{older['origin']} 50 {older['root']}"
    for name, log in {
        "not closed before": of(3, 49, older["origin"], None),
        "longer than it was": of(3, 50, older["origin"], older),
        "backwards": of(4, 3, older["origin"], older),
        "its own, to come": of(1, 5, ORIGIN, older),
    }.items():
        refuted(verify(log.write(tmp_path / name)), Kind.ORDER, index=5)


def spoilt(index: int, body: dict[str, object]) -> BuiltLog:
    """The log with another body at one place, sealed and closed as if nothing were wrong."""
    log, true = BuiltLog(), closed_log()
    for at, entry in enumerate(true.entries):
        if at == index:
            log.case(body)
        elif at in true.opened:
            log.entries.append(entry)
            log.opened[at] = true.opened[at]
        else:
            log.entries.append(entry)
    return log


FALSE_BODIES = {
    "no balance": submission("c0", n=submission("c0")["n"] | {"auto": 3}),
    "a verdict that there is not": submission("c0", vd="ZAMB"),
    "counts that are no numbers": prefill("c0", n=["4", []]),
    "a count below nothing": prefill("c0", n=[4, -1]),
    "a procedure that is none": prefill("c0", proc={"code": "1.004222"}),
    "an auto that nothing filled": submission("c0", cl="F---", so="p---"),
    "a class without a source": submission("c0", so="p---"),
    "too few letters": submission("c0", vd="AAM"),
    "a row of no group": submission("c0", vr={"x[0]": "A"}),
    "a form version that there is not": submission("c0", fv=2),
    "a kind that there is not": {"k": "gift", "case": "c0", "ten": "h99"},
    "no tenant": {"k": "abandoned", "case": "c0", "chain": "chain-c0"},
    "a chain of which nothing was filled": {
        "k": "abandoned",
        "case": "c0",
        "chain": "none",
        "ten": "h99",
        "h": 1,
    },
    "a read of no source": prefill("c0", q=[["neighbours", "found", 1, 0]]),
    "sources that differ over what none fills": prefill("c0", st="FFcb"),
}


@pytest.mark.parametrize("name", FALSE_BODIES)
def test_impossible_body_is_refuted(name: str, tmp_path: Path) -> None:
    folder = spoilt(FIRST_CASE + 1, FALSE_BODIES[name]).write(tmp_path)
    refuted(recompute(folder), Kind.BODY, index=FIRST_CASE + 1)


def test_corrupt_tile(folder: Path) -> None:
    raw = (folder / TILE).read_bytes()
    (folder / TILE).write_bytes(raw[:320] + b"\0" * 32 + raw[352:])
    refuted(verify(folder), Kind.TILE, TILE, 10)
    (folder / TILE).write_bytes(raw[:-1])
    refuted(verify(folder), Kind.TILE, TILE)


def test_other_origin(folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {signer('other.example/log').vkey}\nquorum none\n")
    refuted(verify(folder, policy), Kind.ORIGIN, "checkpoint")
    other = signer("other.example/log/2026")
    log = closed_log()
    log.origin, log.signers = other.name, [other]
    refuted(verify(log.write(tmp_path / "other")), Kind.ORIGIN, index=3)


@pytest.mark.threat(25)
def test_unknown_key(folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {signer(seed=2).vkey}\nquorum none\n")
    refuted(verify(folder, policy), Kind.KEY, "checkpoint")
    (folder / "key").write_text(signer(seed=2).vkey)
    refuted(verify(folder), Kind.KEY, "checkpoint")
    (folder / "key").unlink()
    answer = verify(folder)
    assert answer.finding is not None
    assert (answer.status, answer.finding.kind) == (UNCHECKED, Kind.KEY)


@pytest.mark.threat(25)
def test_key_handed_over(tmp_path: Path) -> None:
    fresh = signer(seed=2)
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {LOG_KEY.vkey}\nquorum none\n")
    log = closed_log()
    log.public(key_leaf(fresh, LOG_KEY, since_size=SIZE))
    log.signers = [fresh]
    assert verify(log.write(tmp_path / "log"), policy).status == PROVED
    log.signers = [LOG_KEY]
    refuted(verify(log.write(tmp_path / "log"), policy), Kind.KEY_CHAIN, "checkpoint")


@pytest.mark.threat(25)
def test_key_unsigned_by_predecessor_is_refuted(tmp_path: Path) -> None:
    thief, log = signer(seed=3), closed_log()
    log.public(key_leaf(thief, signer(seed=2)) | {"old_key": LOG_KEY.vkey})
    log.signers = [thief]
    refuted(verify(log.write(tmp_path)), Kind.KEY, index=SIZE)
    log = closed_log()
    log.public(
        key_leaf(thief, LOG_KEY, previous={"origin": "x", "size": 1, "root": text64(b"0" * 32)})
    )
    refuted(verify(log.write(tmp_path)), Kind.KEY_CHAIN, index=SIZE)
    log = closed_log()
    log.public(key_leaf(thief))
    log.signers = [thief]
    refuted(verify(log.write(tmp_path)), Kind.KEY_CHAIN, index=SIZE)


def test_leaf_of_64_kb_and_one(tmp_path: Path) -> None:
    large = canonical(definition(definition="x" * (2**16 + 1)))
    with pytest.raises(Refuted, match="entry 7: an entry has less than 64 KB"):
        read_leaf(7, large)
    folder = closed_log().write(tmp_path)
    entries = closed_log().entries
    wrapped = len(large) % 2**16
    raw = framed(entries[:5]) + wrapped.to_bytes(2, "big") + large + framed(entries[6:])
    (folder / ENTRIES).write_bytes(raw)
    assert verify(folder).status == REFUTED


PUBLIC = {
    "a kind that there is not": {"kind": "gift", "v": 1},
    "a member too many": definition(free="text"),
    "a member too few": {"kind": "metric-definition", "v": 1},
    "another version": definition(v=2),
    "true for one": definition(v=True),
    "a number that is none": definition(instant_seconds="20"),
    "a case entry that is longer": {"kind": "case", "seal": "A" * 60, "v": 1},
    "a list": ["kind"],
}


@pytest.mark.threat(26)
@pytest.mark.parametrize("name", PUBLIC)
def test_public_entry_without_leaf_is_refuted(name: str, tmp_path: Path) -> None:
    log = closed_log()
    log.entries.append(canonical(PUBLIC[name]))
    refuted(verify(log.write(tmp_path)), Kind.ENTRY, index=SIZE)


SPELT_OTHERWISE = {
    "blanks": b'{"kind": "metric-definition"}',
    "members in another order": b'{"v":1,"kind":"metric-definition"}',
    "a name twice": b'{"kind":"case","kind":"metric-definition"}',
    "a fraction": b'{"kind":1.5}',
    "not a number": b'{"kind":NaN}',
    "an integer beyond 2^53": b'{"kind":9007199254740993}',
    "an escaped letter": b'{"kind":"\\u0061"}',
    "a lone surrogate": b'{"kind":"\\ud800"}',
    "bytes that are no UTF-8": b'{"kind":"\xff"}',
    "a depth without end": b"[" * 60_000,
    "a depth with an end": b"[" * 700 + b"]" * 700,
    "nothing": b"",
}


@pytest.mark.parametrize("name", SPELT_OTHERWISE)
def test_noncanonical_public_entry_is_refuted(name: str) -> None:
    with pytest.raises(Refuted, match="entry 3"):
        read_leaf(3, SPELT_OTHERWISE[name])


def test_impossible_quorum(folder: Path) -> None:
    policy = folder / "policy"
    policy.write_text(f"log {LOG_KEY.vkey}\nwitness w {WITNESS.vkey}\ngroup g 2 w\nquorum g\n")
    answer = verify(folder, policy)
    assert answer.status == UNCHECKED
    assert str(answer.finding).startswith("policy: line 3: impossible quorum")


def test_unfounded_published_digit_is_refuted(tmp_path: Path) -> None:
    release = publish(closed_log(), tmp_path)
    core = release["cells"][0]["figures"]["core"]
    assert (core["numerator"], core["denominator"], float(core["value"])) == (24, 36, 0.6667)
    core["value"] = 0.6668
    write_release(tmp_path, release)
    said = refuted(verify(tmp_path), Kind.RELEASE, "releases/2026-11.json")
    assert said.startswith("`cells[0].figures.core.value`")


FALSE_RELEASES = {
    "cells": {"cells": []},
    "total.paper.dossiers": {},
    "ranking": {"ranking": 1},
    "root": {"root": "A" * 43 + "="},
    "size": {"size": SIZE + 1},
    "partial": {"partial": 0},
    "notice": {"notice": []},
    "reconciliation.headline": {"reconciliation": {"counts": [], "reads": [], "headline": "floor"}},
}


@pytest.mark.parametrize("name", FALSE_RELEASES)
def test_a_release_that_says_something_else(name: str, tmp_path: Path) -> None:
    release = publish(closed_log(), tmp_path) | FALSE_RELEASES[name]
    if name.startswith("total"):
        release["total"]["paper"]["dossiers"] = 1
    write_release(tmp_path, release)
    said = refuted(verify(tmp_path), Kind.RELEASE, "releases/2026-11.json")
    assert said.startswith(f"`{name}`")


@pytest.mark.parametrize("said", [b"[]", b"7", b"null", b'"release"', b"{", b"\xff"])
def test_a_release_that_is_no_document(said: bytes, tmp_path: Path) -> None:
    publish(closed_log(), tmp_path)
    (tmp_path / "releases/2026-11.json").write_bytes(said)
    refuted(verify(tmp_path), Kind.RELEASE, "releases/2026-11.json")


def test_differing_signed_release_is_refuted(tmp_path: Path) -> None:
    publish(closed_log(), tmp_path)
    copy = tmp_path / "releases/2026-11.jws"
    assert verify(tmp_path).status == PROVED
    for false in (b"e30.e30.AAAA", copy.read_bytes().replace(b".", b"=.", 1)):
        copy.write_bytes(false)
        refuted(verify(tmp_path), Kind.RELEASE, "releases/2026-11.jws")


@pytest.mark.parametrize("name", ["2026-10.json", "2026-12.jws"])
def test_release_of_unclosed_month_is_refuted(name: str, tmp_path: Path) -> None:
    publish(closed_log(), tmp_path)
    (tmp_path / "releases" / name).write_bytes((tmp_path / "releases/2026-11.json").read_bytes())
    refuted(verify(tmp_path), Kind.RELEASE, f"releases/{name}")


def test_coverage_and_floor_follow_supplied_counts(tmp_path: Path) -> None:
    log = open_log()
    counted = [{"procedure": "1.004222", "channel": "online", "dossiers": 2 * CASES}]
    supplied = {"kind": "reconcile", "v": 1, "month": "2026-11", "source": "igate", "reads": None}
    at = log.public({**supplied, "counts": counted, "digest": DIGEST})
    for leaf in (tally(), outside()):
        log.public(leaf)
    release = publish(log, tmp_path)
    (count,) = release["reconciliation"]["counts"]
    assert count["leaves"] == [at]
    assert (count["coverage"]["numerator"], count["coverage"]["denominator"]) == (CASES, 2 * CASES)
    floor = count["floor"]["online"]  # every dossier that is missing: A + D = 3 fields
    assert (floor["numerator"], floor["denominator"]) == (2 * CASES, 6 * CASES)
    assert release["reconciliation"]["headline"] == "floor"
    assert release["notice"][1].startswith("độ phủ dưới 95 %")
    count["coverage"]["numerator"] += 1
    write_release(tmp_path, release)
    said = refuted(verify(tmp_path), Kind.RELEASE, "releases/2026-11.json")
    assert said.startswith("`reconciliation.counts[0].coverage.numerator`")


def test_program_answer_is_one_json_line(folder: Path) -> None:
    (folder / TILE).write_bytes(b"")
    said = json.loads(verify(folder).as_json())
    assert said["verdict"] == "refuted"
    assert said["finding"] == {
        "kind": "tile",
        "says": "the tile has another length",
        "path": TILE,
        "index": None,
    }


def test_open_log_is_proved_without_figures(tmp_path: Path) -> None:
    answer = recompute(open_log().write(tmp_path))
    assert (answer.status, answer.proved["closed"], answer.proved["recomputed"]) == (PROVED, [], [])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A log with a form and a proof of its first tally beside it."""
    log = closed_log()
    publish(log, tmp_path)
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / f"{sha256(b'{}').hexdigest()}.json").write_bytes(b"{}")
    (tmp_path / "proofs").mkdir()
    siblings = TileTree(Folder(tmp_path), SIZE).inclusion(TALLY)
    lines = ["c2sp.org/tlog-proof@v1", f"index {TALLY}", *map(text64, siblings)]
    proof = "\n".join(lines) + "\n\n" + log.checkpoint()
    (tmp_path / "proofs" / str(TALLY)).write_text(proof)
    return tmp_path


def test_forms_and_proofs_are_checked_too(pack: Path) -> None:
    assert verify(pack).status == PROVED
    (form,) = (pack / "forms").iterdir()
    form.write_bytes(b"{ }")
    refuted(verify(pack), Kind.FORM, f"forms/{form.name}")
    form.rename(form.with_name("readme.json"))
    refuted(verify(pack), Kind.FORM, "forms/readme.json")


@pytest.mark.parametrize("line", range(12))
def test_edited_proof_is_refuted(line: int, pack: Path) -> None:
    path = pack / "proofs" / str(TALLY)
    lines = path.read_text().split("\n")
    place = min(line, len(lines) - 2)
    lines[place] = lines[place][:-2] + ("A" if lines[place][-2:-1] != "A" else "B") + "="
    path.write_text("\n".join(lines))
    refuted(verify(pack), Kind.PROOF, f"proofs/{TALLY}")


def test_proof_under_another_name_is_refuted(pack: Path) -> None:
    for name in (str(OUTSIDE), "of-the-tally", str(10**18)):
        path = pack / "proofs" / name
        path.write_bytes((pack / "proofs" / str(TALLY)).read_bytes())
        refuted(verify(pack), Kind.PROOF, f"proofs/{name}")
        path.unlink()


def test_tallies_disagreeing_on_month_end_are_refuted(tmp_path: Path) -> None:
    measure = definition(mock=True)
    log = closed_log(tally(partial=True), outside(), measure=measure)
    refuted(verify(log.write(tmp_path)), Kind.TALLY, index=OUTSIDE)
