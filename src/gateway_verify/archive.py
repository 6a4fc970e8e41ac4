"""How does the verifier become one file that anybody can run?

`python gateway-verify.pyz verify …` needs Python 3.11 and `cryptography`: a zip archive of this package
and nothing else, the same bytes from the same sources. It begins with `__main__.py`, which says so in a sentence
where one of the two is not there.
"""

import zipfile
from pathlib import Path

_HERE = Path(__file__).parent
_MAIN = (_HERE / "__main__.py").read_bytes()
_SHEBANG = b"#!/usr/bin/env python3\n"
_MOMENT = (1980, 1, 1, 0, 0, 0)


def write_archive(path: Path) -> None:
    """Write the archive; raises OSError where it cannot be written."""
    sources = {f"gateway_verify/{p.relative_to(_HERE).as_posix()}": p for p in _HERE.rglob("*.py")}
    with path.open("wb") as file:
        file.write(_SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in [
                ("__main__.py", _MAIN),
                *((name, sources[name].read_bytes()) for name in sorted(sources)),
            ]:
                archive.writestr(zipfile.ZipInfo(name, _MOMENT), raw, zipfile.ZIP_DEFLATED)
    path.chmod(0o755)
