"""What makes a row shown, and that every row has been."""

import json
from pathlib import Path

import pytest

from tests.before.__main__ import (
    BEFORE,
    NOT_SHOWN,
    RESULTS,
    SHOWN,
    UNCLEAR,
    Played,
    Row,
    main,
    play,
)
from tests.before.play import SCENES
from tests.before.stage import Json


def seen(*faults: bool, tried: str = "it") -> Played:
    return Played(tuple({"tried": tried, "got": "", "fault": fault} for fault in faults))


OUTCOMES = {
    "there and not here": (seen(True, True), seen(False, False), SHOWN),
    "only partly there": (seen(True, False), seen(False, False), NOT_SHOWN),
    "still here": (seen(True, True), seen(False, True), NOT_SHOWN),
    "nothing tried": (seen(), seen(), UNCLEAR),
    "other things tried": (seen(True), seen(False, tried="other"), UNCLEAR),
    "one tried less": (seen(True, True), seen(False), UNCLEAR),
    "broken there": (Played(broke="x"), seen(False), UNCLEAR),
    "broken here": (seen(True), Played(broke="x"), UNCLEAR),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_row_is_judged_before_and_now(name: str) -> None:
    before, now, outcome = OUTCOMES[name]
    assert Row("X1", "", before, now).outcome == outcome


def test_scenes_after_broken_one_are_played(tmp_path: Path) -> None:
    (tmp_path / "tests" / "before").mkdir(parents=True)
    (tmp_path / "tests" / "before" / "play.py").write_text(
        "import sys\n"
        "for name in sys.argv[1:]:\n"
        "    if name == 'b':\n"
        "        raise KeyError('what is wrong')\n"
        "    print('[]', flush=True)\n"
    )
    played = play(["a", "b", "c"], tmp_path)
    assert {name: bool(one.broke) for name, one in played.items()} == {
        "a": False,
        "b": True,
        "c": False,
    }
    assert "what is wrong" in played["b"].broke


def test_unknown_row_has_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "Z9"]) == 2
    assert "no such row: Z9" in capsys.readouterr().err


def test_kept_result_shows_every_row() -> None:
    kept: Json = json.loads(RESULTS.read_bytes())
    assert kept["before"] == BEFORE
    assert [(one["row"], one["says"]) for one in kept["table"]] == [
        (name, says) for name, (says, _) in SCENES.items()
    ]
    assert {one["outcome"] for one in kept["table"]} == {SHOWN}
