"""The province's own vault of digitised records (Kho quản lý dữ liệu điện tử) as a source of facts."""

from gateway.domain.identifiers import RECORDS
from gateway.sources.records._client import RecordsSource
from gateway.sources.source import SourceSpec

SOURCE = SourceSpec(
    RECORDS,
    "kho dữ liệu điện tử của tỉnh",
    letter="r",
    young_letter="y",
    local=lambda context: RecordsSource(context.records, context.lists, context.clock),
    is_remote=False,
    is_granted=True,
    place=2,
)
