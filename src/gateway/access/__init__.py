"""Who may ask what: callers, clients, tokens, grants."""
