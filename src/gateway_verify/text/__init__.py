"""The texts that are signed, and how they are read: notes, checkpoints, policies, proofs, leaves."""
