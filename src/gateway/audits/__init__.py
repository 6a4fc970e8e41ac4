"""What auditors are given, and what they bring back: evidence packs, bodies, signed audits."""
