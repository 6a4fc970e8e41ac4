"""Files and refusals of the commands of a sampling audit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import typer

from gateway.cli._deployment import COULD_NOT
from gateway.domain.errors import GatewayError
from gateway_verify.findings import Kind, Refuted, Unchecked
from gateway_verify.locations import read_file
from gateway_verify.text import canonical
from gateway_verify.text.policy import (
    LARGEST_POLICY_BYTES,
    MalformedPolicy,
    Policy,
    read_policy,
)

LARGEST_FILE_BYTES = 16 * 1024 * 1024
LARGEST_LIST_BYTES = 256 * 1024 * 1024
"""Of what a sample brings along, and of a register's list: many times what real ones have."""

_LARGEST_NONCE_BYTES = 1_000

WRONG = 1
"""Exit status: refuted, or an opening was wrong."""


def decoded(path: Path, most: int = LARGEST_FILE_BYTES) -> object:
    """The JSON in a file; raises Unchecked."""
    try:
        return canonical.read_json(read_file(path, most))
    except canonical.NotCanonical as refused:
        raise Unchecked(Kind.AUDIT, f"no JSON that can be read: {refused}", str(path)) from None


def moment_of(text: str) -> int:
    """A moment with its offset, in seconds since 1970."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unchecked(Kind.AUDIT, "a moment reads 2026-12-01T18:30+07:00")
    return int(moment.timestamp())


def read_nonce(path: Path) -> bytes:
    """The nonce that a file holds; raises Unchecked."""
    try:
        return bytes.fromhex(read_file(path, _LARGEST_NONCE_BYTES).decode().strip())
    except ValueError:
        raise Unchecked(Kind.AUDIT, "no nonce", str(path)) from None


def keep_secret(path: Path, text: str) -> None:
    """Write a new file that its owner alone can read; raises OSError where it stands already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")


def policy_of(path: Path | None) -> Policy | None:
    """The policy in a file; raises Unchecked."""
    try:
        return None if path is None else read_policy(read_file(path, LARGEST_POLICY_BYTES))
    except MalformedPolicy as refused:
        raise Unchecked(Kind.POLICY, str(refused)) from None


@contextmanager
def refusals_said() -> Iterator[None]:
    """A refusal inside is said and ends with its status."""
    try:
        yield
    except (Refuted, Unchecked) as found:
        typer.echo(str(found), err=True)
        raise typer.Exit(WRONG if isinstance(found, Refuted) else COULD_NOT) from None
    except GatewayError as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(COULD_NOT) from None
    except OSError as failed:
        typer.echo(f"{failed.filename}: {failed.strerror}", err=True)
        raise typer.Exit(COULD_NOT) from None


def lists_in(path: Path, what: str) -> dict[str, frozenset[str]]:
    """Lists of texts by name; raises Unchecked."""
    said = decoded(path, LARGEST_LIST_BYTES)
    if not isinstance(said, dict) or not all(isinstance(one, list) for one in said.values()):
        raise Unchecked(Kind.AUDIT, f"the file lists {what}", str(path))
    return {name: frozenset(map(str, numbers)) for name, numbers in said.items()}
