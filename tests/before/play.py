"""Play scenes in the tree that PYTHONPATH names: `python -m tests.before.play ROW...`.

Prints per row one line of JSON, what was seen, as soon as it was.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import tests.before.denominator
import tests.before.verifier
from tests.before.stage import SCENES

assert tests.before.denominator and tests.before.verifier, "importing them enters the scenes"


def main(names: Sequence[str]) -> None:
    for name in names:
        with TemporaryDirectory(prefix="scene-") as folder:
            seen = [asdict(one) for one in SCENES[name][1](Path(folder))]
        print(json.dumps(seen, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
