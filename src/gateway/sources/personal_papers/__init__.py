"""The citizen's own store of papers on the national portal (kho giấy tờ cá nhân trên Cổng DVCQG)."""

from gateway.domain.identifiers import PERSONAL_PAPERS
from gateway.sources.personal_papers._settings import PapersAccess
from gateway.sources.source import SourceSpec

__all__ = ["SOURCE", "PapersAccess"]

SOURCE = SourceSpec(
    PERSONAL_PAPERS,
    "kho giấy tờ cá nhân",
    letter="k",
    young_letter="z",
    access=PapersAccess,
    group="papers",
    place=3,
)
