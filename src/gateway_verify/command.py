"""How is the verifier run: as a command of its own, or as part of `gateway audit`?

    verify ADDRESS-or-FOLDER [--policy FILE] [--state FILE] [--json]
    recompute FOLDER [--policy FILE] [--month YYYY-MM] [--later ADDRESS-or-FOLDER]
              [--sign KEY-FILE --out audit.json] [--json]
    proof FILE LEAF [--policy FILE] [--json]
    drawn FOLDER FILE [--policy FILE] [--json]
    key NAME

Exit status: 0 proved, 1 refuted (the first difference is named), 2 could not check. With `--json` one
object: `verdict` (`proved`, `refuted`, `unchecked`), `finding` (null, or `kind`, `path`, `index`, `says`),
`remarks`, and what was proved. Progress goes to the other stream.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gateway_verify._claims.auxiliary import check_beside
from gateway_verify._claims.headlines import figures_of, lines_of
from gateway_verify._claims.releases import Releases, check_releases
from gateway_verify._claims.remarks import remarks_of
from gateway_verify._inclusion import LARGEST_PROOF_BYTES, redeem
from gateway_verify._recount import Recounted, recount
from gateway_verify.ending import Tenths, broken, tell, what_failed
from gateway_verify.evidence import Proved, Way, verify_log
from gateway_verify.findings import Finding, Kind, Refuted, Unchecked
from gateway_verify.locations import Place, open_place
from gateway_verify.sampling.requests import LARGEST_DRAWN_BYTES, draw_again, read_drawn
from gateway_verify.signing import audit_leaf, read_auditor, tell_new_key
from gateway_verify.text.policy import (
    LARGEST_POLICY_BYTES,
    MalformedPolicy,
    Policy,
    read_policy,
)

PROVED, REFUTED, UNCHECKED = 0, 1, 2
VERDICTS = ("proved", "refuted", "unchecked")
_WORDS = {
    "proved": "ĐÃ CHỨNG MINH / PROVED",
    "refuted": "BỊ BÁC BỎ / REFUTED",
    "unchecked": "KHÔNG KIỂM TRA ĐƯỢC / COULD NOT CHECK",
}

TAKEN_AS_GIVEN = (
    "không đếm lại, bảng tổng hợp được lấy như đã công bố / not counted again, its tallies are taken as "
    "given; that no case of it goes on later cannot be seen"
)

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Answer:
    """What a run says in the end."""

    verdict: str
    finding: Finding | None = None
    remarks: list[str] = field(default_factory=list)
    proved: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status."""
        return VERDICTS.index(self.verdict)

    def as_json(self) -> str:
        """The answer for programs, on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def lines(self) -> list[str]:
        """The answer for people."""
        lines = [_WORDS[self.verdict] + (f": {self.finding}" if self.finding else "")]
        said = dict(self.proved)
        lines += [f"  {line}" for line in lines_of(said.pop("figures", []))]
        lines += [f"  {name}: {_plain(value)}" for name, value in said.items()]
        lines += [f"  lưu ý / remark: {remark}" for remark in self.remarks]
        return [*map(_visible, lines)]


def _visible(line: str) -> str:
    """Names come from the evidence: what would move the cursor or turn the writing stands as its code."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in line)


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)


def run_verify(
    where: str, policy: Path | None, state: Path | None = None, progress: Progress | None = None
) -> Answer:
    """Prove a log and its releases; never raises for anything that the evidence holds."""

    def run(place: Place) -> Answer:
        way = Way(progress, state=state) if progress else Way(state=state)
        proved = verify_log(place, _policy(policy), way)
        releases = check_releases(place, proved)
        check_beside(place, proved)
        remarks = [*proved.signed.remarks, *remarks_of(proved)]
        answer = Answer(VERDICTS[PROVED], None, remarks, _said(proved))
        return _with_releases(answer, releases)

    return _answered(where, run)


def run_recompute(
    where: str,
    policy: Path | None,
    month: str | None = None,
    signing: tuple[Path, Path] | None = None,
    progress: Progress | None = None,
    later: str | None = None,
) -> Answer:
    """Open all bodies of a pack and count them again; `signing` are key file and file to write, `later`
    where the log lies that followed a closed one."""

    def run(place: Place) -> Answer:
        auditor = read_auditor(signing[0]) if signing else None
        way = Way(progress) if progress else Way()
        with open_place(later) if later else nullcontext() as after:
            found = recount(place, _policy(policy), way, month, after)
        releases = check_releases(place, found.proved)
        check_beside(place, found.proved)
        answer = _with_releases(_answer_to(found, month), releases)
        answer.remarks += remarks_of(found.proved, ended=later is not None)
        answer.proved["bodies"] = found.opened
        answer.proved["recomputed"] = [close.month for close in found.counted]
        answer.proved["taken_as_given"] = list(found.taken_as_given)
        if auditor and signing:
            signing[1].write_bytes(audit_leaf(auditor, found, _one_close(found)))
            answer.proved["audit"] = str(signing[1])
        return answer

    return _answered(where, run)


def _with_releases(answer: Answer, releases: Releases) -> Answer:
    """The figures of the releases that hold; what is not there of one leaves nothing proved."""
    answer.proved |= {"releases": [*releases.good], "figures": figures_of(releases.good.values())}
    missing = list(releases.missing)
    if missing and answer.verdict == VERDICTS[PROVED]:
        answer.verdict, answer.finding = VERDICTS[UNCHECKED], missing.pop(0)
    answer.remarks += map(str, missing)
    return answer


def _answer_to(found: Recounted, month: str | None) -> Answer:
    """What was asked for is proved only where all of it was counted."""
    given, remarks = found.taken_as_given, [*found.proved.signed.remarks]
    if given:
        remarks.append(f"{', '.join(given)}: {TAKEN_AS_GIVEN}")
    first, verdict = next(iter(found.differences.values()), None), REFUTED
    if first is None:
        first = next(iter(given.values()), None) if month is None else None
        verdict = PROVED if first is None else UNCHECKED
    return Answer(VERDICTS[verdict], first, remarks, _said(found.proved))


def run_proof(path: Path, leaf: str, policy: Path | None) -> Answer:
    """Hold a proof against the leaf hash that it is about."""

    def run() -> Answer:
        with path.open("rb") as file:
            raw = file.read(LARGEST_PROOF_BYTES + 1)
        signed, index = redeem(raw, leaf, _policy(policy))
        said = {"origin": signed.checkpoint.origin, "entries": signed.checkpoint.size}
        return Answer(VERDICTS[PROVED], None, signed.remarks, {**said, "index": index})

    return _answer_of(run)


def run_drawn(
    where: str, path: Path, policy: Path | None, progress: Progress | None = None
) -> Answer:
    """Draw what a `sample-drawn` file says was drawn, again, out of a pack with bodies."""

    def run(place: Place) -> Answer:
        with path.open("rb") as file:
            said = read_drawn(file.read(LARGEST_DRAWN_BYTES + 1))
        sample = draw_again(place, _policy(policy), said, progress or Way().progress)
        return Answer(VERDICTS[PROVED], None, sample.remarks, sample.numbers())

    return _answered(where, run)


def _one_close(found: Recounted) -> Any:
    if len(found.counted) != 1:
        raise Unchecked(Kind.AUDIT, "an audit is about one month: name it")
    return found.counted[0]


def _answered(where: str, run: Callable[[Place], Answer]) -> Answer:
    def opened() -> Answer:
        with open_place(where) as place:
            return run(place)

    return _answer_of(opened)


def _answer_of(run: Callable[[], Answer]) -> Answer:
    try:
        return run()
    except Refuted as refuted:
        return Answer(VERDICTS[REFUTED], refuted.finding)
    except Unchecked as unchecked:
        return Answer(VERDICTS[UNCHECKED], unchecked.finding)
    except BaseException as failed:
        # status 1 is a verdict: whatever else ends a run, a fault of ours included, must not pass for it
        kind = Kind.MISSING if isinstance(failed, OSError | KeyboardInterrupt) else Kind.VERIFIER
        return Answer(VERDICTS[UNCHECKED], Finding(kind, what_failed(failed)))


def _policy(path: Path | None) -> Policy | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return read_policy(file.read(LARGEST_POLICY_BYTES + 1))
    except MalformedPolicy as refused:
        raise Unchecked(Kind.POLICY, str(refused)) from None
    except OSError:
        raise Unchecked(Kind.POLICY, "the policy cannot be read") from None


def _said(proved: Proved) -> dict[str, Any]:
    signed, story = proved.signed, proved.story
    closes = story.closes()
    before = [leaf["previous"] for _, leaf in story.of_kind("key") if leaf["previous"]]
    return {
        "origin": signed.checkpoint.origin,
        "entries": signed.checkpoint.size,
        "root": signed.checkpoint.root.hex(),
        "key": str(signed.key),
        "witnesses": list(signed.witnesses),
        **({"previous": "{origin} {size} {root}".format(**before[0])} if before else {}),
        "public": len(story.leaves),
        "closed": [close.month for close in closes],
        "tallies": sum(len(close.tallies) for close in closes),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program of its own; gives the exit status."""
    try:
        return _run(arguments)
    except SystemExit:  # help, or words that are none of ours (2)
        raise
    except BaseException as failed:  # nothing but a verdict may end with 0 or 1
        return broken(failed)


def _run(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="gateway-verify", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="prove a log and its published figures")
    recompute = commands.add_parser("recompute", help="open the bodies of a pack and count again")
    proof = commands.add_parser("proof", help="hold an inclusion proof against a leaf hash")
    proof.add_argument("file", type=Path)
    proof.add_argument("leaf")
    drawn = commands.add_parser("drawn", help="draw the units of a sample again")
    for one in (verify, recompute, drawn):
        one.add_argument("where")
    drawn.add_argument("file", type=Path)
    for one in (verify, recompute, proof, drawn):
        one.add_argument("--policy", type=Path)
        one.add_argument("--json", action="store_true")
    verify.add_argument("--state", type=Path)
    recompute.add_argument("--month")
    recompute.add_argument("--later")
    recompute.add_argument("--sign", type=Path)
    recompute.add_argument("--out", type=Path, default=Path("audit.json"))
    commands.add_parser("key", help="make an auditor's key").add_argument("name")
    given = parser.parse_args(arguments)
    if given.command == "key":
        return tell_new_key(given.name)
    told = Tenths()
    if given.command == "proof":
        answer = run_proof(given.file, given.leaf, given.policy)
    elif given.command == "drawn":
        answer = run_drawn(given.where, given.file, given.policy, told)
    elif given.command == "verify":
        answer = run_verify(given.where, given.policy, given.state, told)
    else:
        signing = (given.sign, given.out) if given.sign else None
        answer = run_recompute(given.where, given.policy, given.month, signing, told, given.later)
    tell("\n".join([answer.as_json()] if given.json else answer.lines()))
    return answer.status
