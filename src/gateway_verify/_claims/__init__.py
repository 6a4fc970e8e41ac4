"""What the log claims in clear: its leaves, how they follow from one another, and what is published."""
