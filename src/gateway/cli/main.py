"""`gateway`: which verbs are there?"""

import typer

from gateway.cli.audit.packs import (
    accept,
    accredit_auditor,
    dismiss_auditor,
    export,
    list_auditors,
)
from gateway.cli.audit.sample import sample_app
from gateway.cli.audit.verifying import audit_app
from gateway.cli.clients import clients_app
from gateway.cli.demo.command import demo
from gateway.cli.dossiers import dossiers_app
from gateway.cli.forms.bundles import bundles
from gateway.cli.forms.checking import forms_app
from gateway.cli.forms.coverage import coverage
from gateway.cli.forms.importing import import_form
from gateway.cli.forms.review import review
from gateway.cli.log.checking import check
from gateway.cli.log.publishing import keys_app, log_app
from gateway.cli.log.shredding import shred
from gateway.cli.metrics import metrics_app
from gateway.cli.openapi import write_openapi
from gateway.cli.running.mocks import mocks_app
from gateway.cli.running.serve import serve

app = typer.Typer(
    help="Fills eForms from the State's records, signs what it filled, counts what it saved.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo)
app.command("serve")(serve)
app.command("openapi")(write_openapi)
audit_app.command("export")(export)
audit_app.command("accept")(accept)
audit_app.command("accredit")(accredit_auditor)
audit_app.command("dismiss")(dismiss_auditor)
audit_app.command("auditors")(list_auditors)
audit_app.add_typer(sample_app, name="sample")
app.add_typer(audit_app, name="audit")
app.add_typer(clients_app, name="clients")
forms_app.command("bundles")(bundles)
forms_app.command("coverage")(coverage)
forms_app.command("import")(import_form)
forms_app.command("review")(review)
app.add_typer(forms_app, name="forms")
keys_app.command("shred")(shred)
app.add_typer(keys_app, name="keys")
log_app.command("check")(check)
app.add_typer(log_app, name="log")
app.add_typer(dossiers_app, name="dossiers")
app.add_typer(metrics_app, name="metrics")
app.add_typer(mocks_app, name="mocks")
