"""How does a table become Parquet, for whoever counts with it?

Texts, 64-bit integers and doubles, each column of one type; notice and what the table rests on stand
in the file's own metadata under `notice` and their names. Needs pyarrow, the extra `auditors`.
"""

import io

from gateway.domain.errors import BadRequest
from gateway.reduction.exports.sheet import Sheet


def parquet_of(sheet: Sheet) -> bytes:
    """The file's bytes; BadRequest `format_not_installed` where pyarrow is not there."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadRequest(
            "format_not_installed", "Parquet needs the extra `auditors`", "format"
        ) from None
    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema(
        [(column.name, types[column.kind]) for column in sheet.columns],
        metadata={"notice": "\n".join(sheet.notice), **sheet.origin},
    )
    table = pyarrow.Table.from_pylist([dict(row) for row in sheet.rows], schema=schema)
    written = io.BytesIO()
    parquet.write_table(table, written)
    return written.getvalue()
