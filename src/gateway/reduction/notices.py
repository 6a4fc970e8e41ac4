"""Which lines must every reader of a figure see first?"""

from collections.abc import Mapping
from typing import Any

from gateway.reduction.definitions import Definitions

MOCK = "SỐ LIỆU TỪ NGUỒN MÔ PHỎNG / figures from mock sources"
NO_INSTANT_RULE = "không loại hồ sơ nộp tức thời / the instant rule is set to 0"
UNCONFIRMED = "chưa xác nhận: chưa kết nối Cổng / unconfirmed: no portal connected"
NO_COUNT = "chưa có số liệu đối chiếu của bên khác / no count supplied by anybody else"
FLOOR = "độ phủ dưới 95 %: đọc mức sàn trước / coverage below 95 %: the floor is the headline"
YOUNG = (
    "quá nửa mức cốt lõi dựa trên giấy tờ mới nhập, chưa được xác nhận / "
    "more than half of core rests on young records that nobody vouches for"
)
ONLY_THE_GATEWAY = (
    "chỉ chứng minh những gì đi qua cổng, không phải những gì hiện trên màn hình / "
    "proves what passed through the gateway, not what stood on a screen"
)


def notice_of(
    definitions: Definitions,
    reconciliation: Mapping[str, Any],
    total: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """The lines that follow from the definitions, from what others counted, and from the totals."""
    measures = definitions.measures
    lines = [MOCK] if any(measure.mock for measure in measures) else []
    if any(0 in (m.instant_seconds, m.instant_seconds_per_field) for m in measures):
        lines.append(NO_INSTANT_RULE)
    if not measures or not measures[-1].confirmed:
        lines.append(UNCONFIRMED)
    if not reconciliation["counts"]:
        lines.append(NO_COUNT)
    if reconciliation["headline"] == "floor":
        lines.append(FLOOR)
    if any(2 * one.get("young", 0) > one["core"]["numerator"] for one in total.values()):
        lines.append(YOUNG)
    return [*lines, ONLY_THE_GATEWAY]
