"""The append-only log: its entries, how they are appended, and the tree that proves them."""
