"""How does a table become an XLSX workbook whose cells have types?

Two sheets: `figures`, the table, texts as texts, counts and shares as numbers; `about`, the notice and
what the table rests on. No cell is a formula or a link, whatever it holds.
"""

import io
from typing import TYPE_CHECKING

from gateway.reduction.exports.sheet import Cell, Sheet

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet


def xlsx_of(sheet: Sheet) -> bytes:
    """The workbook's bytes."""
    from xlsxwriter import Workbook  # read by the first who wants one: a gateway starts without it

    written = io.BytesIO()
    with Workbook(written, {"in_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        share = workbook.add_format({"num_format": "0.0000"})
        figures, about = workbook.add_worksheet("figures"), workbook.add_worksheet("about")
        for number, column in enumerate(sheet.columns):
            figures.write_string(0, number, column.name, bold)
        for place, row in enumerate(sheet.rows, 1):
            for number, column in enumerate(sheet.columns):
                fraction = share if column.kind is float else None
                _write(figures, (place, number), row[column.name], fraction)
        figures.freeze_panes(1, 4)
        lines = [*(("notice", line) for line in sheet.notice), *sheet.origin.items()]
        for place, (name, value) in enumerate(lines):
            about.write_string(place, 0, name, bold)
            about.write_string(place, 1, value)
    return written.getvalue()


def _write(worksheet: "Worksheet", place: tuple[int, int], value: Cell, form: object) -> None:
    if isinstance(value, str):
        worksheet.write_string(*place, value)
    elif value is not None:
        worksheet.write_number(*place, value, form)
