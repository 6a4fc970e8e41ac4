"""`gateway forms import`: the effects of a changed form, and its registration."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from gateway.cli._deployment import AsJson, settings_from_environment
from gateway.cli._forms.checking import (
    file_bytes,
    form_bytes,
    line_of,
    listed,
    print_table,
    said_of,
)
from gateway.domain.codelists import read_code_lists
from gateway.domain.errors import FieldProblem, FormRefused
from gateway.forms.attributes import read_dictionary
from gateway.forms.catalogue import RegisteredForm, register
from gateway.forms.definition import read_countable
from gateway.forms.drift import Change, Drift, drift_of
from gateway_verify.ending import tell

BREAKS = 1
"""Exit status: some binding no longer fits."""

UNREADABLE = 2
"""Exit status: a file cannot be read, or the form is refused."""

_KINDS = {
    "renamed": "Đổi khóa / Renamed",
    "removed": "Bỏ trường / Removed",
    "added": "Thêm trường / Added",
    "now_required": "Thành bắt buộc / Now required",
    "no_longer_required": "Hết bắt buộc / No longer required",
    "type": "Đổi kiểu / Type",
    "options": "Đổi lựa chọn / Options",
    "condition": "Đổi điều kiện / Condition",
    "item_dropped": "Bỏ mục của tờ khai / Item dropped",
    "item_added": "Thêm mục của tờ khai / Item added",
    "binding_field_gone": "Ràng buộc mất trường / Bound field gone",
    "not_convertible": "Dữ liệu không vừa kiểu / Not convertible",
    "label_lost": "Mất nhãn danh mục / Label lost",
    "bindings_refused": "Ràng buộc không hợp lệ / Bindings refused",
}


def import_form(
    file: Annotated[Path, typer.Argument(help="The changed form.", metavar="NEW_FORM.json")],
    form: Annotated[str, typer.Option("--form", help="The code it is registered under.")],
    bindings: Annotated[
        Path | None, typer.Option(help="New bindings; without, the registered ones stay.")
    ] = None,
    as_json: AsJson = False,
    write: Annotated[
        bool, typer.Option("--write", help="Put it in place, unless it breaks a binding.")
    ] = False,
) -> None:
    """Tell what a changed form does before it is published; with --write, register it.

    Exit status: 0 every binding fits, 1 some do not (nothing is written), 2 unreadable or refused.
    """
    schemas = settings_from_environment().schemas
    folder = schemas / "forms" / form
    try:
        with said_of(file):
            raw = form_bytes(file)
            now = read_countable(raw)
        earlier = _registered(schemas, form)
        beside = bindings or folder / "bindings.json"
        with said_of(beside):
            own_bindings = file_bytes(beside)
        drift = drift_of(earlier, now, own_bindings, read_code_lists(schemas))
    except FormRefused as refusal:
        _refuse(refusal, as_json)
    written = write and not drift.breaks
    if written:
        _put_in_place(folder, earlier, raw, own_bindings)
    _say(form, drift, written, as_json)
    raise typer.Exit(BREAKS if drift.breaks else 0)


def _registered(schemas: Path, form: str) -> RegisteredForm:
    registered = {path.parent.name: path.parent for path in schemas.glob("forms/*/form.json")}
    if form not in registered:
        raise FormRefused((FieldProblem("--form", "unknown_form"),))
    return register(registered[form], read_dictionary(schemas / "attributes.json"))


def _refuse(refusal: FormRefused, as_json: bool) -> None:
    if as_json:
        own_bindings = {"error": refusal.code, "problems": listed(refusal.problems)}
        tell(json.dumps(own_bindings, ensure_ascii=False))
    else:
        for problem in refusal.problems:
            tell(line_of(problem), sys.stderr)
    raise typer.Exit(UNREADABLE)


def _put_in_place(folder: Path, earlier: RegisteredForm, raw: bytes, bindings: bytes) -> None:
    """Keep the earlier version by its digest, then let the new files take their names."""
    if earlier.definition.raw != raw:
        kept = folder / "versions" / f"{earlier.definition.digest.removeprefix('sha256:')}.json"
        kept.parent.mkdir(exist_ok=True)
        _replace(kept, earlier.definition.raw)
    _replace(folder / "bindings.json", bindings)
    _replace(folder / "form.json", raw)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _say(form: str, drift: Drift, written: bool, as_json: bool) -> None:
    if as_json:
        tell(json.dumps(_document(form, drift, written), ensure_ascii=False))
        return
    if drift.changes:
        print_table(_table(form, drift))
    else:
        tell(f"{form}: không có thay đổi về kê khai / nothing that is declared changes")
    tell(_about_series(drift))
    if written:
        tell("Đã ghi / Written.")
    elif drift.breaks:
        tell("Chưa ghi: ràng buộc chưa khớp / Not to be published: bindings do not fit.")


def _about_series(drift: Drift) -> str:
    match drift.new_series:
        case None:
            return "Chuỗi số liệu: chưa xác định / Series: unknown until the bindings fit"
        case True:
            return "Bắt đầu chuỗi số liệu mới / A new series starts"
        case False:
            return "Giữ chuỗi số liệu / The series goes on"


def _document(form: str, drift: Drift, written: bool) -> dict[str, object]:
    return {
        "form": form,
        "changes": [_change(change) for change in drift.changes],
        "breaks": drift.breaks,
        "earlier_series": drift.earlier_series,
        "series": drift.series,
        "new_series": drift.new_series,
        "written": written,
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "path": change.path,
        "label": change.label,
        "before": change.before,
        "after": change.after,
        "required": change.required,
        "breaks": change.breaks,
    }


def _table(form: str, drift: Drift) -> Table:
    table = Table(title=f"Thay đổi của biểu mẫu / Changes of {form}", box=SIMPLE_HEAD)
    for heading in ("Thay đổi\nChange", "Trường\nField", "Trước\nBefore", "Sau\nAfter"):
        table.add_column(heading, overflow="fold")
    for change in drift.changes:
        required = "bắt buộc / required" if change.required and not change.after else change.after
        words = (f"{change.label}\n{change.path}".strip(), change.before, required)
        kind = f"{'! ' if change.breaks else ''}{_KINDS[change.kind]}"
        table.add_row(kind, *(escape(_plain(word)) for word in words))
    return table


def _plain(text: str) -> str:
    # A form comes from a file that may be anybody's: nothing of it may steer a terminal.
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
