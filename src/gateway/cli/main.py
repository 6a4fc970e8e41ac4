"""`gateway`: the command line. The modules of a command are imported only when it is called."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from gateway.storage.url import DatabaseUnusable
from gateway_verify.ending import broken


def _serve(verbs: typer.Typer) -> None:
    from gateway.cli._serve import serve

    verbs.command("serve")(serve)


def _openapi(verbs: typer.Typer) -> None:
    from gateway.cli._serve import write_openapi

    verbs.command("openapi")(write_openapi)


def _audit(verbs: typer.Typer) -> None:
    from gateway.cli._audit import packs
    from gateway.cli._audit.entering import due, enter
    from gateway.cli._audit.report import report, year
    from gateway.cli._audit.sample import sample_app
    from gateway.cli._audit.verifying import audit_app

    audit_app.command("export")(packs.export)
    audit_app.command("accept")(packs.accept)
    audit_app.command("accredit")(packs.accredit_auditor)
    audit_app.command("revoke")(packs.revoke_auditor)
    audit_app.command("dismiss", hidden=True)(packs.revoke_auditor)  # its name before 0.2
    audit_app.command("auditors")(packs.list_auditors)
    sample_app.command("enter")(enter)
    sample_app.command("due")(due)
    sample_app.command("report")(report)
    sample_app.command("year")(year)
    audit_app.add_typer(sample_app, name="sample")
    verbs.add_typer(audit_app, name="audit")


def _clients(verbs: typer.Typer) -> None:
    from gateway.cli._clients import clients_app

    verbs.add_typer(clients_app, name="clients")


def _forms(verbs: typer.Typer) -> None:
    from gateway.cli._forms.checking import forms_app
    from gateway.cli._forms.coverage import coverage
    from gateway.cli._forms.importing import import_form
    from gateway.cli._forms.review import review
    from gateway.cli._forms.suggesting import suggest
    from gateway.cli.bundles import bundles

    forms_app.command("bundles")(bundles)
    forms_app.command("coverage")(coverage)
    forms_app.command("import")(import_form)
    forms_app.command("review")(review)
    forms_app.command("suggest")(suggest)
    verbs.add_typer(forms_app, name="forms")


def _keys(verbs: typer.Typer) -> None:
    from gateway.cli._log.publishing import keys_app
    from gateway.cli._retention import erase
    from gateway.cli._vault import rotate_vault

    keys_app.command("rotate-vault")(rotate_vault)
    keys_app.command("shred", hidden=True)(erase)  # its name before 0.2
    verbs.add_typer(keys_app, name="keys")


def _log(verbs: typer.Typer) -> None:
    from gateway.cli._log.checking import check
    from gateway.cli._log.publishing import log_app

    log_app.command("check")(check)
    verbs.add_typer(log_app, name="log")


def _db(verbs: typer.Typer) -> None:
    from gateway.cli._db import db_app

    verbs.add_typer(db_app, name="db")


def _retention(verbs: typer.Typer) -> None:
    from gateway.cli._retention import retention_app

    verbs.add_typer(retention_app, name="retention")


def _dossiers(verbs: typer.Typer) -> None:
    from gateway.cli._dossiers import dossiers_app

    verbs.add_typer(dossiers_app, name="dossiers")


def _metrics(verbs: typer.Typer) -> None:
    from gateway.cli._metrics import metrics_app

    verbs.add_typer(metrics_app, name="metrics")


def _installed(entry: EntryPoint) -> Callable[[typer.Typer], None]:
    """The command of another package, imported when it is called."""

    def add(verbs: typer.Typer) -> None:
        entry.load()(verbs)

    return add


_VERBS: Mapping[str, Callable[[typer.Typer], None]] = {
    "serve": _serve,
    "openapi": _openapi,
    "audit": _audit,
    "clients": _clients,
    "forms": _forms,
    "keys": _keys,
    "log": _log,
    "db": _db,
    "retention": _retention,
    "dossiers": _dossiers,
    "metrics": _metrics,
    **{entry.name: _installed(entry) for entry in entry_points(group="gateway.commands")},
}
"""The commands of the gateway, and those that installed packages add by the entry point `gateway.commands`."""


class _Commands(Mapping[str, Any]):
    """Every verb by its name; `gateway serve` is ready sooner for not reading the others."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}

    def __getitem__(self, verb: str) -> Any:
        if verb not in self._read:
            verbs, add = typer.Typer(), _VERBS[verb]
            add(verbs)
            self._read[verb] = get_group(verbs).commands[verb]
        return self._read[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(_VERBS)

    def __len__(self) -> int:
        return len(_VERBS)


_COMMANDS = _Commands()


_FINDINGS = (("audit",), ("db",), ("forms",), ("log", "check"))
"""Commands whose status 1 is a finding; that of the others says that they did nothing."""


_DATABASE_UNUSABLE = 2
"""Exit status of every command that opens the database and finds that it cannot be used."""


@contextmanager
def _saying_unusable() -> Iterator[None]:
    """End with a sentence where the database cannot be used."""
    try:
        yield
    except DatabaseUnusable as unusable:
        typer.echo(str(unusable), err=True)
        raise typer.Exit(_DATABASE_UNUSABLE) from None


@contextmanager
def _findings_alone() -> Iterator[None]:
    """Whatever breaks the command inside ends it with 2; how it ends by itself stays."""
    try:
        yield
    except BaseException as failed:
        unread = isinstance(failed.__context__, BrokenPipeError)  # as rich ends by itself, with 1
        by_itself = hasattr(failed, "exit_code") or isinstance(failed, SystemExit | typer.Abort)
        if by_itself and not unread:
            raise
        raise typer.Exit(broken(failed)) from None


class _Verbs(TyperGroup):
    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        self.commands = _COMMANDS  # type: ignore[assignment]  # read, never added to

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; one that finds something out ends with 1 for a finding alone."""
        words = (*ctx._protected_args, *ctx.args)  # noqa: SLF001 - the only place where the verb stands yet
        finding = any(words[: len(verb)] == verb for verb in _FINDINGS)
        with _findings_alone() if finding else nullcontext(), _saying_unusable():
            return super().invoke(ctx)


app = typer.Typer(cls=_Verbs, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def gateway() -> None:
    """Fills eForms from the State's records, signs what it filled, counts what it saved."""
