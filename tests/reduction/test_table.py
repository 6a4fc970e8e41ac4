"""Do terminal and spreadsheet show the figures of the report, and its notice first?"""

import csv
import io
from typing import Any

import pytest
from rich.console import Console

from gateway.domain.verdicts import Verdict
from gateway.reduction._measure import Measurement
from gateway.reduction.exports import csv_of, sheet_of_report
from gateway.reduction.figures import figure
from gateway.reduction.report import Counted, Evidence, Question, report
from gateway.reduction.table import NARROWEST, percent, show
from tests.log.writing import decoded
from tests.reduction.bodies import AUTO, MANUAL, definitions, filled, submission


def _document(**measure: Any) -> dict[str, Any]:
    found = definitions(**measure)
    measurement = Measurement(found, Question().scope)
    overridden = filled(Verdict.OVERRIDE)
    fields = {"hoTen": AUTO, "gioiTinh": AUTO, "queTinh": overridden, "lyDo": MANUAL}
    for leaf, channel in enumerate(("online", "desk"), start=100):
        measurement.add_case(decoded([(leaf, submission(channel, fields, ch=channel))]))
    counted = Counted(measurement.sums(), measurement.forms())
    return report(Question(), counted, Evidence(200, bytes(32), found))


def test_notice_stands_above_the_table() -> None:
    console = Console(width=NARROWEST, record=True, file=io.StringIO())

    show(_document(mock=True), console)

    lines = console.export_text().splitlines()
    assert "figures from mock sources" in lines[0]
    assert "unconfirmed: no portal connected" in lines[1]
    text = "\n".join(lines)
    for heading in ("Declarable", "Offered", "Auto", "Override", "Contested", "Manual"):
        assert heading in text
    row = next(line for line in lines if "50.0 %" in line)
    assert row.split()[-9:] == ["50.0", "%", "50.0", "%", "–", "–", "20", "%", "✓"]
    assert "…" not in text


def test_supplied_counts_stand_below_the_table() -> None:
    console = Console(width=NARROWEST, record=True, file=io.StringIO())
    coverage = {"numerator": 1234, "denominator": 2000, "value": 0.617}
    floor = {"online": {"value": 0.11}, "paper": {"value": None}}
    counts = [{"source": "igate", "coverage": coverage, "floor": floor}]
    reads = [{"source": "population", "claimed": 5000, "counted": 4990}]

    show({**_document(), "reconciliation": {"counts": counts, "reads": reads}}, console)

    text = console.export_text()
    assert "(igate): 1,234 / 2,000 = 61.7 %" in text
    assert "11.0 %" in text
    assert "claimed 5,000" in text
    assert "counted 4,990" in text


def test_csv_has_both_numbers_and_origin() -> None:
    text = csv_of(sheet_of_report(_document()))

    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert any("unconfirmed" in line for line in comments)
    assert "# leaves 0 to 199" in comments
    rows = list(csv.DictReader(io.StringIO(text.split("\r\n", len(comments))[-1])))
    assert [(row["form"], row["channel"]) for row in rows] == [
        ("residence", "online"),
        ("residence", "paper"),
        ("total", "online"),
        ("total", "paper"),
    ]
    assert (rows[0]["core_numerator"], rows[0]["core_denominator"], rows[0]["core"]) == (
        "2",
        "4",
        "0.5",
    )
    assert rows[0]["offered"] == ""


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"),
    [(1, 3, 0.3333), (2, 3, 0.6667), (1, 20_000, 0.0001), (1, 20_001, 0.0), (7, 7, 1.0)],
)
def test_values_round_half_up_to_four_decimals(
    numerator: int, denominator: int, value: float
) -> None:
    assert figure(numerator, denominator)["value"] == value


def test_share_of_nothing_is_no_number() -> None:
    assert figure(0, 0)["value"] is None
    assert percent(None) == "–"


def test_paper_and_online_rows_stand_apart() -> None:
    document = _document()
    online, paper = document["forms"]
    second = online | {"procedure": "1.004222"}
    console = Console(width=NARROWEST, record=True, file=io.StringIO())
    show(document | {"forms": [online | {"procedure": "1.004194"}, second, paper]}, console)
    first_words = [line.split()[0] for line in console.export_text().splitlines() if line.split()]
    start = first_words.index("trực")
    assert first_words[start : start + 7] == [
        "trực",
        "residence",
        "1.004194",
        "residence",
        "1.004222",
        "giấy",
        "residence",
    ]
