"""What does an auditor ask for a sample, and which units came out of the draw?

request   {"kind":"sample-request","v":1,"origin","month","range":[first,last],"size","root","frame",
          "year_units","count","commitment","auditor","signature"}: RFC 8785 text; digests base64; the Ed25519
          signature is over the text without the member `signature`. It is made known before the public draw.
          `frame` is one of `draw.py`; `count` units are drawn, all where fewer. With `year_units`, the
          units that the auditor expects the year to have, `count` is the month's share of the yearly size;
          null where the auditor sets the count alone. A request without the two is about `fields`.
drawn     {"kind":"sample-drawn","v":1,"request":{…},"entered":{…},"at","nonce","draw","units",
          "drawn":[{"leaf","hash","ordinal","path"}]}: where the request was entered (`entered.py`), when
          the public draw was (seconds since 1970), nonce and public draw in base64, how many units
          there were, and per drawn unit its submission leaf, that one's leaf hash (by which the dossier
          is found), which of the leaf's units it is, counted from 0, and in the frame `fields` the field's
          path, else null
"""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from gateway_verify._claims.tallies import Close
from gateway_verify.evidence import Proved, Way, root_at, verify_log
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.leaves import Leaf, check_signed
from gateway_verify.locations import Place
from gateway_verify.sampling.bound import MOST_DRAWN
from gateway_verify.sampling.draw import FIELDS, FRAMES, commitment, draw_numbers, frame_of, share
from gateway_verify.sampling.entered import Entered, check_before, read_entered
from gateway_verify.sampling.units import Progress, Unit, Units
from gateway_verify.signing import Auditor, sign_leaf
from gateway_verify.text import canonical
from gateway_verify.text.notes import MalformedNote, decode_base64, read_key
from gateway_verify.text.policy import Policy

_MEMBERS = {
    "kind": str,
    "v": int,
    "origin": str,
    "month": str,
    "range": list,
    "size": int,
    "root": str,
    "count": int,
    "commitment": str,
    "auditor": str,
    "signature": str,
}
LARGEST_DRAWN_BYTES = 4_000_000
"""A file of MOST_DRAWN units has less."""

_FRAMED = {"frame", "year_units"}
_SHOWN = ("leaf", "hash", "ordinal", "path")


@dataclass(frozen=True, slots=True)
class Later:
    """What came after the request: where it was entered, the nonce shown, the public draw and its time."""

    entered: Any = field(repr=False)
    at: int
    nonce: bytes = field(repr=False)
    draw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """A request with the units that the draw gave."""

    request: Leaf
    proved: Proved
    close: Close
    entered: Entered
    later: Later
    count: int
    units: list[Unit] = field(repr=False)
    remarks: list[str]

    @property
    def frame(self) -> str:
        """What the units are."""
        return frame_of(self.request)

    def numbers(self) -> dict[str, Any]:
        """What was drawn, in numbers."""
        numbers = {"units": self.count, "drawn": len(self.units)}
        return {"frame": self.frame, "month": self.close.month, **numbers}

    def as_json(self) -> bytes:
        """The sample as its file holds it."""
        return canonical.write(
            {
                "kind": "sample-drawn",
                "v": 1,
                "request": dict(self.request),
                "entered": dict(self.entered.said),
                "at": self.later.at,
                "nonce": _text(self.later.nonce),
                "draw": _text(self.later.draw),
                "units": self.count,
                "drawn": [shown(unit) for unit in self.units],
            }
        )


def shown(unit: Unit) -> dict[str, Any]:
    """A unit as files name it."""
    said = (unit.leaf.index, _text(unit.leaf.hash), unit.ordinal, unit.path)
    return dict(zip(_SHOWN, said, strict=True))


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked for: a frame, a count of units, and what the count is the month's share of."""

    count: int
    frame: str = FIELDS
    year_units: int | None = None


def make_request(
    proved: Proved, month: str, size: Size | int, auditor: Auditor, nonce: bytes
) -> bytes:
    """The signed request; raises Unchecked for a month without tallies or a count that cannot be."""
    asked = Size(size) if isinstance(size, int) else size
    if not 0 < asked.count <= MOST_DRAWN:
        raise Unchecked(Kind.AUDIT, f"a sample asks for 1 to {MOST_DRAWN} units")
    close, checkpoint = _close(proved, month), proved.checkpoint
    return sign_leaf(
        auditor,
        {
            "kind": "sample-request",
            "v": 1,
            "origin": checkpoint.origin,
            "month": month,
            "range": [close.first, close.last],
            "size": checkpoint.size,
            "root": _text(checkpoint.root),
            "frame": asked.frame,
            "year_units": asked.year_units,
            "count": asked.count,
            "commitment": _text(commitment(nonce)),
            "auditor": str(auditor.key),
        },
    )


def units_in(place: Place, proved: Proved, month: str, frame: str, progress: Progress) -> Units:
    """The units of a frame in a closed month; raises Unchecked for a month without tallies or bodies."""
    close = _close(proved, month)
    return Units(place, proved.checkpoint.size, proved.story, close, progress, frame)


def read_request(said: Any) -> Leaf:
    """Read a decoded request and check its signature; raises Unchecked or Refuted."""
    shaped = isinstance(said, dict) and said.keys() - _FRAMED == _MEMBERS.keys()
    if not shaped or any(type(said[name]) is not kind for name, kind in _MEMBERS.items()):
        raise Unchecked(Kind.AUDIT, "no request for a sample")
    if said["kind"] != "sample-request" or said["v"] != 1 or not 0 < said["count"] <= MOST_DRAWN:
        raise Unchecked(Kind.AUDIT, "no request for a sample")
    year_units = said.get("year_units")
    if frame_of(said) not in FRAMES or not (year_units is None or _positive(year_units)):
        raise Unchecked(Kind.AUDIT, "a request for no known frame or year")
    try:
        read_key(said["auditor"])
        check_signed(said, "signature", said["auditor"], said["signature"], 0)
    except (MalformedNote, Refuted):
        raise Refuted(Kind.AUDIT, "the request is not signed by its auditor") from None
    return dict(said)


def _positive(value: Any) -> bool:
    return type(value) is int and value > 0


def draw_sample(
    place: Place,
    policy: Policy | None,
    request: Leaf,
    later: Later,
    progress: Progress,
) -> Sample:
    """Draw out of a pack with bodies.

    Raises Refuted for a nonce that was not committed to, a commitment that was not in the log before the
    draw, another log, root or range; Unchecked without bodies or a draw.
    """
    nonce, draw = later.nonce, later.draw
    if len(nonce) != 32 or _text(commitment(nonce)) != request["commitment"]:
        raise Refuted(Kind.AUDIT, "the nonce is not the one that was committed to")
    if not draw:
        raise Unchecked(Kind.AUDIT, "the public draw is empty")
    entered = read_entered(place, policy, later.entered, request)
    proved = verify_log(place, policy, Way(progress))
    remarks = check_before(entered, place, proved, policy, later.at)
    close, checkpoint = _close(proved, request["month"]), proved.checkpoint
    if request["origin"] != checkpoint.origin or request["range"] != [close.first, close.last]:
        raise Refuted(Kind.AUDIT, "the request is about another log or range")
    size = request["size"]
    within = 0 < size <= checkpoint.size
    if not within or _text(root_at(place, checkpoint, size)) != request["root"]:
        raise Refuted(Kind.AUDIT, "this log never had the root of the request")
    units = Units(place, checkpoint.size, proved.story, close, progress, frame_of(request))
    _check_share(request, units.count)
    root = decode_base64(request["root"])
    numbers = draw_numbers(root, nonce, draw, units.count, request["count"])
    drawn = units.numbered(numbers)
    return Sample(request, proved, close, entered, later, units.count, drawn, remarks)


def _check_share(request: Leaf, units: int) -> None:
    year_units = request.get("year_units")
    if year_units is not None and request["count"] != share(units, year_units):
        raise Refuted(Kind.AUDIT, "the request asks for another share than the month's of the year")


def read_drawn(raw: bytes) -> Any:
    """Decode a `drawn` file; raises Unchecked."""
    try:
        if len(raw) <= LARGEST_DRAWN_BYTES:
            return canonical.read_json(raw)
    except canonical.NotCanonical:
        pass
    raise Unchecked(Kind.AUDIT, "no drawn sample")


def draw_again(place: Place, policy: Policy | None, said: Any, progress: Progress) -> Sample:
    """Draw what a `drawn` file says was drawn; raises Refuted where another draw comes out."""
    try:
        request, nonce = read_request(said["request"]), decode_base64(said["nonce"])
        draw, drawn, at = decode_base64(said["draw"]), said["drawn"], said["at"]
        later = Later(said["entered"], at if type(at) is int else 0, nonce, draw)
    except (KeyError, TypeError, MalformedNote):
        raise Unchecked(Kind.AUDIT, "no drawn sample") from None
    sample = draw_sample(place, policy, request, later, progress)
    if drawn != [shown(unit) for unit in sample.units]:
        raise Refuted(Kind.AUDIT, "the draw gives other fields than these")
    return sample


def _close(proved: Proved, month: str) -> Close:
    for close in proved.story.closes():
        if close.month == month:
            return close
    raise Unchecked(Kind.TALLY, "the log has no tally of this month")


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
