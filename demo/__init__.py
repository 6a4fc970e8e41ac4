"""One day at the counter, played on this machine."""
