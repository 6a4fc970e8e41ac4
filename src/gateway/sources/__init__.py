"""One file or folder per place that facts are reused from."""
