"""What the day of the demo came to: counted, compared, proved and told."""
