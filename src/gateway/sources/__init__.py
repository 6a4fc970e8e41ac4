"""The sources that facts are reused from, one folder or file each."""
