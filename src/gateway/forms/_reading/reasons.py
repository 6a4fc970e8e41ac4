"""Why a place of a form or of its bindings is refused: one sentence a code, in Vietnamese and English."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.domain.errors import FieldProblem, FormProblem
from gateway.forms._reading.tree import LONGEST_KEY, LONGEST_PATH


class Reason(NamedTuple):
    """One sentence in two languages, without a full stop."""

    vi: str
    en: str


def reason_of(problem: FieldProblem) -> Reason:
    """The sentence about a problem for the author of the form or its bindings."""
    reason = REASONS.get(problem.code, _NOT_OF_SCHEMA)
    if not isinstance(problem, FormProblem):
        return reason
    if problem.code == "not_json":
        reason = _NO_JSON.get(problem.about, reason)
    if problem.line:
        at = (
            f"dòng {problem.line}, cột {problem.column}",
            f"line {problem.line}, column {problem.column}",
        )
        return Reason(f"{reason.vi}: {at[0]}", f"{reason.en}: {at[1]}")
    if problem.code == "unknown_type":
        return _INSTEAD.get(problem.about, reason)
    if problem.code == "several_forms":
        return Reason(*(text.replace("…", problem.about, 1) for text in reason))
    return reason


REASONS: Final[Mapping[str, Reason]] = {
    "unreadable": Reason("không đọc được tệp", "the file cannot be read"),
    "too_many_bytes": Reason("tệp, hoặc dòng, dài quá 16 MB", "the file, or the line, has more than 16 MB"),
    "not_json": Reason("tệp không phải JSON hợp lệ", "the file is no valid JSON"),
    "too_deep": Reason("JSON lồng quá 100 tầng", "the JSON is nested deeper than 100 levels"),
    "not_a_form": Reason("không có danh sách `components`: không phải biểu mẫu Form.io", "there is no list `components`: this is no Form.io form"),
    "several_forms": Reason("tệp xuất của dự án gồm các biểu mẫu: …; hãy chọn một, ví dụ `tệp.json#tên`", "a project export holds the forms …; name one, as in `file.json#name`"),
    "no_such_form": Reason("không có biểu mẫu với tên này", "there is no form of this name"),
    "unknown_form": Reason("chưa có biểu mẫu nào được đăng ký với mã này", "no form is registered under this code"),
    "too_large": Reason("biểu mẫu quá lớn: danh sách trường không vừa một mục 64 KB của nhật ký; hãy chia biểu mẫu", "the form is too large: its list of fields does not fit into a log entry of 64 KB; divide the form"),
    "bad_data": Reason("dữ liệu phải là một đối tượng JSON", "the data must be a JSON object"),
    "bad_line": Reason('mỗi dòng là {"form": …, "data": …}', 'a line is {"form": …, "data": …}'),
    "bad_component": Reason("ở đây phải là một thành phần", "a component should stand here"),
    "bad_components": Reason("ở đây phải là danh sách thành phần", "a list of components should stand here"),
    "bad_key": Reason(f"khóa phải có từ 1 đến {LONGEST_KEY} ký tự, không có khoảng trắng, ngoặc vuông hay dấu nháy", f"a key has 1 to {LONGEST_KEY} characters, without blanks, brackets or quotes"),
    "path_too_long": Reason(f"đường dẫn dài quá {LONGEST_PATH} ký tự", f"the path has more than {LONGEST_PATH} characters"),
    "duplicate_path": Reason("hai thành phần dùng chung một chỗ trong dữ liệu; hãy đổi khóa", "two components share one place in the data; rename one key"),
    "unknown_type": Reason("loại thành phần này không được hỗ trợ; hãy dùng thành phần chuẩn của Form.io", "this component type is not supported; use one of Form.io's standard components"),
    "script_condition": Reason("điều kiện viết bằng JavaScript; hãy dùng điều kiện đơn giản hoặc JSONLogic", "a condition in JavaScript; use a simple condition or JSONLogic"),
    "script_logic": Reason("`logic` viết bằng JavaScript; hãy dùng điều kiện hiển thị", "`logic` in JavaScript; use a condition instead"),
    "unsupported_logic": Reason("`logic` ẩn, bắt buộc hoặc thay thế thành phần; hãy dùng điều kiện hiển thị", "`logic` that hides, requires or replaces; use a condition instead"),
    "unsupported_operator": Reason("phép toán JSONLogic riêng của Form.io; hãy dùng phép toán của json-logic-js", "a JSONLogic operator of Form.io's own; use those of json-logic-js"),
    "unsupported_scope": Reason("JSONLogic chỉ được đọc `data` và `row`", "JSONLogic may read `data` and `row` only"),
    "unsupported_date": Reason("phép so sánh ngày cần một ngày để so sánh và một thành phần chứa ngày", "a comparison of dates needs a date to compare with and a component that holds one"),
    "cycle_of_conditions": Reason("thành phần chỉ hiện khi chính nó đã hiện", "the component shows only by what it shows itself"),
    "script_value": Reason("giá trị mặc định hoặc nguồn lựa chọn viết bằng JavaScript", "a script as default value or data source"),
    "script_content": Reason("nội dung có mã lệnh: phần tử, bộ xử lý sự kiện hoặc địa chỉ `javascript:`", "a text that brings a script along: an element, a handler or an address"),
    "unsupported_source": Reason("nguồn lựa chọn không được hỗ trợ; hãy ghi lựa chọn vào biểu mẫu hoặc dùng /catalogue/", "choices from a source that is not served; write them into the form or use /catalogue/"),
    "absolute_address": Reason("địa chỉ dẫn ra ngoài cổng", "an address that leads away from the gateway"),
    "foreign_address": Reason("địa chỉ tương đối phải nằm dưới /catalogue/", "a relative address must lie below /catalogue/"),
    "named_checkbox": Reason("ô đánh dấu có `name` phải có `inputType: radio`: nếu không, trình duyệt ghi giá trị dưới `name` còn máy chủ đọc theo `key`", "a check box with a `name` needs `inputType: radio`: else the browser writes its value under `name`, and the server reads it under `key`"),
    "addressee_label": Reason("dòng nơi nhận phải là một dòng có nhãn «Kính gửi»", "an addressee line is one line, labelled «Kính gửi»"),
    "addressee_twice": Reason("biểu mẫu chỉ có một dòng nơi nhận", "a form has one addressee line"),
    "bad_options": Reason("không đọc được các lựa chọn", "the choices cannot be read"),
    "no_such_field": Reason("biểu mẫu không có trường này", "the form has no such field"),
    "no_such_group": Reason("biểu mẫu không có nhóm lặp này", "the form has no such repeating group"),
    "no_such_attribute": Reason("từ điển không có thuộc tính này", "the dictionary has no such attribute"),
    "no_such_role": Reason("vai trò này chưa được khai báo", "no such role is declared"),
    "no_such_source": Reason("không có nguồn nào tên này", "the dictionary names no such source"),
    "no_such_item": Reason("tờ khai không có mục này", "the declaration has no such item"),
    "person_is_no_value": Reason("thuộc tính dẫn đến một người, không phải giá trị của trường", "the attribute leads to a person and is no value of a field"),
    "derived_needs_of": Reason("`of` đi cùng thuộc tính `derived.*`, và chỉ với nó", "`of` goes with a `derived.*` attribute, and only with it"),
    "one_way_each": Reason("mỗi cách xác định vai trò có đúng một trong `is`, `from`, `given`", "a way to a role has exactly one of `is`, `from` and `given`"),
    "cannot_be_reached": Reason("không có đường dẫn đến người của vai trò này", "no way leads to the person of this role"),
    "bound_twice": Reason("trường này được ràng buộc hai lần", "the field is bound twice"),
    "item_claimed_twice": Reason("mục này được khai báo hai lần", "the item is claimed twice"),
    "served_twice": Reason("thủ tục này được liên thông hai lần", "the procedure is served twice"),
    "another_form": Reason("tệp ràng buộc là của biểu mẫu khác", "the bindings are of another form"),
}  # fmt: skip
"""Every code of a form or its bindings, but those of pydantic."""

_NOT_OF_SCHEMA = Reason(
    "không đúng lược đồ của tệp ràng buộc", "this does not fit the schema of a bindings file"
)

_NO_JSON: Mapping[str, Reason] = {
    "UTF-8": Reason("tệp không phải UTF-8; hãy lưu lại bằng UTF-8", "the file is not UTF-8 (UTF-16?); save it as UTF-8"),
    "empty": Reason("tệp trống", "the file is empty"),
    "twice": Reason("một thành phần của đối tượng được ghi hai lần", "a member of an object stands twice"),
    "constant": Reason("JSON không có NaN và Infinity", "JSON has no NaN and no Infinity"),
    "number": Reason("số nằm ngoài phạm vi số thực 64 bit", "a number beyond what a double holds"),
    "surrogate": Reason("chuỗi chứa nửa cặp surrogate", "a text holds half of a surrogate pair"),
}  # fmt: skip
_TABLE = Reason("hãy dùng `datagrid` hoặc `editgrid`", "use `datagrid` or `editgrid`")
_NO_INPUT = Reason(
    "thành phần này không thu thập thông tin khai được đếm; hãy bỏ khỏi biểu mẫu",
    "this component asks for nothing that can be counted; leave it out",
)
_INSTEAD: Mapping[str, Reason] = {
    "form": Reason("biểu mẫu lồng nhau không được hỗ trợ; hãy chép các thành phần của nó vào một `container`", "a nested form is not read; copy its components into a `container`"),
    "datamap": Reason("khóa do công dân đặt không đếm được; hãy dùng `datagrid` có hai cột", "keys of the citizen's choosing cannot be counted; use a `datagrid` of two columns"),
    "tree": Reason("cây lồng nhau không đếm được; hãy dùng `editgrid`", "a tree has no fixed rows; use an `editgrid`"),
    "datatable": _TABLE,
    "dynamicWizard": _TABLE,
    "tagpad": _TABLE,
    "resource": Reason("hãy dùng `select` với nguồn `url` dưới /catalogue/", "use a `select` with a source `url` below /catalogue/"),
    "datasource": Reason("hãy dùng `select` với nguồn `url` dưới /catalogue/", "use a `select` with a source `url` below /catalogue/"),
    "sketchpad": Reason("hãy dùng `signature` hoặc `file`", "use `signature` or `file`"),
    "reviewpage": _NO_INPUT,
    "stripe": _NO_INPUT,
    "location": Reason("hãy dùng `address` hoặc `textfield`", "use `address` or `textfield`"),
    "modaledit": Reason("hãy dùng `textarea`", "use `textarea`"),
    "custom": Reason("loại thành phần tự viết không được hỗ trợ; hãy dùng thành phần chuẩn của Form.io", "a component of one's own is not read; use one of Form.io's standard components"),
    "unknown": Reason("loại thành phần không rõ; hãy dùng thành phần chuẩn của Form.io", "a component of no known type; use one of Form.io's standard components"),
}  # fmt: skip
"""What to use instead of a type that is not read."""
