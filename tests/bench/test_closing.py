"""The bench closes a real month."""

from bench.closing import month_closed


def test_month_and_its_sixth_are_measured() -> None:
    cpu, memory = month_closed(600)

    assert (cpu.name, memory.name) == (
        "close_month_0.6k_cpu_seconds",
        "close_month_0.6k_peak_rss_mb",
    )
    assert cpu.value > 0 and memory.value > 0
    assert cpu.says.startswith("600 dossiers") and " 0 cells" not in cpu.says
    assert cpu.ratio is not None
