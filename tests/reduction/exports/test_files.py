"""Can an exported table be computed by whoever opens it, and does it say what it rests on?"""

import csv
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree
from pyarrow import parquet

from gateway.reduction._measure import Measurement
from gateway.reduction.exports import (
    Sheet,
    csv_of,
    escape_formula,
    parquet_of,
    sheet_of_report,
    xlsx_of,
)
from gateway.reduction.report import Counted, Evidence, Question, report
from tests.log.writing import decoded
from tests.reduction.bodies import AUTO, MANUAL, definitions, submission

PAYLOADS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x00=1+1",
    " =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "=cmd|' /C calc'!A0",
    '\u200b=HYPERLINK("http://x.test","1")',
]
SPREADSHEET = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def document(procedure: str = "1.004222") -> dict[str, Any]:
    """A report over one dossier whose procedure bears this name."""
    found = definitions()
    measurement = Measurement(found, Question().scope)
    fields = {"hoTen": AUTO, "gioiTinh": AUTO, "lyDo": MANUAL}
    measurement.add_case(decoded([(100, submission("a", fields, proc=procedure))]))
    counted = Counted(measurement.sums(), measurement.forms())
    return report(Question(), counted, Evidence(200, bytes(32), found))


def cells_of_csv(sheet: Sheet) -> list[str]:
    text = csv_of(sheet)
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    return [cell for row in csv.reader(lines) for cell in row]


def parts_of_xlsx(sheet: Sheet) -> dict[str, etree._Element]:
    with zipfile.ZipFile(io.BytesIO(xlsx_of(sheet))) as archive:
        return {
            name: etree.fromstring(archive.read(name))
            for name in archive.namelist()
            if name.startswith("xl/") and name.endswith(".xml")
        }


@pytest.mark.threat(34)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_names_become_no_csv_formula(payload: str) -> None:
    cells = cells_of_csv(sheet_of_report(document(payload)))

    carried = [cell for cell in cells if cell.endswith(payload[-3:])]
    assert len(carried) == 1
    assert carried[0].startswith("'")
    assert not re.search(r"[\x00-\x1f]", carried[0])


@pytest.mark.threat(34)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_names_become_no_workbook_formula_or_link(payload: str) -> None:
    parts = parts_of_xlsx(sheet_of_report(document(payload)))

    assert not any("hyperlink" in name.lower() for name in parts)
    for part in parts.values():
        assert part.findall(".//m:f", SPREADSHEET) == []
        assert part.findall(".//m:hyperlink", SPREADSHEET) == []
    texts = ["".join(text.itertext()) for text in parts["xl/sharedStrings.xml"]]
    assert any(text.endswith(payload[-3:]) for text in texts)


@pytest.mark.threat(34)
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_parquet_returns_names_as_text(payload: str) -> None:
    table = parquet.read_table(io.BytesIO(parquet_of(sheet_of_report(document(payload)))))

    assert table.column("procedure").to_pylist() == [payload, None, None]


@pytest.mark.parametrize("text", ["1.004222", "residence", "sha256:ab", "", "a-b", "ngày 1"])
def test_ordinary_name_is_unchanged(text: str) -> None:
    assert escape_formula(text) == text


def test_workbook_cells_are_texts_or_numbers() -> None:
    sheet = parts_of_xlsx(sheet_of_report(document()))["xl/worksheets/sheet1.xml"]

    cells = {cell.get("r"): cell for cell in sheet.iterfind(".//m:c", SPREADSHEET)}
    assert {cell.get("t") for cell in cells.values()} == {"s", None}
    assert cells["B2"].get("t") == "s"
    assert cells["E2"].findtext("m:v", namespaces=SPREADSHEET) == "1"


def test_the_columns_of_parquet_are_typed() -> None:
    table = parquet.read_table(io.BytesIO(parquet_of(sheet_of_report(document()))))

    kinds = {name: str(table.schema.field(name).type) for name in ("form", "dossiers", "core")}
    assert kinds == {"form": "string", "dossiers": "int64", "core": "double"}
    assert table.column("core_numerator").to_pylist()[0] == 2


def _csv(sheet: Sheet) -> str:
    return csv_of(sheet)


def _xlsx(sheet: Sheet) -> str:
    strings = parts_of_xlsx(sheet)["xl/sharedStrings.xml"]
    return "\n".join("".join(text.itertext()) for text in strings)


def _parquet(sheet: Sheet) -> str:
    metadata = parquet.read_schema(io.BytesIO(parquet_of(sheet))).metadata
    return "\n".join(value.decode() for value in metadata.values())


@pytest.mark.parametrize("read", [_csv, _xlsx, _parquet])
def test_exports_hold_notice_range_root_and_definition(read: Callable[[Sheet], str]) -> None:
    text = read(sheet_of_report(document()))

    assert "unconfirmed: no portal connected" in text
    assert "0 to 199" in text
    assert "A" * 43 + "=" in text
    assert "eform-gateway/measure/1 sha256:" + "0" * 64 in text


def test_without_pyarrow_other_formats_remain() -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from gateway.domain.errors import BadRequest\n"
        "from gateway.reduction.exports import parquet_of\n"
        "from gateway.reduction.exports import Sheet\n"
        "from gateway.reduction.exports import csv_of\n"
        "sheet = Sheet([], {}, [], [])\n"
        "csv_of(sheet)\n"
        "try:\n    parquet_of(sheet)\n"
        "except BadRequest as refused:\n    print(refused.code, refused.member)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.split() == ["format_not_installed", "format"], done.stderr
