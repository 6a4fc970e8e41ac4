"""Is the list of threats what the tests say?"""

from tests.threats.register import DOCUMENT, document, proofs


def test_threat_list_matches_the_tests() -> None:
    assert DOCUMENT.read_text() == document(), "run: .venv/bin/python -m tests.threats.register"


def test_first_release_threats_have_a_test() -> None:
    must = {f"T-{n}" for n in ("05", "14", "20", "26", "27", "28", "29", "31", "33", "37", "61")}
    proved = {number for number, tests in proofs().items() if tests}
    assert must - proved == set(), "name a test test_tNN_…, or mark it @pytest.mark.threat(NN)"
