"""The codes of refusals, each with its titles and what to do about it.

The catalogue behind `GET /v1/errors`. Codes are a promise: they are added, never renamed, never
given another meaning. A code stands here under the error that bears it; the HTTP status follows
from both in `problems.py`. A line reads `code | title in Vietnamese | title | what to do`.
"""

from dataclasses import dataclass

from gateway.domain.errors import (
    BadRequest,
    Busy,
    CannotMeasure,
    Conflict,
    DossierRefused,
    FormRefused,
    GatewayError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    QuotaReached,
    ReceiptRefused,
    RecordRefused,
    ScopeMissing,
    TooManyTries,
)


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code: who bears it, its title in Vietnamese and English, and what to do."""

    code: str
    borne_by: type[GatewayError]
    title_vi: str
    title: str
    remedy: str


_CODES: dict[type[GatewayError], str] = {
    BadRequest: """
        audit_unreadable | Không đọc được tệp kiểm toán | Audit unreadable | Send audit.json as the verifier wrote it.
        audit_forged | Chữ ký kiểm toán sai | Audit forged | Send audit.json as it was signed.
        unusable_key | Khóa hoặc tên không dùng được | Unusable key or name | Give the verifier key and the age recipient as they were made.
        range_unusable | Khoảng mục không hợp lệ | Unusable range | Give indices within the published log.
        month_not_closed | Tháng chưa được chốt | Month not closed | Name a month that the published log has tallies of.
        malformed_json | Nội dung không phải JSON | Not JSON | Send one JSON value (RFC 8259).
        not_utf8 | Không phải UTF-8 | Not UTF-8 | Encode the body in UTF-8.
        byte_order_mark | Có dấu BOM ở đầu | Byte order mark | Leave the byte order mark out.
        body_too_large | Nội dung quá lớn | Body too large | Stay within 1 MiB.
        too_deep | Lồng quá sâu | Nested too deeply | Stay within 64 levels.
        duplicate_member | Thành phần lặp lại | Member twice | Name each member once.
        name_too_long | Tên thành phần quá dài | Name too long | Use names of at most 100 characters.
        number_too_long | Số quá dài | Number too long | Use numbers of at most 100 digits.
        number_out_of_range | Số ngoài phạm vi | Number out of range | Stay within the range of a double.
        not_a_number | Không phải số | Not a number | JSON has neither NaN nor Infinity.
        control_character | Có ký tự điều khiển | Control character | Remove the character.
        format_character | Có ký tự ẩn | Invisible character | Remove the character.
        private_use_character | Ký tự vùng riêng | Private-use character | Remove the character.
        unassigned_character | Ký tự không tồn tại | Unassigned character | Remove the character.
        lone_surrogate | Nửa cặp surrogate | Lone surrogate | Repair the text's encoding.
        unsupported_media_type | Sai kiểu nội dung | Unsupported media type | Send application/json, not compressed.
        unknown_parameter | Tham số không được biết | Unknown parameter | Leave the parameter out.
        parameter_unusable | Tham số không dùng được | Parameter unusable | Give the parameter as the interface describes it.
        dossier_or_state | Thiếu mã hồ sơ hoặc trạng thái | Dossier or state missing | Name a dossier, a state, or both.
        parameter_missing | Thiếu tham số | Parameter missing | Give the parameter in the query.
        parameter_unusable | Tham số không hợp lệ | Parameter unusable | See the detail for what it takes.
        counts_unusable | Số liệu đối chiếu không dùng được | Counts unusable | The detail names the line and the member.
        format_not_installed | Chưa cài định dạng này | Format not installed | Ask for another format, or let the operator install the extra `auditors`.
        parameter_twice | Tham số lặp lại | Parameter twice | Give each parameter and header once.
        idempotency_key_too_short | Idempotency-Key quá ngắn | Idempotency key too short | Use 22 to 255 visible ASCII characters with 128 random bits.
        idempotency_key_unusable | Idempotency-Key không hợp lệ | Idempotency key unusable | Use 22 to 255 visible ASCII characters with 128 random bits.
        idempotency_key_reused | Idempotency-Key đã dùng cho nội dung khác | Idempotency key reused | Use a new key for another body.
        validation | Dữ liệu không đúng cấu trúc | Members missing, unknown or of a wrong type | See `fields`: each names a member and why.
        bad_request | Yêu cầu không hợp lệ | Bad request | See the detail.
        agency_code_unusable | Mã cơ quan không hợp lệ | Agency code unusable | Use a code like H99.01.
        procedure_code_unusable | Mã thủ tục không hợp lệ | Procedure code unusable | Use a code like 1.004222, or a form's.
        issuer_unusable | Tên cơ quan ban hành hoặc loại giấy tờ không hợp lệ | Issuer or kind unusable | Name an issuer without long numbers, and a kind of records.
        scope_unknown | Phạm vi không tồn tại | Unknown scope | Name scopes of docs/clients.md.
        client_key_unusable | Khóa công khai không dùng được | Client key unusable | Give one public JWK on P-256 or Ed25519; the detail says what is amiss.
        tenant_code_unusable | Mã hệ thống không hợp lệ | Tenant code unusable | Use a-z, 0-9 and hyphens.
        procedure_missing | Thiếu mã thủ tục | Procedure missing | Name the procedure that the form is for.
        procedure_not_served | Biểu mẫu không thuộc thủ tục này | Procedure not served by the form | See the procedures of GET /v1/forms.
        legal_basis_unknown | Căn cứ pháp lý không hợp lệ | Legal basis unknown | Name the procedure of the call (of a form without one, the form), or an act of schemas/legal-acts.json.
        unknown_declined | Nội dung từ chối không tồn tại | Unknown thing declined | Name a source, or a field or group by its path.
        eform_mismatch | Mã eForm không khớp | Another eForm in the address | Name the same eForm in address and body.
        receipt_missing | Thiếu biên nhận | Receipt missing | Send the receipt of the latest prefill.
        not_a_person | Không phải hồ sơ của cá nhân | Not a person's dossier | Type this dossier by hand.
        not_a_date | Không phải ngày | Not a date | Send an instant of local midnight, or a date.
    """,
    NotFound: """
        form_not_in_pack | Bộ chứng cứ thiếu biểu mẫu | Form not in the pack | Ask for the files that the pack lists as missing.
        unknown_log | Không có nhật ký này | Unknown log | Name a closed log as its folder is named, 2026.
        unknown_auditor | Không có kiểm toán viên này | Unknown auditor | Accredit the auditor first.
        no_such_address | Không có địa chỉ này | No such address | See /openapi.json.
        method_not_allowed | Phương thức không được phép | Method not allowed | See the Allow header.
        unknown_form | Không có biểu mẫu này | No such form | See GET /v1/forms.
        unknown_dossier | Không có hồ sơ này | No such dossier | Register it first: POST /v1/dossiers.
        unknown_eform | Chưa cấu hình eForm này | eForm not set | Set the eForm in schemas/igate.json.
        unknown_record | Không có giấy tờ này | No such record | Use an id that your own system was given.
        unknown_ticket | Không có phiếu này | No such ticket | Use a number that your own system was given.
        unknown_release | Chưa công bố tháng này | No such release | Leave `month` out to see which there are.
        unknown_province | Không có tỉnh, thành phố này | No such province | See GET /catalogue/provinces.
        not_found | Không tìm thấy | Not found | Check the address.
        unknown_key | Không có khóa này | No such key | See gateway clients keys list.
        unknown_client | Không có client này | No such client | See gateway clients list.
        leaf_not_published | Mục nhật ký chưa được công bố | Leaf not published | Ask again within a minute; a leaf that is still unknown then was never entered.
        unknown_tenant | Không có hệ thống này | No such tenant | Register it first: gateway clients register.
    """,
    NotSignedIn: """
        not_signed_in | Chưa đăng nhập | Not signed in | Send an access token from POST /oauth/token as a Bearer, of a hardened client by DPoP.
        dpop_needed | Thiếu bằng chứng DPoP | DPoP proof needed | Send the token as `Authorization: DPoP`, with a proof of this call in the DPoP header.
        dpop_refused | Bằng chứng DPoP không được chấp nhận | DPoP proof refused | Make a proof for this very call, by the token's key, at the present time; see docs/clients.md.
        message_signature_needed | Thiếu chữ ký thông điệp | Message signature needed | Sign the message (RFC 9421) over what Accept-Signature names; see docs/clients.md.
        message_signature_refused | Chữ ký thông điệp không được chấp nhận | Message signature refused | Sign this very message, as it is sent, by a live key of the client; see docs/clients.md.
        proof_used | Bằng chứng đã được dùng | Proof used before | Make a new proof for every call, with a `jti` of its own.
        token_refused | Mã truy cập không được chấp nhận | Token refused | Fetch a new token.
        token_expired | Mã truy cập hết hạn | Token expired | Fetch a new token.
    """,
    NotAllowed: """
        grant_ended | Quyền được cấp đã hết hạn | Grant ended | Ask the operator to renew the grant.
        officer_not_granted | Cán bộ chưa được cấp quyền | Officer not granted | Ask the operator to extend the grant.
        officer_required | Phải nêu cán bộ thực hiện | Officer required | Name the officer who acts; a citizen's own call is online.
        dossier_missing | Thiếu mã hồ sơ | Dossier missing | Name the dossier in which the officer acts.
        purpose_required | Phải nêu mục đích | Purpose required | State why the records are read: reuse, verification or record_keeping.
        case_not_open | Chưa có hồ sơ đang giải quyết với mã này | No open dossier | Register the dossier first (POST /v1/dossiers); an ended one opens nothing.
        case_of_another_person | Hồ sơ của người khác | Dossier of another person | Name a dossier of this applicant.
    """,
    ScopeMissing: """
        scope_missing | Mã truy cập không có phạm vi này | Scope missing | Fetch a token with the scope that WWW-Authenticate names; the operator registers it for the client.
    """,
    Conflict: """
        too_many_keys | Client đã có hai khóa | Two live keys already | Revoke one first: gateway clients keys revoke.
        key_known | Khóa đã được đăng ký | Key known already | Make a new key; none is registered twice.
        ticket_ended | Phiếu không chuyển sang trạng thái này | Ticket does not go on to this state | A ticket goes from open to sent, and ends as resolved or rejected.
        dossier_of_another_applicant | Hồ sơ của người nộp khác | Dossier of another applicant | Name the dossier that was filled for this applicant.
        still_running | Yêu cầu trước đang xử lý | Still running | Repeat a little later with the same key.
        baselines_not_kept | Chưa ghi mốc so sánh của biểu mẫu | Baselines not kept | Start the gateway once (gateway serve), then run gateway log rotate again.
        chains_open | Còn chuỗi điền sẵn đang mở | Chains open | Run gateway log rotate again; it ends every chain first.
        tenant_exists | Hệ thống đã được đăng ký | Tenant exists | Use another code.
        test_mark_stands | Không đổi được dấu thử nghiệm của hệ thống | The test mark of a tenant stands | Register the tenant under another code.
        chain_key_gone | Khóa của chuỗi không còn | Chain key gone | Start a new prefill, or type by hand.
        chain_void | Chuỗi điền sẵn đã bị hủy | Chain void | The citizen types by hand.
        already_submitted | Hồ sơ đã nộp với nội dung khác | Already submitted | The first accepted submission is final.
        receipt_closed | Biên nhận đã đóng | Receipt closed | Use the latest receipt of the chain.
        nothing_published | Nhật ký chưa có điểm kiểm tra | Nothing published yet | Run gateway log publish first.
        folder_in_use | Thư mục không trống | Folder not empty | Name a new folder.
        auditor_exists | Kiểm toán viên đã có | Auditor exists | Use another name and key.
        audit_of_another_log | Kiểm toán của nhật ký khác | Audit of another log | Audit the published log of this deployment.
        audit_contradicts_itself | Kiểm toán tự mâu thuẫn | Audit contradicts itself | Sign what was found, as it was counted.
        log_not_begun | Nhật ký mới chưa có định nghĩa | Log not begun | Start the gateway once after a roll, then try again.
        sample_not_drawn | Mẫu không được rút như vậy | Sample not drawn | Open nothing: the draw gives other units from the province's own bodies (`gateway audit sample due`).
        sample_not_entered | Mẫu chưa được ghi trước khi rút thăm | Sample not entered | Enter the auditor's request before the draw: `gateway audit sample enter`.
        month_not_over | Tháng chưa kết thúc | Month not over | Close it when the next month has begun.
        kept_longer | Chưa hết thời gian lưu | Kept longer | Destroy bodies of months that ended over six months ago.
        month_open | Tháng chưa được chốt | Month not closed | Close it with `gateway metrics close` first, or give --leave-open.
        month_closed | Tháng đã được chốt | Month closed already | A release is never made again; close a later month.
        too_few_persons | Quá ít người | Too few persons | Close a later month; these leaves go with it.
        counts_known | Số liệu này đã có | Counts known already | Supply a file that differs.
        conflict | Mâu thuẫn với trạng thái hiện tại | Conflict | Read the present state first.
        replay_unreadable | Không đọc lại được câu trả lời trước | Earlier answer unreadable | Use a new key.
        not_announced | Giấy tờ này không được báo trước | Another record was announced | Name the announcement of this kind and owner, or none.
        record_revoked | Giấy tờ đã bị thu hồi | Record revoked | A revoked record is not taken in again.
        outbox_unreadable | Không đọc được nội dung chờ gửi | Queued content unreadable | Register the dossier again.
    """,
    ReceiptRefused: """
        contested_not_filled | Trường phản đối chưa được điền sẵn | Contested, but not filled | Contest only what the receipt filled.
        unknown_place | Biểu mẫu đã nộp không có vị trí này | No such place | Mark only fields of the submitted form, a row by its number in `data`; `contested` may name a group.
        not_of_type | Giá trị không đúng kiểu của trường | Not of the component's type | Send the component's own type; `code_point` names a character that it cannot hold.
        not_an_option | Giá trị không có trong danh mục của trường | Not an option | Choose one of the component's options, of its list under /catalogue/ as the other answers stand.
        receipt_foreign | Biên nhận của nơi khác | Receipt of somebody else | Use the receipt of this tenant and deployment.
        receipt_expired | Biên nhận hết hạn | Receipt expired | Prefill again, or type by hand.
        receipt_unreadable | Không đọc được biên nhận | Receipt unreadable | Send the receipt as it was given.
        receipt_forged | Chữ ký biên nhận sai | Receipt forged | Send the receipt as it was given.
        locked_value_changed | Giá trị khóa đã bị sửa | Locked value changed | Restore the values named in `fields`, or mark them as contested.
        role_changed | Người được nói đến đã khác | Another person is meant | Begin again without `extends`, with the answers named in `fields` in `data`.
        row_added | Có dòng thêm vào nhóm khóa | Row added | Remove the row, or contest the group.
        row_mixed | Các dòng bị trộn lẫn | Row mixed | Keep each row as it was filled, or contest the group.
    """,
    RecordRefused: """
        unknown_kind | Loại giấy tờ không có | No such kind of record | See schemas/record-kinds.json.
        unknown_reason | Lý do không có | No such reason | Use annulled, issued_in_error, replaced, stored_in_error or withdrawn.
        unknown_member | Thành phần không có | Unknown member | Leave the member out.
        missing | Thiếu thành phần | Member missing | Give the member.
        wrong_type | Sai kiểu dữ liệu | Wrong type | Give the member in its own type.
        blank | Để trống | Blank | Give a text or leave the member out.
        too_long | Quá dài | Too long | Shorten the member.
        negative | Số âm | Negative number | Give a number of at least 0.
        impossible_date | Ngày không tồn tại | Impossible date | Give a date that the calendar has.
        malformed_digest | Mã băm sai dạng | Malformed digest | Give SHA-256 as 64 lower-case hex digits.
        malformed_dossier | Mã hồ sơ sai dạng | Malformed dossier code | Give the code as iGate issued it.
        malformed_procedure | Mã thủ tục sai dạng | Malformed procedure code | Give the code as the portal has it.
        malformed_result_code | Mã kết quả sai dạng | Malformed result code | Give the code as it was issued.
        malformed_time | Thời điểm sai dạng | Malformed time | Give RFC 3339 with an offset.
        unknown_origin | Nguồn gốc không có | No such origin | Use result or component.
        qr_disagrees | Mã QR của giấy tờ khác | Printed code of another paper | Check which paper was scanned.
        not_awaited | Thời điểm ngoài phạm vi | Not a time to wait for | Expect the record within the next 30 days.
        issuer_unknown | Chưa có khóa của cơ quan ban hành | No key of the issuer | Add its key to schemas/record-issuers.json, or leave the signature out.
        signature_refused | Chữ ký của cơ quan ban hành sai | Signature refused | Send the signature that the issuer made for this record.
        malformed_personal_id | Số định danh sai dạng | Malformed personal number | Give exactly 12 digits.
    """,
    DossierRefused: """
        dossier_not_granted | Mã hồ sơ không thuộc cơ quan được cấp quyền | Dossier not granted | Use a code of your own agency or below it, that your own system issued; other agencies are named in the grant.
        impossible_time | Thời điểm không thể có | Impossible time | See the detail: nothing lies in the future, and a dossier is submitted, received, handled and due in this order.
        form_not_of_procedure | Biểu mẫu không thuộc thủ tục này | Form of another procedure | Name a form that serves the procedure; see GET /v1/forms.
        illegal_transition | Chuyển trạng thái không hợp lệ | Illegal transition | Send only states that may follow; see docs/dossiers.md.
        unknown_procedure | Không có thủ tục này trên Cổng DVCQG | Unknown procedure | Use a code of the portal's catalogue.
        procedure_abolished | Thủ tục đã bị bãi bỏ | Procedure abolished | Use the procedure that took its place.
        procedure_changed | Hồ sơ đã đăng ký cho thủ tục khác | Procedure changed | A dossier keeps its procedure; open another dossier.
        dossier_forgotten | Nội dung hồ sơ không còn được lưu | Dossier forgotten | Say the whole dossier again with POST /v1/dossiers; what the portal was told is kept for a stated time.
        file_hash_mismatch | Mã băm không khớp với tệp | File digest mismatch | Give the digest of this very file.
        record_not_usable | Giấy tờ không dùng được | Record not usable | Name a valid record of the dossier's owner.
        parts_missing | Thiếu các thủ tục của hồ sơ liên thông | Parts missing | A bundle is registered with `parts`, one per procedure that it serves.
        not_a_bundle | Không phải thủ tục liên thông | Not a bundle | Leave `parts` out.
        part_not_served | Thủ tục không thuộc hồ sơ liên thông này | Part not served | Name the procedures that GET /v1/forms/{form} gives under `serves`.
        part_doubled | Thủ tục hoặc mã hồ sơ bị lặp | Part doubled | Name each procedure once, each with a code of its own.
        part_missing | Thiếu một thủ tục của hồ sơ liên thông | Part missing | Name every procedure; one that nobody asked for with `chosen` false.
        part_code_taken | Mã hồ sơ đã dùng cho hồ sơ khác | Code taken | Give each part a new code.
        part_changed | Thủ tục thành phần đã đăng ký không được đổi | Part changed | Name registered parts as before; withdraw one by its progress.
        part_of_bundle | Hồ sơ thuộc một hồ sơ liên thông | Part of a bundle | Register the bundle again, with this part in `parts`.
        bundle_of_parts | Hồ sơ liên thông gồm nhiều thủ tục | Bundle of parts | Send progress of each part under its own code.
        too_many_steps | Quá nhiều dòng tiến độ | Too many rows of progress | A dossier has at most 1000 rows.
    """,
    FormRefused: """
        form_refused | Biểu mẫu không dùng được | Form refused | See `fields`: each names a place and why.
    """,
    QuotaReached: """
        officer_quota_reached | Cán bộ đã hết lượt tra cứu trong ngày | Officer's daily quota reached | Wait until midnight in Việt Nam (Retry-After), or ask the operator to raise the quota.
    """,
    TooManyTries: """
        too_many_tries | Quá nhiều lần xác nhận không khớp | Too many tries | Wait as long as Retry-After says; meanwhile the paper is looked at.
    """,
    Busy: """
        person_reads_closed | Tạm dừng đọc dữ liệu cá nhân | Person reads closed | The citizen types by hand; ask again once GET /readyz says the log is published.
        log_disputed | Nhân chứng nêu nhật ký khác | Checkpoint disputed | Wait until the other witnesses have spoken; operators see docs/operations.md, witnesses.
        log_unreadable | Không đọc được tệp nhật ký | Log file unreadable | Ask again later, or a mirror of the log; operators see docs/operations.md, incident.
        clock_behind | Đồng hồ chạy chậm hơn nhật ký | Clock behind the log | Nothing was stored; operators set the clock, see docs/operations.md.
        clock_jumped | Đồng hồ nhảy vọt | Clock jumped | Nothing was stored; an operator confirms the clock with `gateway log confirm-clock`.
        vault_closed | Kho giấy tờ chưa mở được | Vault closed | Repeat later; the keys of the records cannot be had now, and nothing was stored.
        vault_damaged | Giấy tờ trong kho bị hỏng | Vault damaged | Tell the operator: a stored record is not what was put there. An alarm is in the log.
        storage_busy | Hệ thống đang bận | Storage busy | Repeat later; nothing was stored.
    """,
    CannotMeasure: """
        log_not_measurable | Nhật ký không cân đối | Log cannot be measured | Report the leaf to the operator.
    """,
    GatewayError: """
        internal_error | Lỗi nội bộ | Internal error | Report the time of the call to the operator.
    """,
}


def _read(borne_by: type[GatewayError], line: str) -> ErrorCode:
    code, title_vi, title, remedy = (part.strip() for part in line.split("|"))
    return ErrorCode(code, borne_by, title_vi, title, remedy)


ERRORS: dict[str, ErrorCode] = {
    entry.code: entry
    for borne_by, lines in _CODES.items()
    for line in lines.strip().splitlines()
    for entry in [_read(borne_by, line)]
}
