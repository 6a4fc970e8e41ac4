import ast
import sys
from pathlib import Path

VERIFIER = Path(__file__).parents[2] / "src" / "gateway_verify"


def test_verifier_needs_only_library_and_cryptography() -> None:
    taken = set()
    for path in VERIFIER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                taken |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                taken.add(node.module or "")
    ours = {name for name in taken if name.startswith("gateway_verify")}
    roots = {name.partition(".")[0] for name in taken - ours}
    assert roots - sys.stdlib_module_names == {"cryptography"}
