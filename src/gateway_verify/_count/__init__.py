"""The second count: letters, dossiers, cases and figures, by code that the gateway never runs."""
