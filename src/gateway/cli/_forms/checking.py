"""`gateway forms check, fields`: whether a form can be counted, and which fields it asks for."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, BinaryIO, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.cli._deployment import REFUSED, AsJson, settings_from_environment
from gateway.domain.errors import FieldProblem, FormProblem, FormRefused
from gateway.forms import decode_strictly, reason_of
from gateway.forms.catalogue import Catalogue, read_catalogue
from gateway.forms.definition import (
    FormDefinition,
    definition_of,
    forms_in,
    read_countable,
    read_definition,
)
from gateway.forms.fields import Decision, instances_at_submission
from gateway_verify.ending import tell


def registered_forms(as_json: bool = False) -> Catalogue:
    """The registered forms; ends the command with place and reason where one cannot be used."""
    try:
        return read_catalogue(settings_from_environment().schemas)
    except FormRefused as refusal:
        refuse(refusal, as_json)


UNREADABLE = 2
"""Exit status: a file cannot be read, or is no JSON."""

LARGEST_FILE_BYTES = 16 * 1024 * 1024
"""Of a form, its bindings or data, and of a line on standard input: many times what real ones have."""

forms_app = typer.Typer(help="Form.io forms: check them, list what they ask.", no_args_is_help=True)

_FormFile = typer.Argument(help="A Form.io definition.", metavar="FORM.json")


@forms_app.command("check")
def check(
    forms: Annotated[list[Path], typer.Argument(metavar="FORM.json…")], as_json: AsJson = False
) -> None:
    """Say whether forms can be counted honestly, and name every place that speaks against one.

    Exit status: 0 every form is accepted, 1 one is refused, 2 one cannot be read.
    """
    found = [(path, _problems(path)) for path in forms]
    if as_json:
        print_json([_checked(path, problems) for path, problems in found])
    else:
        for path, problems in found:
            for line in [line_of(problem) for problem in problems] or ["accepted"]:
                tell(_printable(f"{path}: {line}"))
    raise typer.Exit(max((_status(problems) for _, problems in found), default=0))


@forms_app.command("fields")
def fields(
    form: Annotated[Path | None, _FormFile] = None,
    data: Annotated[Path | None, typer.Argument(metavar="DATA.json")] = None,
    as_json: AsJson = False,
    stdin: Annotated[
        bool, typer.Option("--stdin", help='One {"form": …, "data": …} a line in, one list out.')
    ] = False,
) -> None:
    """List every declarable field of a form with given data, and whether it shows at submission.

    Exit status: 0 listed, 1 the form is refused, 2 a file cannot be read. With --stdin: 0 every line was
    answered, a refused one by its reasons, or nobody reads the answers any more.
    """
    if stdin:
        if sys.stdin is None:
            raise typer.BadParameter("standard input is closed")
        for line in _answers(sys.stdin.buffer):
            if not tell(line):
                return
        return
    if form is None:
        raise typer.BadParameter("name a form, or give --stdin")
    try:
        definition = read_definition(form_bytes(form))
        entries = _entries(definition, _data_in(data) if data else {})
    except FormRefused as refusal:
        refuse(refusal, as_json)
    else:
        print_json(entries) if as_json else _print_table(definition, entries)


def _data_in(path: Path) -> object:
    """The JSON in a file of data; what is refused of it is said of the file."""
    with said_of(path):
        return decode_strictly(file_bytes(path))


def form_or_refusal(path: Path, as_json: bool) -> FormDefinition:
    """A form that can be counted; ends the command with the reasons for one that cannot."""
    try:
        return read_countable(form_bytes(path))
    except FormRefused as refusal:
        refuse(refusal, as_json)


def _problems(path: Path) -> tuple[FieldProblem, ...]:
    try:
        read_countable(form_bytes(path))
    except FormRefused as refusal:
        return refusal.problems
    return ()


def form_bytes(path: Path) -> bytes:
    """A form's bytes; of `project.json#name` the form of that name in a project export."""
    file, hash_sign, name = str(path).rpartition("#")
    if not hash_sign or _stands(path):
        return file_bytes(path)
    document = decode_strictly(file_bytes(Path(file)))
    if not isinstance(document, dict) or name not in forms_in(document):
        raise FormRefused((FieldProblem("", "no_such_form"),))
    return json.dumps(document["forms"][name], ensure_ascii=False, default=float).encode()


@contextmanager
def said_of(path: Path) -> Iterator[None]:
    """Name the file in what is refused of it as a whole, for a command that reads several."""
    try:
        yield
    except FormRefused as refusal:
        named = (replace(one, path=one.path or path.name) for one in refusal.problems)
        raise FormRefused(tuple(named)) from None


def _stands(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False


def file_bytes(path: Path) -> bytes:
    """A file's bytes; raises FormRefused `unreadable` or `too_many_bytes`."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise FormRefused((FieldProblem("", "unreadable"),)) from error
    if len(raw) > LARGEST_FILE_BYTES:
        raise FormRefused((FieldProblem("", "too_many_bytes"),))
    return raw


def _status(problems: tuple[FieldProblem, ...]) -> int:
    if not problems:
        return 0
    unread = {problem.code for problem in problems} & {"unreadable", "not_json", "too_many_bytes"}
    return UNREADABLE if unread else REFUSED


def _checked(path: Path, problems: tuple[FieldProblem, ...]) -> dict[str, object]:
    return {"form": str(path), "accepted": not problems, "problems": listed(problems)}


def listed(problems: Iterable[FieldProblem]) -> list[dict[str, object]]:
    """What is refused, for programs."""
    return [_told(problem) for problem in problems]


def _told(problem: FieldProblem) -> dict[str, object]:
    reason = reason_of(problem)
    told: dict[str, object] = {"path": problem.path, "code": problem.code}
    if isinstance(problem, FormProblem) and problem.line:
        told |= {"line": problem.line, "column": problem.column}
    return told | {"reason": {"vi": reason.vi, "en": reason.en}}


def line_of(problem: FieldProblem) -> str:
    """What is refused at one place, as a line for people."""
    reason = reason_of(problem)
    return _printable(f"{problem.path or '(form)'}: {problem.code}: {reason.vi} / {reason.en}")


def _printable(line: str) -> str:
    # A key comes from a file that may be anybody's: nothing of it may steer a terminal.
    return "".join(sign if sign.isprintable() else "?" for sign in line)


def refuse(refusal: FormRefused, as_json: bool) -> NoReturn:
    """End the command with every place that speaks against a form."""
    if as_json:
        print_json({"error": refusal.code, "problems": listed(refusal.problems)})
    else:
        for problem in refusal.problems:
            tell(line_of(problem), sys.stderr)
    raise typer.Exit(_status(refusal.problems))


def _entries(form: FormDefinition, data: object) -> list[dict[str, object]]:
    if not isinstance(data, dict):
        raise FormRefused((FieldProblem("", "bad_data"),))
    return [
        {
            "path": instance.path,
            "type": instance.template.type,
            "label": instance.template.label,
            "required": instance.template.required,
            "visible": instance.decision is Decision.VISIBLE,
        }
        for instance in instances_at_submission(form, data)
    ]


def _answers(given: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(_lines(given), 1):
        if line.strip():
            yield _text(_answer(line, number))


def _lines(given: BinaryIO) -> Iterator[bytes]:
    """The lines, of one that is too long no more than shows that it is."""
    while line := given.readline(LARGEST_FILE_BYTES + 1):
        rest = line
        while len(rest) > LARGEST_FILE_BYTES and not rest.endswith(b"\n"):
            rest = given.readline(LARGEST_FILE_BYTES + 1)
        yield line


def _answer(line: bytes, number: int) -> object:
    try:
        if len(line) > LARGEST_FILE_BYTES:
            raise FormRefused((FieldProblem("", "too_many_bytes"),))
        asked = decode_strictly(line)
        if not isinstance(asked, dict) or "form" not in asked:
            raise FormRefused((FieldProblem("", "bad_line"),))
        return _entries(definition_of(asked["form"], line), asked.get("data", {}))
    except FormRefused as refusal:
        problems = listed(_in_line(number, one) for one in refusal.problems)
        return {"error": refusal.code, "problems": problems}


def _in_line(number: int, problem: FieldProblem) -> FieldProblem:
    """A problem of the text of one line, with the number of the line."""
    if isinstance(problem, FormProblem) and problem.line:
        return replace(problem, line=number)
    return problem


def _text(answer: object) -> str:
    return json.dumps(answer, ensure_ascii=False)


def print_json(answer: object) -> None:
    """One document on standard output."""
    tell(_text(answer))


def print_table(table: Table) -> None:
    """A table on standard output."""
    console = Console()
    with console.capture() as text:
        console.print(table)
    tell(text.get().removesuffix("\n"))


def _print_table(form: FormDefinition, entries: list[dict[str, object]]) -> None:
    shown = sum(entry["visible"] is True for entry in entries)
    table = Table(title=escape(f"{form.title}: {len(entries)} fields, {shown} visible"))
    for name in ("path", "type", "label", "required", "visible"):
        table.add_column(name)
    for entry in entries:
        marks = ("yes" if entry[name] else "" for name in ("required", "visible"))
        words = (escape(str(entry[name])) for name in ("path", "type", "label"))
        table.add_row(*words, *marks)
    print_table(table)
