"""Which field gets which value, where it came from, and why the others stay empty."""
