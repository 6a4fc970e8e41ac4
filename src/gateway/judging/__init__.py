"""What became of each field that was filled, and whether what is locked was left alone."""
