"""How the runner of other days reads its command line, and what it holds against what."""

from datetime import UTC, datetime

import pytest

from tests import dates

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "meant"),
    [
        ("2034-06-15", datetime(2034, 6, 15, 5, tzinfo=UTC)),
        ("2027-03-03T18:00", datetime(2027, 3, 3, 18, tzinfo=UTC)),
        ("+100", datetime(2027, 3, 2, 5, tzinfo=UTC)),
        ("today", NOW),
    ],
)
def test_a_day_is_read(day: str, meant: datetime) -> None:
    assert dates.moment(day, NOW) == meant


@pytest.mark.parametrize("day", ["15.6.2034", "+x", "2034-13-01"])
def test_unreadable_day_ends_with_status_2(
    day: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dates, "which", lambda _: "/usr/bin/faketime")
    assert dates.main([day]) == dates.UNUSABLE
    assert day in capsys.readouterr().err


def test_missing_faketime_names_its_installation(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert dates.main(["2034-06-15"]) == dates.UNUSABLE
    assert "apt-get install faketime" in capsys.readouterr().err


def test_figures_differ_only_in_the_day() -> None:
    one = {"month": "2026-11", "report": {"forms": [{"auto": 1}, {"auto": 2}], "root": "a"}}
    other = {"month": "2034-06", "report": {"forms": [{"auto": 1}, {"auto": 3}], "root": "b"}}
    assert list(dates.differences(one, one)) == []
    assert list(dates.differences(one, other)) == ["report.forms[1].auto"]


def test_clock_runs_on_from_requested_moment() -> None:
    later = datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert dates.as_of(later, NOW, ["true"])[-3:] == ["-f", "+3600s", "true"]


def test_help_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert dates.main(["--help"]) == 0
    assert "python -m tests.dates" in capsys.readouterr().out
