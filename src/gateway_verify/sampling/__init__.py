"""The sampling audit: what is drawn, and what a sample proves."""
