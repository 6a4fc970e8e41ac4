"""The stand-alone verifier: it proves a log and every published figure, and imports nothing of the gateway."""
