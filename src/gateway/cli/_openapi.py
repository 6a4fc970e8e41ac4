"""`gateway openapi`: write the OpenAPI document."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import create_app
from gateway.domain.clock import now_in_utc
from gateway.settings import Settings


def write_openapi(
    file: Annotated[Path | None, typer.Argument(help="Where to; else it is printed.")] = None,
) -> None:
    """Write the OpenAPI document, the same bytes for the same interface."""
    text = described()
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text)


def described() -> str:
    """The OpenAPI document as text, members in order."""
    document = create_app(Settings(), now_in_utc).openapi()
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
