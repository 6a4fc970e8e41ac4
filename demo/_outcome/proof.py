"""The end of the demo: the month is closed, and the stand-alone verifier proves it.

month, closed   the month; false where fewer than ten persons came, and nothing may be published
cells           cells that the release shows
cases           dossiers and other cases that the tallies count
pack, verifier  names of the evidence pack and of the verifier in the folder of the figures
verdict         `proved`, `refuted`, `unchecked`
finding         the first difference, or null
entries, root, tallies, releases, witnesses, remarks   as the verifier says them
seconds         how long the verifier took
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any, Final

from demo._deployment import GATEWAY, Deployment
from gateway.forms import local_date
from gateway_verify.archive import write_archive

PACK, VERIFIER, POLICY = "evidence", "gateway-verify.pyz", "policy.txt"
COMMAND: Final = "Tự kiểm chứng / prove it yourself"
_TOO_FEW: Final = "fewer than 10 persons"
_WORDS: Final = {
    "proved": "ĐÃ CHỨNG MINH / PROVED",
    "refuted": "BỊ BÁC BỎ / REFUTED",
    "unchecked": "KHÔNG KIỂM TRA ĐƯỢC / COULD NOT CHECK",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the end came to; `document` stands at the top of this file."""

    document: Mapping[str, Any]
    unexpected: tuple[str, ...] = ()


async def close_and_prove(running: Deployment, folder: Path) -> Proof:
    """Close the running month, take the evidence home, and let the stand-alone verifier prove it."""
    month = f"{local_date(running.clock()):%Y-%m}"
    status, written, said = await _gateway(running, "metrics", "close", month, "--json")
    if status and _TOO_FEW not in said:
        return _broken(month, "metrics close", said)
    if status:
        await _gateway(running, "log", "publish")
    pack = folder / PACK
    rmtree(pack, ignore_errors=True)
    exported, _, why = await _gateway(running, "audit", "export", str(pack), "--json")
    if exported:
        return _broken(month, "audit export", why)
    cells = [] if status else json.loads(written)["release"]["cells"]
    document = {
        "month": month,
        "closed": not status,
        "cells": len(cells),
        "cases": sum(cell["cases"] for cell in cells),
        **await _verified(running, folder, pack),
    }
    good = document["verdict"] == "proved" and bool(document["releases"]) == document["closed"]
    wrong = () if good else (f"proof: {document['verdict']} {document['finding']}",)
    return Proof(document, wrong)


def _broken(month: str, command: str, said: str) -> Proof:
    last = (said.strip().splitlines() or [""])[-1]
    return Proof({"month": month, "closed": False}, (f"{command}: {last}",))


async def _verified(running: Deployment, folder: Path, pack: Path) -> dict[str, Any]:
    """What the verifier says of the pack, as a program that is given a policy and nothing else."""
    write_archive(folder / VERIFIER)
    copyfile(running.policy, folder / POLICY)
    command = ["-I", str(folder / VERIFIER), "verify", str(pack)]
    began = time.monotonic()
    _, written, said = await _python([*command, "--policy", str(folder / POLICY), "--json"], {})
    seconds = time.monotonic() - began
    if not written:
        return {"verdict": "unchecked", "finding": said.strip().splitlines()[-1:], "releases": []}
    answer = json.loads(written)
    names = ("entries", "root", "tallies", "releases", "witnesses")
    return {
        "pack": PACK,
        "verifier": VERIFIER,
        "verdict": answer["verdict"],
        "finding": answer["finding"],
        **{name: answer["proved"].get(name, []) for name in names},
        "remarks": answer["remarks"],
        "seconds": round(seconds, 2),
    }


async def _gateway(running: Deployment, *arguments: str) -> tuple[int, str, str]:
    return await _python(["-c", GATEWAY, *arguments], running.environment)


async def _python(arguments: list[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Exit status and both streams of a process that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def lines_of(document: Mapping[str, Any], folder: Path) -> list[str]:
    """What was proved and what was not, in a few lines."""
    if "verdict" not in document:
        return []
    month, shown = document["month"], document["cells"]
    closed = (
        f"Đã chốt tháng {month} (chưa hết tháng) / closed, not over: {shown} ô / cells, "
        f"{document['cases']} hồ sơ / cases"
        if document["closed"]
        else f"Chưa chốt tháng {month}: dưới 10 người / not closed: {_TOO_FEW}"
    )
    lines = [closed, f"{_WORDS[document['verdict']]} · {document.get('seconds', 0)} s"]
    if document["verdict"] == "proved":
        lines += _proved(document)
    command = f"{sys.executable} {VERIFIER} verify {PACK} --policy {POLICY}"
    return [*lines, f"{COMMAND}: cd {folder} && {command}"]


def _proved(document: Mapping[str, Any]) -> list[str]:
    entries, releases = document["entries"], ", ".join(document["releases"]) or "-"
    return [
        f"  {entries:,} mục, gốc / entries, root {document['root'][:16]}…, "
        f"chứng kiến / witnessed by {', '.join(document['witnesses']) or '-'}",
        f"  {document['tallies']} bảng tổng hợp phủ kín các mục; số công bố tính lại khớp đến chữ số "
        f"cuối / tallies cover every entry; published figures made again to the last digit: {releases}",
        "  Không chứng minh: mọi việc đã xảy ra đều được ghi; nhân chứng, nguồn và Cổng ở đây là mô "
        "phỏng / not proved: that all that happened was entered; witness, sources and portal are mocks",
        *(f"  lưu ý / remark: {remark}" for remark in document["remarks"]),
    ]
