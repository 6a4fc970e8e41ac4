"""Can an outsider prove the log and every published figure? Imports nothing else of the gateway."""
