"""Start the verifier: `python -m gateway_verify`, and the first module of `gateway-verify.pyz`.

Written so that any Python 3 reads it; what is missing is said in one sentence, and the exit status is 2.
"""

import sys

NEEDS = "needs Python 3.11 or newer and the package `cryptography`; try: python3 -m pip install cryptography"


def _run() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - who runs the one file has whatever Python there is
        return _not_here("this is Python " + ".".join(map(str, sys.version_info[:2])))
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519

        from gateway_verify.command import main
    except (
        BaseException
    ) as failed:  # a library half installed ends in more ways than an ImportError
        return _not_here(type(failed).__name__)
    assert ed25519  # noqa: S101 - imported to see that it is there
    return main()


def _not_here(why: str) -> int:
    sys.stderr.write("COULD NOT CHECK: gateway-verify " + NEEDS + " (" + why + ")\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(_run())
