"""How the gateway keeps what it must keep; the only room that knows SQL dialects."""
