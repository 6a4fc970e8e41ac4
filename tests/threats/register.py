"""Which test proves the defence against which threat? Writes `docs/threats.md` from the tests.

A test says what it proves by its name, `test_t14_…`, or by `@pytest.mark.threat(14)`, a module by
`pytestmark`. Run from the project's folder: `.venv/bin/python -m tests.threats.register`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "threats.md"

THREATS = {
    "T-01": "A tenant reads another tenant's dossier or record by its id",
    "T-02": "A tenant names another tenant in body, header or query",
    "T-03": "A captured request is sent again",
    "T-04": "A token written differently passes the replay check",
    "T-05": "A token that is unsigned, wrongly signed, or meant for something else",
    "T-06": "An access token stolen and used from another machine",
    "T-07": "A body exchanged under a valid signature",
    "T-08": "A signature that covers too little",
    "T-09": "Trying personal numbers until one answers",
    "T-10": "Recovering numbers from stored hashes",
    "T-11": "An officer harvests people in bulk",
    "T-12": "An officer looks up one neighbour",
    "T-13": "Emergency access becomes a habit",
    "T-14": "A filled value is altered and still counted as filled",
    "T-15": "Fields that nobody asks inflate the denominator",
    "T-16": "One field is split into several",
    "T-17": "Failed or abandoned dossiers are left out",
    "T-18": "Dossiers of tests and robots are counted",
    "T-19": "Typing moves from the citizen to the officer",
    "T-20": "The definition of the figure changes after the results",
    "T-21": "A leaf is rewritten in the database",
    "T-22": "The log is cut short or restored from a backup",
    "T-23": "An auditor is shown a log of his own",
    "T-24": "Something happens and is not logged",
    "T-25": "The log's signing key is stolen",
    "T-26": "Personal data land in a leaf for ever",
    "T-27": "A source answers about somebody else, or falsely",
    "T-28": "A source answers with a flood, a bomb or a trickle",
    "T-29": "A body of hostile JSON",
    "T-30": "A form or setting makes the gateway call where it should not",
    "T-31": "Personal data in logs, traces or validation messages",
    "T-32": "Names that look alike, or are written in another normal form",
    "T-33": "Digits of other scripts, or a line break, in a number",
    "T-34": "A formula smuggled into an exported table",
    "T-35": "Small groups can be worked out from published tables",
    "T-36": "The time of an answer gives something away",
    "T-37": "An idempotency key reused with another body or by another tenant",
    "T-38": "A dossier is sent to the portal twice after a time-out",
    "T-39": "Retries become a storm",
    "T-40": "One tenant starves the others",
    "T-41": "A caller sets a member that belongs to the server",
    "T-42": "More fields leave the gateway than the form binds",
    "T-43": "A ciphertext is moved to another row or tenant",
    "T-44": "A backup brings an erased person back",
    "T-45": "A job still holds what was erased",
    "T-46": "Withdrawn consent is still used from a cache",
    "T-47": "Old data are shown as fresh",
    "T-48": "Two people of one name and birth date are taken for one",
    "T-49": "An administrator corrects history",
    "T-50": "Headers that only a proxy may set come from a caller",
    "T-51": "Mocks or test doors in production",
    "T-52": "A line break or escape sequence forges a log line",
    "T-53": "A dependency is exchanged",
    "T-54": "Nobody but us can check the log",
    "T-55": "Prefill is called for show after everything was typed",
    "T-56": "Other content is submitted under a used receipt",
    "T-57": "A chain is forked and the better end submitted",
    "T-58": "What the caller sent comes back as a register's gain",
    "T-59": "A record typed from the paper is counted as reuse",
    "T-60": "A neighbour with a diary recognises a case in the log",
    "T-61": "Old birth dates move by a day with the time zone",
    "T-62": "Guessing a withheld value through submissions",
    "T-63": "A person is opened by the number alone, or with a wrong name or date",
    "T-64": "A weaker identity check is chosen by declining a source or tripping a limit",
    "T-65": "A typed record makes a stranger a relative, or vouches for other papers",
    "T-66": "A locked label, the shape of rows, or a letter that only looks the same is altered",
    "T-67": "Typed questions are taken out of the count by flags of the form",
    "T-68": "A new log or form code forgets what a declaration began with",
    "T-69": "Typed papers without a file feed the next form",
    "T-70": "Answers are stripped before the submission, so that they are in no count",
    "T-71": "A false release beside the true bytes, or its signature or file gone",
    "T-72": "A month is made uncheckable: shredded early, never closed, hours moved",
    "T-73": "A tenant is taken out of the figures by a late test mark",
    "T-74": "Dossier codes of another agency are taken, or probed",
    "T-75": "The officer's lock is opened by leaving the officer out, or records are searched without a case",
    "T-80": "A text makes a check take seconds",
    "T-81": "A crash, an outage or a closed pipe is read as a verdict",
}


def proofs() -> dict[str, list[tuple[Path, str]]]:
    """Per threat the tests that name it: the file, and the test's name."""
    found: dict[str, list[tuple[Path, str]]] = {number: [] for number in THREATS}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        for number, name in _marked(ast.parse(path.read_text())):
            found[number].append((path.relative_to(ROOT), name))
    return found


def document() -> str:
    """The whole text of `docs/threats.md`."""
    proved = proofs()
    rows = [
        f"| {number} | {THREATS[number]} | {'<br>'.join(_sentence(*test) for test in tests)} |"
        for number, tests in proved.items()
        if tests
    ]
    open_ = [f"- {number} {THREATS[number]}" for number, tests in proved.items() if not tests]
    return "\n".join(
        [
            "# Threats, and the tests that prove the defence",
            "",
            "Made by `python -m tests.threats.register` from the names and marks of the tests; "
            "a test fails when it is out of date.",
            "",
            f"{len(rows)} of {len(THREATS)} threats have a test.",
            "",
            "| threat | what could happen | proved by |",
            "|---|---|---|",
            *rows,
            "",
            "## Without a test so far",
            "",
            "Most of these belong to parts that are not built yet: the published log, the portal, "
            "quotas, encryption of the records, the hardened profile for clients.",
            "",
            *open_,
            "",
        ]
    )


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    ours = [
        number
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        for number in _numbers(node.value)
    ]
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            marks = [number for each in node.decorator_list for number in _numbers(each)]
            named = [f"T-{number}" for number in re.findall(r"^test_t(\d\d)_", node.name)]
            yield from ((number, node.name) for number in dict.fromkeys(named + ours + marks))


def _numbers(expression: ast.expr) -> Iterator[str]:
    """The threats that `pytest.mark.threat(…)`, alone or in a list, names."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.threat":
            yield from (f"T-{ast.literal_eval(argument):02}" for argument in node.args)


def _sentence(path: Path, name: str) -> str:
    sentence = re.sub(r"^test_(?:t\d\d_)?", "", name).replace("_", " ")
    return f"[{sentence}](../{path.as_posix()})"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
