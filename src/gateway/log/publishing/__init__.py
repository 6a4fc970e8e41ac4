"""How the log is shown: leaves into tiles, a root counted twice, signed once, witnessed, published."""
