"""Whom a form speaks of, what is known of them by now, and who is asked for the rest."""
