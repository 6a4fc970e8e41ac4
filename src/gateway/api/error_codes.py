"""Which codes can a refusal bear, and what should be done about each?

The catalogue behind `GET /v1/errors`. Codes are a promise: they are added, never renamed, never
given another meaning. A code stands here with the error that bears it; the HTTP status follows
from both in `problems.py`.
"""

from dataclasses import dataclass

from gateway.domain.errors import (
    BadRequest,
    Busy,
    Conflict,
    FormRefused,
    GatewayError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    ReceiptRefused,
    RecordRefused,
)


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code: who bears it, its title in Vietnamese and English, and what to do."""

    code: str
    borne_by: type[GatewayError]
    title_vi: str
    title: str
    remedy: str


_BODY = (
    ("malformed_json", "Nội dung không phải JSON", "Not JSON", "Send one JSON value (RFC 8259)."),
    ("not_utf8", "Không phải UTF-8", "Not UTF-8", "Encode the body in UTF-8."),
    ("byte_order_mark", "Có dấu BOM ở đầu", "Byte order mark", "Leave the byte order mark out."),
    ("body_too_large", "Nội dung quá lớn", "Body too large", "Stay within 1 MiB."),
    ("too_deep", "Lồng quá sâu", "Nested too deeply", "Stay within 64 levels."),
    ("duplicate_member", "Thành phần lặp lại", "Member twice", "Name each member once."),
    (
        "name_too_long",
        "Tên thành phần quá dài",
        "Name too long",
        "Use names of at most 100 characters.",
    ),
    ("number_too_long", "Số quá dài", "Number too long", "Use numbers of at most 100 digits."),
    (
        "number_out_of_range",
        "Số ngoài phạm vi",
        "Number out of range",
        "Stay within the range of a double.",
    ),
    ("not_a_number", "Không phải số", "Not a number", "JSON has neither NaN nor Infinity."),
    ("control_character", "Có ký tự điều khiển", "Control character", "Remove the character."),
    ("format_character", "Có ký tự ẩn", "Invisible character", "Remove the character."),
    ("private_use_character", "Ký tự vùng riêng", "Private-use character", "Remove the character."),
    (
        "unassigned_character",
        "Ký tự không tồn tại",
        "Unassigned character",
        "Remove the character.",
    ),
    ("lone_surrogate", "Nửa cặp surrogate", "Lone surrogate", "Repair the text's encoding."),
    (
        "unsupported_media_type",
        "Sai kiểu nội dung",
        "Unsupported media type",
        "Send application/json, not compressed.",
    ),
    ("body_required", "Thiếu nội dung", "No body", "Send the body that the call needs."),
    (
        "unknown_parameter",
        "Tham số không được biết",
        "Unknown parameter",
        "Leave the parameter out.",
    ),
    ("parameter_missing", "Thiếu tham số", "Parameter missing", "Give the parameter in the query."),
    (
        "parameter_twice",
        "Tham số lặp lại",
        "Parameter twice",
        "Give each parameter and header once.",
    ),
    (
        "idempotency_key_too_short",
        "Idempotency-Key quá ngắn",
        "Idempotency key too short",
        "Use 22 to 255 visible ASCII characters with 128 random bits.",
    ),
    (
        "idempotency_key_unusable",
        "Idempotency-Key không hợp lệ",
        "Idempotency key unusable",
        "Use 22 to 255 visible ASCII characters with 128 random bits.",
    ),
    (
        "idempotency_key_reused",
        "Idempotency-Key đã dùng cho nội dung khác",
        "Idempotency key reused",
        "Use a new key for another body.",
    ),
    (
        "validation",
        "Dữ liệu không đúng cấu trúc",
        "Members missing, unknown or of a wrong type",
        "See `fields`: each names a member and why.",
    ),
    ("bad_request", "Yêu cầu không hợp lệ", "Bad request", "See the detail."),
)
_PLACES = (
    ("no_such_address", "Không có địa chỉ này", "No such address", "See /openapi.json."),
    (
        "method_not_allowed",
        "Phương thức không được phép",
        "Method not allowed",
        "See the Allow header.",
    ),
    ("unknown_form", "Không có biểu mẫu này", "No such form", "See GET /v1/forms."),
    (
        "unknown_record",
        "Không có giấy tờ này",
        "No such record",
        "Use an id that your own system was given.",
    ),
    (
        "unknown_province",
        "Không có tỉnh, thành phố này",
        "No such province",
        "See GET /catalogue/provinces.",
    ),
    ("not_found", "Không tìm thấy", "Not found", "Check the address."),
)
_CALLERS = (
    (
        "not_signed_in",
        "Chưa đăng nhập",
        "Not signed in",
        "Send an access token from POST /oauth/token as a Bearer.",
    ),
    ("token_refused", "Mã truy cập không được chấp nhận", "Token refused", "Fetch a new token."),
    ("token_expired", "Mã truy cập hết hạn", "Token expired", "Fetch a new token."),
)
_GRANTS = (
    (
        "procedure_not_granted",
        "Thủ tục chưa được cấp quyền",
        "Procedure not granted",
        "Ask the operator to extend the grant.",
    ),
    (
        "officer_not_granted",
        "Cán bộ chưa được cấp quyền",
        "Officer not granted",
        "Ask the operator to extend the grant.",
    ),
    ("not_allowed", "Không được phép", "Not allowed", "Ask the operator to extend the grant."),
)
_CONFLICTS = (
    (
        "still_running",
        "Yêu cầu trước đang xử lý",
        "Still running",
        "Repeat a little later with the same key.",
    ),
    ("tenant_exists", "Hệ thống đã được đăng ký", "Tenant exists", "Use another code."),
    (
        "chain_key_gone",
        "Khóa của chuỗi không còn",
        "Chain key gone",
        "Start a new prefill, or type by hand.",
    ),
    ("chain_void", "Chuỗi điền sẵn đã bị hủy", "Chain void", "The citizen types by hand."),
    (
        "already_submitted",
        "Hồ sơ đã nộp với nội dung khác",
        "Already submitted",
        "The first accepted submission is final.",
    ),
    (
        "receipt_closed",
        "Biên nhận đã đóng",
        "Receipt closed",
        "Use the latest receipt of the chain.",
    ),
    ("conflict", "Mâu thuẫn với trạng thái hiện tại", "Conflict", "Read the present state first."),
)
_RECEIPTS = (
    ("receipt_foreign", "Biên nhận của nơi khác", "Receipt of somebody else", "Use the receipt of this tenant and deployment."),
    ("receipt_expired", "Biên nhận hết hạn", "Receipt expired", "Prefill again, or type by hand."),
    ("receipt_unreadable", "Không đọc được biên nhận", "Receipt unreadable", "Send the receipt as it was given."),
    ("receipt_forged", "Chữ ký biên nhận sai", "Receipt forged", "Send the receipt as it was given."),
    ("locked_value_changed", "Giá trị khóa đã bị sửa", "Locked value changed", "Restore the values named in `fields`, or mark them as contested."),
    ("row_added", "Có dòng thêm vào nhóm khóa", "Row added", "Remove the row, or contest the group."),
    ("row_mixed", "Các dòng bị trộn lẫn", "Row mixed", "Keep each row as it was filled, or contest the group."),
)  # fmt: skip
_RECORDS = (("record_refused", "Giấy tờ không được nhận", "Record refused", "See `member`."),)
_FORMS = (
    (
        "form_refused",
        "Biểu mẫu không dùng được",
        "Form refused",
        "See `fields`: each names a place and why.",
    ),
)
_BUSY = (
    ("storage_busy", "Hệ thống đang bận", "Storage busy", "Repeat later; nothing was stored."),
)


def _entries(
    borne_by: type[GatewayError], rows: tuple[tuple[str, str, str, str], ...]
) -> dict[str, ErrorCode]:
    return {code: ErrorCode(code, borne_by, vi, en, remedy) for code, vi, en, remedy in rows}


ERRORS: dict[str, ErrorCode] = {
    **_entries(BadRequest, _BODY),
    **_entries(NotFound, _PLACES),
    **_entries(NotSignedIn, _CALLERS),
    **_entries(NotAllowed, _GRANTS),
    **_entries(Conflict, _CONFLICTS),
    **_entries(ReceiptRefused, _RECEIPTS),
    **_entries(RecordRefused, _RECORDS),
    **_entries(FormRefused, _FORMS),
    **_entries(Busy, _BUSY),
    **_entries(
        GatewayError,
        (
            (
                "internal_error",
                "Lỗi nội bộ",
                "Internal error",
                "Report the time of the call to the operator.",
            ),
        ),
    ),
}
