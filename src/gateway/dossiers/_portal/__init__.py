"""How the national portal is spoken to about dossiers and procedures."""
