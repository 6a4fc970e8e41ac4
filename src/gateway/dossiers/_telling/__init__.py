"""How what happened to a dossier reaches the portal: once each, in order, and with a leaf."""
