"""The commands below `gateway log` and `gateway keys`."""
