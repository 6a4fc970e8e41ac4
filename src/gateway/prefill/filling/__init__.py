"""Which field gets which value, how that came about, and why the others stay empty."""
