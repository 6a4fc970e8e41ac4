"""The database and durable files; the only package that knows an engine's own SQL."""
