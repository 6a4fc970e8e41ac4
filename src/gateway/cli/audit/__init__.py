"""Commands for those who check the log: prove it, take what is handed out, draw a sample."""
