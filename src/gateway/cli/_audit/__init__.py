"""The commands below `gateway audit`: verify a log, exchange evidence packs, sample."""
