"""Hold the supported Pythons: does the one lock resolve for each from wheels alone, and do the types hold?

    python -m tests.pythons [--no-types] [VERSION ...]

Without a version all of `SUPPORTED` are tried. The lock is resolved by pip for that version with
`--only-binary :all:` and every hash required, and nothing is installed. Exit status: 0 all hold, 1 one
does not, and what pip or mypy says of it is printed.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
LOCKS = ("requirements.lock", "requirements-dev.lock")


def resolves(version: str, lock: str) -> str:
    """What pip complains of where the lock does not resolve for this Python; empty where it does."""
    with tempfile.TemporaryDirectory() as nowhere:
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--ignore-installed", "--no-deps"]
        command += ["--require-hashes", "--only-binary", ":all:", "--python-version", version]
        command += ["--target", nowhere, "--requirement", lock]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def type_errors(version: str) -> str:
    """What mypy finds as of this Python; empty where it finds nothing."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--python-version", version]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def main() -> int:
    """Try each version and print a line for each check."""
    parser = argparse.ArgumentParser(prog="python -m tests.pythons")
    parser.add_argument("versions", nargs="*", metavar="VERSION", default=SUPPORTED)
    parser.add_argument("--no-types", action="store_true", help="resolve the locks alone")
    given = parser.parse_args()
    failed = False
    for version in given.versions:
        results = {lock: resolves(version, lock) for lock in LOCKS}
        if not given.no_types:
            results["types"] = type_errors(version)
        for name, complaint in results.items():
            print(f"{version}  {name:<22} {'FAILED' if complaint else 'holds'}", flush=True)
            if complaint:
                print(complaint)
        failed = failed or any(results.values())
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
