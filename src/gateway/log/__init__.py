"""The append-only log: its entries, how they come in, and the tree that proves them."""
