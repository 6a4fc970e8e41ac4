"""`gateway forms review`: the list that officials check before a form goes live.

Writes `schemas/forms.md` from what is registered: of every form each field with its item, its
condition in words, its source and who may change it; whose facts are read and how that person is
found; what stays with the citizen, and why; what a source could hold and does not come, and why.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import typer

from gateway.cli._deployment import settings_from_environment
from gateway.cli._forms.checking import refuse, registered_forms
from gateway.domain.errors import FormRefused
from gateway.domain.identifiers import FormCode, SourceId
from gateway.domain.verdicts import EditPolicy, Reason
from gateway.forms import Kind, Node, condition_in_words
from gateway.forms.attributes import CONSTANT, DERIVED
from gateway.forms.bindings import Binding, Way
from gateway.forms.catalogue import Catalogue, RegisteredForm
from gateway.forms.covering import coverage_of
from gateway.forms.definition import FieldTemplate
from gateway.forms.unreached import Unreached, read_all_unreached
from gateway.sources.registry import registered
from gateway_verify.ending import tell

_HEAD = """# Danh sách rà soát biểu mẫu / Review list of the forms

Made by `gateway forms review --write` from `schemas/`; a test holds it current. For officials who review a form before it goes live.

- **Trường**: nhãn trên biểu mẫu, khóa dữ liệu, kiểu thành phần; `*` là bắt buộc khi hiện.
- **Mục**: mục của tờ khai chính thức mà trường này đứng thay; trống là trường thêm.
- **Hiện khi**: điều kiện để trường hiện, kể cả điều kiện của phần chứa nó; trống là luôn hiện.
- **Lấy từ**: vai trò, thuộc tính dữ liệu chuẩn và các nguồn theo thứ tự ưu tiên; trống là công dân tự khai.
- **Sửa**: *khóa* không được sửa; *đính chính* được sửa, ghi nhận và báo cơ quan quản lý dữ liệu; *tự do* là gợi ý; *theo nguồn* là khóa nếu nguồn chính thức cho hoặc xác nhận giá trị, nếu không thì tự do.
- **Không về**: mục mà nguồn có thể giữ nhưng không về dù mọi nguồn đều hoạt động và công dân chấp nhận mọi giá trị, cùng quy tắc là nguyên nhân; đo bằng `python -m tests.journeys.reach`.
"""
_EDITS = {
    EditPolicy.LOCKED: "khóa",
    EditPolicy.CORRECTABLE: "đính chính",
    EditPolicy.FREE: "tự do",
    None: "theo nguồn",
}
_NOT_COUNTED = {
    "addressee": "dòng Kính gửi",
    "attachment": "tệp đính kèm, đếm riêng",
    "captcha": "mã xác nhận",
    "computed": "biểu mẫu tự tính",
    "hidden": "không bao giờ hiện",
    "not_submitted": "giá trị không được gửi đi; vẫn đếm, như để trống",
    "nothing_asked": "không hỏi gì",
}
_UNREACHED = {
    Reason.NOT_HELD: "nguồn không giữ dữ liệu này về người đó",
    Reason.NO_RECORD: "nguồn không có hồ sơ, giấy tờ nào về người đó",
    Reason.WITHHELD: "được giữ lại",
    Reason.STALE: "dữ liệu đã quá hạn sử dụng",
    Reason.CONFLICT: "các nguồn nói khác nhau",
    Reason.NOT_BOUND: "không có thuộc tính nào để ràng buộc",
    Reason.NOT_CONVERTIBLE: "không chuyển được vào thành phần",
    Reason.ALREADY_GIVEN: "công dân phải trả lời trước",
}
_REQUIRED = r" \*"
_TITLES = defaultdict(str, panel="title", fieldset="legend")
_COLUMNS = ("Trường", "Mục", "Hiện khi", "Lấy từ", "Sửa")


def review(
    write: Annotated[bool, typer.Option("--write", help="Write schemas/forms.md again.")] = False,
) -> None:
    """Print the review list of every registered form, or write it into the documents."""
    schemas, catalogue = settings_from_environment().schemas, registered_forms()
    try:
        text = review_of(catalogue, read_all_unreached(schemas, catalogue))
    except FormRefused as refusal:
        refuse(refusal, as_json=False)
    if write:
        (schemas / "forms.md").write_text(text, encoding="utf-8")
    else:
        tell(text.removesuffix("\n"))


def review_of(catalogue: Catalogue, unreached: Mapping[FormCode, tuple[Unreached, ...]]) -> str:
    """The review list of every form of a catalogue, as Markdown."""
    forms = catalogue.forms()
    index = [f"- [{_safe(form.title)}](#{form.code})" for form in forms]
    chapters = ["\n".join(_chapter(form, unreached[form.code])) for form in forms]
    return "\n".join([_HEAD, *index, "", "\n".join(chapters)])


def _chapter(form: RegisteredForm, unreached: Iterable[Unreached]) -> Iterator[str]:
    covered = coverage_of(form, registered().ids)
    yield f'<a id="{form.code}"></a>\n'
    yield f"## {_safe(form.title)}\n"
    codes = ", ".join(f"`{code}`" for code in form.bindings.procedures) or "chưa có mã"
    yield (
        f"`{form.code}` · thủ tục {codes} · tờ khai `{form.bindings.declaration}` · "
        f"{len(form.definition.fields)} trường; {covered.required} mục bắt buộc, trong đó "
        f"{covered.bound} đã ràng buộc (đã kết nối {covered.connected}, trần {covered.ceiling})\n"
    )
    yield from _roles(form)
    yield _row(_COLUMNS)
    yield _row("---" for _ in _COLUMNS)
    yield from _rows(form)
    yield from _left(form)
    yield from _uncounted(form)
    if form.bindings.absent_items:
        absent = ", ".join(f"`{item}`" for item in form.bindings.absent_items)
        yield f"\nMục của tờ khai mà biểu mẫu không hỏi: {absent}"
    yield from _missed(unreached)
    for path, source in form.bindings.sets.items():
        yield f"\nThành phần ẩn `{path}`: bật khi không hỏi được {_title_of(source)}."
    yield ""


def _rows(form: RegisteredForm) -> Iterator[str]:
    """A row for each field, and one before the first of each part of the form."""
    node_of = {
        t.path: n for root in form.definition.roots for n in root.walk() for t in n.templates
    }
    part = ""
    for field in form.definition.fields:
        node = node_of[field.path]
        if (stands_in := " › ".join(_parts(node))) != part:
            part = stands_in
            yield _row([f"**{_safe(part) or '…'}**", *[""] * (len(_COLUMNS) - 1)])
        yield _row(_cells(form, field, condition_in_words(node)))


def _parts(node: Node) -> list[str]:
    """The titles of the parts around a component, outermost first."""
    titles: list[str] = []
    place = node.parent
    while place is not None:
        told = place.component.get("label" if place.kind is Kind.GROUP else _TITLES[place.type])
        if isinstance(told, str) and told:
            titles.insert(0, told)
        place = place.parent
    return titles


def _cells(form: RegisteredForm, field: FieldTemplate, condition: str) -> Iterator[str]:
    binding = form.bindings.by_field.get(field.path)
    item = form.bindings.item_of(field.path)
    mark = _REQUIRED if field.required else ""
    yield f"{_safe(field.label)}{mark}<br>`{field.path}` {field.type}"
    yield f"`{item}`" if item else ""
    yield _safe(condition)
    yield _origin(form, binding) if binding else ""
    yield _EDITS[binding.edit] if binding else ""


def _origin(form: RegisteredForm, binding: Binding) -> str:
    attribute = form.dictionary[binding.attribute]
    if binding.attribute.startswith(CONSTANT):
        return "giá trị mặc định"
    if binding.attribute.startswith(DERIVED):
        return "tính từ " + ", ".join(_label(form, path) for path in binding.of)
    sources = ", ".join(map(_title_of, attribute.sources))
    told = sources or "chưa có nguồn được kết nối"
    return f"`{binding.role}`: {_safe(attribute.term)} (`{attribute.name}`)<br>{told}"


def _label(form: RegisteredForm, path: str) -> str:
    return f"«{_safe(form.definition.field(path).label)}»"


def _roles(form: RegisteredForm) -> Iterator[str]:
    yield "Vai trò, và cách xác định người:\n"
    for role, ways in form.bindings.roles.items():
        yield f"- `{role}`: " + "; nếu không, ".join(_way(form, way) for way in ways)
    yield ""


def _way(form: RegisteredForm, way: Way) -> str:
    if way.subject:
        found = "người nộp hồ sơ"
    elif way.given is not None:
        found = "người có số ở " + _label(form, way.given["personal_id"])
    else:
        term = form.dictionary[way.by].term if way.by else ""
        found = f"{_safe(term)} của `{way.start}`" + (", mỗi người một dòng" if way.many else "")
    clauses = [
        f"{_label(form, path)} là {', '.join(_answers(form, path, values))}"
        for path, values in (way.when or {}).items()
    ]
    return found + (f" khi {' và '.join(clauses)}" if clauses else "")


def _answers(form: RegisteredForm, path: str, values: Iterable[str]) -> Iterator[str]:
    labels = {o.value: o.label for o in form.definition.field(path).options or ()}
    return (f"«{_safe(labels.get(value, value))}»" for value in values)


def _left(form: RegisteredForm) -> Iterator[str]:
    """What no source fills, by the reason why."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for field in form.definition.fields:
        if why := _why_left(form, field):
            reasons[why].append(f"{_safe(field.label)} (`{field.path}`)")
    yield "\nCông dân tự khai, và vì sao:\n"
    for why, fields in reasons.items():
        yield f"- {why}: {'; '.join(fields)}"


def _uncounted(form: RegisteredForm) -> Iterator[str]:
    """Every input that no figure counts, with the reason."""
    if form.definition.uncounted:
        yield "\nThành phần nhập liệu không được đếm, và vì sao:\n"
    for one in form.definition.uncounted:
        yield f"- `{one.path}` {one.type}: {_NOT_COUNTED[one.reason]}"


def _missed(unreached: Iterable[Unreached]) -> Iterator[str]:
    """What a source could hold and does not come, with the rule that takes it."""
    for number, one in enumerate(unreached):
        if not number:
            yield "\nMục mà nguồn có thể giữ nhưng không về, và vì sao:\n"
        items = ", ".join(f"`{item}`" for item in one.items)
        yield f"- Mục {items}: {_UNREACHED[one.reason]} – {_safe(one.why)}"


def _why_left(form: RegisteredForm, field: FieldTemplate) -> str | None:
    binding = form.bindings.by_field.get(field.path)
    told = form.bindings.not_supplied.get(field.path)
    if told is not None:
        return _safe(told)
    if binding is not None:
        attribute = form.dictionary[binding.attribute]
        held = attribute.computed or registered().ids & set(attribute.sources)
        return None if held else "nguồn giữ dữ liệu này chưa được kết nối"
    if field.is_file:
        return "tệp đính kèm"
    if field.control:
        return "lựa chọn chỉ để mở hoặc đóng các phần khác"
    if field.required:
        return "chỉ công dân biết hoặc quyết định"
    return "không bắt buộc, không ràng buộc với nguồn nào"


def _title_of(source: SourceId) -> str:
    spec = registered().by_id.get(source)
    return source if spec is None else spec.title


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(text: str) -> str:
    """Text of a form's author as it can stand in a cell of a table."""
    for mark in "\\`*_<>|":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.replace("](", "] (").split())
