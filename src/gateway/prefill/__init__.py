"""The citizen's path: plan, look up, merge, seal, record, answer."""
