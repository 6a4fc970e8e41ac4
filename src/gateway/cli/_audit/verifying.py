"""`gateway audit verify, recompute, proof, key, pyz`: the stand-alone verifier from the command line.

The work is done by `gateway_verify`, which is also written as one file that runs without the
gateway (`gateway audit pyz`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli._deployment import COULD_NOT, AsJson
from gateway_verify.archive import write_archive
from gateway_verify.command import Answer, run_proof, run_recompute, run_verify
from gateway_verify.command import Progress as VerifierProgress
from gateway_verify.ending import tell
from gateway_verify.findings import Unchecked
from gateway_verify.signing import new_auditor

audit_app = typer.Typer(help="Proof that the log and its figures are true.", no_args_is_help=True)

Where = Annotated[str, typer.Argument(help="A folder, or the http(s) address of a log.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="Whose signatures to ask for (C2SP tlog-policy).")
]


@audit_app.callback()
def audit() -> None:
    """Proof that the log and its figures are true."""


@audit_app.command("verify")
def verify(
    where: Where,
    policy: PolicyFile = None,
    state: Annotated[
        Path | None,
        typer.Option(help="Take the walk up from this file, and remember in it what was seen."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove a log: signatures, every entry, the public leaves, every published figure.

    Exit status: 0 proved, 1 refuted (the first difference is named), 2 could not check.
    """
    with bar("Nhật ký / log") as told:
        answer = run_verify(where, policy, state, told)
    _say(answer, as_json)


@audit_app.command("recompute")
def recompute(
    where: Where,
    policy: PolicyFile = None,
    month: Annotated[str | None, typer.Option(help="One month, as 2026-11; all if absent.")] = None,
    sign: Annotated[
        Path | None, typer.Option(help="Sign what was found with the auditor's key in this file.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the signed audit goes.")] = Path("audit.json"),
    later: Annotated[
        str | None,
        typer.Option(help="The log after a closed one, whose shreds may be about its bodies."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open every sealed body of a pack and count the tallies again.

    Exit status: 0 the same, 1 refuted (the first difference is named), 2 could not check.
    """
    with bar("Đếm lại / recount") as told:
        answer = run_recompute(where, policy, month, (sign, out) if sign else None, told, later)
    _say(answer, as_json)


@audit_app.command("proof")
def proof(
    file: Annotated[Path, typer.Argument(help="The proof, as GET /v1/log/proof gives it.")],
    leaf: Annotated[str, typer.Argument(help="The leaf hash that an answer bore, in base64.")],
    policy: PolicyFile = None,
    as_json: AsJson = False,
) -> None:
    """Hold an inclusion proof against the leaf hash that somebody was given.

    Exit status: 0 the leaf stands in the log, 1 refuted, 2 could not check (no policy, no key).
    """
    _say(run_proof(file, leaf, policy), as_json)


@audit_app.command("key")
def key(name: Annotated[str, typer.Argument(help="The auditor's name in the key.")]) -> None:
    """Make an auditor's key: the secret goes to the output, the verifier key to the other stream."""
    try:
        auditor = new_auditor(name)
    except Unchecked as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(COULD_NOT) from None
    kept = tell(str(auditor))
    typer.echo(str(auditor.key), err=True)
    raise typer.Exit(0 if kept else COULD_NOT)


@audit_app.command("pyz")
def pyz(path: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Write the verifier as one file that needs Python and `cryptography` alone."""
    try:
        write_archive(path)
    except OSError as failed:
        typer.echo(f"{path}: {type(failed).__name__}", err=True)
        raise typer.Exit(COULD_NOT) from None


@contextmanager
def bar(name: str) -> Iterator[VerifierProgress]:
    """A bar on the other stream, where somebody watches; gives what moves it."""
    console = Console(stderr=True)
    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _say(answer: Answer, as_json: bool) -> None:
    tell(answer.as_json() if as_json else "\n".join(answer.lines()))
    raise typer.Exit(answer.status)
