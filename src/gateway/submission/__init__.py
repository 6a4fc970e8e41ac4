"""What became of each field: check what is locked, judge the rest, record, end the chain."""
