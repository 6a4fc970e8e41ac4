"""How the gateway calls other systems, and how that fails, said once."""
