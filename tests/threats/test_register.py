"""Is the list of threats what the tests say?"""

from tests.threats.register import DOCUMENT, document, proofs


def test_the_list_of_threats_is_what_the_marks_say() -> None:
    assert DOCUMENT.read_text() == document(), "run: .venv/bin/python -m tests.threats.register"


def test_what_the_first_release_must_withstand_has_a_test() -> None:
    proved = {number for number, tests in proofs().items() if tests}
    assert {"T-05", "T-14", "T-26", "T-27", "T-28", "T-29", "T-33", "T-37", "T-61"} <= proved
