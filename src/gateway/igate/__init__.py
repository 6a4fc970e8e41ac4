"""The province's procedure system iGate in its own words: its dossiers to and from our requests."""
