"""What is kept and for how long: erasure, rotation of the log, the sweep of ended chains, pairs of row and leaf."""
